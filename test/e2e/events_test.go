// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/airsidetest"
)

// TestEventsSayWhatWasDecided: the event of a request says what each stage made of it, in every sink, whether it passed or
// was refused.
func TestEventsSayWhatWasDecided(t *testing.T) {
	t.Parallel()
	var out, process, collected safe
	dir := t.TempDir()
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(&collected, r.Body) }))
	t.Cleanup(collector.Close)
	ids := map[string]string{}
	t.Run("requests", func(t *testing.T) {
		g := startGateway(t, airsidetest.Setting("AIRSIDE_LOG_SINKS", fmt.Sprintf("stderr,stdout?format=text,file:%s/a.log?format=ocsf,file:%s/b.log,otlp+%s", dir, dir, collector.URL)),
			airsidetest.Setting("AIRSIDE_ALLOW_NETWORKS", "127.0.0.0/8"),
			airsidetest.Log(slog.New(slog.NewJSONHandler(&process, nil))), airsidetest.Stdout(&out))
		_, token := g.application(doc{"networks": []string{"127.0.0.0/8"}})
		_, capped := g.application(doc{"grants": []doc{{"scopes": []string{"air:book"}, "effects": []string{"purchase"}}}, "purchases": doc{"countPerDay": 1}})
		sent := func(name string, got answered, status int) {
			t.Helper()
			if got.status != status {
				t.Errorf("%s: %d %s", name, got.status, got.body)
			}
			ids[name] = got.header.Get("X-Request-Id")
		}
		var down atomic.Int64
		down.Store(2)
		g.far.does(func(w http.ResponseWriter, _ *http.Request) {
			if down.Add(-1) >= 0 {
				answerJSON(w, 502, `{}`)
				return
			}
			answerJSON(w, 200, `{"length":0,"elements":[]}`)
		})
		sent("a read at the third go", g.send(token, "GET", "/v2/companies", nil, ""), 200)
		g.far.does(func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, 201, `{"ID":7}`) })
		once := http.Header{"Idempotency-Key": {"once"}}
		sent("a write", g.send(token, "POST", "/v2/companies", once, company), 201)
		sent("the same", g.send(token, "POST", "/v2/companies", once, company), 201)
		g.far.does(func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, 200, `{"pnrId":"1234567890"}`) })
		sent("a purchase", g.send(capped, "POST", "/v2/air/create-pnr", nil, `{"bookingId":"b"}`), 200)
		sent("one too many", g.send(capped, "POST", "/v2/air/create-pnr", nil, `{"bookingId":"b"}`), 403)
		sent("not granted", g.send(token, "GET", "/v3/trips/1234567890/detail", nil, ""), 403)
		sent("a bad one", g.send(token, "POST", "/v2/companies", nil, `{"name":7}`), 400)
		sent("of the sandbox", g.send(g.token, "GET", "/v2/companies", nil, ""), 200)
		sent("nowhere", g.send(g.token, "GET", "/v2/nowhere", nil, ""), 404)
		g.call(200, "PUT", "/v1/airside/environments/production/mode", doc{"mode": "read-only"})
		sent("reads only", g.send(token, "POST", "/v2/companies", nil, company), 403)
	})
	const open = `{"address":"passed global allow-list",`
	const known = open + `"authenticate":"passed bearer token","environment":"passed production",`
	const app = known + `"networks":"passed client allow-list","rate":"passed","authorise":"none upstream","operation":"passed","permit":"passed grant 1","limits":"passed",`
	const buyer = known + `"networks":"none","rate":"passed","authorise":"none upstream","operation":"passed","permit":"passed grant 1","limits":"passed","validate":"passed contract","mode":"passed live",`
	want := map[string]string{
		"a read at the third go": app + `"validate":"passed contract","mode":"passed live","audit":"none","handle":"done forwarded","drift":"none","send":"repeated 2"}`,
		"a write":                app + `"validate":"passed contract","mode":"passed live","replay":"new","drift":"found /ID additionalProperties","audit":"written ALLOWED","handle":"done ALLOWED"}`,
		"the same":               app + `"validate":"passed contract","mode":"passed live","replay":"replayed"}`,
		"a purchase":             buyer + `"cap":"passed","drift":"none","audit":"written ALLOWED","handle":"done ALLOWED"}`,
		"one too many":           buyer + `"cap":"refused","audit":"written REFUSED"}`,
		"not granted": known + `"networks":"passed client allow-list","rate":"passed","authorise":"none upstream","operation":"passed",` +
			`"permit":"refused","audit":"written REFUSED"}`,
		"a bad one": app + `"validate":"refused type"}`,
		"of the sandbox": open + `"authenticate":"passed bearer token","environment":"passed sandbox","networks":"none","rate":"passed","authorise":"passed x-roles",` +
			`"operation":"none","permit":"none","limits":"passed","validate":"passed contract","handle":"done read","audit":"none"}`,
		"nowhere":    open + `"route":"refused"}`,
		"reads only": app + `"validate":"passed contract","mode":"refused","audit":"written REFUSED"}`,
	}
	for name, log := range map[string]string{"the log of the process": process.String(), "a file": read(t, dir, "b.log"), "OCSF": read(t, dir, "a.log")} {
		got := map[string]string{}
		for line := range strings.Lines(log) {
			var e struct {
				RequestID string
				Stages    json.RawMessage
				Metadata  struct{ UID string }
				Unmapped  struct{ Stages json.RawMessage }
			}
			if err := json.Unmarshal([]byte(line), &e); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for request, id := range ids {
				if id != "" && (e.RequestID == id || e.Metadata.UID == id) {
					got[request] = string(e.Stages) + string(e.Unmapped.Stages)
				}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if text := out.String(); !strings.Contains(text, ` stages.permit="passed grant 1" `) {
		t.Errorf("the log in text: %s", text)
	}
	if sent := collected.String(); !strings.Contains(sent, `{"key":"stages.permit","value":{"stringValue":"passed grant 1"}}`) {
		t.Errorf("what was sent to the collector: %.2000s", sent)
	}
}

// TestTokensAreInTheTrailOfTheirTMC: who got a token is told to those whose client it is, and no other trail has it.
func TestTokensAreInTheTrailOfTheirTMC(t *testing.T) {
	t.Parallel()
	g := startGateway(t)
	mailer, _ := g.application(nil)
	other := g.srv.TMC(t, "Meridian Travel")
	foreign := &gateway{&client{t, g.srv, g.srv.TokenOf(t, other.ClientID, other.ClientSecret)}, g.far}
	status, _ := g.srv.Call(t, "", "POST", "/get-auth-token", doc{"clientId": g.srv.Demo.ClientID, "clientSecret": g.srv.Demo.ClientSecret})
	if status != 200 {
		t.Fatalf("the older way: %d", status)
	}
	for _, tc := range []struct {
		who  *gateway
		want map[string]int
	}{
		{g, map[string]int{"ALLOWED fetchOauth2Token " + g.srv.Demo.ClientID: 1, "ALLOWED fetchOauth2Token " + mailer: 1, "ALLOWED legacyAuthToken " + g.srv.Demo.ClientID: 1}},
		{foreign, map[string]int{"ALLOWED fetchOauth2Token " + other.ClientID: 1}},
	} {
		got := map[string]int{}
		for _, e := range tc.who.call(200, "GET", "/v1/airside/audit?limit=200", nil).list("entries") {
			if strings.HasSuffix(e.str("operation"), "Token") {
				got[e.str("outcome")+" "+e.str("operation")+" "+e.str("actor")]++
				if e.str("sourceIp") != "127.0.0.1" || e.str("auditClass") != "security" {
					t.Errorf("the entry is %v", e)
				}
			}
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("the trail: %s", diff)
		}
	}
	if trail := string(g.srv.PlatformTrail(t)); strings.Contains(trail, "Token") {
		t.Errorf("the trail of the server: %s", trail)
	}
}
