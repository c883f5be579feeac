// SPDX-License-Identifier: Apache-2.0

package alert_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/alert"
	"github.com/airside-travel/airside/internal/alert/sink"
	"github.com/airside-travel/airside/internal/alert/sinktest"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store/sqlite"
	"github.com/airside-travel/airside/webhook"
)

// kinds makes one sink of each kind, with servers that take what comes.
type kinds struct {
	mail                       *sinktest.Mail
	slack, hook, pager, manage *sinktest.Server
	rig                        *rig
}

func newKinds(t *testing.T) *kinds {
	t.Helper()
	k := &kinds{mail: sinktest.SMTP(t, false), slack: sinktest.HTTP(t), hook: sinktest.HTTP(t), pager: sinktest.HTTP(t), manage: sinktest.HTTP(t)}
	k.rig = newRig(t, func(_ *alert.Options, so *sink.Options) { so.Roots = k.mail.Roots })
	k.rig.secrets["SLACK"] = k.slack.URL + "/services/T0/B0/x"
	for _, c := range []sink.Config{
		{Name: "mail", Kind: sink.Email, Host: k.mail.Host, Port: k.mail.Port, Username: "airside", SecretRef: "env:PASSWORD", From: "airside@example.com", To: []string{"soc@example.com", "ops@example.com"}},
		{Name: "chat", Kind: sink.Slack, SecretRef: "env:SLACK"},
		{Name: "hook", Kind: sink.Webhook, URL: k.hook.URL + "/in", SecretRef: "env:HOOK"},
		{Name: "pager", Kind: sink.PagerDuty, URL: k.pager.URL + "/v2/enqueue", SecretRef: "env:KEY"},
		{Name: "manager", Kind: sink.Alertmanager, URL: k.manage.URL},
	} {
		k.rig.sink(c)
	}
	return k
}

func decode(t *testing.T, b []byte) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatalf("%v in %s", err, b)
	}
	return m
}

