// SPDX-License-Identifier: Apache-2.0

package detect_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/detect"
)

var monday = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func wrongSecret(n int, client string) detect.Event {
	return detect.Event{
		ID: fmt.Sprintf("r-%d", n), At: monday.Add(time.Duration(n) * time.Second), Kind: detect.Token, Tenant: "t-1",
		Environment: "production", Client: client, Address: netip.MustParseAddr("203.0.113.9"), Status: 403, Reason: detect.WrongSecret,
	}
}

// observe feeds events and returns what changed.
func observe(e *detect.Engine, events ...detect.Event) []detect.Change {
	var out []detect.Change
	for i := range events {
		out = append(out, e.Observe(&events[i])...)
	}
	return out
}

func only(changes []detect.Change, what, rule string) []detect.Alert {
	var out []detect.Alert
	for _, c := range changes {
		if c.What == what && c.Alert.Rule == rule {
			out = append(out, c.Alert)
		}
	}
	return out
}

// TestAlertExplainsItself is one burst of failed logins from its first event to its end.
func TestAlertExplainsItself(t *testing.T) {
	t.Parallel()
	e := detect.New(detect.Builtin(), detect.Options{})
	var all []detect.Change
	for n := range 40 {
		all = append(all, observe(e, wrongSecret(n, "app-1"))...)
	}
	opened := only(all, detect.Opened, "auth-failure-burst")
	if len(opened) != 1 {
		t.Fatalf("%d alerts opened", len(opened))
	}
	a := opened[0]
	want := detect.Alert{
		Key: "auth-failure-burst/client/t-1/production/app-1", Group: "client/t-1/production/app-1", Rule: "auth-failure-burst",
		Title: "Many failed logins for one client", Severity: detect.High,
		Subject: detect.Subject{Kind: "client", Tenant: "t-1", Environment: "production", ID: "app-1"},
		Opened:  monday.Add(9 * time.Second), Last: monday.Add(9 * time.Second), Count: 1, Value: 10, Limit: 10,
		Expected: "less than 10 failed token calls within 1m",
		Seen:     "10 failed token calls within 1m (reason wrong-secret, from 203.0.113.9)",
		Events:   []string{"r-0", "r-1", "r-2", "r-3", "r-4", "r-5", "r-6", "r-7", "r-8", "r-9"},
		Advice:   a.Advice,
		Silence:  detect.Silence{Rule: "auth-failure-burst", Subject: a.Subject, Until: monday.Add(24*time.Hour + 9*time.Second)},
	}
	if d := cmp.Diff(want, a, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); d != "" {
		t.Error(d)
	}
	if got := only(all, detect.Updated, "auth-failure-burst"); len(got) != 1 || got[0].Value < 20 {
		t.Errorf("told again: %+v", got)
	}
	if len(e.Alerts()) != 2 { // the network's, too
		t.Errorf("open: %+v", e.Alerts())
	}
	if got := e.Tick(monday.Add(20 * time.Minute)); len(got) != 0 {
		t.Errorf("it changed although it is not quiet yet: %+v", got)
	}
	closed := only(e.Tick(monday.Add(45*time.Minute)), detect.Closed, "auth-failure-burst")
	if len(closed) != 1 || closed[0].Count != 31 || !closed[0].Closed.Equal(monday.Add(45*time.Minute)) {
		t.Errorf("closed: %+v", closed)
	}
	if len(e.Alerts()) != 0 {
		t.Errorf("still open: %+v", e.Alerts())
	}
}

