// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "edge:", err)
		stop()
		os.Exit(1) //nolint:gocritic // stop was called
	}
}

// settings are the flags.
type settings struct {
	airside, caddy, wrk, only string
	seconds                   time.Duration
	rounds                    int
	connections               int
	rotations                 int
	reads, writes             bool
	limit                     int64 // megabytes
}

func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 2 && args[0] == roleUpstream || len(args) == 3 && args[0] == roleProxy {
		return serveRole(ctx, args, out)
	}
	var s settings
	f := flag.NewFlagSet("edge", flag.ContinueOnError)
	f.StringVar(&s.airside, "airside", "", "the program to measure; left out when empty")
	f.StringVar(&s.caddy, "caddy", "caddy", "where Caddy is")
	f.StringVar(&s.wrk, "wrk", "wrk", "where wrk is; without it this program makes the load")
	f.StringVar(&s.only, "only", "", "names to measure, separated by commas; all when empty")
	f.DurationVar(&s.seconds, "for", 4*time.Second, "how long each measurement takes")
	f.IntVar(&s.rounds, "rounds", 3, "interleaved rounds")
	f.IntVar(&s.connections, "connections", 128, "connections at once")
	f.IntVar(&s.rotations, "rotations", 0, "instead of measuring, rotate the credential so often within -for, under load")
	f.BoolVar(&s.reads, "reads", true, "measure reads")
	f.BoolVar(&s.writes, "writes", true, "measure writes")
	f.Int64Var(&s.limit, "memory", 0, "give airside this many megabytes and no more, what it reads of files included; needs root on Linux")
	if err := f.Parse(args); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "edge-load-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := &bench{settings: s, dir: dir, out: out}
	defer b.stop()
	if s.rotations > 0 {
		return b.rotate(ctx)
	}
	if err := b.start(ctx); err != nil {
		return err
	}
	for round := range s.rounds {
		for _, t := range b.targets {
			for _, write := range []bool{false, true} {
				if !write && !s.reads || write && (!s.writes || t.readsOnly) {
					continue
				}
				if err := b.measure(ctx, t, write); err != nil {
					return fmt.Errorf("%s, round %d: %w", t.name, round+1, err)
				}
			}
		}
	}
	return b.report()
}

// sample is one measurement.
type sample struct {
	perSecond, cpu float64 // cpu in µs per request
	p50, p99       time.Duration
	memory         memory
	failed         int
	problem        error // of the first that failed
}

// target is what is measured.
type target struct {
	name      string
	url       string
	header    []string
	admin     string // Airside's own: the token of its administrator
	pids      []int
	readsOnly bool
	got       map[bool][]sample // by whether it wrote
}

func (b *bench) measure(ctx context.Context, t *target, write bool) error {
	if _, err := b.load(ctx, t, write, b.seconds/8); err != nil { // warm up
		return err
	}
	before := busy(t.pids)
	got, err := b.load(ctx, t, write, b.seconds)
	if err != nil {
		return err
	}
	got.cpu = float64(busy(t.pids)-before) / float64(time.Microsecond) / max(1, got.perSecond*b.seconds.Seconds())
	t.got[write] = append(t.got[write], got)
	return nil
}

// median of the rounds, each quantity by itself.
func median(all []sample) sample {
	pick := func(of func(sample) float64) float64 {
		var v []float64
		for _, s := range all {
			v = append(v, of(s))
		}
		slices.Sort(v)
		return v[len(v)/2]
	}
	out := sample{
		perSecond: pick(func(s sample) float64 { return s.perSecond }), cpu: pick(func(s sample) float64 { return s.cpu }),
		p50: time.Duration(pick(func(s sample) float64 { return float64(s.p50) })), p99: time.Duration(pick(func(s sample) float64 { return float64(s.p99) })),
	}
	for _, s := range all {
		out.memory = out.memory.most(s.memory)
		out.failed += s.failed
		out.problem = cmp.Or(out.problem, s.problem)
	}
	return out
}

func (b *bench) report() error {
	load, _ := os.ReadFile("/proc/loadavg") // absent on other systems
	fmt.Fprintf(b.out, "%d connections, %d rounds of %s, answers of %d bytes, load average %s\n", b.connections, b.rounds, b.seconds, len(b.answer), strings.TrimSpace(string(load)))
	w := tabwriter.NewWriter(b.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	failed := 0
	var problem error
	for _, write := range []bool{false, true} {
		kind := map[bool]string{false: "reads", true: "writes"}[write]
		var direct, bare sample
		for _, t := range b.targets {
			if len(t.got[write]) > 0 && t.name == "direct" {
				direct = median(t.got[write])
			} else if len(t.got[write]) > 0 && t.name == "go proxy" {
				bare = median(t.got[write])
			}
		}
		fmt.Fprintf(w, "\n%s\trequests/s\t÷ go proxy\tadded p50\tadded p99\tCPU µs\t÷ go proxy\tRSS MB\town MB\tfailed\t\n", kind)
		for _, t := range b.targets {
			if len(t.got[write]) == 0 {
				continue
			}
			m := median(t.got[write])
			failed += m.failed
			problem = cmp.Or(problem, m.problem)
			fmt.Fprintf(w, "%s\t%.0f\t%s\t%.2f ms\t%.2f ms\t%.0f\t%s\t%.0f\t%.0f\t%d\t\n", t.name, m.perSecond, ratio(m.perSecond, bare.perSecond),
				(m.p50-direct.p50).Seconds()*1000, (m.p99-direct.p99).Seconds()*1000, m.cpu, ratio(m.cpu, bare.cpu), float64(m.memory.resident)/(1<<20), float64(m.memory.own)/(1<<20), m.failed)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if failed > 0 {
		return fmt.Errorf("%d requests failed, the first so: %w", failed, problem)
	}
	return nil
}

func ratio(a, b float64) string {
	if b == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f", a/b)
}
