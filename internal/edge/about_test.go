// SPDX-License-Identifier: Apache-2.0

package edge_test

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/airside-travel/airside/internal/edge"
	"github.com/airside-travel/airside/internal/telemetry"
)

// line is the last line of the log.
func (b *bundle) line(t *testing.T) map[string]any {
	t.Helper()
	lines := bytes.Split(bytes.TrimSpace(b.log.Bytes()), []byte("\n"))
	var out map[string]any
	if err := json.Unmarshal(lines[len(lines)-1], &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestEventsSayWhatTheyAreAbout(t *testing.T) {
	t.Parallel()
	const company, other = "0190a0b0-0000-7000-8000-000000000001", "0190a0b0-0000-7000-8000-000000000002"
	b := setup(t, nil)
	edge.Handle(b.mux, "readCompany", func(ctx context.Context, _ struct {
		ID string `path:"companyId"`
	}) (json.RawMessage, error) {
		telemetry.Spent(ctx, 4200, "EUR")
		return json.RawMessage(`{"id":{"id":"` + company + `"},"name":"Acme","billingCurrency":"EUR","companyRoles":["ORG"]}`), nil
	})
	object := func(path string) string {
		b.do(t, "GET", path, "")
		e := b.line(t)
		if e["effect"] != "read" || e["company"] != strings.TrimPrefix(path, "/v2/companies/") || e["amountMinor"] != 4200.0 || e["currency"] != "EUR" {
			t.Errorf("the event does not say what it is about: %v", e)
		}
		o, _ := e["object"].(string)
		if o == "" || strings.Contains(o, "0190") {
			t.Errorf("object is %q", o)
		}
		return o
	}
	first := object("/v2/companies/" + company)
	if again := object("/v2/companies/" + company); again != first {
		t.Errorf("one company is %s and %s", first, again)
	}
	if object("/v2/companies/"+other) == first {
		t.Error("two companies look the same")
	}
}

func TestReasonsStayInside(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	_, _, raw := b.do(t, "GET", "/v2/companies", "", "Airside-Environment", "elsewhere")
	if strings.Contains(raw, "other-environment") {
		t.Errorf("the caller is told: %s", raw)
	}
	if e := b.line(t); e["reason"] != "other-environment" {
		t.Errorf("the log is not: %v", e)
	}
}
