// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/airsidetest"
	"github.com/airside-travel/airside/internal/alert/sinktest"
)

// guarded is a desk whose server looks for unusual access.
func guarded(t *testing.T, opts ...airsidetest.Option) *desk {
	t.Helper()
	d := &desk{mail: sinktest.SMTP(t, true), chat: sinktest.HTTP(t), hook: sinktest.HTTP(t), pager: sinktest.HTTP(t), manager: sinktest.HTTP(t)}
	opts = append(opts, airsidetest.Setting("AIRSIDE_DETECT", "on"), airsidetest.AlertRoots(d.mail.Roots), airsidetest.Secrets(map[string]string{
		"ALERT_SINK_MAIL": "pa55word-of-mail", "ALERT_SINK_CHAT": d.chat.URL + "/services/T/B/x", "ALERT_SINK_PAGER": "r0uting",
		"ALERT_SINK_HOOK": "whsec_" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("k"), 32)),
	}))
	d.client = start(t, opts...)
	return d
}

// try asks for a token with whatever it is given and answers the status.
func (d *desk) try(client, secret string, headers ...string) int {
	d.t.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {client}, "client_secret": {secret}}
	req, err := http.NewRequestWithContext(d.t.Context(), "POST", d.srv.URL+"/v2/auth/oauth2-token", strings.NewReader(form.Encode()))
	if err != nil {
		d.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header[headers[i]] = []string{headers[i+1]}
	}
	if len(headers) > 0 { // which Go's client would not send
		w := httptest.NewRecorder()
		req.RemoteAddr = "192.0.2.7:4711"
		d.srv.Handler().ServeHTTP(w, req)
		return w.Code
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		d.t.Fatal(err)
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, res.Body)
	return res.StatusCode
}

// open lists the open alerts once the detection has looked at everything.
func (d *desk) open() []object {
	d.t.Helper()
	d.srv.Settle(d.t)
	return d.call(200, "GET", "/v1/airside/alerts?state=OPEN", nil).list("alerts")
}

// rules are the rules of alerts.
func rulesOf(alerts []object) (out []string) {
	for _, a := range alerts {
		out = append(out, a.str("rule"))
	}
	return out
}