// TestBadInputIsInert puts what attackers put into names.
func TestBadInputIsInert(t *testing.T) {
	t.Parallel()
	e := detect.New(detect.Builtin(), detect.Options{})
	long := strings.Repeat("A", 10<<10)
	var all []detect.Change
	for n := range 30 {
		for _, name := range []string{long + "x", long + "y", "a\nLEVEL=ok\x1b[2J", "../../etc", "\xff\x00"} {
			ev := wrongSecret(n, name)
			ev.ID, ev.Tenant, ev.Operation, ev.Agent = "id\n"+long, "t\r\n"+long, "op\x1b[31m", long
			all = append(all, observe(e, ev)...)
		}
	}
	opened := only(all, detect.Opened, "auth-failure-burst")
	if len(opened) != 5 {
		t.Fatalf("%d alerts opened: names that differ at their end are different", len(opened))
	}
	for _, a := range opened {
		text := a.Text()
		if strings.Count(text, "\n") != 8 || strings.ContainsAny(text, "\x1b\r\x00") || len(text) > 4000 {
			t.Errorf("not safe to print: %q", text)
		}
	}
}

// TestStrangersPushOutOnlyStrangers invents client ids by the ten thousand.
func TestStrangersPushOutOnlyStrangers(t *testing.T) {
	t.Parallel()
	e := detect.New(detect.Builtin(), detect.Options{Clients: 10, Strangers: 50, Others: 100})
	good := wrongSecret(0, "app-1")
	good.Status, good.Reason = 200, ""
	observe(e, good)
	for n := range 8 {
		observe(e, wrongSecret(n, "app-1"))
	}
	for n := range 10_000 {
		ev := wrongSecret(8, fmt.Sprintf("guess-%d", n))
		ev.Address = netip.AddrFrom4([4]byte{10, byte(n >> 8), byte(n), 1})
		observe(e, ev)
	}
	s := e.Stats()
	if s.Subjects > 160 || s.Evicted == 0 {
		t.Errorf("%+v", s)
	}
	if got := only(observe(e, wrongSecret(9, "app-1"), wrongSecret(9, "app-1")), detect.Opened, "auth-failure-burst"); len(got) != 1 {
		t.Errorf("the count of the known client was lost: %+v", got)
	}
}

// TestStorm names fifty subjects of a rule and puts the others into one alert.
func TestStorm(t *testing.T) {
	t.Parallel()
	e := detect.New(detect.Builtin(), detect.Options{})
	opened := map[string]int{}
	for n := range 500 {
		ev := detect.Event{ID: "x", At: monday.Add(time.Duration(n) * time.Second), Kind: detect.Token, Client: fmt.Sprintf("app-%d", n), Reason: detect.RevokedSecret, Status: 403}
		for _, a := range only(observe(e, ev), detect.Opened, "auth-revoked-secret") {
			opened[a.Subject.Kind]++
		}
	}
	if d := cmp.Diff(map[string]int{"client": 50, "all": 1}, opened); d != "" {
		t.Error(d)
	}
}

// TestClock sets it forward, back, and lets events come late.
func TestClock(t *testing.T) {
	t.Parallel()
	at := func(client string, times ...time.Duration) []detect.Event {
		var out []detect.Event
		for i, d := range times {
			ev := wrongSecret(0, client)
			ev.ID, ev.At = fmt.Sprint(i), monday.Add(d)
			out = append(out, ev)
		}
		return out
	}
	every := func(from, step time.Duration, n int) []time.Duration {
		var out []time.Duration
		for i := range n {
			out = append(out, from+time.Duration(i)*step)
		}
		return out
	}
	for _, tc := range []struct {
		name   string
		events []detect.Event
		alerts int
	}{
		{"a little out of order counts", at("a", 3e9, 1e9, 2e9, 9e9, 8e9, 7e9, 6e9, 5e9, 4e9, 10e9), 1},
		{"an hour late does not", slices.Concat(at("b", time.Hour), at("a", every(0, time.Second, 10)...)), 0},
		{"one event of another century moves nothing", slices.Concat(at("a", every(0, time.Second, 5)...), at("b", 100*365*24*time.Hour), at("a", every(5*time.Second, time.Second, 5)...)), 1},
		{"a clock set back for good is believed after sixteen", slices.Concat(at("b", 48*time.Hour), at("c", every(0, time.Second, 16)...), at("a", every(20*time.Second, time.Second, 10)...)), 1},
		{"a clock that ran ahead and came back", slices.Concat(at("b", every(1000*time.Hour, time.Second, 5)...), at("c", every(0, time.Second, 16)...), at("a", every(20*time.Second, time.Second, 10)...)), 1},
		{"before 1970", at("a", every(-100*365*24*time.Hour, time.Second, 30)...), 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := 0
			for _, a := range only(observe(detect.New(detect.Builtin(), detect.Options{}), tc.events...), detect.Opened, "auth-failure-burst") {
				if a.Subject.ID == "a" {
					got++
				}
			}
			if got != tc.alerts {
				t.Errorf("%d alerts, want %d", got, tc.alerts)
			}
		})
	}
}

