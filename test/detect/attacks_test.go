// SPDX-License-Identifier: Apache-2.0

package detect_test

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/airside-travel/airside/internal/detect"
)

// attack is one that was planted: when, against whom, and which names its alerts may carry.
type attack struct {
	kind       string
	login      bool // it is against authentication
	start, end time.Time
	names      map[string]bool // subjects
	about      map[string]bool // rules that are a detection of it; any other alert of the names is explained by it
	found      time.Time
	by         string
}

// kindOf is one of the fifteen sorts of attacks.
type kindOf struct {
	name  string
	login bool
	about []string
	plant func(w *world, a *attack)
}

const perKind = 4 // of each of the fifteen kinds: sixty

func catalogue() []kindOf {
	return []kindOf{
		{"failed logins, burst", true, []string{"auth-failure-burst"}, (*world).burst},
		{"spray over clients", true, []string{"auth-spray", "auth-failure-network"}, (*world).spray},
		{"spray, slow", true, []string{"auth-spray-slow", "auth-spray"}, (*world).slowSpray},
		{"one id, many networks", true, []string{"auth-many-networks", "auth-failure-burst"}, (*world).networks},
		{"success after failures", true, []string{"auth-success-after-failures"}, (*world).guessed},
		{"dead secret", true, []string{"auth-revoked-secret", "auth-rotated-secret"}, (*world).dead},
		{"other environment", true, []string{"auth-other-environment"}, (*world).environment},
		{"guessed tokens", true, []string{"auth-token-guessing"}, (*world).tokens},
		{"forged webhooks", false, []string{"inbox-forgery"}, (*world).forgery},
		{"replayed webhooks", false, []string{"inbox-replay"}, (*world).replay},
		{"enumeration", false, []string{"enumeration", "refused-share"}, (*world).enumerate},
		{"export of the directory", false, []string{"read-sweep", "rate-reads", "read-sweep-day", "bytes-day"}, (*world).export},
		{"stolen credential", false, []string{"new-network", "new-agent", "off-hours", "network-refused"}, (*world).stolen},
		{"privileges taken", false, []string{"privilege-change", "self-grant", "purchase-grant", "control-disabled"}, (*world).privileges},
		{"fraudulent bookings", false, []string{"rate-purchases", "purchase-amount"}, (*world).fraud},
	}
}

// plant puts all attacks into the month, after the clients have been known for ten days.
func (w *world) plant() []*attack {
	var out []*attack
	for _, k := range catalogue() {
		for range perKind {
			a := &attack{kind: k.name, login: k.login, names: map[string]bool{}, about: map[string]bool{}}
			for _, r := range k.about {
				a.about[r] = true
			}
			a.start = start.Add(10*24*time.Hour + w.within(19*24*time.Hour))
			a.end = a.start
			k.plant(w, a)
			out = append(out, a)
		}
	}
	return out
}

// do adds an event of an attack.
func (w *world) do(a *attack, e detect.Event) {
	if e.At.After(a.end) {
		a.end = e.At
	}
	if e.Client != "" {
		a.names["client "+e.Client] = true
	}
	if e.Reason == detect.UnknownClient {
		a.names["all"] = true // ids that do not exist are counted together
	}
	if e.Address.IsValid() {
		p, _ := e.Address.Prefix(24)
		a.names["network "+p.String()] = true
	}
	for kind, name := range map[string]string{"endpoint": e.Endpoint, "subject": e.Subject} {
		if name != "" {
			a.names[kind+" "+name] = true
		}
	}
	w.put(e)
}

func (w *world) victim() *profile { return w.clients[w.rng.IntN(clients)] }

// stranger is an address where nobody else is.
func (w *world) stranger() netip.Addr {
	return netip.AddrFrom4([4]byte{byte(180 + w.rng.IntN(40)), byte(w.rng.IntN(256)), byte(w.rng.IntN(256)), byte(1 + w.rng.IntN(250))})
}

func (w *world) pause(mean time.Duration) time.Duration {
	return time.Duration(float64(mean) * (0.4 + 1.2*w.rng.Float64())).Truncate(time.Millisecond)
}

