// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/airside-travel/airside/airsidetest"
	"github.com/airside-travel/airside/internal/alert"
	"github.com/airside-travel/airside/internal/alert/sinktest"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/webhook"
)

// The beginnings that all planted secrets and cards of these tests share, so that one search finds any (see search).
const (
	canarySecret = "aA1xQz7RkT0pLmN4vB8sWc2dYe6fUg9"
	canaryCard   = "400005665566"
)

// canaryOf invents a secret or a card number.
func canaryOf(r *rand.Rand) string {
	raw := make([]byte, 12)
	for i := range raw {
		raw[i] = byte(r.Uint32())
	}
	s := canarySecret + base64.RawURLEncoding.EncodeToString(raw)
	if n := r.IntN(10); n >= 4 {
		return []string{"ast_", "asc_", "asr_", "whsec_", "Bearer ", "xoxb-"}[n-4] + s
	} else if n == 0 {
		return s
	}
	pan := canaryCard + fmt.Sprintf("%03d", r.IntN(1000))
	for c := range 10 {
		sum, whole := 0, pan+fmt.Sprint(c)
		for i := range whole {
			v := int(whole[15-i] - '0')
			if i%2 == 1 {
				v = v*2%10 + v*2/10
			}
			sum += v
		}
		if sum%10 == 0 {
			pan = whole
			break
		}
	}
	if r.IntN(2) == 0 {
		return pan
	}
	return pan[:4] + "-" + pan[4:8] + "-" + pan[8:12] + "-" + pan[12:]
}

// planter is a server to which everything is connected that tells somebody something.
type planter struct {
	*desk
	far      *far
	consumer *httptest.Server
	process  *safe
	dir, db  string
	r        *rand.Rand
	requests []string // ids
	n        int      // requests
	planted  int      // secrets and cards
}

const inboxSecret = "whsec_ZWVlZWVlZWVlZWVlZWVlZWVlZWVlZWVlZWVlZWVlZWU=" // gitleaks:allow one letter, invented

func newPlanter(t *testing.T, dir string) *planter {
	t.Helper()
	p := &planter{desk: &desk{mail: sinktest.SMTP(t, true), chat: sinktest.HTTP(t), hook: sinktest.HTTP(t), pager: sinktest.HTTP(t), manager: sinktest.HTTP(t)},
		far: newFar(t), process: &safe{}, dir: dir, r: rand.New(rand.NewPCG(11, 11))}
	p.db = filepath.Join(p.dir, "airside.db")
	p.consumer = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { // takes nothing, and says too much
		w.Header().Set("X-Request-Id", "ast_"+canarySecret)
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, "cannot store ast_"+canarySecret+"AAAA: "+canaryCard+"5556")
	}))
	t.Cleanup(p.consumer.Close)
	p.client = start(t,
		airsidetest.Database(p.db), airsidetest.Upstream("production", p.far.URL, "far-client", "asc_"+canarySecret+"Upstream"),
		airsidetest.Setting("AIRSIDE_DETECT", "on"), airsidetest.Setting("AIRSIDE_LOG_BODIES", "24h"),
		airsidetest.Setting("AIRSIDE_LOG_SINKS", fmt.Sprintf("stderr,file:%s/a.log,file:%s/b.log?format=ocsf", p.dir, p.dir)),
		airsidetest.Setting("AIRSIDE_ENV_PRODUCTION_WEBHOOK_SECRETS", "env:HOOK"),
		airsidetest.Setting("AIRSIDE_ENV_PRODUCTION_WEBHOOK_TARGETS", p.consumer.URL),
		airsidetest.Setting("AIRSIDE_ENV_PRODUCTION_WEBHOOK_SIGN", "env:HOOK_SIGN"),
		airsidetest.Secrets(map[string]string{"HOOK": inboxSecret, "HOOK_SIGN": consumerSecret,
			"ALERT_SINK_MAIL": "pa55word" + canarySecret, "ALERT_SINK_CHAT": p.chat.URL + "/services/T/B/x", "ALERT_SINK_PAGER": "r0uting",
			"ALERT_SINK_HOOK": "whsec_" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("k"), 32))}),
		airsidetest.AlertRoots(p.mail.Roots), airsidetest.Log(slog.New(slog.NewJSONHandler(p.process, &slog.HandlerOptions{Level: slog.LevelDebug}))))
	for _, s := range []doc{
		{"name": "mail", "kind": "EMAIL", "host": p.mail.Host, "port": p.mail.Port, "security": "IMPLICIT", "username": "airside", "secretRef": "env:ALERT_SINK_MAIL", "from": "airside@example.com", "to": []string{"soc@example.com"}},
		{"name": "chat", "kind": "SLACK", "secretRef": "env:ALERT_SINK_CHAT"},
		{"name": "hook", "kind": "WEBHOOK", "url": p.hook.URL, "secretRef": "env:ALERT_SINK_HOOK"},
		{"name": "pager", "kind": "PAGERDUTY", "url": p.pager.URL, "secretRef": "env:ALERT_SINK_PAGER"},
		{"name": "manager", "kind": "ALERTMANAGER", "url": p.manager.URL},
	} {
		p.call(200, "POST", "/v1/airside/alerts/sinks", s)
	}
	return p
}