// A burst is one alert at every kind of sink, in the form that the kind expects, and so are its
// acknowledgement and its end.
func TestEveryKindOfSink(t *testing.T) {
	t.Parallel()
	k := newKinds(t)
	ids := k.rig.raise(burst(60)...)
	id := ids[0]
	if one := k.rig.alert(id); one.Count != 60 || len(one.Events) != 10 {
		t.Errorf("%d occurrences with %d events", one.Count, len(one.Events))
	}
	k.rig.act(k.rig.Acknowledge, id, "on it")
	k.rig.act(k.rig.Resolve, id, "the partner deployed an old secret")

	letters := k.mail.Got()
	var subjects, threads []string
	for _, l := range letters {
		msg, err := mail.ReadMessage(strings.NewReader(l.Text))
		if err != nil {
			t.Fatal(err)
		}
		subject, err := new(mime.WordDecoder).DecodeHeader(msg.Header.Get("Subject"))
		if err != nil {
			t.Fatal(err)
		}
		subjects, threads = append(subjects, subject), append(threads, msg.Header.Get("In-Reply-To"))
		body, err := io.ReadAll(quotedprintable.NewReader(msg.Body))
		if err != nil || !strings.Contains(string(body), "at most 2 a minute") || !strings.Contains(string(body), id) {
			t.Errorf("the letter does not explain itself: %v %s", err, body)
		}
		if !l.Secure || l.User != "airside" || l.Pass != "pa55word-of-mail" || len(l.To) != 2 {
			t.Errorf("the letter travelled as %+v", l)
		}
	}
	thread := "<alert-" + id + "@example.com>"
	if d := cmp.Diff([]string{"Airside [OPEN] HIGH: Many token requests fail", "Airside [ACKNOWLEDGED] HIGH: Many token requests fail", "Airside [RESOLVED] HIGH: Many token requests fail"}, subjects); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"", thread, thread}, threads); d != "" {
		t.Error(d)
	}

	if got := k.slack.Got(); len(got) != 3 || got[0].Path != "/services/T0/B0/x" || !strings.HasPrefix(decode(t, got[0].Body)["text"].(string), "[OPEN] HIGH") {
		t.Errorf("chat got %v", got)
	}
	var types []string
	for _, g := range k.hook.Got() {
		if err := webhook.Verify([]string{hookKey}, g.Header, g.Body, clock.System().Now(), 0); err != nil {
			t.Error(err)
		}
		types = append(types, decode(t, g.Body)["type"].(string)+" "+g.Header.Get("Webhook-Id"))
	}
	if d := cmp.Diff([]string{"alert.open " + id + ".1", "alert.acknowledged " + id + ".2", "alert.resolved " + id + ".3"}, types); d != "" {
		t.Error(d)
	}
	var events []string
	for _, g := range k.pager.Got() {
		e := decode(t, g.Body)
		if e["routing_key"] != "r0uting" {
			t.Errorf("routing key %v", e["routing_key"])
		}
		if e["event_action"] == "trigger" {
			p := e["payload"].(map[string]any)
			if p["severity"] != "error" || p["class"] != "auth-failure-burst" || p["source"] == "" || p["summary"] == "" {
				t.Errorf("payload %v", p)
			}
		}
		events = append(events, fmt.Sprint(e["event_action"], " ", e["dedup_key"]))
	}
	if d := cmp.Diff([]string{"trigger airside-" + id, "acknowledge airside-" + id, "resolve airside-" + id}, events); d != "" {
		t.Error(d)
	}
	managed := k.manage.Got()
	if len(managed) != 3 || managed[0].Path != "/api/v2/alerts" {
		t.Fatalf("alertmanager got %v", managed)
	}
	var posted []struct {
		Labels           map[string]string
		StartsAt, EndsAt time.Time
	}
	for i, g := range managed {
		if err := json.Unmarshal(g.Body, &posted); err != nil {
			t.Fatal(err)
		}
		if over := !posted[0].EndsAt.After(start); over != (i == 2) || posted[0].Labels["alertname"] != "auth-failure-burst" || posted[0].Labels["client_id"] != client {
			t.Errorf("post %d: %+v", i, posted[0])
		}
	}
	for _, d := range k.rig.alert(id).Deliveries {
		if d.State != alert.Told || d.Attempts != 3 {
			t.Errorf("%+v", d)
		}
	}
}

// An Alertmanager forgets what it is not reminded of.
func TestReminders(t *testing.T) {
	t.Parallel()
	k := newKinds(t)
	id := k.rig.raise(burst(1)...)[0]
	k.rig.act(k.rig.Acknowledge, id, "")
	before := len(k.manage.Got())
	k.rig.pass(25 * time.Hour)
	if got := len(k.manage.Got()) - before; got != 4 {
		t.Errorf("%d reminders in 25 hours, want 4", got)
	}
	k.rig.act(k.rig.Resolve, id, "")
	n := len(k.manage.Got())
	k.rig.pass(25 * time.Hour)
	if got := len(k.manage.Got()); got != n {
		t.Errorf("%d reminders after the end", got-n)
	}
	if got := len(k.mail.Got()); got != 3 {
		t.Errorf("%d letters", got)
	}
}