// login is an attempt to get a token, from somewhere else than the client's own.
func (w *world) login(p *profile, t time.Time, from netip.Addr, reason string) detect.Event {
	e := detect.Event{
		At: t, Kind: detect.Token, Tenant: p.tenant, Environment: p.environment, Client: p.id, Address: from,
		Agent: "python-requests/2.31", Status: 403, Reason: reason, Code: "CLIENT_CREDENTIALS_INVALID",
	}
	if reason == "" {
		e.Status, e.Code = 200, ""
	}
	return e
}

func (w *world) burst(a *attack) {
	p, t, from := w.victim(), a.start, w.stranger()
	for range 20 + w.rng.IntN(200) {
		w.do(a, w.login(p, t, from, detect.WrongSecret))
		t = t.Add(w.pause(time.Duration(1+w.rng.IntN(3)) * time.Second))
	}
}

func (w *world) spray(a *attack) {
	t, from, gap := a.start, w.stranger(), time.Duration(2+w.rng.IntN(20))*time.Second
	for i := range 12 + w.rng.IntN(40) {
		e := w.login(w.victim(), t, from, detect.WrongSecret)
		if i%3 == 0 {
			e.Client, e.Reason = fmt.Sprintf("guess-%d", w.rng.IntN(1000)), detect.UnknownClient
		}
		w.do(a, e)
		t = t.Add(w.pause(gap))
	}
}

func (w *world) slowSpray(a *attack) {
	t, from, gap := a.start, w.stranger(), time.Duration(20+w.rng.IntN(60))*time.Minute
	for range 14 + w.rng.IntN(10) {
		e := w.login(w.victim(), t, from, detect.WrongSecret)
		if w.rng.IntN(2) == 0 {
			e.Client, e.Reason = fmt.Sprintf("guess-%d", w.rng.IntN(1000)), detect.UnknownClient
		}
		w.do(a, e)
		t = t.Add(w.pause(gap))
	}
}

func (w *world) networks(a *attack) {
	p, t := w.victim(), a.start
	for range 12 + w.rng.IntN(20) {
		reason := detect.WrongSecret
		if w.rng.IntN(4) == 0 {
			reason = ""
		}
		w.do(a, w.login(p, t, w.stranger(), reason))
		t = t.Add(w.pause(time.Duration(5+w.rng.IntN(40)) * time.Second))
	}
}

func (w *world) guessed(a *attack) {
	p, t, from := w.victim(), a.start, w.stranger()
	for range 7 + w.rng.IntN(20) { // slower than the burst rule looks
		w.do(a, w.login(p, t, from, detect.WrongSecret))
		t = t.Add(w.pause(time.Duration(8+w.rng.IntN(20)) * time.Second))
	}
	w.do(a, w.login(p, t, from, ""))
}

func (w *world) dead(a *attack) {
	p, t, from := w.victim(), a.start, w.stranger()
	reason := []string{detect.RotatedSecret, detect.RevokedSecret}[w.rng.IntN(2)]
	for range 4 + w.rng.IntN(20) {
		w.do(a, w.login(p, t, from, reason))
		t = t.Add(w.pause(time.Duration(5+w.rng.IntN(60)) * time.Second))
	}
}

func (w *world) environment(a *attack) {
	p, t, from := w.victim(), a.start, w.stranger()
	for range 1 + w.rng.IntN(5) {
		e := w.login(p, t, from, detect.OtherEnvironment)
		e.Kind, e.Status = detect.Request, 401
		e.Environment = map[string]string{"production": "sandbox", "sandbox": "production"}[p.environment]
		w.do(a, e)
		t = t.Add(w.pause(20 * time.Second))
	}
}

func (w *world) tokens(a *attack) {
	t, from := a.start, w.stranger()
	for range 30 + w.rng.IntN(200) {
		w.do(a, detect.Event{At: t, Kind: detect.Request, Address: from, Status: 401, Code: "ACCESS_TOKEN_INVALID", Reason: detect.UnknownToken, Environment: "production"})
		t = t.Add(w.pause(time.Duration(500+w.rng.IntN(6000)) * time.Millisecond))
	}
}

