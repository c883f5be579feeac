// SPDX-License-Identifier: Apache-2.0

package metrics_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/metrics"
)

func scrape(t *testing.T, r *metrics.Registry) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
	return w.Code, w.Body.String()
}

func TestText(t *testing.T) {
	t.Parallel()
	r := metrics.New()
	c := r.Counter("x_total", "Things.", "name", "status")
	g := r.Gauge("y", "Level.")
	c.Add(1, "b", "200")
	c.Add(2, "a\"\n\\\xff", "400")
	c.Add(1, "b", "200")
	r.Collect(func(context.Context) error { g.Set(1.5); return nil })
	want := "# HELP x_total Things.\n# TYPE x_total counter\nx_total{name=\"a\\\"\\n\\\\?\",status=\"400\"} 2\nx_total{name=\"b\",status=\"200\"} 2\n# HELP y Level.\n# TYPE y gauge\ny 1.5\n"
	if code, got := scrape(t, r); code != 200 || cmp.Diff(want, got) != "" {
		t.Error(code, cmp.Diff(want, got))
	}
	r.Collect(func(context.Context) error { return errors.New("down") })
	if code, _ := scrape(t, r); code != 503 {
		t.Errorf("half a scrape: %d", code)
	}
}

func TestSeriesAreBounded(t *testing.T) {
	t.Parallel()
	r := metrics.New()
	c := r.Counter("x_total", "Things.", "name")
	for i := range 10_000 {
		c.Add(1, strconv.Itoa(i))
	}
	_, got := scrape(t, r)
	if n := strings.Count(got, "\n"); n > 4005 || !strings.Contains(got, "x_total{name=\"other\"} 6000\n") {
		t.Errorf("%d lines", n)
	}
}