// A sink that is away for a day is told when it is back, of what there is to tell by then. Meanwhile
// another one hears that it is away, and of the alert that it did not take.
func TestSinkDownForADay(t *testing.T) {
	t.Parallel()
	first, second := sinktest.HTTP(t), sinktest.HTTP(t)
	path := filepath.Join(t.TempDir(), "a.db")
	open := func() *rig {
		st, err := sqlite.Open(t.Context(), sqlite.Options{Path: path, MasterKey: make([]byte, 32)})
		if err != nil {
			t.Fatal(err)
		}
		return rigOn(t, st, nil)
	}
	r := open()
	down := r.sink(sink.Config{Name: "first", Kind: sink.Webhook, URL: first.URL, SecretRef: "env:HOOK"})
	r.sink(sink.Config{Name: "second", Kind: sink.Webhook, URL: second.URL, SecretRef: "env:HOOK", Step: 1})
	first.Answer(503)
	id := r.raise(burst(1)...)[0]
	r.pass(2 * time.Minute)
	var heard []string
	for _, g := range second.Got() {
		heard = append(heard, decode(t, g.Body)["rule"].(string))
	}
	if len(heard) != 2 || heard[0] == heard[1] || !strings.Contains(strings.Join(heard, " "), alert.RuleSinkDown) {
		t.Errorf("the other sink heard of %v", heard)
	}
	r.pass(12 * time.Hour)
	r.act(r.Acknowledge, id, "")
	// The process ends in the middle of it.
	now := r.clocks.Now(tenant)
	r.Stop()
	if err := r.store.Close(); err != nil {
		t.Fatal(err)
	}
	r = open()
	defer r.store.Close()
	defer r.Stop()
	r.clocks.Set(tenant, clock.State{Frozen: true, At: now})
	r.pass(12 * time.Hour)
	shown := must[alert.SinkShown](r)(do(r, r.GetSink, alert.SinkRef{ID: down.ID}))
	if shown.DownSince != start || shown.Waiting != 1 || shown.Failures < 10 || !strings.Contains(shown.LastError, "503") {
		t.Errorf("while it is away: %+v", shown)
	}
	if shown.Failures > 60 {
		t.Errorf("%d attempts in a day: it is pestered", shown.Failures)
	}
	first.Answer(200)
	r.pass(31 * time.Minute)
	var got []string
	for _, g := range first.Got() {
		e := decode(t, g.Body)
		got = append(got, fmt.Sprint(e["rule"], " ", e["state"]))
	}
	if d := cmp.Diff([]string{"auth-failure-burst ACKNOWLEDGED"}, got); d != "" {
		t.Error(d)
	}
	list := must[alert.ListOut](r)(do(r, r.List, alert.ListIn{Rule: alert.RuleSinkDown, Limit: 10}))
	if len(list.Alerts) != 1 || list.Alerts[0].State != alert.Resolved {
		t.Errorf("the alert about the sink: %+v", list.Alerts)
	}
	if shown := must[alert.SinkShown](r)(do(r, r.GetSink, alert.SinkRef{ID: down.ID})); shown.Failures != 0 || !shown.DownSince.IsZero() || shown.Waiting != 0 {
		t.Errorf("when it is back: %+v", shown)
	}
}

func TestGrouping(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	f := func(change func(*alert.Finding)) alert.Finding {
		f := burst(1)[0]
		if change != nil {
			change(&f)
		}
		return f
	}
	same := r.raise(f(nil), f(nil), f(func(f *alert.Finding) { f.Dedupe = "x" }), f(func(f *alert.Finding) { f.Dedupe = "x" }))
	if same[0] != same[3] {
		t.Error("one client and one rule make two alerts")
	}
	if a := r.alert(same[0]); a.Count != 3 {
		t.Errorf("counted %d, want 3: the same occurrence counts once", a.Count)
	}
	others := r.raise(f(func(f *alert.Finding) { f.Client = "another" }), f(func(f *alert.Finding) { f.Rule = "scan" }), f(func(f *alert.Finding) { f.Environment = "sandbox" }))
	seen := map[string]bool{same[0]: true}
	for _, id := range others {
		if seen[id] {
			t.Error("another client, rule or environment falls into the same alert")
		}
		seen[id] = true
	}
	// A finder that counts by itself is believed, and small letters will do for severities.
	counted := r.raise(alert.Finding{Rule: "counted", Severity: "high", Total: 12, Advice: "look"}, alert.Finding{Rule: "counted", Severity: "high", Total: 40})
	if a := r.alert(counted[0]); a.Count != 40 || a.Severity != alert.High || a.Advice != "look" {
		t.Errorf("%+v", a.Alert)
	}
	// What comes back soon takes the alert up again; later it is a new one.
	r.act(r.Resolve, same[0], "")
	r.pass(10 * time.Minute)
	if again := r.raise(f(nil)); again[0] != same[0] || r.alert(same[0]).State != alert.Open {
		t.Error("the alert was not taken up again")
	}
	r.act(r.Resolve, same[0], "")
	r.pass(20 * time.Minute)
	again := r.raise(f(nil))
	if again[0] == same[0] {
		t.Error("an alert that is long over was taken up again")
	}
	r.act(r.Resolve, again[0], "") // and both can be saved, although they had one group
	if err := r.Clear(t.Context(), alert.Finding{Tenant: tenant, Rule: "scan", Client: client, Environment: "production"}, "over"); err != nil {
		t.Fatal(err)
	}
	if a := r.alert(others[1]); a.State != alert.Resolved || a.ResolvedBy != "airside" {
		t.Errorf("cleared: %+v", a.Alert)
	}
}