// Sixty failed tokens of one client from one place are one alert at each kind of sink, and an incident with a
// timeline that is resolved and exported by command.
func TestBurstOverHTTP(t *testing.T) {
	t.Parallel()
	d := guarded(t)
	d.call(200, "POST", "/v1/airside/world/clock/freeze", nil)
	for _, s := range []doc{
		{"name": "mail", "kind": "EMAIL", "host": d.mail.Host, "port": d.mail.Port, "security": "IMPLICIT", "username": "airside", "secretRef": "env:ALERT_SINK_MAIL", "from": "airside@example.com", "to": []string{"soc@example.com"}},
		{"name": "chat", "kind": "SLACK", "secretRef": "env:ALERT_SINK_CHAT"},
		{"name": "hook", "kind": "WEBHOOK", "url": d.hook.URL, "secretRef": "env:ALERT_SINK_HOOK"},
		{"name": "pager", "kind": "PAGERDUTY", "url": d.pager.URL, "secretRef": "env:ALERT_SINK_PAGER"},
		{"name": "manager", "kind": "ALERTMANAGER", "url": d.manager.URL},
	} {
		d.call(200, "POST", "/v1/airside/alerts/sinks", s)
	}
	for range 60 {
		if status := d.try(d.srv.Demo.ClientID, "wrong"); status != 403 {
			t.Fatalf("a wrong secret is answered %d", status)
		}
	}
	alerts := d.open()
	if len(alerts) != 1 || alerts[0].str("rule") != "auth-failure-burst" || alerts[0].str("clientId") != d.srv.Demo.ClientID || alerts[0].str("severity") != "HIGH" || len(alerts[0].at("eventIds").([]any)) != 10 {
		t.Fatalf("the alerts of one burst: %v", alerts)
	}
	if s := alerts[0].str("expected") + alerts[0].str("seen"); !strings.Contains(s, "less than 10 failed token calls within 1m") || !strings.Contains(s, "wrong-secret") {
		t.Errorf("it does not explain itself: %s", s)
	}
	d.settled()
	if diff := cmp.Diff([]int{1, 1, 1, 1, 1}, d.told()); diff != "" {
		t.Errorf("messages at mail, chat, hook, pager, manager: %s", diff)
	}
	id := alerts[0].str("id")
	inc := d.does("incident", "open", "--alert", id, "--playbook", "leaked-secret", "--commander", "Ada Moreau")
	number := inc.str("id")
	for _, task := range inc.list("tasks") {
		d.does("incident", "task", number, task.str("id"), "--state", "DONE", "--note", "done")
	}
	d.does("incident", "resolve", number, "--resolution", "The partner rolled the secret out.", "--cause", "An old image.", "--actor", "PARTNER", "--action", "error")
	kinds := map[string]bool{}
	for _, e := range d.call(200, "GET", "/v1/airside/incidents/"+number, nil).list("timeline") {
		kinds[e.str("kind")] = true
	}
	if !kinds["ALERT"] || !kinds["TASK"] || !kinds["STATE"] {
		t.Errorf("the timeline has only %v", kinds)
	}
	if exit, page, errs := d.airside("incident", "report", number); exit != 0 || !strings.Contains(page, d.srv.Demo.ClientID) {
		t.Errorf("report: %s%s", page, errs)
	}
	if one := d.does("alerts", "show", id); one.str("state") != "RESOLVED" {
		t.Errorf("%v", one)
	}
	// A person said that it is over, so the detection has let go of it.
	if got := d.does("detect", "status"); got.at("on") != true || got.num("seen") < 60 || got.num("dropped") != 0 {
		t.Errorf("status: %v", got)
	}
	exit, out, errs := d.airside("detect", "--since", "1d", "--explain")
	if exit != 0 || !strings.Contains(out, "auth-failure-burst") || !strings.Contains(out, "expected  ") {
		t.Errorf("over the audit trail: %d %s%s", exit, out, errs)
	}
}

// What an administrator opted in to is done by itself, shown with its undo, and undone.
func TestFirstStepsByThemselves(t *testing.T) {
	t.Parallel()
	d := guarded(t)
	var responses []doc
	for _, act := range []string{"THROTTLE", "REQUIRE_REAUTH", "SUSPEND_CLIENT", "ROTATE_CREDENTIAL"} {
		responses = append(responses, doc{"rule": "auth-failure-burst", "minSeverity": "HIGH", "act": act})
	}
	d.call(200, "PUT", "/v1/airside/alerts/settings", doc{"escalateAfterMinutes": 0, "responses": responses})
	a := d.call(201, "POST", "/v1/airside/applications", doc{"name": "harbour", "owner": "lena.okafor@example.com", "environment": "sandbox", "role": "TMC_AGENT",
		"grants": []doc{{"scopes": []string{"company:read"}}}, "rate": doc{"perSecond": 50, "burst": 100}})
	id, secret := a.str("clientId"), a.str("clientSecret")
	token := d.srv.TokenOf(t, id, secret)
	if status, body := d.srv.Call(t, token, "GET", "/v2/companies", nil); status != 200 {
		t.Fatalf("before: %d %s", status, body)
	}
	for range 12 {
		d.try(id, "wrong")
	}
	d.open()
	d.settled()
	alerts := d.call(200, "GET", "/v1/airside/alerts?state=OPEN", nil).list("alerts")
	if len(alerts) != 1 {
		t.Fatalf("%v", alerts)
	}
	one := d.does("alerts", "show", alerts[0].str("id"))
	for _, r := range one.list("responses") {
		if r.str("state") != "DONE" || r.str("undo") == "" {
			t.Errorf("%v", r)
		}
	}
	if len(one.list("responses")) != 4 {
		t.Fatalf("%v", one)
	}
	if status, _ := d.srv.Call(t, token, "GET", "/v2/companies", nil); status != 401 {
		t.Errorf("a dead token is answered %d", status)
	}
	if status := d.try(id, secret); status != 403 {
		t.Errorf("the old secret is answered %d", status)
	}
	shown := d.call(200, "GET", "/v1/airside/applications/"+id, nil)
	if shown.str("state") != "SUSPENDED" || shown.num("rate/perSecond") != 0.2 {
		t.Errorf("%v", shown)
	}
	for _, r := range one.list("responses") {
		d.does("alerts", "undo", one.str("id"), r.str("id"))
	}
	d.refuse(400, "STATE_DOES_NOT_ALLOW", "POST", "/v1/airside/alerts/"+one.str("id")+"/responses/"+one.str("responses/0/id")+"/undo", nil)
	shown = d.call(200, "GET", "/v1/airside/applications/"+id, nil)
	if shown.str("state") != "ACTIVE" || shown.num("rate/perSecond") != 50 {
		t.Errorf("%v", shown)
	}
	if status, body := d.srv.Call(t, d.srv.TokenOf(t, id, secret), "GET", "/v2/companies", nil); status != 200 {
		t.Errorf("after: %d %s", status, body)
	}
	operations := map[string]int{}
	for _, e := range d.call(200, "GET", "/v1/airside/audit?limit=1000", nil).list("entries") {
		operations[e.str("operation")]++
	}
	for _, want := range []string{"response.throttle", "response.reauth", "response.suspend", "response.rotate"} {
		if operations[want] != 1 || operations[want+".undo"] != 1 {
			t.Errorf("the audit trail has %s %d times and its undo %d times", want, operations[want], operations[want+".undo"])
		}
	}
	if v := d.call(200, "GET", "/v1/airside/audit/verify", nil); v.at("intact") != true {
		t.Errorf("%v", v)
	}
}