func (w *world) hook(a *attack, reason string) {
	t, from, n := a.start, w.stranger(), w.rng.IntN(tenants)
	for range 4 + w.rng.IntN(40) {
		w.do(a, detect.Event{
			At: t, Kind: detect.Receipt, Tenant: fmt.Sprintf("tenant-%d", n), Environment: "production",
			Endpoint: fmt.Sprintf("inbox-%d", n), Address: from, Status: 401, Reason: reason,
		})
		t = t.Add(w.pause(time.Duration(2+w.rng.IntN(60)) * time.Second))
	}
}

func (w *world) forgery(a *attack) { w.hook(a, detect.BadSignature) }
func (w *world) replay(a *attack) {
	w.hook(a, []string{detect.Replay, detect.StaleTimestamp}[w.rng.IntN(2)])
}

// inside is a call with the client's own token, from its own place.
func (w *world) inside(p *profile, t time.Time) detect.Event {
	e := w.from(p, t)
	e.Kind, e.Status, e.Effect, e.Operation, e.Company = detect.Request, 200, "read", p.ops[0], p.tenant+"-c0"
	return e
}

func (w *world) enumerate(a *attack) {
	p, t, gap := w.victim(), a.start, time.Duration(500+w.rng.IntN(8000))*time.Millisecond
	for i := range 80 + w.rng.IntN(300) {
		e := w.inside(p, t)
		e.Object, e.Status, e.Code = fmt.Sprintf("walk-%d-%d", a.start.Unix(), i), 404, "RESOURCE_NOT_FOUND"
		if w.rng.IntN(12) == 0 {
			e.Status, e.Code = 403, "ACCESS_DENIED"
		}
		w.do(a, e)
		t = t.Add(w.pause(gap))
	}
}

func (w *world) export(a *attack) {
	p, t := w.victim(), a.start
	gap := time.Duration(300+w.rng.IntN(1200)) * time.Millisecond
	for i := range 1200 + w.rng.IntN(1500) {
		e := w.inside(p, t)
		e.Operation, e.Object, e.Bytes = "getUser", fmt.Sprintf("all-%d-%d", a.start.Unix(), i), 6000+int64(w.rng.IntN(20000))
		w.do(a, e)
		t = t.Add(w.pause(gap))
	}
}

func (w *world) stolen(a *attack) {
	p, t, from := w.victim(), a.start, w.stranger()
	agent := []string{"curl/8.5.0", "python-requests/2.31", "node"}[w.rng.IntN(3)]
	switch w.rng.IntN(4) {
	case 0: // from within the client's own network, with another tool
		from = p.nets[0]
	case 1: // from elsewhere, with the client's own software
		agent = w.from(p, t).Agent
	}
	e := w.login(p, t, from, "")
	e.Agent = agent
	w.do(a, e)
	for i := range 10 + w.rng.IntN(60) {
		t = t.Add(w.pause(20 * time.Second))
		e := w.inside(p, t)
		e.Address, e.Agent, e.Object = from, agent, fmt.Sprintf("%s-o%d", p.id, i)
		w.do(a, e)
	}
}

func (w *world) privileges(a *attack) {
	n, t := w.rng.IntN(tenants), a.start
	who := fmt.Sprintf("admin-%d-%d", n, w.rng.IntN(3))
	for range 1 + w.rng.IntN(3) {
		change := []string{detect.AdminGranted, detect.ScopeWidened, detect.PurchaseGranted, detect.ControlDisabled, detect.NetworksOpened}[w.rng.IntN(5)]
		target := []string{who, "user-x"}[w.rng.IntN(2)]
		w.do(a, detect.Event{At: t, Kind: detect.Admin, Tenant: fmt.Sprintf("tenant-%d", n), Subject: who, Target: target, Change: change, Status: 200})
		t = t.Add(w.pause(2 * time.Minute))
	}
}

func (w *world) fraud(a *attack) {
	p, t := w.victim(), a.start
	for range 12 + w.rng.IntN(25) {
		e := w.inside(p, t)
		e.Effect, e.Operation, e.Amount = "purchase", p.buys[0], 60000+int64(w.rng.IntN(500000))
		w.do(a, e)
		t = t.Add(w.pause(time.Duration(20+w.rng.IntN(100)) * time.Second))
	}
}
