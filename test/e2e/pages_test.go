// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestSinkOfThePage makes the sink of docs/alerts.md as it stands there, on a server with its settings as they are.
func TestSinkOfThePage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/alerts.md")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`createAlertSink --body '([^']+)'`).FindSubmatch(page)
	if found == nil {
		t.Fatal("the page makes no sink")
	}
	c := start(t)
	if exit, _, errs := c.airside(t.Context(), "api", "createAlertSink", "--body", string(found[1])); exit != 0 {
		t.Errorf("exit %d: %s", exit, errs)
	}
	other := strings.ReplaceAll(strings.ReplaceAll(string(found[1]), "env:ALERT_SINK_PAGER", "vault://secret/alerts#key"), "on call", "other")
	_, _, errs := c.airside(t.Context(), "api", "createAlertSink", "--body", other)
	if !strings.Contains(errs, "/secretRef ") || !strings.Contains(errs, "begin with: env:ALERT_SINK_\n") {
		t.Errorf("a secret that may not be named: %s", errs)
	}
}