// Whoever can make up client ids cannot hide an alert among thousands.
func TestStorm(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	var all []alert.Finding
	for i := range 500 {
		f := burst(1)[0]
		f.Client = fmt.Sprintf("made-up-%d", i)
		all = append(all, f)
	}
	r.raise(all...)
	out := must[alert.ListOut](r)(do(r, r.List, alert.ListIn{State: alert.Open, Limit: 100}))
	if out.Pagination.Total != 51 || out.Alerts[0].Count != 450 {
		t.Errorf("%d alerts, the newest stands for %d", out.Pagination.Total, out.Alerts[0].Count)
	}
}

func TestEscalation(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	var steps []*sinktest.Server
	for i := range 3 {
		s := sinktest.HTTP(t)
		steps = append(steps, s)
		r.sink(sink.Config{Name: fmt.Sprint("step ", i), Kind: sink.Webhook, URL: s.URL, SecretRef: "env:HOOK", Step: i * 2})
	}
	counts := func() (out []int) {
		for _, s := range steps {
			out = append(out, len(s.Got()))
		}
		return out
	}
	r.raise(burst(5)...)
	got := [][]int{counts()}
	for range 4 {
		r.pass(15 * time.Minute)
		got = append(got, counts())
	}
	// Sinks that know an alert hear that it was passed on.
	if d := cmp.Diff([][]int{{1, 0, 0}, {2, 1, 0}, {3, 2, 1}, {3, 2, 1}, {3, 2, 1}}, got); d != "" {
		t.Error(d)
	}
	f := burst(1)[0]
	f.Client = "another"
	id := r.raise(f)[0]
	r.act(r.Acknowledge, id, "")
	r.pass(time.Hour)
	if d := cmp.Diff([]int{5, 2, 1}, counts()); d != "" {
		t.Errorf("an acknowledged alert is passed on: %s", d)
	}
}

func TestQuietHours(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	s := sinktest.HTTP(t)
	r.sink(sink.Config{Name: "hook", Kind: sink.Webhook, URL: s.URL, SecretRef: "env:HOOK"})
	var in alert.SettingsIn
	in.Body.Quiet = &alert.Quiet{From: "18:00", To: "07:00", TimeZone: "Asia/Tokyo", MaxSeverity: alert.Low} // it is 18:00 there
	must[alert.Settings](r)(do(r, r.UpdateSettings, in))
	low := burst(1)[0]
	low.Severity, low.Rule = alert.Low, "dormant"
	r.raise(low)
	if n := len(s.Got()); n != 0 {
		t.Errorf("a weak alert was told in quiet hours")
	}
	r.raise(burst(1)...)
	if n := len(s.Got()); n != 1 {
		t.Errorf("a strong alert waits: %d", n)
	}
	r.pass(13*time.Hour - time.Minute)
	if n := len(s.Got()); n != 1 {
		t.Errorf("told a minute before the end of quiet hours")
	}
	r.pass(2 * time.Minute)
	if n := len(s.Got()); n != 2 {
		t.Errorf("%d told after quiet hours", n)
	}
	for _, zone := range []string{"", "Local", "Mars/Olympus", "../../etc/passwd"} {
		in.Body.Quiet.TimeZone = zone
		if _, err := do(r, r.UpdateSettings, in); !errs.Is(err, errs.ValidationFailed) {
			t.Errorf("time zone %q: %v", zone, err)
		}
	}
}

