// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/airsidetest"
	"github.com/airside-travel/airside/internal/alert"
	"github.com/airside-travel/airside/internal/alert/sinktest"
	"github.com/airside-travel/airside/internal/cli"
)

// desk is a person with a terminal, and one sink of each kind.
type desk struct {
	*client
	mail                       *sinktest.Mail
	chat, hook, pager, manager *sinktest.Server
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{mail: sinktest.SMTP(t, true), chat: sinktest.HTTP(t), hook: sinktest.HTTP(t), pager: sinktest.HTTP(t), manager: sinktest.HTTP(t)}
	d.client = start(t, airsidetest.AlertRoots(d.mail.Roots), airsidetest.Secrets(map[string]string{
		"ALERT_SINK_MAIL": "pa55word-of-mail", "ALERT_SINK_CHAT": d.chat.URL + "/services/T/B/x", "ALERT_SINK_PAGER": "r0uting",
		"ALERT_SINK_HOOK": "whsec_" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("k"), 32)), "OTHER_SECRET": "not for sinks",
	}))
	return d
}

// airside is one command in process; it answers the exit code and what was printed.
func (d *desk) airside(args ...string) (int, string, string) {
	d.t.Helper()
	var out, errs bytes.Buffer
	m := cli.Main{Args: args, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs,
		Environ: []string{"AIRSIDE_URL=" + d.srv.URL, "AIRSIDE_TOKEN=" + d.token}}
	exit := m.Run(d.t.(*testing.T).Context())
	return exit, out.String(), errs.String()
}

// does is a command that must succeed; it answers what --json printed.
func (d *desk) does(args ...string) object {
	d.t.Helper()
	exit, out, errs := d.airside(append(args, "--json")...)
	if exit != 0 {
		d.t.Fatalf("airside %s: exit %d: %s", strings.Join(args, " "), exit, errs)
	}
	var o object
	if len(out) > 0 {
		if err := json.Unmarshal([]byte(out), &o); err != nil {
			d.t.Fatalf("airside %s prints no JSON: %v in %s", strings.Join(args, " "), err, out)
		}
	}
	return o
}

// settled lets everything due be told.
func (d *desk) settled() {
	d.t.Helper()
	d.call(200, "POST", "/v1/airside/world/clock/advance", doc{"duration": "PT1S"})
}

// told is how many messages each sink has taken.
func (d *desk) told() []int {
	return []int{len(d.mail.Got()), len(d.chat.Got()), len(d.hook.Got()), len(d.pager.Got()), len(d.manager.Got())}
}

