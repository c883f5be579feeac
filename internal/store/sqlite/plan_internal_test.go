// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"strings"
	"testing"

	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/sqltext"
)

// TestPlans: what is asked for with every delivery costs the same however many there are for other endpoints, or that
// wait behind others.
func TestPlans(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), Options{Memory: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	const (
		byKey = "SEARCH d USING PRIMARY KEY (tenant=? AND id=?)"
		list  = "SEARCH d USING COVERING INDEX delivery_endpoint (tenant=? AND endpoint=?)"
		ready = "SEARCH d USING COVERING INDEX delivery_ready (tenant=? AND next_at<?)"
		lane  = "delivery_lane (tenant=? AND resource=? AND endpoint=? AND state=?)"
	)
	for name, tc := range map[string]struct {
		text string
		want []string
	}{
		"due":                      {sqltext.Due{}.Select(), []string{byKey, ready, lane}},
		"due, without some":        {sqltext.Due{Skip: 4}.Select(), []string{byKey, ready, lane}},
		"due, of some partitions":  {sqltext.Due{Partitions: true, Skip: 1}.Select(), []string{byKey, ready, lane}},
		"delivered to an endpoint": {sqltext.Deliveries{Endpoint: true, State: store.Delivered}.Select(), []string{byKey, list}},
		"all of an endpoint":       {sqltext.Deliveries{Endpoint: true}.Select(), []string{byKey, list}},
		"all of a resource":        {sqltext.Deliveries{Resource: true}.Select(), []string{"delivery_lane (tenant=? AND resource=?)"}},
		"all of a lane":            {sqltext.Deliveries{Endpoint: true, Resource: true}.Select(), []string{"delivery_lane (tenant=? AND resource=? AND endpoint=?)"}},
		"parked":                   {sqltext.Deliveries{State: store.Parked}.Select(), []string{"delivery_parked (tenant=?)"}},
		"what waits in a lane":     {sqltext.Deliveries{Endpoint: true, Resource: true, State: store.Pending}.Select(), []string{lane}},
	} {
		var plan []string
		text := "EXPLAIN QUERY PLAN " + tc.text
		st, err := s.writer.statement(text)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		args := make([]any, st.params)
		for i := range args {
			args[i] = int64(1)
		}
		err = s.writer.each(func(r *row) (bool, error) { plan = append(plan, r.Text(3)); return true, nil }, text, args...)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all := strings.Join(plan, "\n")
		for _, want := range tc.want {
			if !strings.Contains(all, want) {
				t.Errorf("%s is found without %q:\n%s", name, want, all)
			}
		}
	}
}
