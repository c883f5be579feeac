// SPDX-License-Identifier: Apache-2.0

package hrfeed

import (
	"context"
	"errors"
	"hash/fnv"
	"io"
	"os"
	"strings"
	"sync"

	"github.com/airside-travel/airside/client"
	"github.com/airside-travel/airside/contract"
)

// Options say what to do with a file.
type Options struct {
	API      *client.Client
	Contract *contract.Contract // judges bodies in a dry run
	Company  string             // id of the company whose people the file lists
	Map      map[string]string  // header name to field; an empty field leaves the column out
	DryRun   bool
	Workers  int    // how many rows at a time; 0 for 16
	Journal  string // where to note what is done; empty for nowhere

	// Progress is told after every decided row; it must be quick.
	Progress func(Counts)
}

// Run carries out a file. The error is about the file or the connection as such; what is wrong with
// rows is in the report, which is complete only when the error is nil.
func Run(ctx context.Context, file string, o Options) (*Report, error) {
	if o.Workers == 0 {
		o.Workers = 16
	}
	total, print, err := survey(file, o.Map, o.Company)
	if err != nil {
		return nil, err
	}
	r := &run{o: o, file: file, lookup: newLookup(o.API, o.Company), report: &Report{DryRun: o.DryRun, Faults: []Fault{}}}
	r.report.Rows = total
	if o.Journal != "" && !o.DryRun {
		if r.journal, err = openJournal(o.Journal, print, r.resume); err != nil {
			return nil, err
		}
	}
	err = r.passes(ctx)
	r.report.sort()
	if err = errors.Join(err, r.journal.close()); err == nil && r.journal != nil {
		err = os.Remove(o.Journal)
	}
	return r.report, err
}

// run is a file being carried out.
type run struct {
	o       Options
	file    string
	lookup  *lookup
	journal *journal

	mu      sync.Mutex
	report  *Report
	done    rows
	waiting map[int]bool // deferred in this pass
	failure error        // ends the run
}

// resume takes a row that an earlier run has decided.
func (r *run) resume(n note) {
	if r.done.has(n.Row) {
		return
	}
	r.done.add(n.Row)
	r.report.add(n.Did)
	r.report.Resumed++
	r.report.Faults = append(r.report.Faults, n.Fault...)
}

// passes goes through the file until nothing is left to do: a row whose manager comes later in the file
// waits for the next pass. A pass that gets nobody further is followed by a last one, which refuses.
func (r *run) passes(ctx context.Context) error {
	var only map[int]bool
	for last := false; ; {
		r.waiting = map[int]bool{}
		if err := r.pass(ctx, only, last); err != nil {
			return err
		}
		if len(r.waiting) == 0 {
			return nil
		}
		last = only != nil && len(r.waiting) == len(only)
		only = r.waiting
	}
}

// pass reads the file once. Rows of one person go to the same worker, so that they stay in order.
func (r *run) pass(ctx context.Context, only map[int]bool, last bool) error {
	in, err := open(r.file, r.o.Map)
	if err != nil {
		return err
	}
	defer func() { _ = in.close() }() // read to its end, or given up: nothing is lost either way
	r.report.Ignored = in.header.ignored()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var workers sync.WaitGroup
	queues := make([]chan *row, r.o.Workers)
	for i := range queues {
		queues[i] = make(chan *row, 4)
		workers.Go(func() {
			for w := range queues[i] {
				if ctx.Err() == nil {
					r.carryOut(ctx, in, w, last, cancel)
				}
			}
		})
	}
	err = r.feed(ctx, in, queues, only)
	for _, q := range queues {
		close(q)
	}
	workers.Wait()
	if r.failure != nil {
		return r.failure
	}
	return err
}

func (r *run) feed(ctx context.Context, in *reader, queues []chan *row, only map[int]bool) error {
	for {
		w, err := in.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		r.mu.Lock()
		skip := r.done.has(w.n) || only != nil && !only[w.n]
		r.mu.Unlock()
		if skip {
			continue
		}
		h := fnv.New32a()
		io.WriteString(h, strings.ToLower(firstOf(w.cells["employeeId"], w.cells["email"]))) //nolint:errcheck // a hash takes everything
		select {
		case queues[h.Sum32()%uint32(len(queues))] <- w:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// carryOut decides one row and notes it.
func (r *run) carryOut(ctx context.Context, in *reader, w *row, last bool, cancel func()) {
	did, faults, err := r.decide(ctx, in, w, last)
	if err != nil && ctx.Err() != nil {
		return // the run ends; the row stays undecided
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case err != nil:
		if r.failure == nil {
			r.failure = err
		}
		cancel()
		return
	case did == deferred:
		r.waiting[w.n] = true
		return
	}
	r.done.add(w.n)
	r.report.add(did)
	r.report.Faults = append(r.report.Faults, faults...)
	if err := r.journal.add(note{w.n, did, faults}); err != nil && r.failure == nil {
		r.failure = err
		cancel()
	}
	if r.o.Progress != nil {
		r.o.Progress(r.report.Counts)
	}
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
