// SPDX-License-Identifier: Apache-2.0

package detect_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"github.com/airside-travel/airside/internal/detect"
)

const (
	days    = 30
	clients = 40
)

// start is a Monday.
var start = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

// profile is how one client behaves.
type profile struct {
	id, tenant, environment, agent string
	version                        int
	nets                           []netip.Addr // where it comes from, the first one mostly
	shape                          int          // office hours, around the clock, nightly batch, now and then
	zone                           float64      // hours ahead of UTC
	rate                           float64      // requests an hour at its busiest
	reads, purchases               float64      // shares; the rest are writes
	misses                         float64      // share of 404
	objects                        int          // that it reads again and again
	companies                      int
	ops, buys, deletes             []string
	deploys                        []time.Time
	rotated                        time.Time
	ageDays                        int
	jobHour                        int
	moves                          bool // to its last network, after half of the month
}

const (
	office = iota
	always
	nightly
	seldom
)

// world is a month of events, and who is in it.
type world struct {
	rng      *rand.Rand
	clients  []*profile
	events   []detect.Event
	n        int
	volume   float64
	holidays []int
}

func newWorld(seed uint64, volume float64) *world {
	w := &world{rng: rand.New(rand.NewPCG(seed, 7)), volume: volume}
	w.holidays = []int{9 + w.rng.IntN(4), 18 + w.rng.IntN(9)}
	for i := range clients {
		w.clients = append(w.clients, w.profile(i))
	}
	for _, p := range w.clients {
		for h := range days * 24 {
			w.hour(p, h)
		}
		w.routine(p)
	}
	w.inbox()
	w.office()
	return w
}

func (w *world) profile(i int) *profile {
	r := w.rng
	p := &profile{
		id: fmt.Sprintf("client-%02d", i), tenant: fmt.Sprintf("tenant-%d", i%5), environment: "production",
		agent: fmt.Sprintf("%s-travel", []string{"acme", "harbour", "orbit", "lumen", "delta"}[r.IntN(5)]),
		shape: []int{office, office, office, always, nightly, seldom}[r.IntN(6)],
		zone:  float64([]int{0, 1, 1, 2, -5, -8, 8}[r.IntN(7)]), rate: w.volume * math.Exp(2.2+1.4*r.Float64()),
		reads: 0.75 + 0.2*r.Float64(), purchases: 0.02 * r.Float64(), misses: 0.002 + 0.03*r.Float64(),
		objects: 20 + r.IntN(400), companies: 1 + r.IntN(3), ageDays: r.IntN(55), jobHour: r.IntN(24), version: 1,
	}
	if i%7 == 3 {
		p.environment = "sandbox"
	}
	if p.shape == seldom {
		p.rate /= 6
	}
	for range 1 + r.IntN(3) {
		p.nets = append(p.nets, netip.AddrFrom4([4]byte{byte(20 + r.IntN(150)), byte(r.IntN(256)), byte(r.IntN(256)), byte(1 + r.IntN(200))}))
	}
	for range 5 + r.IntN(25) {
		p.ops = append(p.ops, fmt.Sprintf("read%d", r.IntN(120)))
	}
	p.buys = []string{"createPnr", "ticketPnr"}[:1+r.IntN(2)]
	p.deletes = []string{"cancelPnr", "deleteTrip", "deleteUser"}[:1+r.IntN(3)]
	for d := 2 + r.IntN(6); d < days; d += 3 + r.IntN(9) { // in working hours
		p.deploys = append(p.deploys, start.Add(time.Duration(d)*24*time.Hour+time.Duration(9+r.IntN(7))*time.Hour+time.Duration(r.IntN(3600))*time.Second))
	}
	if r.IntN(2) == 0 {
		p.rotated = start.Add(time.Duration(3+r.IntN(25))*24*time.Hour + time.Duration(10+r.IntN(5))*time.Hour)
	}
	if p.moves = r.IntN(12) == 0; p.moves {
		p.nets = append(p.nets, netip.AddrFrom4([4]byte{byte(20 + r.IntN(150)), byte(r.IntN(256)), byte(r.IntN(256)), 9}))
	}
	return p
}

// level is which part of its busiest rate a client has in an hour of the month.
func (w *world) level(p *profile, h int) float64 {
	local := h + int(p.zone)
	day, hour := local/24, float64((local%24+24)%24)
	weekend := (day%7+7)%7 >= 5
	holiday := slices.Contains(w.holidays, day)
	bell := math.Exp(-math.Pow((hour-13)/3.2, 2))
	switch p.shape {
	case office:
		if weekend || holiday {
			return 0.02 * bell
		}
		if hour < 7 || hour > 19 {
			return 0
		}
		return bell
	case always:
		if weekend || holiday {
			return 0.35 + 0.15*bell
		}
		return 0.45 + 0.55*bell
	case nightly:
		if hour == float64(p.jobHour) {
			return 3
		}
		return 0.03
	}
	return 0.3 + 0.3*bell
}