// grow makes a client whose reading grows by so much a day, for so many days, at a constant pace within
// the day, and returns the day of the first alert.
func grow(t *testing.T, aDay float64, days int) int {
	t.Helper()
	e := detect.New(detect.Builtin(), detect.Options{})
	rate := 150.0
	for d := range days {
		if d >= 14 {
			rate *= aDay
		}
		for slot := range 24 * 12 { // every five minutes a burst
			for i := range int(rate) {
				ev := detect.Event{
					At:   monday.Add(time.Duration(d)*24*time.Hour + time.Duration(slot)*5*time.Minute + time.Duration(i)*time.Millisecond),
					Kind: detect.Request, Client: "app-1", Effect: "read", Status: 200,
				}
				if len(only(e.Observe(&ev), detect.Opened, "rate-reads")) > 0 {
					return d
				}
			}
		}
	}
	return -1
}

// TestBaselineCannotBeTaughtQuickly lets an attack grow: faster than the cap it is found, and a steady
// client is never.
func TestBaselineCannotBeTaughtQuickly(t *testing.T) {
	t.Parallel()
	if d := grow(t, 1.6, 24); d < 14 || d > 20 {
		t.Errorf("reading that grows by 60 %% a day is found on day %d after 14", d)
	}
	if d := grow(t, 1, 24); d != -1 {
		t.Errorf("a steady client is found on day %d", d)
	}
}

// TestBaselineDoesNotLearnAnAttack repeats one every day: it is as unusual on the last as on the first.
// Under a silence it is learned.
func TestBaselineDoesNotLearnAnAttack(t *testing.T) {
	t.Parallel()
	run := func(silenced bool) (found []int) {
		e := detect.New(detect.Builtin(), detect.Options{})
		if silenced {
			e.Silence([]detect.Silence{{ID: "s-1", Rule: "rate-reads", Until: monday.Add(17 * 24 * time.Hour), Reason: "an import"}})
		}
		for d := range 24 {
			for i := range 24 * 60 * 6 {
				ev := detect.Event{At: monday.Add(time.Duration(d)*24*time.Hour + time.Duration(i)*10*time.Second), Kind: detect.Request, Client: "app-1", Effect: "read", Status: 200}
				burst := 1
				if i == 1800 && d >= 10 {
					burst = 100
				}
				for range burst {
					for _, a := range only(e.Observe(&ev), detect.Opened, "rate-reads") {
						if a.Silenced == "" {
							found = append(found, d)
						}
					}
				}
			}
		}
		return found
	}
	if d := cmp.Diff([]int{10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23}, run(false)); d != "" {
		t.Errorf("without a silence: %s", d)
	}
	if got := run(true); len(got) >= 7 {
		t.Errorf("after a week under a silence it is still found on %v", got)
	}
}