// Each way in which access is wrong has its own name.
func TestReasons(t *testing.T) {
	t.Parallel()
	far := newFar(t)
	d := guarded(t, airsidetest.Upstream("production", far.URL, "far-client", "far-secret-canary"))
	app := func(settings doc) (id, secret string) {
		t.Helper()
		s := doc{"name": fmt.Sprintf("app %v", settings), "owner": "lena.okafor@example.com", "environment": "sandbox", "role": "TMC_AGENT", "grants": []doc{{"scopes": []string{"company:read"}}}}
		maps.Copy(s, settings)
		a := d.call(201, "POST", "/v1/airside/applications", s)
		return a.str("clientId"), a.str("clientSecret")
	}
	id, secret := app(nil)
	req, err := http.NewRequestWithContext(t.Context(), "GET", d.srv.URL+"/v2/companies", nil)
	if err != nil {
		t.Fatal(err)
	}
	old := d.srv.TokenOf(t, id, secret)
	req.Header.Set("Authorization", "Bearer "+old)
	req.Header.Set("Airside-Environment", "production")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != 403 {
		t.Errorf("the token of another environment is answered %d", res.StatusCode)
	}
	if got := rulesOf(d.open()); !cmp.Equal(got, []string{"auth-other-environment"}) {
		t.Errorf("the token of another environment: %v", got)
	}

	rotated := d.call(200, "POST", "/v1/airside/applications/"+id+"/rotate-secret", doc{})
	for range 3 {
		d.try(id, secret)
	}
	for range 12 { // killed tokens are not guessed ones
		d.srv.Call(t, old, "GET", "/v2/companies", nil)
	}
	d.call(204, "DELETE", "/v1/airside/applications/"+id, nil)
	d.try(id, rotated.str("clientSecret"))

	walled, secret := app(doc{"networks": []string{"192.0.2.0/24"}})
	for range 3 { // the right secret, from elsewhere
		d.try(walled, secret)
	}
	free := doc{"name": "walled", "owner": "lena.okafor@example.com", "environment": "sandbox", "role": "TMC_AGENT", "grants": []doc{{"scopes": []string{"company:read"}, "effects": []string{"purchase"}}}}
	d.call(200, "PUT", "/v1/airside/applications/"+walled, free)

	got := map[string]string{}
	for _, a := range d.open() {
		got[a.str("rule")] = a.str("clientId")
	}
	want := map[string]string{"auth-other-environment": id, "auth-rotated-secret": id, "auth-revoked-secret": id, "network-refused": walled, "purchase-grant": "", "control-disabled": ""}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// What strangers send is inert in alerts, whatever it is and however long.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	d := guarded(t)
	long := strings.Repeat("x", 10_000)
	for range 12 {
		if status := d.try(long+"\x1b[2J\n", "wrong", "User-Agent", "curl \x1b[31mred"); status >= 500 {
			t.Fatalf("answered %d", status)
		}
		d.try("ops\r\nALERT all clear\x1b]0;x\x07\u202e", "wrong", "User-Agent", "a\tb")
	}
	alerts := d.open()
	if len(alerts) == 0 {
		t.Fatal("nothing was found")
	}
	raw, err := json.Marshal(alerts)
	if err != nil {
		t.Fatal(err)
	}
	raw = bytes.ReplaceAll(raw, []byte(`\\`), nil) // what is written out, as a backslash and a letter, is harmless
	for _, bad := range []string{`\u001b`, `\n`, `\r`, `\u0007`, "\u202e", strings.Repeat("x", 100)} {
		if bytes.Contains(raw, []byte(bad)) {
			t.Errorf("%q stands in %s", bad, raw)
		}
	}
	_, out, _ := d.airside("alerts", "list")
	if strings.ContainsAny(out, "\x1b\r\x07\u202e") {
		t.Errorf("the terminal is told %q", out)
	}
}