func TestSilence(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	s := sinktest.HTTP(t)
	r.sink(sink.Config{Name: "hook", Kind: sink.Webhook, URL: s.URL, SecretRef: "env:HOOK"})
	silence := func(rule, client string, d time.Duration) (alert.Silence, error) {
		var in alert.SilenceIn
		in.Body.Rule, in.Body.Client, in.Body.Until, in.Body.Reason = rule, client, start.Add(d), "a load test"
		return do(r, r.CreateSilence, in)
	}
	for name, err := range map[string]error{
		"everything": func() error { _, err := silence("", "", time.Hour); return err }(),
		"the past":   func() error { _, err := silence("x", "", -time.Hour); return err }(),
		"forever":    func() error { _, err := silence("x", "", 31*24*time.Hour); return err }(),
	} {
		if !errs.Is(err, errs.ValidationFailed) {
			t.Errorf("a silence for %s: %v", name, err)
		}
	}
	q := must[alert.Silence](r)(silence("auth-failure-burst", client, time.Hour))
	if q.CreatedBy != "the-admin" {
		t.Errorf("made by %q", q.CreatedBy)
	}
	id := r.raise(burst(3)...)[0]
	other := burst(1)[0]
	other.Client = "another"
	r.raise(other)
	if n := len(s.Got()); n != 1 || r.alert(id).SilencedBy != q.ID {
		t.Errorf("%d told", n)
	}
	r.pass(2 * time.Hour)
	r.raise(burst(1)...) // it goes on, and the silence is over
	if n := len(s.Got()); n != 2 {
		t.Errorf("%d told after the silence", n)
	}
	// Ended early, what is still open is told.
	r2 := burst(1)[0]
	r2.Rule = "scan"
	q2 := must[alert.Silence](r)(silence("scan", "", 5*time.Hour))
	before := len(s.Got())
	r.raise(r2)
	if _, err := do(r, r.EndSilence, alert.SilenceRef{ID: q2.ID}); err != nil {
		t.Fatal(err)
	}
	r.settle()
	if n := len(s.Got()) - before; n != 1 {
		t.Errorf("%d told when the silence was ended", n)
	}
}

// What comes from outside cannot write lines, steer terminals, mention people or show secrets, at any sink.
func TestInjection(t *testing.T) {
	t.Parallel()
	k := newKinds(t)
	evil := "x\r\nBcc: all@example.com\r\n\r\n<!channel> *bold* `\x1b[2J\u202e 4111 1111 1111 1111 ast_abcdefghijklmnop"
	id := k.rig.raise(alert.Finding{Rule: evil, Severity: "\n", Client: strings.Repeat("c", 10_000), Environment: evil, Summary: evil, Expected: evil, Seen: evil,
		Events: []string{evil, "2"}, Dedupe: evil, Started: start.AddDate(1, 0, 0), Silence: evil})[0]
	a := k.rig.alert(id)
	if len(a.Client) > 200 || a.StartedAt.After(start) {
		t.Errorf("a client id of %d bytes, started at %s", len(a.Client), a.StartedAt)
	}
	var all []string
	for _, l := range k.mail.Got() {
		msg, err := mail.ReadMessage(strings.NewReader(l.Text))
		if err != nil {
			t.Fatal(err)
		}
		if msg.Header.Get("Bcc") != "" || len(l.To) != 2 {
			t.Error("a line was written into the letter's header")
		}
		body, err := io.ReadAll(quotedprintable.NewReader(msg.Body))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(body), msg.Header.Get("Subject"))
	}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			all = append(all, v)
		case map[string]any:
			for name, v := range v {
				all = append(all, name)
				walk(v)
			}
		case []any:
			for _, v := range v {
				walk(v)
			}
		}
	}
	for _, s := range []*sinktest.Server{k.slack, k.hook, k.pager, k.manage} {
		for _, g := range s.Got() {
			var v any
			if err := json.Unmarshal(g.Body, &v); err != nil {
				t.Fatal(err)
			}
			walk(v)
			if s == k.slack && strings.Contains(string(g.Body), `<!channel>`) {
				t.Error("chat mentions a channel")
			}
		}
	}
	if len(all) < 40 {
		t.Fatalf("only %d texts were told", len(all))
	}
	for _, text := range all {
		for _, bad := range []string{"\x1b", "\u202e", "\r", "4111 1111", "ast_abc", "\nBcc"} {
			if strings.Contains(strings.ReplaceAll(text, "\r\n", "\n"), bad) {
				t.Errorf("%q is told in %q", bad, text)
			}
		}
	}
}

