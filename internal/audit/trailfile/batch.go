// SPDX-License-Identifier: Apache-2.0

package trailfile

import (
	"bufio"
	"bytes"
	"hash"

	"github.com/airside-travel/airside/internal/audit"
	"github.com/airside-travel/airside/internal/store"
)

// batchLines is how many lines are handed on at once.
const batchLines = 256

// prepared is a line and what can be said of it without the others.
type prepared struct {
	text  []byte
	whole bool   // it has an end
	sum   []byte // of a last line: the digest of those before it
	entry store.AuditEntry
	about string // what is wrong with it as an entry
}

type batch struct {
	lines []prepared
	err   error // that ended reading
	ready chan struct{}
}

// readBatch reads lines and adds them to the digest.
func readBatch(in *bufio.Reader, sum hash.Hash) *batch {
	b := &batch{lines: make([]prepared, 0, batchLines), ready: make(chan struct{})}
	for len(b.lines) < batchLines && b.err == nil {
		var raw []byte
		raw, b.err = readLine(in)
		if len(raw) == 0 {
			continue
		}
		l := prepared{text: bytes.Clone(raw)}
		if bytes.HasPrefix(raw, []byte(`{"lines":`)) {
			l.sum = sum.Sum(nil)
		}
		sum.Write(raw)
		l.text, l.whole = bytes.CutSuffix(l.text, []byte("\n"))
		b.lines = append(b.lines, l)
	}
	return b
}

// prepare reads entries and computes their hashes.
func (b *batch) prepare(tenant string) {
	var r reader
	for i := range b.lines {
		l := &b.lines[i]
		l.entry.Tenant = tenant
		switch {
		case r.entry(l.text, &l.entry) != nil:
			l.about = "its line is not as it was written"
		case !bytes.Equal(audit.Hash(&l.entry), l.entry.Hash):
			l.about = "its content has another hash than the one it carries"
		}
	}
}
