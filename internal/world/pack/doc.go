// SPDX-License-Identifier: Apache-2.0

// Package pack is the file format of the world: tables of places, airlines and money, and a weekly timetable in
// columns. tools/worldgen encodes it, package world decodes it.
//
// It knows nothing of what the numbers mean to a search, and it reads trusted input (a file built into the binary):
// Decode answers an error for a file that is not a world, is of another format, or is cut short.
package pack