// One burst of failed tokens is one alert at every kind of sink, and an incident with its timeline that is led,
// closed and exported, by the command line and by the API.
func TestFromBurstToReport(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.call(200, "POST", "/v1/airside/world/clock/freeze", nil)
	sinks := []doc{
		{"name": "mail", "kind": "EMAIL", "host": d.mail.Host, "port": d.mail.Port, "security": "IMPLICIT", "username": "airside", "secretRef": "env:ALERT_SINK_MAIL", "from": "airside@example.com", "to": []string{"soc@example.com"}},
		{"name": "chat", "kind": "SLACK", "secretRef": "env:ALERT_SINK_CHAT"},
		{"name": "hook", "kind": "WEBHOOK", "url": d.hook.URL, "secretRef": "env:ALERT_SINK_HOOK"},
		{"name": "pager", "kind": "PAGERDUTY", "url": d.pager.URL, "secretRef": "env:ALERT_SINK_PAGER"},
		{"name": "manager", "kind": "ALERTMANAGER", "url": d.manager.URL},
	}
	for i, s := range sinks {
		if i%2 == 0 {
			d.call(200, "POST", "/v1/airside/alerts/sinks", s)
			continue
		}
		raw, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if exit, _, errs := d.airside("api", "createAlertSink", "--body", string(raw)); exit != 0 {
			t.Fatal(errs)
		}
	}
	d.refuse(400, "API_VALIDATION_FAILED", "POST", "/v1/airside/alerts/sinks", doc{"name": "thief", "kind": "WEBHOOK", "url": "https://example.com", "secretRef": "env:OTHER_SECRET"})
	for _, s := range sinks {
		if got := d.does("alerts", "test", s["name"].(string)); got.at("accepted") != true {
			t.Errorf("test of %v: %v", s["name"], got)
		}
	}
	tests := d.told()

	offender := d.srv.Demo.ClientID
	var burst []airsidetest.Finding
	for i := range 60 {
		burst = append(burst, airsidetest.Finding{Rule: "auth-failure-burst", Severity: alert.High, Client: offender, Environment: "sandbox", Summary: "Many token requests fail",
			Expected: "at most 2 a minute", Seen: fmt.Sprintf("%d in 60 seconds", i+1), Events: []string{fmt.Sprintf("request-%d", i)}})
	}
	id := d.srv.Raise(t, burst...)[0]
	d.settled()
	want := slices.Clone(tests)
	for i := range want {
		want[i]++
	}
	if diff := cmp.Diff(want, d.told()); diff != "" {
		t.Errorf("messages at mail, chat, hook, pager, manager: %s", diff)
	}
	list := d.does("alerts", "list", "--state", "OPEN").list("alerts")
	if len(list) != 1 || list[0].str("id") != id || list[0].num("count") != 60 || len(list[0].at("eventIds").([]any)) != 10 {
		t.Fatalf("%v", list)
	}
	d.does("alerts", "ack", id, "--note", "on it")

	inc := d.does("incident", "open", "--alert", id, "--playbook", "stolen-token", "--commander", "Ada Moreau")
	number := inc.str("id")
	d.call(204, "POST", "/v2/api-users/revoke", doc{"clientId": d.call(200, "POST", "/v2/api-users", doc{"role": "TMC_ADMIN"}).str("clientId")}) // acts of the client
	d.does("incident", "note", number, "The partner deployed an old secret.\x1b[31m")
	d.refuse(400, "STATE_DOES_NOT_ALLOW", "POST", "/v1/airside/incidents/"+number+"/resolve", doc{"resolution": "x"})
	for _, task := range inc.list("tasks") {
		d.does("incident", "task", number, task.str("id"), "--state", "DONE", "--note", "done")
	}
	file := filepath.Join(t.TempDir(), "events.json")
	if err := os.WriteFile(file, []byte(`[{"debugIdentifier":"https://api.example.com/trace/7"}]`), 0o600); err != nil {
		t.Fatal(err)
	}
	evidence := d.does("incident", "attach", number, file)
	if exit, out, _ := d.airside("incident", "contact-pack", number); exit != 0 || !strings.Contains(out, "https://api.example.com/trace/7") || !strings.Contains(out, "request-9") || !strings.Contains(out, offender) {
		t.Errorf("contact pack: %s", out)
	}
	d.does("incident", "resolve", number, "--resolution", "The partner rolled the secret out.", "--cause", "An old image.", "--actor", "PARTNER", "--action", "error", "--follow-up", "Pin images;Ada Moreau;2027-01-31")
	d.settled()

	got := d.call(200, "GET", "/v1/airside/incidents/"+number, nil)
	kinds := map[string]int{}
	for _, e := range got.list("timeline") {
		kinds[e.str("kind")]++
		if strings.Contains(e.str("text"), "\x1b") {
			t.Errorf("a terminal's escape in %q", e.str("text"))
		}
	}
	for _, kind := range []string{"ALERT", "AUDIT", "NOTE", "TASK", "STATE", "EVIDENCE"} {
		if kinds[kind] == 0 {
			t.Errorf("the timeline has no %s: %v", kind, kinds)
		}
	}
	if got.str("state") != "CLOSED" || got.str("followUps/0/owner") != "Ada Moreau" {
		t.Errorf("%v", got)
	}
	one := d.does("alerts", "show", id)
	if one.str("state") != "RESOLVED" || one.str("incidentId") != number {
		t.Errorf("%v", one)
	}
	for i := range want {
		want[i] += 2 // acknowledged and resolved
	}
	if diff := cmp.Diff(want, d.told()); diff != "" {
		t.Errorf("messages after the end: %s", diff)
	}
	if e := d.call(200, "GET", "/v1/airside/incidents/"+number+"/evidence/"+evidence.str("id"), nil); e.at("intact") != true {
		t.Errorf("%v", e)
	}
	d.exported(number)
	if v := d.call(200, "GET", "/v1/airside/audit/verify", nil); v.at("intact") != true {
		t.Errorf("%v", v)
	}
}

