// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/application"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/detect"
	"github.com/airside-travel/airside/internal/permit"
	"github.com/airside-travel/airside/internal/telemetry"
)

func testContract(t *testing.T) *contract.Contract {
	t.Helper()
	c, err := contract.Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestMapping(t *testing.T) {
	t.Parallel()
	m := newMapper(testContract(t), func(id string) string { return "tenant of " + id })
	at := time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name string
		e    telemetry.Event
		want []detect.Event
	}{
		{"a read", telemetry.Event{ID: "r", At: at, Operation: "readCompany", Effect: "read", Status: 200, ClientID: "c", Tenant: "t", Environment: "sandbox", ClientIP: "203.0.113.9", Company: "co", Object: "ob", BytesOut: 7, UserAgent: "x"},
			[]detect.Event{{ID: "r", At: at, Kind: detect.Request, Operation: "readCompany", Effect: "read", Status: 200, Client: "c", Tenant: "t", Environment: "sandbox", Address: netip.MustParseAddr("203.0.113.9"), Company: "co", Object: "ob", Bytes: 7, Agent: "x"}}},
		{"a wrong secret", telemetry.Event{Operation: "fetchOauth2Token", Effect: "write", Status: 403, ErrorCode: "CLIENT_CREDENTIALS_INVALID", Reason: "unknown-client", ClientID: "c"},
			[]detect.Event{{Kind: detect.Token, Operation: "fetchOauth2Token", Status: 403, Code: "CLIENT_CREDENTIALS_INVALID", Reason: detect.UnknownClient, Client: "c", Tenant: "tenant of c"}}},
		{"our own failure is no failed login", telemetry.Event{Operation: "fetchOauth2Token", Status: 503, ErrorCode: "STORE_UNAVAILABLE", ClientID: "c"},
			[]detect.Event{{Kind: detect.Request, Operation: "fetchOauth2Token", Status: 503, Code: "STORE_UNAVAILABLE", Client: "c"}}},
		{"another environment", telemetry.Event{Operation: "readCompany", Status: 403, ErrorCode: "ENVIRONMENT_NOT_ACCESSIBLE", ClientID: "c"},
			[]detect.Event{{Kind: detect.Request, Operation: "readCompany", Status: 403, Code: "ENVIRONMENT_NOT_ACCESSIBLE", Reason: detect.OtherEnvironment, Client: "c"}}},
		{"a token that never was", telemetry.Event{Operation: "readCompany", Status: 401, ErrorCode: "ACCESS_TOKEN_INVALID"},
			[]detect.Event{{Kind: detect.Request, Operation: "readCompany", Status: 401, Code: "ACCESS_TOKEN_INVALID", Reason: detect.UnknownToken}}},
		{"two changes at once", telemetry.Event{Operation: "updateApplication", Effect: "write", Status: 200, ClientID: "c", Change: "purchase-granted,scope-widened", Target: "app"},
			[]detect.Event{{Kind: detect.Request, Operation: "updateApplication", Effect: "write", Status: 200, Client: "c"},
				{Kind: detect.Admin, Operation: "updateApplication", Status: 200, Client: "c", Subject: "c", Target: "app", Change: detect.PurchaseGranted},
				{Kind: detect.Admin, Operation: "updateApplication", Status: 200, Client: "c", Subject: "c", Target: "app", Change: detect.ScopeWidened}}},
		{"a typing mistake is no act", telemetry.Event{Operation: "updateApplication", Status: 400, ErrorCode: "API_VALIDATION_FAILED", ClientID: "c"},
			[]detect.Event{{Kind: detect.Request, Operation: "updateApplication", Status: 400, Code: "API_VALIDATION_FAILED", Client: "c"}}},
		{"drift", telemetry.Event{Operation: "readCompany", Status: 200, Environment: "production", ClientID: "c", Upstream: &telemetry.Upstream{Status: 200, Drift: []string{"/x type"}}},
			[]detect.Event{{Kind: detect.Request, Operation: "readCompany", Status: 200, Environment: "production", Client: "c"}, {Kind: detect.Upstream, Operation: "readCompany", Status: 200, Environment: "production", Reason: detect.Drift}}},
		{"a forged webhook", telemetry.Event{Operation: "receiveWebhook", Status: 401, ErrorCode: "WEBHOOK_SIGNATURE_REFUSED", Environment: "production"},
			[]detect.Event{{Kind: detect.Receipt, Status: 401, Code: "WEBHOOK_SIGNATURE_REFUSED", Reason: detect.BadSignature, Environment: "production", Endpoint: "production"}}},
		{"the right secret of a suspended application", telemetry.Event{Operation: "fetchOauth2Token", Status: 403, ErrorCode: "APPLICATION_SUSPENDED", ClientID: "c", Effect: "write", Tenant: "t"},
			[]detect.Event{{Kind: detect.Request, Operation: "fetchOauth2Token", Status: 403, Code: "APPLICATION_SUSPENDED", Client: "c", Tenant: "t"}}},
		{"no answer", telemetry.Event{Operation: "readCompany", Status: 504, ErrorCode: "UPSTREAM_TIMEOUT", Environment: "production", Upstream: &telemetry.Upstream{}},
			[]detect.Event{{Kind: detect.Request, Operation: "readCompany", Status: 504, Code: "UPSTREAM_TIMEOUT", Environment: "production"}, {Kind: detect.Upstream, Operation: "readCompany", Status: 504, Code: "UPSTREAM_TIMEOUT", Environment: "production"}}},
	} {
		var got []detect.Event
		m.each(&c.e, func(ev detect.Event) { got = append(got, ev) })
		if diff := cmp.Diff(c.want, got, cmpopts.EquateComparable(netip.Addr{})); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

func TestReceipts(t *testing.T) {
	t.Parallel()
	at := time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC)
	got := receipt(&telemetry.Event{ID: "r", At: at, Tenant: "t", ClientIP: "203.0.113.9", Status: 401, ErrorCode: "X", BytesIn: 9}, "inbox-1", detect.BadSignature)
	want := detect.Event{ID: "r", At: at, Kind: detect.Receipt, Tenant: "t", Address: netip.MustParseAddr("203.0.113.9"), Status: 401, Code: "X", Reason: detect.BadSignature, Endpoint: "inbox-1", Bytes: 9}
	if diff := cmp.Diff(want, got, cmpopts.EquateComparable(netip.Addr{})); diff != "" {
		t.Error(diff)
	}
}

func TestWhatSettingsGive(t *testing.T) {
	t.Parallel()
	was := &application.Application{Settings: application.Settings{
		Networks: []string{"192.0.2.0/24"}, Rate: &application.Rate{PerSecond: 1, Burst: 1}, Grants: []permit.Grant{{Scopes: []string{"air:book"}, Effects: []string{"purchase"}}}}}
	for _, c := range []struct {
		was  *application.Application
		body string
		want []string
	}{
		{nil, `{"grants":[{"scopes":["air:book"],"effects":["purchase"]}]}`, []string{detect.PurchaseGranted}},
		{nil, `{"grants":[{"operations":["*"],"reason":"x"}]}`, []string{detect.ScopeWidened}},
		{was, `{"networks":["192.0.2.0/24"],"rate":{"perSecond":1,"burst":1},"grants":[{"scopes":["air:book"],"effects":["purchase"]}]}`, nil},
		{was, `{"networks":[],"grants":[]}`, []string{detect.NetworksOpened, detect.ControlDisabled}},
		{was, `{"networks":["0.0.0.0/0"],"rate":{"perSecond":9,"burst":1}}`, []string{detect.NetworksOpened}},
		{was, `no JSON`, nil},
	} {
		if diff := cmp.Diff(c.want, granted(c.was, []byte(c.body))); diff != "" {
			t.Errorf("%s: %s", c.body, diff)
		}
	}
}

// A detection that does not keep up, or fails, costs events and no request.
func TestRequestsDoNotWait(t *testing.T) {
	t.Parallel()
	w := &watch{clock: clock.System(), log: slog.New(slog.DiscardHandler), mapper: newMapper(testContract(t), func(string) string { return "" }), used: map[string]int64{}}
	stuck := make(chan struct{})
	w.runner = detect.NewRunner(detect.New(detect.Builtin(), detect.Options{}), detect.RunnerOptions{
		Clock: w.clock, Queue: 10, Tell: func([]detect.Change) { <-stuck }, // a store that does not answer
	})
	w.runner.Start()
	now := w.clock.Now()
	for range 1000 {
		w.request(&telemetry.Event{ID: "r", At: now, Operation: "fetchOauth2Token", Status: 403, ErrorCode: "CLIENT_CREDENTIALS_INVALID", ClientID: "c"})
	}
	close(stuck)
	if err := w.runner.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	if s := w.runner.Stats(); s.Dropped == 0 || s.Dropped+s.Seen != 1000 {
		t.Errorf("%+v", s)
	}
	w.mapper = nil // something fails
	w.request(&telemetry.Event{})
	if w.lost.Load() != 1 {
		t.Errorf("%d events were lost", w.lost.Load())
	}
	var off *watch
	off.request(&telemetry.Event{}) // nobody looks
}

// A file of rules that cannot be read, or is wrong, is said once, and something else about it again.
func TestRulesThatCannotBeReadAreSaidOnce(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "rules.yml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("rules: []\n")
	var said bytes.Buffer
	w := &watch{clock: clock.System(), log: slog.New(slog.NewTextHandler(&said, nil)), rules: ruleFile{name: name}}
	set, err := w.rules.read()
	if err != nil {
		t.Fatal(err)
	}
	w.runner = detect.NewRunner(detect.New(set, detect.Options{}), detect.RunnerOptions{Clock: w.clock, Tell: func([]detect.Change) {}})
	w.runner.Start()
	check := func(what, want string, lines int) {
		t.Helper()
		for range 3 {
			w.reload(t.Context())
		}
		if got := said.String(); strings.Count(got, "\n") != lines || !strings.Contains(got, want) {
			t.Errorf("%s, it said %q", what, got)
		}
		said.Reset()
	}
	check("nothing changed", "", 0)
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	check("the file is gone", "keeps the rules it has", 1)
	write("rules: nonsense\n")
	check("the file is wrong", "keeps the rules it has", 1)
	write("rules: []\n")
	check("the file is right again", "has other rules", 1)
	if err := w.runner.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}
