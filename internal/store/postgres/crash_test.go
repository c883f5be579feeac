// SPDX-License-Identifier: Apache-2.0

//go:build pg

package postgres_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/pgtest"
	"github.com/airside-travel/airside/internal/store/postgres"
)

// TestMain lets the test binary play the process that freezes.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "freeze" {
		freeze(os.Args[2])
	}
	os.Exit(m.Run())
}

// load has callers add to counters until they have done so often enough, and calls at with the number of writes
// that were acknowledged, after each. It fails when a write does.
func load(t *testing.T, s store.Store, writes int64, after func(n int64)) {
	t.Helper()
	var begun, done atomic.Int64
	var wg sync.WaitGroup
	for c := range 8 {
		wg.Go(func() {
			for begun.Add(1) <= writes {
				tenant := fmt.Sprint("tenant-", c%2)
				err := s.Update(as(t.Context(), tenant), func(ctx context.Context) error { return add(ctx, tenant, strconv.Itoa(c%3), 1) })
				if err != nil {
					t.Error(err)
					return
				}
				after(done.Add(1))
			}
		})
	}
	wg.Wait()
}

// total is what all counters of load add up to.
func total(t *testing.T, s store.Store) (sum int64) {
	t.Helper()
	for _, tenant := range []string{"tenant-0", "tenant-1"} {
		for id := range 3 {
			sum += int64(value(t, s, tenant, strconv.Itoa(id)))
		}
		sound(t, s, tenant)
	}
	return sum
}

// The server is killed under load, and comes back: every write happens, once.
func TestServerKilled(t *testing.T) {
	t.Parallel()
	c := pgtest.NewCluster(t)
	s := open(t, c.URL())
	const writes = 900
	load(t, s, writes, func(n int64) {
		if n%300 == 100 {
			c.Kill()
			if s.Ready(t.Context()) == nil {
				t.Error("the store is ready without a server")
			}
			c.Start()
		}
	})
	if got := total(t, s); got != writes {
		t.Errorf("%d writes were acknowledged, %d happened", writes, got)
	}
}

// The primary is killed under load and its synchronous standby takes over.
func TestFailover(t *testing.T) {
	t.Parallel()
	primary := pgtest.NewCluster(t)
	standby := primary.Standby()
	primary.Follow()
	s := open(t, primary.URL(standby))
	second := open(t, standby.URL(primary)) // in the other order, which must not matter
	const writes = 400
	var promoted atomic.Pointer[time.Time]
	var once sync.Once
	for i, st := range []store.Store{s, second} {
		load(t, st, writes, func(n int64) {
			if n == writes/2 && i == 0 {
				primary.Kill()
				standby.Promote()
				now := clock.System().Now()
				promoted.Store(&now)
			} else if at := promoted.Load(); at != nil {
				once.Do(func() { t.Logf("the first write came %v after the promotion", clock.System().Now().Sub(*at)) })
			}
		})
	}
	if got := total(t, second); got != 2*writes {
		t.Errorf("%d writes were acknowledged, %d happened", 2*writes, got)
	}
}

// freeze is a process that stops in the middle of a transaction.
func freeze(url string) {
	s, err := postgres.Open(context.Background(), postgres.Options{URL: url, MasterKey: masterKey})
	first := true
	if err == nil {
		err = s.Update(as(context.Background(), tenant), func(ctx context.Context) error {
			err := add(ctx, tenant, "1", 1)
			if err == nil && first {
				first = false
				_, _ = os.Stdout.WriteString("holding\n")
				_, err = bufio.NewReader(os.Stdin).ReadString('\n')
			}
			return err
		})
	}
	if err != nil {
		_, _ = os.Stdout.WriteString(err.Error() + "\n")
		os.Exit(1)
	}
	_, _ = os.Stdout.WriteString("done\n")
	os.Exit(0)
}

// A process that is frozen in a transaction holds others up for a while only, and when it goes on its
// write happens once.
func TestFrozenProcess(t *testing.T) {
	t.Parallel()
	url := database(t)
	s := open(t, url)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe, "freeze", url)
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	says := func(want string) {
		t.Helper()
		if !lines.Scan() || lines.Text() != want {
			t.Fatalf("the other process says %q, want %q", lines.Text(), want)
		}
	}
	says("holding")
	if err := cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if err := s.Update(as(t.Context(), tenant), func(ctx context.Context) error { return add(ctx, tenant, "1", 10) }); err != nil {
		t.Error(err)
	}
	if got := value(t, s, tenant, "1"); got != 10 {
		t.Errorf("the counter is %d while the other process is frozen, want 10", got)
	}
	if err := cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if _, err := in.Write([]byte("\n")); err != nil {
		t.Fatal(err)
	}
	says("done")
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	if got := value(t, s, tenant, "1"); got != 11 {
		t.Errorf("the counter is %d, want 11", got)
	}
	sound(t, s, tenant)
}