// plant sends one request that holds a canary.
func (p *planter) plant(token, method, path, body string, header ...string) {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), method, p.srv.URL+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	req.RemoteAddr = "192.0.2.7:4711"
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	} else {
		req.Body, req.ContentLength = http.NoBody, 0
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	p.srv.Handler().ServeHTTP(w, req)
	p.n++
	if p.n%20 == 0 {
		p.requests = append(p.requests, w.Header().Get("X-Request-Id"))
	}
}

func (p *planter) canary() string {
	p.planted++
	return canaryOf(p.r)
}

// calls plants canaries in calls, here and at the real API, which answers with canaries.
func (p *planter) calls(rounds int) {
	g := &gateway{p.client, p.far}
	_, app := g.application(doc{"grants": []doc{{"scopes": []string{"company:read", "company:write"}}}})
	quoted := func(s string) string { q, _ := json.Marshal(s); return string(q) }
	for i := range rounds {
		c := p.canary
		company := `{"name":` + quoted(c()) + `,"billingCurrency":"EUR","companyRoles":["ORG"],` + quoted(c()) + `:` + quoted(c()) + `}`
		answer := c()
		p.far.does(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Request-Id", answer)
			switch i % 3 {
			case 0:
				answerJSON(w, 200, `{"length":1,"elements":[{"id":`+quoted(answer)+`,"name":`+quoted(answer)+`,`+quoted(answer)+`:1}]}`)
			case 1:
				answerJSON(w, 400, `{"debugIdentifier":`+quoted(answer)+`,"errorMessages":[{"errorCode":`+quoted(answer)+`,"message":`+quoted(answer)+`}]}`)
			default:
				answerJSON(w, 500, answer)
			}
		})
		for _, token := range []string{p.token, app} {
			p.plant(token, "POST", "/v2/companies", company, "Idempotency-Key", c())
			p.plant(token, "POST", "/v2/companies", `{"name":`+c())
			p.plant(token, "GET", "/v2/companies", "", "User-Agent", "x "+c(), "Cookie", c(), "X-Api-Key", c(), "X-Forwarded-For", c())
			p.plant(token, "GET", "/v2/companies?limit="+url.QueryEscape(c()), "")
			p.plant(token, "GET", "/v2/companies/"+url.PathEscape(c()), "")
			p.plant(token, "GET", "/v2/"+url.PathEscape(c()), "")
		}
		p.plant("", "GET", "/v2/companies", "", "Authorization", "Bearer "+c())
		secret := c()
		form := url.Values{"grant_type": {"client_credentials"}, "client_id": {p.srv.Demo.ClientID}, "client_secret": {secret}}
		if i%2 == 0 {
			form.Set("client_id", secret)
		}
		p.plant("", "POST", "/v2/auth/oauth2-token", form.Encode(), "Content-Type", "application/x-www-form-urlencoded", "User-Agent", c())
	}
}

