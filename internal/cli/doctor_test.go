// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/airside-travel/airside/internal/clock"
)

// asked is a server as the doctor sees it.
type asked struct {
	ready, contacts, sinks, applications, environments, reviews string
	status                                                      int // of everything that needs a token; 200 when zero
	notReady                                                    bool
}

func (a asked) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status, body := cmp.Or(a.status, 200), ""
	switch r.URL.Path {
	case "/v2/auth/oauth2-token":
		status, body = 200, `{"access_token":"ast_x","expires_in":3600,"token_type":"Bearer"}`
	case "/v1/airside/ready":
		status, body = 200, a.ready
		if a.notReady {
			status = 503
		}
	case contactsPath:
		body = a.contacts
	case "/v1/airside/alerts/sinks":
		body = a.sinks
	case environmentsPath:
		body = a.environments
	case reviewsPath:
		body = a.reviews
	case applicationsPath:
		body = a.applications
	}
	if status == 403 && r.Header.Get("Authorization") != "" {
		body = `{"debugIdentifier":"d","errorMessages":[{"errorCode":"ACCESS_DENIED","message":"this client may not"}]}`
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body))
}

// diagnose asks a server what the doctor asks, and answers what it would exit with.
func diagnose(t *testing.T, url string, environ ...string) (text string, exit int) {
	t.Helper()
	m := &Main{Environ: append(environ, "AIRSIDE_URL="+url, "AIRSIDE_DATABASE_URL=memory:"), Stdout: io.Discard, Stderr: io.Discard}
	cfg, err := m.config()
	if err != nil {
		t.Fatal(err)
	}
	c, err := m.contract()
	if err != nil {
		t.Fatal(err)
	}
	p := &practised{cfg: &cfg, contract: c, out: append(alone([]check{m.checkServer(t.Context())}), m.checkContacts(t.Context()))}
	m.remotePractices(t.Context(), p)
	if f, ok := errors.AsType[*Failure](m.findings(p.out, false)); ok {
		exit = f.Exit
	}
	all := p.out
	for _, f := range all {
		verdict := "FAIL"
		switch {
		case f.Skipped:
			verdict = "skip"
		case f.OK:
			verdict = "ok"
		case f.Warning:
			verdict = "warn"
		}
		text += "\n" + verdict + " " + f.Name + ": " + f.Detail
	}
	return text, exit
}

