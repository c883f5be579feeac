// SPDX-License-Identifier: Apache-2.0

//go:build pg

package fault_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/store/pgtest"
)

// onPostgres is a place in a database server. Nodes that share it have the same key file.
func onPostgres(url, key string) place {
	return place{env: []string{"AIRSIDE_DATABASE_URL=" + url, "AIRSIDE_MASTER_KEY_FILE=" + key}}
}

func keyFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte(base64.StdEncoding.EncodeToString(ids.Bytes(32))), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestNothingAcknowledgedIsLostOnPostgres is the same as on SQLite.
func TestNothingAcknowledgedIsLostOnPostgres(t *testing.T) {
	killAgainAndAgain(t, onPostgres(pgtest.Database(t), keyFile(t)), 3)
}

// pair is two nodes with a receiver for what either of them does.
type pair struct {
	t     *testing.T
	l     *ledger
	nodes [2]*server
}

func newPair(t *testing.T, first, second string) *pair {
	t.Helper()
	p := &pair{t: t, l: newLedger()}
	receiver := httptest.NewServer(http.HandlerFunc(p.l.receive))
	t.Cleanup(receiver.Close)
	key := keyFile(t)
	p.nodes[0] = launch(t, onPostgres(first, key), "")
	subscribe(t, p.nodes[0], receiver.URL)
	p.nodes[1] = launch(t, onPostgres(second, key), p.nodes[0].demo.ClientSecret)
	for _, s := range p.nodes {
		s.losesStore = true
	}
	return p
}

// load has two callers at each node work until stop, beginning anew when the store was away. after is called
// with each round that was done.
func (p *pair) load(stop func() bool, after func(node int)) {
	p.t.Helper()
	var callers sync.WaitGroup
	for c := range 4 {
		callers.Go(func() {
			for n := 0; !stop() && !p.t.Failed(); n++ {
				switch err := p.nodes[c%2].job(p.l, fmt.Sprintf("C%dN%d", c, n), n); {
				case err == nil:
					after(c % 2)
				case !errors.Is(err, errGone):
					p.t.Errorf("node %d: %v", c%2, err)
				}
			}
		})
	}
	callers.Wait()
}

// end reads and awaits everything, at both nodes.
func (p *pair) end() {
	p.t.Helper()
	for _, s := range p.nodes {
		check(p.t, s, p.l)
	}
	await(p.t, p.l)
}

// TestFailover kills the database server under two nodes and promotes its standby: nothing acknowledged is lost
// and everything is told, in order. It says how long it took until something was written again.
func TestFailover(t *testing.T) {
	primary := pgtest.NewCluster(t)
	standby := primary.Standby()
	primary.Follow()
	p := newPair(t, primary.URL(standby), standby.URL(primary)) // in either order, which must not matter
	const before, more = 12, 12
	var done, since atomic.Int64
	var promoted atomic.Pointer[time.Time]
	var killed sync.Once
	first := [2]sync.Once{}
	p.load(func() bool { return since.Load() >= more }, func(node int) {
		if at := promoted.Load(); at != nil {
			since.Add(1)
			first[node].Do(func() {
				t.Logf("node %d finished its first round of work %v after the promotion", node, time.Since(*at))
			})
			return
		}
		if done.Add(1) < before {
			return
		}
		killed.Do(func() {
			primary.Kill()
			killedAt := time.Now()
			standby.Promote()
			now := time.Now()
			promoted.Store(&now)
			var made struct{ ID string }
			for {
				err := p.nodes[node].do(201, "POST", "/v2/trips", fmt.Sprintf(`{"tripName":"First","userId":{"id":%q}}`, p.nodes[node].demo.UserID), &made)
				if err == nil {
					break
				}
				if !errors.Is(err, errGone) {
					t.Error(err)
					break
				}
			}
			p.l.note(p.l.trips, made.ID, "First")
			t.Logf("promoted %v after the kill; first write %v after the promotion", now.Sub(killedAt), time.Since(now))
		})
	})
	p.end()
	t.Logf("%d writes acknowledged, all there; %d deliveries, %d of them refused", p.l.acknowledged(), p.l.received, p.l.refused)
}

// TestFrozenNode stops one of two nodes for longer than its lease, while it works: the other one takes over its
// lanes, and when it goes on nothing is lost or told out of order.
func TestFrozenNode(t *testing.T) {
	url := pgtest.Database(t)
	p := newPair(t, url, url)
	frozen := p.nodes[0].cmd.Process
	const enough = 10
	var phase, done atomic.Int64 // 0: before, 1: frozen, 2: after
	var thaw, stop sync.WaitGroup
	thaw.Add(1)
	var once sync.Once
	stop.Go(func() {
		thaw.Wait()
		// The lanes of the frozen node are told by the other one once the lease is over.
		now := p.l.present()
		awaitAll(t, p.l, func() []string { return now.untoldBy(p.l) })
		phase.Store(2)
		done.Store(0)
		if err := frozen.Signal(syscall.SIGCONT); err != nil {
			t.Error(err)
		}
	})
	p.load(func() bool { return phase.Load() == 2 && done.Load() >= enough }, func(node int) {
		n := done.Add(1)
		if n >= enough && phase.CompareAndSwap(0, 1) {
			if err := frozen.Signal(syscall.SIGSTOP); err != nil {
				t.Error(err)
			}
			done.Store(0)
			return
		}
		if n >= enough && node == 1 && phase.Load() == 1 {
			once.Do(thaw.Done)
		}
	})
	stop.Wait()
	p.end()
	t.Logf("%d writes acknowledged, all there; %d deliveries, %d of them refused", p.l.acknowledged(), p.l.received, p.l.refused)
}

// present is a copy of what is acknowledged now.
func (l *ledger) present() *ledger {
	l.mu.Lock()
	defer l.mu.Unlock()
	return &ledger{users: maps.Clone(l.users), booked: maps.Clone(l.booked)}
}

// untoldBy lists what of it the receiver of another ledger has not heard of; that one's lock is held.
func (l *ledger) untoldBy(other *ledger) []string {
	l.events, l.revised = other.events, other.revised
	return l.untold()
}

// acknowledged is how many writes were.
func (l *ledger) acknowledged() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.users) + len(l.trips) + len(l.booked)
}