// A file of rules is taken up when it changes; one with a mistake changes nothing and says where it is.
func TestRulesOfOnesOwn(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "ours.yaml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("overlay:\n  - {rule: auth-failure-burst, threshold: 3, reason: a test}\n")
	d := guarded(t, airsidetest.Setting("AIRSIDE_DETECT_RULES", file))
	for range 3 {
		d.try(d.srv.Demo.ClientID, "wrong")
	}
	if got := rulesOf(d.open()); !cmp.Equal(got, []string{"auth-failure-burst"}) {
		t.Errorf("with a threshold of three: %v", got)
	}
	write("overlay:\n  - {rule: auth-failure-burst, treshold: 1, reason: a test}\n")
	d.srv.Reload(t)
	got := d.does("detect", "status")
	if s := got.str("rulesError"); !strings.Contains(s, "ours.yaml:2:") || !strings.Contains(s, "threshold") || got.num("rulesOn") < 40 {
		t.Errorf("status: %v", got)
	}
	write("overlay:\n  - {rule: auth-failure-burst, disabled: true, reason: a test}\n")
	d.srv.Reload(t)
	if now := d.does("detect", "status"); now.str("rulesError") != "" || now.num("rulesOn") != got.num("rulesOn")-1 {
		t.Errorf("status: %v", now)
	}
}

// What the detection remembers outlives the process.
func TestDetectionRemembers(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "airside.db")
	id := ""
	t.Run("six failures", func(t *testing.T) {
		d := guarded(t, airsidetest.Database(file))
		id = d.srv.Demo.ClientID
		for range 6 {
			d.try(id, "wrong")
		}
		if got := d.open(); len(got) != 0 {
			t.Errorf("too early: %v", got)
		}
	})
	t.Run("four more after a restart", func(t *testing.T) {
		srv := airsidetest.Start(t, airsidetest.Setting("AIRSIDE_DETECT", "on"), airsidetest.Database(file))
		d := &desk{client: &client{t, srv, ""}}
		for range 4 {
			d.try(id, "wrong")
		}
		srv.Settle(t)
		w := httptest.NewRecorder()
		srv.Metrics().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
		for _, want := range []string{`airside_alerts{state="OPEN"} 1`, `airside_detect_alerts_open{rule="auth-failure-burst"} 1`, "airside_detect_events_seen_total 4", "airside_detect_events_dropped_total 0", `airside_credential_age_seconds{client_id="` + id} {
			if !strings.Contains(w.Body.String(), want) {
				t.Errorf("no %s in\n%s", want, w.Body)
			}
		}
	})
}