// A secret is named and never shown, and one that is not a sink's own is refused.
func TestSinkRules(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *alert.Options, _ *sink.Options) {
		o.Insecure = false
		o.References = []string{"env:ALERT_SINK_"}
		o.Configured = []sink.Config{{ID: "configured:relay", Name: "Relay", Kind: sink.Alertmanager, URL: "http://10.0.0.9:9093", Enabled: true, Source: sink.FromConfiguration, MinSeverity: "INFO"}}
	})
	for _, tc := range []struct {
		name, pointer string
		c             sink.Config
	}{
		{"a secret in place of its name", "/secretRef", sink.Config{Kind: sink.Webhook, URL: "https://example.com", SecretRef: hookKey}},
		{"another's secret", "/secretRef", sink.Config{Kind: sink.Webhook, URL: "https://example.com", SecretRef: "env:AWS_SECRET_ACCESS_KEY"}},
		{"a password in the URL", "/url", sink.Config{Kind: sink.Alertmanager, URL: "https://a:b@example.com"}},
		{"plain http", "/url", sink.Config{Kind: sink.Alertmanager, URL: "http://example.com"}},
		{"no URL", "/url", sink.Config{Kind: sink.Alertmanager}},
		{"a URL of Slack", "/url", sink.Config{Kind: sink.Slack, URL: "https://example.com"}},
		{"plain mail", "/security", sink.Config{Kind: sink.Email, Host: "example.com", Security: sink.Plain, From: "a@example.com", To: []string{"b@example.com"}}},
		{"a line in an address", "/to/0", sink.Config{Kind: sink.Email, Host: "example.com", From: "a@example.com", To: []string{"b@example.com\r\nX: y"}}},
		{"a password without a user", "/username", sink.Config{Kind: sink.Email, Host: "example.com", SecretRef: "env:ALERT_SINK_X", From: "a@example.com", To: []string{"b@example.com"}}},
		{"no kind", "/kind", sink.Config{Kind: "PIGEON"}},
		{"the name of a configured one", "/name", sink.Config{Name: "relay", Kind: sink.Alertmanager, URL: "https://example.com"}},
	} {
		var in alert.NewSinkIn
		in.Body.Config = tc.c
		if in.Body.Name == "" {
			in.Body.Name = tc.name
		}
		_, err := do(r, r.CreateSink, in)
		e := errs.As(err)
		if e == nil || len(e.Fields) == 0 || e.Fields[0].Pointer != tc.pointer {
			t.Errorf("%s: %v", tc.name, err)
		} else if strings.Contains(err.Error(), hookKey) {
			t.Errorf("%s: the error shows the secret", tc.name)
		}
	}
	if _, err := do(r, r.DeleteSink, alert.SinkRef{ID: "configured:relay"}); !errs.Is(err, errs.StateForbids) {
		t.Errorf("a configured sink was deleted: %v", err)
	}
	list := must[alert.SinkList](r)(do(r, r.ListSinks, struct{}{}))
	if len(list.Sinks) != 1 || list.Sinks[0].Source != sink.FromConfiguration {
		t.Errorf("%+v", list)
	}
}