func (w *world) poisson(mean float64) int {
	if mean > 60 {
		return max(0, int(math.Round(mean+math.Sqrt(mean)*w.rng.NormFloat64())))
	}
	l, k, x := math.Exp(-mean), 0, 1.0
	for {
		if x *= w.rng.Float64(); x < l {
			return k
		}
		k++
	}
}

// put adds an event, with an id that says which it is.
func (w *world) put(e detect.Event) {
	w.n++
	e.ID = fmt.Sprintf("ev-%d", w.n)
	w.events = append(w.events, e)
}

// hour is the ordinary traffic of a client in one hour. Work comes in bursts: a person opens a page, and
// five calls are made.
func (w *world) hour(p *profile, h int) {
	level := w.level(p, h) * p.rate * (0.8 + 0.4*w.rng.Float64())
	at := start.Add(time.Duration(h) * time.Hour)
	n := w.poisson(level / 4)
	if n > 0 {
		for range 1 + w.rng.IntN(2) { // tokens live for an hour, and processes are few
			e := w.from(p, at.Add(w.within(time.Hour)))
			e.Kind, e.Status = detect.Token, 200
			w.put(e)
		}
		if w.rng.IntN(3) == 0 {
			e := w.from(p, at.Add(w.within(time.Hour)))
			e.Kind, e.Status, e.Reason, e.Code = detect.Request, 401, detect.ExpiredToken, "ACCESS_TOKEN_INVALID"
			w.put(e)
		}
	}
	for range n {
		t := at.Add(w.within(time.Hour))
		for range 1 + w.rng.IntN(7) {
			w.call(p, t)
			t = t.Add(w.within(4 * time.Second))
		}
	}
}

// within is a part of d, in whole milliseconds, which is as fine as detection tells the time.
func (w *world) within(d time.Duration) time.Duration {
	return time.Duration(w.rng.Int64N(int64(d))).Truncate(time.Millisecond)
}

// from is an event of a client, as far as all its events are alike.
func (w *world) from(p *profile, t time.Time) detect.Event {
	net := p.nets[0]
	if len(p.nets) > 1 && w.rng.IntN(5) == 0 {
		net = p.nets[w.rng.IntN(len(p.nets))]
	}
	if p.moves && net == p.nets[len(p.nets)-1] && t.Before(start.Add(16*24*time.Hour)) {
		net = p.nets[0]
	}
	v := p.version
	for _, d := range p.deploys {
		if t.After(d) {
			v++
		}
	}
	return detect.Event{
		At: t, Tenant: p.tenant, Environment: p.environment, Client: p.id, Address: net,
		Agent: fmt.Sprintf("%s/1.%d.0 Go-http-client/1.1", p.agent, v),
	}
}

func (w *world) call(p *profile, t time.Time) {
	e := w.from(p, t)
	e.Kind, e.Status = detect.Request, 200
	e.Company = fmt.Sprintf("%s-c%d", p.tenant, w.rng.IntN(p.companies))
	switch x := w.rng.Float64(); {
	case x < p.reads:
		e.Effect, e.Operation = "read", p.ops[w.rng.IntN(len(p.ops))]
		e.Object = fmt.Sprintf("%s-o%d", p.id, w.rng.IntN(p.objects))
		e.Bytes = 500 + int64(w.rng.ExpFloat64()*4000)
		if w.rng.Float64() < p.misses {
			e.Status, e.Code, e.Bytes = 404, "RESOURCE_NOT_FOUND", 300
		}
	case x < p.reads+p.purchases:
		e.Effect, e.Operation, e.Amount = "purchase", p.buys[w.rng.IntN(len(p.buys))], 8000+int64(w.rng.ExpFloat64()*40000)
	case x < 0.97:
		e.Effect, e.Operation = "write", fmt.Sprintf("write%d", w.rng.IntN(12))
		if w.rng.IntN(40) == 0 {
			e.Status, e.Code = 400, "API_VALIDATION_FAILED"
		}
	default:
		e.Effect, e.Operation = "delete", p.deletes[w.rng.IntN(len(p.deletes))]
	}
	if w.rng.IntN(3000) == 0 {
		e.Status, e.Code = 500, "INTERNAL_ERROR"
	}
	w.put(e)
}

