// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"unicode/utf8"
)

// seriesMax is how many series one metric may have.
const seriesMax = 4000

// Registry holds all metrics of a process.
type Registry struct {
	mu       sync.Mutex
	metrics  []*Metric
	collects []func(ctx context.Context) error
}

// New makes an empty registry.
func New() *Registry { return &Registry{} }

// Metric is a counter or a gauge with its series.
type Metric struct {
	name, help, kind string
	labels           []string

	mu     sync.Mutex
	series map[string]*float64 // by the written labels
}

// Counter makes a metric that only grows; its name ends in _total.
func (r *Registry) Counter(name, help string, labels ...string) *Metric {
	return r.add(name, help, "counter", labels)
}

// Gauge makes a metric that goes up and down.
func (r *Registry) Gauge(name, help string, labels ...string) *Metric {
	return r.add(name, help, "gauge", labels)
}

func (r *Registry) add(name, help, kind string, labels []string) *Metric {
	m := &Metric{name: name, help: help, kind: kind, labels: labels, series: map[string]*float64{}}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.metrics = append(r.metrics, m)
	return m
}

// Collect has fn called before the metrics are read, to set gauges from what they describe.
func (r *Registry) Collect(fn func(ctx context.Context) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.collects = append(r.collects, fn)
}

// Add adds to the series with these label values.
func (m *Metric) Add(n float64, values ...string) {
	m.change(values, func(old float64) float64 { return old + n })
}

// Set sets the series with these label values.
func (m *Metric) Set(v float64, values ...string) {
	m.change(values, func(float64) float64 { return v })
}

// Reset forgets all series, for a gauge that is set anew.
func (m *Metric) Reset() {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.series)
}

func (m *Metric) change(values []string, fn func(old float64) float64) {
	if len(values) != len(m.labels) {
		panic(fmt.Sprintf("metrics: %s has %d labels and was given %d", m.name, len(m.labels), len(values)))
	}
	var room [128]byte // most keys fit, and a known series then costs no allocation
	key := m.key(room[:0], values)
	m.mu.Lock()
	defer m.mu.Unlock()
	v := m.series[string(key)]
	if v == nil && len(m.series) >= seriesMax {
		others := make([]string, len(values))
		for i := range others {
			others[i] = "other"
		}
		key = m.key(key[:0], others)
		v = m.series[string(key)]
	}
	if v == nil {
		v = new(float64)
		m.series[string(key)] = v
	}
	*v = fn(*v)
}

// key appends the labels as they are written, in braces.
func (m *Metric) key(b []byte, values []string) []byte {
	for i, v := range values {
		b = append(b, "{,"[min(i, 1)])
		b = append(b, m.labels[i]...)
		b = append(b, '=', '"')
		for _, r := range v {
			switch r {
			case '\\':
				b = append(b, '\\', '\\')
			case '"':
				b = append(b, '\\', '"')
			case '\n':
				b = append(b, '\\', 'n')
			case utf8.RuneError: // what is not UTF-8
				b = append(b, '?')
			default:
				b = utf8.AppendRune(b, r)
			}
		}
		b = append(b, '"')
	}
	if len(values) > 0 {
		b = append(b, '}')
	}
	return b
}

// write writes everything in text format 0.0.4.
func (r *Registry) write(w io.Writer) error {
	r.mu.Lock()
	metrics := slices.Clone(r.metrics)
	r.mu.Unlock()
	out := bufio.NewWriter(w)
	for _, m := range metrics {
		fmt.Fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", m.name, m.help, m.name, m.kind)
		m.mu.Lock()
		keys := make([]string, 0, len(m.series))
		for k := range m.series {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for _, k := range keys {
			fmt.Fprintf(out, "%s%s %s\n", m.name, k, strconv.FormatFloat(*m.series[k], 'g', -1, 64))
		}
		m.mu.Unlock()
	}
	return out.Flush()
}

// ServeHTTP answers a scrape.
func (r *Registry) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	collects := slices.Clone(r.collects)
	r.mu.Unlock()
	for _, fn := range collects {
		if err := fn(req.Context()); err != nil {
			http.Error(w, "the store does not answer", http.StatusServiceUnavailable)
			return
		}
	}
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	_ = r.write(w) // whoever scraped went away
}