// TestSink says what the sink says, once, and raises nothing.
func TestTestSink(t *testing.T) {
	t.Parallel()
	k := newKinds(t)
	tell := func(name string) alert.Tested {
		out, err := k.rig.TestSink(k.rig.admin(), alert.SinkRef{ID: name})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	for _, name := range []string{"mail", "chat", "hook", "pager", "manager"} {
		if out := tell(name); !out.Accepted {
			t.Errorf("%s: %+v", name, out)
		}
	}
	k.mail.Down(true)
	k.hook.Answer(401)
	k.rig.secrets["WRONG"] = "not a URL"
	k.rig.sink(sink.Config{Name: "wrong", Kind: sink.Slack, SecretRef: "env:WRONG"})
	k.rig.sink(sink.Config{Name: "lost", Kind: sink.Slack, SecretRef: "env:LOST"})
	for name, want := range map[string]string{"mail": "421", "hook": "401", "wrong": "env:WRONG is not the URL", "lost": "env:LOST"} {
		if out := tell(name); out.Accepted || !strings.Contains(out.Error, want) {
			t.Errorf("%s: %+v", name, out)
		}
	}
	if _, err := k.rig.TestSink(k.rig.admin(), alert.SinkRef{ID: "nobody"}); !errs.Is(err, errs.ResourceNotFound) {
		t.Error(err)
	}
	if list := must[alert.ListOut](k.rig)(do(k.rig, k.rig.List, alert.ListIn{Limit: 10})); list.Pagination.Total != 0 {
		t.Errorf("a test raised %v", list.Alerts)
	}
}

// Many who find the same at once make one alert that counts them all.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	s := sinktest.HTTP(t)
	r.sink(sink.Config{Name: "hook", Kind: sink.Webhook, URL: s.URL, SecretRef: "env:HOOK"})
	r.Start()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for _, f := range burst(25) {
				f.Tenant = tenant
				if _, err := r.Raise(t.Context(), f); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	r.settle()
	list := must[alert.ListOut](r)(do(r, r.List, alert.ListIn{Limit: 10}))
	if len(list.Alerts) != 1 || list.Alerts[0].Count != 200 || len(s.Got()) != 1 {
		t.Errorf("%d alerts, %d messages: %+v", len(list.Alerts), len(s.Got()), list.Alerts)
	}
}

// In an Alertmanager an alert with another severity is another one: what it was before must not stay open.
func TestAlertmanagerSeverity(t *testing.T) {
	t.Parallel()
	k := newKinds(t)
	k.rig.raise(burst(1)...)
	worse := burst(1)
	worse[0].Severity = alert.Critical
	k.rig.raise(worse...)
	open := map[string]bool{}
	for _, g := range k.manage.Got() {
		var posted []struct {
			Labels map[string]string
			EndsAt time.Time
		}
		if err := json.Unmarshal(g.Body, &posted); err != nil {
			t.Fatal(err)
		}
		for _, p := range posted {
			open[p.Labels["severity"]] = p.EndsAt.After(start)
		}
	}
	if d := cmp.Diff(map[string]bool{"info": false, "low": false, "medium": false, "high": false, "critical": true}, open); d != "" {
		t.Error(d)
	}
}

// One tenant's alerts are nobody else's.
func TestTenantsApart(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	id := r.raise(burst(1)...)[0]
	other := actor.With(t.Context(), &actor.Actor{Tenant: "20000000-0000-4000-8000-000000000002", ClientID: "x", Roles: []string{actor.TMCAdmin}})
	if err := r.store.Update(other, func(ctx context.Context) error {
		if _, err := r.Get(ctx, alert.GetIn{ID: id}); !errs.Is(err, errs.ResourceNotFound) {
			t.Errorf("read: %v", err)
		}
		if _, err := r.Resolve(ctx, alert.ActIn{ID: id}); !errs.Is(err, errs.ResourceNotFound) {
			t.Errorf("resolve: %v", err)
		}
		list, err := r.List(ctx, alert.ListIn{Limit: 10})
		if len(list.Alerts) != 0 {
			t.Errorf("list: %v", list.Alerts)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}