// TestDoctorAsksTheServer: what a running server says of itself, its people, its sinks and its applications.
func TestDoctorAsksTheServer(t *testing.T) {
	t.Parallel()
	now := clock.System().Now().UTC()
	ago := func(days int) string { return now.AddDate(0, 0, -days).Format(time.RFC3339) }
	// app is an application that follows every practice, changed.
	app := func(changes ...any) string {
		a := map[string]any{"clientId": "c-1", "name": "mailer", "owner": "lena@example.com", "environment": "production", "state": "ACTIVE",
			"grants": []any{map[string]any{"scopes": []string{"trip:read"}}}, "networks": []string{"192.0.2.0/24"}, "requestsPerDay": 10, "refuseLossyUpdates": true,
			"expiresAt": ago(-30), "createdAt": ago(400), "updatedAt": ago(1), "secretRotatedAt": ago(10), "lastCallAt": ago(1)}
		for i := 0; i < len(changes); i += 2 {
			if a[changes[i].(string)] = changes[i+1]; changes[i+1] == nil {
				delete(a, changes[i].(string))
			}
		}
		raw, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	list := func(since string, apps ...string) string {
		if since != "" {
			since = `,"callsRecordedSince":"` + since + `"`
		}
		return `{"applications":[` + strings.Join(apps, ",") + `]` + since + `}`
	}
	well := asked{ready: `{"status":"READY"}`, contacts: `{"missing":[]}`, sinks: `{"sinks":[{}]}`, applications: list(ago(500), app())}
	with := func(change func(a *asked)) asked { a := well; change(&a); return a }
	apps := func(text string) asked { return with(func(a *asked) { a.applications = text }) }
	for name, tc := range map[string]struct {
		server asked
		want   []string
		exit   int
	}{
		"all is well": {well, []string{"ok server: ", "ok contacts: every part", "ok alert sinks: 1 of this tenant", "ok applications: mailer"}, ExitOK},
		"not ready": {with(func(a *asked) {
			a.ready, a.notReady = `{"status":"NOT_READY","reasons":["starting or stopping","disk"]}`, true
		}), []string{"is not ready: starting or stopping; disk"}, ExitFailure},
		"not an Airside":             {with(func(a *asked) { a.ready = `<p>hello</p>` }), []string{"is not an Airside: it answers 200"}, ExitFailure},
		"nobody to call":             {with(func(a *asked) { a.contacts = `{"missing":["SECURITY","LEGAL"]}` }), []string{"warn contacts: nobody can be called as SECURITY, LEGAL"}, ExitOK},
		"no sinks":                   {with(func(a *asked) { a.sinks = `{"sinks":[]}` }), []string{"warn alert sinks: nobody hears"}, ExitOK},
		"no applications":            {apps(list("")), []string{"ok applications: there are none"}, ExitOK},
		"a caller who may not ask":   {with(func(a *asked) { a.status = 403 }), []string{"skip contacts: not checked: 403 ACCESS_DENIED", "skip alert sinks: not checked", "skip applications: not checked"}, ExitOK},
		"an answer that is none":     {with(func(a *asked) { a.contacts, a.applications = `7`, `7` }), []string{"FAIL contacts: ", "skip applications: not checked"}, ExitFailure},
		"anywhere, for ever, and *":  {apps(list("", app("networks", nil, "expiresAt", nil, "requestsPerDay", nil, "owner", "", "grants", []any{map[string]any{"operations": []string{"*"}}}))), []string{"warn applications: mailer may call from anywhere, never expires, has no owner, is granted *, has no quota"}, ExitOK},
		"over, with an old secret":   {apps(list("", app("expiresAt", ago(1), "secretRotatedAt", ago(91)))), []string{"has expired and is still there", "has a secret that is 91 days old"}, ExitOK},
		"silent for long":            {apps(list(ago(500), app("lastCallAt", ago(100)))), []string{"warn applications: mailer has made no call for 100 days"}, ExitOK},
		"never heard of":             {apps(list(ago(200), app("lastCallAt", nil))), []string{"warn applications: mailer has made no call for 200 days"}, ExitOK},
		"new, and not heard of yet":  {apps(list(ago(500), app("lastCallAt", nil, "createdAt", ago(5)))), []string{"ok applications: mailer"}, ExitOK},
		"calls are known since then": {apps(list(ago(20), app("lastCallAt", nil))), []string{"ok applications: mailer"}, ExitOK},
		"nothing is known of calls":  {apps(list("", app("lastCallAt", nil))), []string{"ok applications: mailer"}, ExitOK},
		"silent, and suspended":      {apps(list(ago(500), app("lastCallAt", ago(100), "state", "SUSPENDED"))), []string{"ok applications: mailer"}, ExitOK},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := httptest.NewServer(tc.server)
			defer srv.Close()
			text, exit := diagnose(t, srv.URL, "AIRSIDE_CLIENT_ID=c", "AIRSIDE_CLIENT_SECRET=canary")
			for _, want := range tc.want {
				if !strings.Contains(text, want) {
					t.Errorf("%q is not in%s", want, text)
				}
			}
			if exit != tc.exit || strings.Contains(text, "canary") {
				t.Errorf("exit %d, want %d:%s", exit, tc.exit, text)
			}
		})
	}
}

// TestDoctorWithoutAServer: one that does not answer is a failed check, and without credentials nothing is asked.
func TestDoctorWithoutAServer(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.NotFoundHandler())
	srv.Close()
	text, exit := diagnose(t, srv.URL)
	for _, want := range []string{"FAIL server: ", "skip contacts: not checked: no credentials", "skip applications: not checked: no credentials"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in%s", want, text)
		}
	}
	if exit != ExitFailure {
		t.Errorf("exit %d", exit)
	}
	if text, _ = diagnose(t, srv.URL, "AIRSIDE_TOKEN=ast_canary"); !strings.Contains(text, "skip contacts: not checked: "+srv.URL+" does not answer") || strings.Contains(text, "canary") {
		t.Errorf("with a token: %s", text)
	}
}

// A check that fails says what to do about it, also about a program that was built with its debug data.
func TestMended(t *testing.T) {
	t.Parallel()
	for _, f := range alone([]check{{Name: "binary"}, {Name: "server"}, {Name: "clock", OK: true}}) {
		if (f.Fix == "") != f.OK || f.Name == "binary" && !strings.Contains(f.Fix, "-ldflags='-s -w'") {
			t.Errorf("%s: %q", f.Name, f.Fix)
		}
	}
}
