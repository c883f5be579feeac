// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/airside-travel/airside/airsidetest"
	"github.com/airside-travel/airside/internal/clock"
)

// bodiesOf reads what was kept of a request.
func (c *client) bodiesOf(id string) object {
	c.t.Helper()
	return c.call(200, "GET", "/v1/airside/requests/"+id+"/bodies", nil)
}

// TestBodiesAreKept: of calls here and at the real API, of refused ones and of webhooks, for who may see them, with
// an audit entry for each reading, and no byte of them in logs or readable in the database.
func TestBodiesAreKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db := filepath.Join(dir, "airside.db")
	var out, process safe
	var late atomic.Int64
	const visible = "Quayside-Kept-Company"
	t.Run("server", func(t *testing.T) {
		up := start(t)
		edge := inboxOf(t, up, newApplicationBehind(t).url, airsidetest.Database(db), airsidetest.Setting("AIRSIDE_LOG_BODIES", "2h"),
			airsidetest.Setting("AIRSIDE_LOG_SINKS", "stderr,stdout?format=ocsf"),
			airsidetest.Log(slog.New(slog.NewJSONHandler(&process, nil))), airsidetest.Stdout(&out),
			airsidetest.Clock(func() time.Time { return clock.System().Now().Add(time.Duration(late.Load())) }))
		g := &gateway{edge, newFar(t)}
		header := func(a answered) string { return a.header.Get("X-Request-Id") }
		text := `{"name":"` + visible + `","billingCurrency":"USD","companyRoles":["ORG"],"pan":4000056655665556}`
		// 1. Here: what was sent and answered, and the same of a refusal.
		made := g.send(edge.token, "POST", "/v2/companies", nil, text)
		kept := edge.bodiesOf(header(made))
		if got := kept.str("request/text"); !strings.Contains(got, visible) || !strings.Contains(got, `"pan":"[16 characters]"`) || kept.num("request/bytes") != float64(len(text)) {
			t.Errorf("the request is kept as %s", got)
		}
		if kept.str("operation") != "createCompany" || kept.str("environment") != "sandbox" || kept.num("status") != 201 || !strings.Contains(kept.str("response/text"), `"id":"`) {
			t.Errorf("kept: %v", kept)
		}
		twice := edge.bodiesOf(header(g.send(edge.token, "POST", "/v2/companies", nil, text)))
		if got := twice.str("response/text"); !strings.Contains(got, `"errorCode":"DUPLICATE_VALUE","message":"[`) || strings.Contains(got, visible) || twice.num("status") != 400 {
			t.Errorf("the refusal is kept as %s", got)
		}
		// 2. At the real API: a read, which is streamed, and a write.
		_, token := g.application(nil)
		for method, body := range map[string]string{"GET": "", "POST": strings.Replace(text, `,"pan":4000056655665556`, "", 1)} {
			a := g.send(token, method, "/v2/companies", nil, body)
			kept := edge.bodiesOf(header(a))
			if a.status != 200 && a.status != 201 || kept.str("environment") != "production" || int(kept.num("response/bytes")) != len(a.body) || kept.str("response/text") == "" {
				t.Errorf("%s: %d, kept: %v", method, a.status, kept)
			}
		}
		// 3. A webhook, and one that is refused.
		up.trip("Kept")
		up.settle()
		receipts := edge.call(200, "GET", "/v1/airside/inbox/receipts?limit=1", nil).list("receipts")
		if kept := edge.bodiesOf(receipts[0].str("requestId")); !strings.Contains(kept.str("request/text"), `"event_type":"TRIP_DETAILS_V3"`) || kept.str("environment") != "production" {
			t.Errorf("of a webhook: %v", kept)
		}
		forged := g.send("", "POST", "/v1/airside/inbox/production", nil, `{"event_type":"PNR_V3","operation":"BOOKING_CREATED","payload":{"pnrId":"1"}}`)
		if kept := edge.bodiesOf(header(forged)); forged.status != 401 || !strings.Contains(kept.str("request/text"), "BOOKING_CREATED") {
			t.Errorf("of a forged webhook: %v", kept)
		}
		// 4. A token: the secret is not there.
		form := g.send("", "POST", "/v2/auth/oauth2-token", http.Header{"Content-Type": {"application/x-www-form-urlencoded"}},
			"grant_type=client_credentials&client_id="+edge.srv.Demo.ClientID+"&client_secret="+edge.srv.Demo.ClientSecret)
		kept = edge.bodiesOf(header(form))
		if raw, _ := json.Marshal(kept); form.status != 200 || strings.Contains(string(raw), edge.srv.Demo.ClientSecret) || strings.Contains(string(raw), "ast_") ||
			!strings.Contains(kept.str("request/text"), `"client_secret":"[secret]"`) || !strings.Contains(kept.str("response/text"), `"access_token":"[secret]"`) {
			t.Errorf("of a token: %s", raw)
		}
		// 5. The explanation says that there are bodies, the audit trail who read them; others may not.
		if e := edge.call(200, "GET", "/v1/airside/requests/"+header(made), nil); e.str("bodies") != "QUEUED" {
			t.Errorf("the explanation: %v", e)
		}
		reads := 0
		for _, e := range edge.call(200, "GET", "/v1/airside/audit?operation=readRequestBodies", nil).list("entries") {
			if e.str("operation") == "readRequestBodies" && e.str("outcome") == "ALLOWED" && strings.Contains(e.str("resource"), "requestId=") {
				reads++
			}
		}
		if reads != 7 {
			t.Errorf("7 readings left %d entries", reads)
		}
		if a := g.send(token, "GET", "/v1/airside/requests/"+header(made)+"/bodies", nil, ""); a.status != 403 {
			t.Errorf("an application reads bodies: %d", a.status)
		}
		if a := g.send("", "GET", "/v1/airside/requests/"+header(made)+"/bodies", nil, ""); a.status != 401 {
			t.Errorf("anybody reads bodies: %d", a.status)
		}
		// 6. They expire.
		late.Store(int64(2*time.Hour + time.Second))
		again := g.srv.Token(t)
		if a := g.send(again, "GET", "/v1/airside/requests/"+header(made)+"/bodies", nil, ""); a.status != 404 {
			t.Errorf("after two hours: %d %s", a.status, a.body)
		}
	})
	logged := process.String() + out.String()
	if strings.Contains(logged, visible) || !strings.Contains(logged, `"bodies":"queued"`) {
		t.Error("the logs hold a body, or do not say that it was kept")
	}
	files, err := filepath.Glob(db + "*")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(raw, []byte(visible)) || bytes.Contains(raw, []byte("DUPLICATE_VALUE")) {
			t.Errorf("%s holds a body that can be read", filepath.Base(name))
		}
	}
}

// TestNoBodiesUnlessAsked: without the setting nothing is kept, and nothing is said about it.
func TestNoBodiesUnlessAsked(t *testing.T) {
	t.Parallel()
	c := start(t)
	g := &gateway{c, nil}
	id := g.send(c.token, "GET", "/v2/companies", nil, "").header.Get("X-Request-Id")
	if e := c.call(200, "GET", "/v1/airside/requests/"+id, nil); e.at("bodies") != nil {
		t.Errorf("%v", e)
	}
	if exit, _, errs := c.airside(t.Context(), "explain", "--bodies", id); exit != 3 || !strings.Contains(errs, "\nhint: The server keeps no bodies: AIRSIDE_LOG_BODIES is off.") {
		t.Errorf("exit %d: %s", exit, errs)
	}
}
