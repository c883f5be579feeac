// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// load calls a target for a while, from as many connections as were asked for.
func (b *bench) load(ctx context.Context, t *target, write bool, d time.Duration) (sample, error) {
	most := make(chan memory, 1)
	looking, looked := context.WithCancel(ctx)
	defer looked()
	go func() {
		var seen memory
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for looking.Err() == nil {
			seen = seen.most(held(t.pids))
			select {
			case <-tick.C:
			case <-looking.Done():
			}
		}
		most <- seen
	}()
	var got sample
	var err error
	if path, missing := exec.LookPath(b.wrk); missing == nil && d >= time.Second {
		got, err = b.withWrk(ctx, path, t, write, d)
	} else {
		got, err = b.own(ctx, t, write, d)
	}
	looked()
	got.memory = <-most
	return got, err
}

// script makes wrk write, and print what a program reads: counts, and latencies in microseconds.
const script = `wrk.method = %q
wrk.body = %q
wrk.headers["Content-Type"] = "application/json"
done = function(s, l, r)
  local e = s.errors
  io.write(string.format("RESULT %%d %%d %%d %%d %%d\n", s.requests, s.duration, l:percentile(50), l:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
end
`

func (b *bench) withWrk(ctx context.Context, path string, t *target, write bool, d time.Duration) (sample, error) {
	method, url, body := http.MethodGet, t.url+readPath, ""
	if write {
		method, url, body = http.MethodPost, t.url+"/v2/companies", string(b.body)
	}
	file := filepath.Join(b.dir, "wrk.lua")
	if err := os.WriteFile(file, fmt.Appendf(nil, script, method, body), 0o600); err != nil {
		return sample{}, err
	}
	args := []string{"-t1", "-c" + strconv.Itoa(b.connections), "-d" + strconv.Itoa(int(d.Seconds())) + "s", "-s", file}
	for _, h := range t.header {
		args = append(args, "-H", h)
	}
	out, err := exec.CommandContext(ctx, path, append(args, url)...).CombinedOutput() //nolint:gosec // wrk
	if err != nil {
		return sample{}, fmt.Errorf("wrk: %w\n%s", err, out)
	}
	m := regexp.MustCompile(`RESULT (\d+) (\d+) (\d+) (\d+) (\d+)`).FindSubmatch(out)
	if m == nil {
		return sample{}, fmt.Errorf("wrk printed no result:\n%s", out)
	}
	n := func(i int) float64 {
		f, _ := strconv.ParseFloat(string(m[i]), 64) // digits, by the pattern
		return f
	}
	if n(1) == 0 {
		return sample{}, fmt.Errorf("no request was answered:\n%s", out)
	}
	return sample{perSecond: n(1) / n(2) * 1e6, p50: time.Duration(n(3)) * time.Microsecond, p99: time.Duration(n(4)) * time.Microsecond, failed: int(n(5)), problem: errors.New("wrk does not say")}, nil
}

// own makes the load in this program.
func (b *bench) own(ctx context.Context, t *target, write bool, d time.Duration) (sample, error) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: b.connections, DisableCompression: true}}
	defer client.CloseIdleConnections()
	var mu sync.Mutex
	var all []time.Duration
	failed := 0
	var problem error
	var wg sync.WaitGroup
	for range b.connections {
		wg.Go(func() {
			var mine []time.Duration
			var bad []error
			for ctx.Err() == nil {
				began := time.Now()
				err := b.once(ctx, client, t, write)
				if ctx.Err() != nil {
					break
				}
				if err != nil {
					bad = append(bad, err)
				}
				mine = append(mine, time.Since(began))
			}
			mu.Lock()
			defer mu.Unlock()
			all, failed = append(all, mine...), failed+len(bad)
			if problem == nil && len(bad) > 0 {
				problem = bad[0]
			}
		})
	}
	wg.Wait()
	if len(all) == 0 {
		return sample{}, fmt.Errorf("no request was answered within %s", d)
	}
	slices.Sort(all)
	return sample{perSecond: float64(len(all)) / d.Seconds(), p50: all[len(all)/2], p99: all[len(all)*99/100], failed: failed, problem: problem}, nil
}

func (b *bench) once(ctx context.Context, client *http.Client, t *target, write bool) error {
	method, url, want := http.MethodGet, t.url+readPath, http.StatusOK
	var body io.Reader
	if write {
		method, url, want, body = http.MethodPost, t.url+"/v2/companies", http.StatusCreated, bytes.NewReader(b.body)
	}
	req, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", mediaJSON)
	for _, h := range t.header {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != want {
		said, _ := io.ReadAll(io.LimitReader(res.Body, 1<<10)) // as much as there is
		return fmt.Errorf("%s %s: %d %s", method, url, res.StatusCode, said)
	}
	_, err = io.Copy(io.Discard, res.Body)
	return err
}
