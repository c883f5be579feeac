// SPDX-License-Identifier: Apache-2.0

package wire

// Scanner is for the fuzz target.
type Scanner struct{ s scanner }

// NewScanner makes one for a new connection.
func NewScanner() *Scanner { return &Scanner{} }

// Scan looks at more bytes.
func (s *Scanner) Scan(b []byte) string {
	if why := s.s.scan(b); why != nil {
		return why.name
	}
	return ""
}
