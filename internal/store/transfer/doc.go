// SPDX-License-Identifier: Apache-2.0

// Package transfer moves everything from one store into another: rows as they are stored, sealed, so that
// both need the same master key and nothing is readable on the way. It compares counts and hashes of every
// table before the copy is committed, and afterwards opens samples and walks the audit chains.
//
// Not here: choosing and opening the engines (app). Copy returns ErrDiffers when the copy is not
// equal, postgres.ErrNotEmpty, and errors of the stores.
package transfer
