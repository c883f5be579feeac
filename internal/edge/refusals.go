// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/redact"
	"github.com/airside-travel/airside/internal/telemetry"
)

// Refusals are bounded, because anybody can cause them: of each minute and tenant the first of a sort are
// written one by one, before the caller is answered; the rest is counted and written as one entry for each sort.
// A flood from outside leaves at most refusalsOnce + refusalSorts + 1 entries a minute in the trail of a tenant,
// and as many in that of callers whose tenant nobody knows. Known callers who are refused acts of class
// security or money have refusalsKnown besides.
const (
	refusalsOnce  = 20 // written one by one
	refusalsSame  = 3  // of those, of one sort
	refusalSorts  = 40 // that are counted apart
	refusalsKnown = 200

	maxTarget = 200 // bytes of what was asked for, which the caller chose
)

// sort is what refusals are counted by.
type sort struct{ stage, code, rule, operation, who string }

// tally is how often something was refused beyond what was written.
type tally struct {
	written, count int
	first, last    time.Time
}

// book is one tenant's minute.
type book struct {
	written, known int
	sorts          map[sort]*tally
}

// books are the refusals that were not written yet.
type books struct {
	mu      sync.Mutex
	tenants map[string]*book
}

// page is a tenant's minute; b is locked.
func (b *books) page(tenant string) *book {
	if b.tenants == nil {
		b.tenants = map[string]*book{}
	}
	page := b.tenants[tenant]
	if page == nil {
		page = &book{sorts: map[sort]*tally{}}
		b.tenants[tenant] = page
	}
	return page
}

// known reports whether one more refusal of a known caller is written whole.
func (b *books) known(tenant string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	page := b.page(tenant)
	if page.known == refusalsKnown {
		return false
	}
	page.known++
	return true
}

// note decides what becomes of a refusal: true to write it now.
func (b *books) note(tenant string, s sort, at time.Time, once bool) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	page := b.page(tenant)
	t := page.sorts[s]
	if t == nil && len(page.sorts) >= refusalSorts {
		s = sort{code: "various", who: "others"}
		t = page.sorts[s]
	}
	if t == nil {
		t = &tally{first: at}
		page.sorts[s] = t
	}
	if once && t.written < refusalsSame && page.written < refusalsOnce {
		t.written++
		page.written++
		return true
	}
	if t.count == 0 {
		t.first = at
	}
	t.count++
	t.last = at
	return false
}

// refuse notes that somebody was not let in or not let do something.
func (m *Mux) refuse(c *call, at telemetry.Stage, cause error) {
	e := errs.As(cause)
	if e == nil || m.o.Audit == nil {
		return
	}
	if c.recorded {
		outcome := outcomeRefused
		if e.Code == errs.EnvironmentDryRun {
			outcome = string(e.Code)
		}
		c.event.Decide(telemetry.Audit, telemetry.Written, outcome, "")
		return
	}
	kind := e.Code.Info().Kind
	if kind != errs.Unauthenticated && kind != errs.Denied && kind != errs.Throttled && !c.counted && e.Code != errs.RequestNotWellFormed {
		return
	}
	tenant, who := c.actor.Tenant, c.event.ClientID
	if tenant == "" {
		if id := c.claimed(); id != "" && m.o.TenantOf != nil {
			if tenant = m.o.TenantOf(id); tenant != "" {
				who = id
			}
		}
	}
	s := sort{at.String(), string(e.Code), redact.Text(deciding(e), maxName), "", who}
	if c.ep != nil {
		s.operation = c.ep.op.ID
	}
	if who == "" {
		s.who = network(c.event.ClientIP)
	}
	if !m.refused.note(tenant, s, m.o.Clock.Now(), kind != errs.Throttled && !c.counted) {
		c.event.Decide(telemetry.Audit, telemetry.Counted, outcomeRefused, "")
		return
	}
	act := Act{
		Tenant: tenant, Actor: who, Operation: s.operation, Outcome: outcomeRefused, RequestID: c.event.ID,
		Detail: s.detail(),
	}
	act.Detail["ip"] = c.event.ClientIP
	if e.Reason != "" {
		act.Detail["reason"] = e.Reason
	}
	if c.ep != nil {
		act.Target = redact.Text(c.target(), maxTarget)
	}
	_ = m.wrote(c, outcomeRefused, m.o.Store.Update(context.WithoutCancel(c.ctx), func(ctx context.Context) error { return m.o.Audit.Record(ctx, act) }))
}

// wrote notes in the event what became of an entry, and returns err.
func (m *Mux) wrote(c *call, outcome string, err error) error {
	if err != nil {
		c.event.Decide(telemetry.Audit, telemetry.Failed, outcome, err.Error())
	} else {
		c.event.Decide(telemetry.Audit, telemetry.Written, outcome, "")
	}
	return err
}

// detail is what an entry says of a sort.
func (s sort) detail() map[string]string {
	out := map[string]string{"class": string(contract.AuditSecurity), "code": s.code, "stage": s.stage}
	if s.rule != "" {
		out["rule"] = s.rule
	}
	return out
}

// claimed is the client as which somebody without a token wants to be known.
func (c *call) claimed() string {
	if id := c.form.Get("client_id"); id != "" {
		return id
	}
	var body struct{ ClientID string }
	if c.ep == nil || !c.ep.op.Public || len(c.body) > 4096 || json.Unmarshal(c.body, &body) != nil {
		return ""
	}
	return body.ClientID
}

// network is the part of an address that is counted by: an attacker has many addresses in one.
func network(ip string) string {
	a, err := netip.ParseAddr(ip)
	if err != nil {
		return "unknown"
	}
	bits := 24
	if a.Is6() {
		bits = 48
	}
	p, err := a.WithZone("").Prefix(bits)
	if err != nil {
		return "unknown"
	}
	return p.String()
}

// FlushRefusals writes what was counted since the last time; the composition calls it every minute and before
// it closes the store. What cannot be written is given up, so that it cannot pile up.
func (m *Mux) FlushRefusals(ctx context.Context) error {
	m.refused.mu.Lock()
	due := m.refused.tenants
	m.refused.tenants = nil
	m.refused.mu.Unlock()
	var problems []error
	for tenant, page := range due {
		sorts := slices.SortedFunc(maps.Keys(page.sorts), func(a, b sort) int {
			return cmp.Or(cmp.Compare(a.stage, b.stage), cmp.Compare(a.code, b.code), cmp.Compare(a.rule, b.rule), cmp.Compare(a.operation, b.operation), cmp.Compare(a.who, b.who))
		})
		if !slices.ContainsFunc(sorts, func(s sort) bool { return page.sorts[s].count > 0 }) {
			continue
		}
		problems = append(problems, m.o.Store.Update(ctx, func(ctx context.Context) error {
			for _, s := range sorts {
				t := page.sorts[s]
				if t.count == 0 {
					continue
				}
				detail := s.detail()
				detail["count"] = strconv.Itoa(t.count)
				detail["first"], detail["last"] = t.first.UTC().Format(time.RFC3339), t.last.UTC().Format(time.RFC3339)
				if err := m.o.Audit.Record(ctx, Act{Tenant: tenant, Actor: s.who, Operation: s.operation, Outcome: outcomeRefused, Detail: detail}); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	return errors.Join(problems...)
}
