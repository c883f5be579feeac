// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"fmt"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/airside-travel/airside/internal/detect"
	"github.com/airside-travel/airside/internal/detect/export"
	"github.com/airside-travel/airside/internal/telemetry"
)

// TestPrometheusReadsWhatThereIs holds the rule file that is shipped to the metrics that are served: each alert reads
// metrics, and those exist.
func TestPrometheusReadsWhatThereIs(t *testing.T) {
	t.Parallel()
	set, err := detect.Load()
	if err != nil {
		t.Fatal(err)
	}
	var rules bytes.Buffer
	if err := export.Prometheus(&rules, set); err != nil {
		t.Fatal(err)
	}
	g := newGuard(t)
	for i := range 50 { // an alert is open
		g.watch.request(&telemetry.Event{ID: fmt.Sprint("r-", i), At: g.o.Clock.Now(), Operation: "fetchOauth2Token", Status: 403, ErrorCode: "CLIENT_CREDENTIALS_INVALID", ClientID: g.demo.ClientID})
	}
	g.alerts(g.demo.TMCID)
	served := httptest.NewRecorder()
	g.Metrics().ServeHTTP(served, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
	var file struct {
		Groups []struct {
			Rules []struct{ Alert, Expr string }
		}
	}
	if err := yaml.Unmarshal(rules.Bytes(), &file); err != nil || len(file.Groups) != 3 {
		t.Fatalf("%d groups, %v", len(file.Groups), err)
	}
	metric := regexp.MustCompile(`airside_[a-z_]+`)
	seen := map[string]bool{}
	for _, group := range file.Groups {
		for _, r := range group.Rules {
			if seen[r.Alert] {
				t.Errorf("%s is there twice", r.Alert)
			}
			seen[r.Alert] = true
			found := metric.FindAllString(r.Expr, -1)
			if len(found) == 0 {
				t.Errorf("%s reads no metric", r.Alert)
			}
			for _, m := range found {
				if !strings.Contains(served.Body.String(), "\n# TYPE "+m+" ") {
					t.Errorf("%s reads %s, which there is not", r.Alert, m)
				}
			}
		}
	}
	if len(file.Groups[0].Rules) != len(set.Rules) {
		t.Errorf("%d alerts of %d rules", len(file.Groups[0].Rules), len(set.Rules))
	}
	for _, rule := range []string{"airside_detect_rule_matched_total", "airside_detect_alerts_open"} {
		if !strings.Contains(served.Body.String(), "\n"+rule+`{rule="auth-failure-burst"} `) {
			t.Errorf("%s has no rule", rule)
		}
	}
}