// TestFirstSeenIsToldOnce shows a new network: one alert, learned when it closes, unless a person says it
// was malicious or something worse was found beside it.
func TestFirstSeenIsToldOnce(t *testing.T) {
	t.Parallel()
	request := func(at time.Duration, from string) detect.Event {
		return detect.Event{ID: "r", At: monday.Add(at), Kind: detect.Request, Client: "app-1", Status: 200, Address: netip.MustParseAddr(from)}
	}
	for _, tc := range []struct {
		name  string
		meant detect.Judgement
		worse bool
		again int
	}{
		{"it closes by itself", "", false, 0},
		{"a person expected it", detect.AsExpected, false, 0},
		{"a person says it was malicious", detect.Malicious, false, 1},
		{"a login was guessed meanwhile", "", true, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			e := detect.New(detect.Builtin(), detect.Options{})
			for h := range 24 * 8 {
				observe(e, request(time.Duration(h)*time.Hour, "203.0.113.1"))
			}
			const then = 24 * 8 * time.Hour
			opened := only(observe(e, request(then, "198.51.100.1")), detect.Opened, "new-network")
			if len(opened) != 1 {
				t.Fatalf("%d alerts", len(opened))
			}
			if tc.worse {
				for n := range 7 {
					ev := wrongSecret(n, "app-1")
					ev.Tenant, ev.Environment, ev.At = "", "", monday.Add(then+time.Duration(n)*time.Minute)
					if n == 6 {
						ev.Reason, ev.Status = "", 200
					}
					observe(e, ev)
				}
			}
			if tc.meant != "" {
				if _, ok := e.Resolve(opened[0].Key, tc.meant); !ok {
					t.Fatal("there is no such alert")
				}
			}
			observe(e, request(then+5*time.Hour, "203.0.113.1"))
			if got := only(observe(e, request(then+6*time.Hour, "198.51.100.7")), detect.Opened, "new-network"); len(got) != tc.again {
				t.Errorf("the next time there are %d alerts, want %d", len(got), tc.again)
			}
		})
	}
}

// TestSilences covers an alert, lets it be told when the silence ends, and refuses ones without an end.
func TestSilences(t *testing.T) {
	t.Parallel()
	e := detect.New(detect.Builtin(), detect.Options{})
	until := monday.Add(5 * time.Minute)
	e.Silence([]detect.Silence{
		{ID: "s-1", Rule: "auth-failure-burst", Subject: detect.Subject{ID: "app-1"}, Until: until, Reason: "a load test"},
		{ID: "s-2", Network: netip.MustParsePrefix("203.0.0.0/16"), Until: until, Reason: "our office"},
	})
	var all []detect.Change
	for n := range 30 {
		all = append(all, observe(e, wrongSecret(n, "app-1"), wrongSecret(n, "app-2"))...)
	}
	got := map[string]string{}
	for _, c := range all {
		if c.What == detect.Opened {
			got[c.Alert.Rule+" "+c.Alert.Subject.Name()] = c.Alert.Silenced
		}
	}
	want := map[string]string{
		"auth-failure-burst client app-1": "s-1", "auth-failure-burst client app-2": "",
		"auth-failure-network network 203.0.113.0/24": "s-2",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	told := only(e.Tick(monday.Add(6*time.Minute)), detect.Updated, "auth-failure-burst")
	if len(told) != 1 || told[0].Subject.ID != "app-1" || told[0].Silenced != "" {
		t.Errorf("when the silence ended: %+v", told)
	}
	for name, s := range map[string]detect.Silence{
		"over everything": {Until: until, Reason: "x"}, "without a reason": {Rule: "x", Until: until},
		"without an end": {Rule: "x", Reason: "x"}, "for a year": {Rule: "x", Reason: "x", Until: monday.Add(365 * 24 * time.Hour)},
		"in the past": {Rule: "x", Reason: "x", Until: monday},
	} {
		if s.Check(monday) == nil {
			t.Errorf("one %s passes", name)
		}
	}
	ok := detect.Silence{Rule: "x", Reason: "x", Until: until}
	if err := ok.Check(monday); err != nil {
		t.Error(err)
	}
}