// routine is what happens around a client besides its calls: deployments that warm their caches and
// start with a mistake, rotations with a process that is late, people who mistype, the census.
func (w *world) routine(p *profile) {
	for _, d := range p.deploys {
		t := d
		for range w.poisson(10 + p.rate/6) {
			w.call(p, t)
			t = t.Add(w.within(3 * time.Second))
		}
		for range w.rng.IntN(4) { // the new one has the old configuration, and is stopped
			e := w.from(p, d.Add(w.within(20*time.Second)))
			e.Kind, e.Status, e.Reason = detect.Token, 403, detect.WrongSecret
			w.put(e)
		}
	}
	if !p.rotated.IsZero() {
		for range w.rng.IntN(3) {
			e := w.from(p, p.rotated.Add(w.within(5*time.Minute)))
			e.Kind, e.Status, e.Reason = detect.Token, 403, detect.RotatedSecret
			w.put(e)
		}
	}
	for range w.poisson(4) { // somebody tries the API by hand, in working hours
		t := w.working(p)
		for range 1 + w.rng.IntN(4) {
			e := w.from(p, t)
			e.Kind, e.Status, e.Reason = detect.Token, 403, detect.WrongSecret
			if w.rng.IntN(3) == 0 {
				e.Reason, e.Client = detect.UnknownClient, p.id+"x"
			}
			w.put(e)
			t = t.Add(5*time.Second + w.within(30*time.Second))
		}
		e := w.from(p, t)
		e.Kind, e.Status = detect.Token, 200
		w.put(e)
	}
	for d := range days {
		age := p.ageDays + d
		if !p.rotated.IsZero() && start.Add(time.Duration(d)*24*time.Hour).After(p.rotated) {
			age = d - int(p.rotated.Sub(start).Hours()/24)
		}
		w.put(detect.Event{
			At: start.Add(time.Duration(d)*24*time.Hour + 5*time.Hour), Kind: detect.Census, Tenant: p.tenant,
			Environment: p.environment, Client: p.id, AgeDays: age, IdleDays: 0,
		})
	}
}

// working is a moment at which the client's people are at work.
func (w *world) working(p *profile) time.Time {
	for {
		t := start.Add(w.within(days * 24 * time.Hour))
		local := t.Add(time.Duration(p.zone) * time.Hour)
		if d := local.Weekday(); d != time.Saturday && d != time.Sunday && local.Hour() >= 9 && local.Hour() < 17 {
			return t
		}
	}
}

// inbox is the webhooks that come in, some of them twice, a few badly signed while a secret changes.
func (w *world) inbox() {
	for t := range tenants {
		for h := range days * 24 {
			for range w.poisson(6 * w.volume) {
				e := detect.Event{
					At: start.Add(time.Duration(h)*time.Hour + w.within(time.Hour)), Kind: detect.Receipt, Tenant: fmt.Sprintf("tenant-%d", t),
					Environment: "production", Endpoint: fmt.Sprintf("inbox-%d", t), Status: 202,
					Address: netip.AddrFrom4([4]byte{52, 10, byte(t), byte(w.rng.IntN(8))}),
				}
				switch w.rng.IntN(200) {
				case 0, 1:
					e.Reason = detect.Duplicate
				case 2:
					if w.rng.IntN(20) == 0 {
						e.Status, e.Reason = 401, detect.BadSignature
					}
				}
				w.put(e)
			}
		}
	}
	for h := range days * 24 { // our own calls of the real API
		for range w.poisson(40 * w.volume) {
			e := detect.Event{At: start.Add(time.Duration(h)*time.Hour + w.within(time.Hour)), Kind: detect.Upstream, Environment: "production", Status: 200}
			switch w.rng.IntN(1000) {
			case 0, 1, 2, 3, 4:
				e.Status = 503
			case 5:
				e.Status = 401
			}
			w.put(e)
		}
	}
}

const tenants = 5

// office is what administrators do in an ordinary month: roles, rotations, now and then a credential,
// and once a change that deserves the question it will get.
func (w *world) office() {
	for t := range tenants {
		for range 20 + w.rng.IntN(20) {
			p := w.clients[w.rng.IntN(clients)]
			at := w.working(p)
			for range 1 + w.rng.IntN(4) {
				w.put(detect.Event{
					At: at, Kind: detect.Admin, Tenant: fmt.Sprintf("tenant-%d", t), Subject: fmt.Sprintf("admin-%d-%d", t, w.rng.IntN(3)),
					Target: fmt.Sprintf("user-%d", w.rng.IntN(200)), Status: 200, Address: p.nets[0],
					Change: []string{detect.RoleGranted, detect.RoleRevoked, detect.SecretRotated, detect.CredentialCreated, detect.WebhookChanged}[w.rng.IntN(5)],
				})
				at = at.Add(w.within(5 * time.Minute))
			}
		}
	}
	for range w.rng.IntN(4) {
		p := w.clients[w.rng.IntN(clients)]
		w.put(detect.Event{
			At: w.working(p), Kind: detect.Admin, Tenant: p.tenant, Subject: "admin-0-0", Target: "user-7", Status: 200, Address: p.nets[0],
			Change: []string{detect.PurchaseGranted, detect.AdminGranted, detect.NetworksOpened}[w.rng.IntN(3)],
		})
	}
}