// webhooks plants canaries in webhooks that come in, true and forged, and in what their receivers answer.
func (p *planter) webhooks(rounds int) {
	for i := range rounds {
		body := fmt.Sprintf(`{"event_type":"PNR_V3","operation":"BOOKING_CREATED","timestamp":"2027-03-01T09:00:00Z","payload":{"pnrId":"91994712%02d","version":%d,"x":%q,"sourcePnrId":%q}}`, i%3, i, p.canary(), p.canary())
		header := http.Header{}
		if i%4 != 0 {
			if err := webhook.SetHeaders(header, []string{inboxSecret}, fmt.Sprint("delivery-", i), clock.System().Now(), []byte(body)); err != nil {
				p.t.Fatal(err)
			}
		} else {
			header.Set(webhook.HeaderID, p.canary())
			header.Set(webhook.HeaderSignature, p.canary())
			header.Set(webhook.HeaderTimestamp, "1")
		}
		list := []string{"X-B3-TraceId", p.canary(), "User-Agent", p.canary()}
		for name := range header {
			list = append(list, name, header.Get(name))
		}
		p.plant("", "POST", "/v1/airside/inbox/production", body, list...)
	}
	p.srv.SettleInbox(p.t)
}

// TestCanariesStayIn plants secrets and card numbers wherever somebody outside can put them, with everything switched
// on that tells somebody something, and reads all that is told. internal/edge plants 10,000 more.
func TestCanariesStayIn(t *testing.T) {
	t.Parallel()
	outputs := map[string]string{}
	dir := t.TempDir() // outlives the server
	var p *planter
	t.Run("server", func(t *testing.T) {
		p = newPlanter(t, dir)
		p.call(200, "POST", "/v1/airside/world/clock/freeze", nil)
		sub := p.subscribe(p.consumer.URL, "TRIP_DETAILS_V3")
		p.trip("Canaries " + p.canary())
		p.settle()
		p.calls(120)
		p.webhooks(80)
		p.srv.Settle(t)
		id := p.srv.Raise(t, airsidetest.Finding{Rule: "canary", Severity: alert.High, Client: p.canary(), Environment: "sandbox", Summary: "found " + p.canary(),
			Expected: p.canary(), Seen: "saw " + p.canary(), Advice: p.canary(), Events: []string{p.canary()}})[0]
		p.settled()
		opened := p.does("incident", "open", "--alert", id, "--playbook", "stolen-token", "--commander", "Ada Moreau")
		inc := opened.str("id")
		for _, task := range opened.list("tasks") {
			p.does("incident", "task", inc, task.str("id"), "--state", "DONE", "--note", "done with "+p.canary())
		}
		p.does("incident", "note", inc, "they used "+p.canary())
		p.does("incident", "resolve", inc, "--resolution", "done "+p.canary(), "--cause", p.canary(), "--actor", "PARTNER", "--action", "error")
		p.settled()
		maps.Copy(outputs, p.toldWhat())
		maps.Copy(outputs, p.shown(inc, sub.str("id")))
	})
	if t.Failed() {
		return
	}
	for name, file := range map[string]string{"the log in a file": "a.log", "the log as OCSF": "b.log"} {
		outputs[name] = read(t, p.dir, file)
	}
	outputs["the log of the process"] = p.process.String()
	files, err := filepath.Glob(p.db + "*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no database: %v", err)
	}
	for _, name := range files {
		outputs[filepath.Base(name)] = read(t, p.dir, filepath.Base(name))
	}
	total := 0
	for where, text := range outputs {
		search(t, where, text)
		if total += len(text); len(text) < 30 && !strings.HasPrefix(where, "airside.db") {
			t.Errorf("%s is empty: %q", where, text)
		}
	}
	if p.planted < 3000 {
		t.Errorf("only %d were planted", p.planted)
	}
	t.Logf("%d canaries in %d requests; %d bytes in %d outputs", p.planted, p.n, total, len(outputs))
}