func (d *desk) exported(number string) {
	d.t.Helper()
	exit, page, errs := d.airside("incident", "report", number)
	if exit != 0 || !strings.HasPrefix(page, "# Many token requests fail\n") || !strings.Contains(page, "PARTNER") || !strings.Contains(page, "audit ") {
		d.t.Errorf("report: %s%s", page, errs)
	}
	file := filepath.Join(d.t.(*testing.T).TempDir(), "report.pdf")
	if exit, _, errs := d.airside("incident", "report", number, "--format", "pdf", "--out", file); exit != 0 {
		d.t.Fatal(errs)
	}
	if raw, err := os.ReadFile(file); err != nil || !bytes.HasPrefix(raw, []byte("%PDF-1.4")) {
		d.t.Errorf("%v %.20s", err, raw)
	}
}

// Whoever is needed and missing is named by doctor and by drills, until the contact book is filled.
func TestContactBookAndDrill(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	if exit, out, _ := d.airside("doctor"); exit != 0 || !strings.Contains(out, "UPSTREAM_INTEGRATION") {
		t.Errorf("doctor with an empty contact book: %d %s", exit, out)
	}
	for _, c := range d.does("incident", "contacts").list("contacts") {
		d.does("incident", "contacts", c.str("role"), "--name", "Ada Moreau", "--phone", "+44 20 7946 0000")
	}
	if _, out, _ := d.airside("doctor"); !strings.Contains(out, "ok    contacts") {
		t.Errorf("doctor: %s", out)
	}
	clients := d.call(200, "GET", "/v2/api-users", nil).num("totalCount")
	// The sandbox has an application for drills and no mode: what is against a client works, READ_ONLY does not.
	if exit, out, errs := d.airside("incident", "drill", "vault-down"); exit != 0 || !strings.Contains(out, "100 of 100") {
		t.Errorf("%d %s%s", exit, out, errs)
	}
	for _, plan := range []string{"leaked-secret", "stolen-token", "data-exposure"} {
		if exit, out, errs := d.airside("incident", "drill", plan); exit != 0 || !strings.Contains(out, "its undo works") {
			t.Errorf("%s: %d %s%s", plan, exit, out, errs)
		}
	}
	if exit, out, _ := d.airside("incident", "drill", "upstream-breach"); exit != 1 || !strings.Contains(out, "FAIL  the act works: READ_ONLY") {
		t.Errorf("%d %s", exit, out)
	}
	if got := d.call(200, "GET", "/v2/api-users", nil).num("totalCount"); got != clients {
		t.Errorf("drills leave %v API users, there were %v", got, clients)
	}
	d.refuse(400, "REFERENCE_NOT_FOUND", "POST", "/v1/airside/incidents/drill", doc{"playbook": "nothing"})
	if n := len(d.does("incident", "list").list("incidents")); n != 5 {
		t.Errorf("%d incidents", n)
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.srv.Raise(t, airsidetest.Finding{Rule: "scan", Summary: "Many 404s"})
	d.srv.Call(t, "ast_wrong", "GET", "/v2/companies", nil)
	w := httptest.NewRecorder()
	d.srv.Metrics().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
	for _, want := range []string{
		`airside_alerts{state="OPEN"} 1`, `airside_detect_alerts_open{rule="scan"} 1`, `airside_requests_total{operation="fetchOauth2Token",status="200"} 1`, `airside_token_failures_total{code="ACCESS_TOKEN_INVALID"} 1`,
		"# TYPE airside_webhook_attempts_total counter", "# TYPE airside_credential_age_seconds gauge",
	} {
		if !strings.Contains(w.Body.String(), want+"\n") {
			t.Errorf("no %s in\n%s", want, w.Body)
		}
	}
	if status, _ := d.srv.Call(t, d.token, "GET", "/metrics", nil); status != 404 {
		t.Errorf("metrics on the public address: %d", status)
	}
}
