// SPDX-License-Identifier: Apache-2.0

package trailfile

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
)

// Writer writes a file from lines.
type Writer struct {
	w     io.Writer
	sum   hash.Hash
	lines int64
	line  []byte
}

// NewWriter begins a file.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w, sum: sha256.New()} }

// Add writes a line: the header, or what AppendEntry and CheckpointLine give.
func (w *Writer) Add(line []byte) error {
	w.line = append(append(w.line[:0], line...), '\n')
	w.sum.Write(w.line)
	w.lines++
	_, err := w.w.Write(w.line)
	return err
}

// End writes the last line.
func (w *Writer) End() error {
	_, err := w.w.Write(append(line(endLine{w.lines, hex.EncodeToString(w.sum.Sum(nil))}), '\n'))
	return err
}
