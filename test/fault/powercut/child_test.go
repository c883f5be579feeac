// SPDX-License-Identifier: Apache-2.0

//go:build fuse

package powercut

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/airside-travel/airside/internal/audit"
	"github.com/airside-travel/airside/internal/cli"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/sqlite"
)

// TestMain makes this binary the program whose power is cut: a server, or a bare store that is written
// to or examined.
func TestMain(m *testing.M) {
	switch os.Getenv("POWERCUT_PLAY") {
	case "":
		os.Exit(m.Run())
	case "server":
		main := cli.Main{Args: os.Args[1:], Environ: os.Environ(), Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}
		os.Exit(main.Run(context.Background()))
	case "write":
		write(openStore(os.Args[1], os.Args[2] == "normal"), os.Args[3])
	case "examine":
		examine(openStore(os.Args[1], false), os.Args[2] == "close")
	}
}

const tenant = "tenant-a"

var at = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

func openStore(path string, relaxed bool) *sqlite.Store {
	o := sqlite.Options{Path: path, MasterKey: []byte("0123456789abcdef0123456789abcdef")}
	if relaxed {
		o = o.Relaxed()
	}
	s, err := sqlite.Open(context.Background(), o)
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	return s
}

// booking is a business transaction: a record's next version with everything that belongs to it.
func booking(id string, version int64) func(context.Context) error {
	return func(ctx context.Context) error {
		tx, act := store.From(ctx), fmt.Sprintf("%s/%d", id, version)
		doc := make([]byte, 3000) // incompressible, so that the log grows as with real documents
		for i, r := 0, rand.New(rand.NewPCG(uint64(version), uint64(len(id)))); i < len(doc); i++ {
			doc[i] = byte(r.Uint32())
		}
		rec := &store.Record{Tenant: tenant, Kind: "pnr", ID: id, CreatedAt: at, UpdatedAt: at, Doc: doc,
			Index: []store.Entry{{Field: "pnr.locator", Value: id, Unique: true}}}
		change := func() error { return tx.Update(rec, version-1) }
		if version == 1 {
			change = func() error { return tx.Insert(rec) }
		}
		event := &store.Event{Tenant: tenant, ID: act, Resource: "PNR/" + id, ResourceVersion: version, Type: "PNR_V3", At: at, Body: doc[:500]}
		return errors.Join(
			change(),
			tx.AppendEvent(event),
			tx.PutDelivery(&store.Delivery{Tenant: tenant, ID: act, EventID: act, EventSeq: event.Seq, Endpoint: "e", Resource: event.Resource, State: store.Pending, Since: at, NextAt: at, UpdatedAt: at}),
			audit.Append(tx, &store.AuditEntry{Tenant: tenant, At: at, Operation: "updatePnr", Target: act}),
			tx.PutIdempotent(&store.Idempotency{Tenant: tenant, Client: "c", Key: act, RequestHash: []byte(id), Status: 200, Body: []byte(act), At: at}),
		)
	}
}

// write, which SIGTERM ends in good order, books from eight callers and prints what was acknowledged.
// After a refusal it reads what it has written before, and goes on.
func write(s *sqlite.Store, prefix string) {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	var ending atomic.Bool
	go func() {
		<-stop
		ending.Store(true)
		fmt.Println("closed", s.Close())
		os.Exit(0)
	}()
	fmt.Println("open")
	var callers sync.WaitGroup
	for c := range 8 {
		callers.Go(func() {
			last := ""
			for n := 0; ; n++ {
				id := fmt.Sprintf("%s-%d-%d", prefix, c, n/3)
				version := int64(1 + n%3)
				err := s.Update(context.Background(), booking(id, version))
				if err == nil {
					last = id
					fmt.Printf("done %s %d\n", id, version)
					continue
				}
				text, _, _ := strings.Cut(err.Error(), "\n")
				fmt.Println("refused", errs.Is(err, errs.StoreUnavailable), text)
				n -= 1 // not written, so it is the next one again
				if err := s.View(context.Background(), func(ctx context.Context) error {
					if last == "" {
						return nil
					}
					_, err := store.Read(ctx).Get(tenant, "pnr", last)
					return err
				}); err != nil && !(ending.Load() && errors.Is(err, store.ErrClosed)) { // only an end that was asked for may come between
					fmt.Println("unread", err)
				}
				<-time.After(20 * time.Millisecond)
			}
		})
	}
	callers.Wait()
}

// found is what a store holds.
type found struct {
	Versions map[string]int64 // of the records
	Trouble  []string
}

// examine prints what the store holds, and everything that does not fit together.
func examine(s *sqlite.Store, orderly bool) {
	f := found{Versions: map[string]int64{}}
	if err := s.Check(context.Background()); err != nil {
		f.note("check: %v", err)
	}
	if err := s.View(context.Background(), func(ctx context.Context) error { return f.look(store.Read(ctx)) }); err != nil {
		f.note("read: %v", err)
	}
	if orderly {
		if err := s.Close(); err != nil {
			f.note("close: %v", err)
		}
	}
	out, err := json.Marshal(f)
	if err != nil {
		panic(err)
	}
	fmt.Printf("found %s\n", out)
}

func (f *found) note(format string, args ...any) {
	f.Trouble = append(f.Trouble, fmt.Sprintf(format, args...))
}

// look follows every record to what was written with it, and counts, so that nothing is left over.
func (f *found) look(r store.Reader) error {
	acts := 0
	for rec, err := range r.List(store.Query{Tenant: tenant, Kind: "pnr"}) {
		if err != nil {
			return err
		}
		f.Versions[rec.ID] = rec.Version
		acts += int(rec.Version)
	}
	for id, versions := range f.Versions {
		if rec, err := r.Find(tenant, "pnr", "pnr.locator", id); err != nil || rec.ID != id {
			f.note("the index entry of %s: %v", id, err)
		}
		for v := range versions {
			act := fmt.Sprintf("%s/%d", id, v+1)
			_, event := r.Event(tenant, act)
			_, delivery := r.Delivery(tenant, act)
			_, answer := r.Idempotent(tenant, "c", act)
			if err := errors.Join(event, delivery, answer); err != nil {
				f.note("%s is incomplete: %v", act, err)
			}
		}
	}
	count := map[string]int{}
	for e, err := range r.Events(store.EventQuery{Tenant: tenant}) {
		if err != nil {
			return err
		}
		count["events"]++
		if int(e.Seq) != count["events"] {
			f.note("event %s is number %d, want %d", e.ID, e.Seq, count["events"])
		}
	}
	for _, err := range r.Deliveries(store.DeliveryQuery{Tenant: tenant}) {
		if err != nil {
			return err
		}
		count["deliveries"]++
	}
	chain, err := audit.Verify(r, tenant)
	if err != nil {
		return err
	}
	if !chain.Intact {
		f.note("the audit chain is broken at %d", chain.Broken)
	}
	count["audit entries"] = int(chain.Count)
	for what, n := range count {
		if n != acts {
			f.note("%d %s of %d acts", n, what, acts)
		}
	}
	return nil
}
