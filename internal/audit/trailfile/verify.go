// SPDX-License-Identifier: Apache-2.0

package trailfile

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"runtime"
	"slices"

	"golang.org/x/mod/sumdb/note"

	"github.com/airside-travel/airside/internal/audit/checkpoint"
	"github.com/airside-travel/airside/internal/audit/merkle"
)

// maxLine bounds a line, so that a file without ends of lines does not fill the memory.
const maxLine = 64 << 20

// Verify reads a file to its end.
func Verify(r io.Reader, o Options) (Report, error) {
	v := &verifier{o: o, sum: sha256.New()}
	in := bufio.NewReaderSize(r, 64<<10)
	b, err := readLine(in)
	if len(b) > 0 {
		v.lines++
		v.first(bytes.TrimSuffix(b, []byte("\n")))
		v.sum.Write(b)
	}
	if err == nil && !v.hopeless {
		err = v.rest(in)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		v.add(Altered, "file", v.walk.next, "it cannot be read on: "+err.Error())
	}
	return v.finish(), nil
}

// rest takes the lines behind the first one. They are parsed and hashed side by side, and judged in order.
func (v *verifier) rest(in *bufio.Reader) (err error) {
	workers := runtime.GOMAXPROCS(0)
	work, queue := make(chan *batch, workers), make(chan *batch, 2*workers)
	for range workers {
		go func() {
			for b := range work {
				b.prepare(v.header.Tenant)
				close(b.ready)
			}
		}()
	}
	go func() {
		defer close(queue)
		defer close(work)
		for end := error(nil); end == nil; {
			b := readBatch(in, v.sum)
			end = b.err
			work <- b
			queue <- b
		}
	}()
	for b := range queue {
		<-b.ready
		for i := range b.lines {
			v.lines++
			v.line(&b.lines[i])
		}
		err = b.err
	}
	return err
}

// readLine gives a line with its end, if it has one.
func readLine(in *bufio.Reader) ([]byte, error) {
	b, err := in.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return b, err
	}
	long := bytes.Clone(b)
	for errors.Is(err, bufio.ErrBufferFull) && len(long) < maxLine {
		b, err = in.ReadSlice('\n')
		long = append(long, b...)
	}
	return long, err
}

type verifier struct {
	o        Options
	r        Report
	lines    int64
	sum      hash.Hash
	header   *Header
	key      note.Verifier
	trusted  []checkpoint.Checkpoint // by size
	walk     walk
	ended    bool
	late     bool // something after the end was told
	hopeless bool // without the header nothing can be checked
}

func (v *verifier) add(kind, what string, seq int64, about string) {
	if len(v.r.Problems) == maxProblems {
		v.r.More++
		return
	}
	v.r.Problems = append(v.r.Problems, Problem{kind, what, seq, v.lines, about})
}

func (v *verifier) line(l *prepared) {
	switch {
	case v.ended:
		if !v.late {
			v.late = true
			v.add(Added, "end of the file", 0, "something follows the last line")
		}
	case l.sum != nil:
		v.end(l)
	case bytes.HasPrefix(l.text, []byte(`{"checkpoint":`)) || wasCheckpoint(l.text):
		v.checkpoint(l.text)
	default:
		v.entry(l)
	}
}

// wasCheckpoint reports whether a line that does not begin as one looks like a checkpoint all the same.
func wasCheckpoint(text []byte) bool {
	if bytes.HasPrefix(text, []byte(`{"seq":`)) {
		return false
	}
	n := 0
	for _, mark := range [...]string{`"checkpoint"`, `airside.audit/`, `\nchain `, `— ` + checkpoint.KeyName} {
		n += min(bytes.Count(text, []byte(mark)), 1)
	}
	return n > 1
}

// first takes the header.
func (v *verifier) first(text []byte) {
	h, err := readHeader(text)
	if err != nil || h.First < 1 || h.Last < h.First-1 {
		v.hopeless = true
		v.add(Altered, "header", 0, "the first line is not as it was written, and without it nothing can be checked")
		return
	}
	v.header, v.r.Tenant, v.r.First, v.r.Last = &h, h.Tenant, h.First, h.Last
	v.key = v.o.Key
	if v.r.KeyGiven = v.key != nil; !v.r.KeyGiven {
		if v.key, err = note.NewVerifier(h.Key); err != nil {
			v.hopeless = true
			v.add(Altered, "header", 0, "it names no key that could sign")
			return
		}
	}
	v.r.Key = h.Key
	v.trust()
	v.walk = walk{v: v, next: h.First, sound: true}
	if h.First == 1 {
		v.walk.linked = true
		if len(h.Peaks) > 0 || h.Anchor != "" {
			v.add(Altered, "header", 0, "it has an anchor, but nothing comes before entry 1")
		}
	} else if err := v.anchor(&h); err != nil {
		v.walk.sound = false
		v.add(Altered, "header", 0, "the anchor does not hold: "+err.Error())
	}
	v.walk.meet(v.walk.next - 1)
}

// trust opens the checkpoints given from elsewhere.
func (v *verifier) trust() {
	for _, signed := range v.o.Checkpoints {
		c, err := checkpoint.Open(signed, v.key)
		switch {
		case err != nil:
			v.add(Altered, "checkpoint given", 0, err.Error())
		case c.Tenant != v.header.Tenant: // a folder may hold those of others
		default:
			v.trusted = append(v.trusted, c)
		}
	}
	slices.SortFunc(v.trusted, func(a, b checkpoint.Checkpoint) int { return int(a.Size - b.Size) })
	for len(v.trusted) > 0 && v.trusted[0].Size < v.header.First-1 {
		v.trusted = v.trusted[1:] // about entries that the file does not claim to hold
	}
}

// anchor begins behind entries that the file does not hold.
func (v *verifier) anchor(h *Header) error {
	c, err := checkpoint.Open(h.Anchor, v.key)
	if err != nil {
		return err
	}
	v.walk.prev, v.walk.linked = c.Chain, true
	p, err := merkle.Restore(h.First-1, h.Peaks)
	if err != nil {
		return err
	}
	if c.Tenant != h.Tenant || c.Size != p.Size || c.Root != p.Root() {
		return errors.New("its checkpoint is about something else")
	}
	v.walk.peaks = p
	return nil
}

// end takes the last line.
func (v *verifier) end(l *prepared) {
	var e endLine
	v.ended = true
	switch {
	case read(l.text, &e) != nil || !l.whole:
		v.add(Altered, "last line", 0, "it is not as it was written")
	case (e.Lines != v.lines-1 || e.SHA256 != hex.EncodeToString(l.sum)) && len(v.r.Problems) == 0:
		v.add(Altered, "last line", 0, "its count or digest is not that of the lines before it")
	}
}

// finish says what is left over.
func (v *verifier) finish() Report {
	if v.header != nil && !v.hopeless {
		v.walk.finish()
		if !v.ended {
			v.add(Cut, "end of the file", v.walk.next, "the last line is missing: the file was cut off")
		}
		if v.r.Entries > 0 && v.walk.checked < v.header.Last && len(v.r.Problems) == 0 {
			v.add(Missing, "checkpoint", v.walk.checked+1, "no checkpoint covers the end of the file")
		}
	} else if v.lines == 0 {
		v.add(Missing, "file", 0, "it is empty")
	}
	v.r.Intact = len(v.r.Problems) == 0
	return v.r
}
