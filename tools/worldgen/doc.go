// SPDX-License-Identifier: Apache-2.0

// Command worldgen makes the file of the simulated world from tables: it derives a weekly timetable from which airline
// flies where how often. The same tables give the same world on any machine.
//
//	go run ./tools/worldgen -data tools/worldgen/data -out internal/world/world.bin
//
// Times, flight numbers and aircraft are invented; only airports, airlines and the existence of routes are facts.
package main