// toldWhat is what the sinks of alerts have got.
func (p *planter) toldWhat() map[string]string {
	out := map[string]string{}
	var mail strings.Builder
	for _, m := range p.mail.Got() {
		fmt.Fprintf(&mail, "%s\n", strings.NewReplacer("=\r\n", "", "=\n", "").Replace(m.Text)) // quoted-printable breaks lines anywhere
	}
	out["mail"] = mail.String()
	for name, s := range map[string]*sinktest.Server{"chat": p.chat, "webhook sink": p.hook, "pager": p.pager, "alert manager": p.manager} {
		var all strings.Builder
		for _, r := range s.Got() {
			fmt.Fprintf(&all, "%s %v %s\n", r.Path, r.Header, r.Body)
		}
		out[name] = all.String()
	}
	return out
}

// shown is what operations and commands show to administrators, apart from the documents and events that are theirs.
func (p *planter) shown(incident, subscription string) map[string]string {
	t := p.t.(*testing.T)
	t.Helper()
	out := map[string]string{}
	var explained, kept strings.Builder
	for _, id := range p.requests {
		status, body := p.srv.Call(t, p.token, "GET", "/v1/airside/requests/"+id, nil)
		if status != 200 {
			t.Errorf("an explanation: %d %s", status, body)
		}
		explained.Write(body)
		if status, body = p.srv.Call(t, p.token, "GET", "/v1/airside/requests/"+id+"/bodies", nil); status == 200 {
			kept.Write(body)
		} else if status != 404 { // of some there are none: strangers without a known name
			t.Errorf("kept bodies: %d %s", status, body)
		}
	}
	out["explanations"], out["kept bodies"] = explained.String(), kept.String()
	if n := strings.Count(kept.String(), `"requestId"`); n < len(p.requests)/2 {
		t.Errorf("the bodies of %d of %d requests are kept", n, len(p.requests))
	}
	for name, path := range map[string]string{
		"the audit trail": "/v1/airside/audit?limit=1000", "alerts": "/v1/airside/alerts", "the incident": "/v1/airside/incidents/" + incident,
		"receipts": "/v1/airside/inbox/receipts?limit=1000", "the inbox": "/v1/airside/inbox", "deliveries": "/v1/airside/webhooks/deliveries?limit=100",
		"the subscription": "/v3/webhooks/subscriptions/" + subscription, "applications": "/v1/airside/applications", "environments": "/v1/airside/environments",
	} {
		status, body := p.srv.Call(t, p.token, "GET", path, nil)
		if status != 200 {
			t.Errorf("%s: %d %s", name, status, body)
		}
		out[name] = string(body)
	}
	var attempts []byte
	for _, d := range p.call(200, "GET", "/v1/airside/webhooks/deliveries?limit=10", nil).list("deliveries") {
		raw, err := json.Marshal(p.call(200, "GET", "/v1/airside/webhooks/deliveries/"+d.str("id"), nil).at("attempts"))
		if err != nil {
			t.Fatal(err)
		}
		attempts = append(attempts, raw...)
	}
	out["attempts"] = string(attempts)
	out["the trail of the platform"] = string(p.srv.PlatformTrail(t))
	page := httptest.NewRecorder()
	p.srv.Metrics().ServeHTTP(page, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
	out["metrics"] = page.Body.String()
	for name, args := range map[string][]string{
		"the report":       {"incident", "report", incident},
		"the contact pack": {"incident", "contact-pack", incident},
		"the list":         {"alerts", "list"},
		"the export":       {"audit", "export", "-"},
		"detect --explain": {"detect", "--since", "1d", "--explain"},
	} {
		exit, text, errs := p.airside(args...)
		if exit != 0 {
			t.Errorf("airside %v: %d %s", args, exit, errs)
		}
		out[name] = text + errs
	}
	pdf, archive := filepath.Join(p.dir, "report.pdf"), filepath.Join(p.dir, "evidence.zip")
	for _, args := range [][]string{{"incident", "report", incident, "--format", "pdf", "--out", pdf}, {"evidence", "--period", clock.System().Now().UTC().Format("2006-01"), "--out", archive}} {
		if exit, _, errs := p.airside(args...); exit != 0 {
			t.Fatalf("airside %v: %s", args, errs)
		}
	}
	out["the report as PDF"] = read(t, p.dir, "report.pdf")
	raw := []byte(read(t, p.dir, "evidence.zip"))
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	out["the evidence"] = string(unpacked(t, z))
	return out
}

// crashing makes the program of TestMain die of a panic once it reads a line, as it would of a bug.
const crashing = "E2E_TEST_CRASH"

func crash() {
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	panic(errors.New("a bug"))
}

// TestCrashDumpHoldsNoCanary lets the program die of a panic while requests with canaries are under way, its own
// credential of the real API among them, and reads the dump of all its goroutines.
func TestCrashDumpHoldsNoCanary(t *testing.T) {
	t.Parallel()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	arrived, release := make(chan string, 64), make(chan struct{})
	up := newFar(t)
	up.does(func(_ http.ResponseWriter, r *http.Request) {
		arrived <- r.Header.Get("Authorization")
		<-release
	})
	defer close(release)
	cmd := exec.CommandContext(t.Context(), exe, "dev", "--listen", "127.0.0.1:0", "--json")
	cmd.Env = append(os.Environ(), asProgram+"=1", crashing+"=1", "GOTRACEBACK=all", "AIRSIDE_LOG_BODIES=1h", "AIRSIDE_ENVIRONMENTS=production",
		"AIRSIDE_ENV_PRODUCTION_BASE_URL="+up.URL, "AIRSIDE_ENV_PRODUCTION_CLIENT_ID=far-client", "AIRSIDE_ENV_PRODUCTION_SECRET=env:FAR_SECRET", "FAR_SECRET=asc_"+canarySecret+"Far")
	var dump safe
	cmd.Stderr = &dump
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var ready struct{ BaseURL, ClientID, ClientSecret string }
	if err := json.NewDecoder(out).Decode(&ready); err != nil {
		t.Fatalf("%v: %s", err, dump.String())
	}
	token := tokenAt(t, ready.BaseURL, ready.ClientID, ready.ClientSecret)
	status, body := post(t, ready.BaseURL+"/v1/airside/applications", token, `{"name":"a","owner":"lena.okafor@example.com","environment":"production","grants":[{"scopes":["company:read","company:write"]}]}`)
	var made struct{ ClientID, ClientSecret string }
	if err := json.Unmarshal(body, &made); err != nil || status != 201 {
		t.Fatalf("%d %s", status, body)
	}
	appToken := tokenAt(t, ready.BaseURL, made.ClientID, made.ClientSecret)
	r := rand.New(rand.NewPCG(5, 5))
	for range 8 {
		req, err := http.NewRequestWithContext(t.Context(), "POST", ready.BaseURL+"/v2/companies", strings.NewReader(fmt.Sprintf(companyOf, canaryOf(r))))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+appToken)
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Cookie", canaryOf(r))
		go func() {
			if resp, err := http.DefaultClient.Do(req); err == nil { // the server dies meanwhile
				_ = resp.Body.Close()
			}
		}()
	}
	for range 8 {
		select {
		case got := <-arrived:
			if got != "Bearer far-token" {
				t.Errorf("the real API was called with %q", got)
			}
		case <-t.Context().Done():
			t.Fatal("the calls did not arrive")
		}
	}
	if _, err := io.WriteString(in, "\n"); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("it did not crash")
	}
	text := dump.String()
	search(t, "the dump", text)
	for _, secret := range []string{token, appToken, made.ClientSecret, ready.ClientSecret, "far-token"} {
		if strings.Contains(text, secret) {
			t.Error("a credential is in the dump")
		}
	}
	if !strings.Contains(text, "panic: a bug") && !strings.Contains(text, "a bug") || strings.Count(text, "goroutine ") < 20 || !strings.Contains(text, "edge.(*Mux)") {
		t.Errorf("that is no dump of calls under way: %.2000s", text)
	}
}

const companyOf = `{"name":"%s","billingCurrency":"EUR","companyRoles":["ORG"]}`

func post(t *testing.T, to, token, body string, header ...string) (int, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "POST", to, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := (&http.Client{Timeout: time.Minute}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, raw
}

func tokenAt(t *testing.T, base, id, secret string) string {
	t.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {secret}}
	_, raw := post(t, base+"/v2/auth/oauth2-token", "", form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
	var got struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.Unmarshal(raw, &got); err != nil || got.AccessToken == "" {
		t.Fatalf("no token: %s", raw)
	}
	return got.AccessToken
}
