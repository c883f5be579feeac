// SPDX-License-Identifier: Apache-2.0

package review

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/permit"
)

// From these on a reviewer is asked to look.
const (
	dormantFor  = 90 * 24 * time.Hour
	secretFor   = 90 * 24 * time.Hour
	expiresSoon = 30 * 24 * time.Hour
	manyNetwork = 4
)

// facts are what an item is judged by.
type facts struct {
	now, since, observed time.Time
	used                 map[string]bool // operations that were let through since the last review
	item                 *Item
	ops                  []*contract.Operation
	live                 bool // its environment has effects in the world
}

// opens reports whether a grant is for an operation, as package permit decides it.
func (f *facts) opens(g *permit.Grant, op *contract.Operation) bool {
	buys := op.Effect == contract.Purchase && f.live
	return g.Opens(op) && (!buys || slices.Contains(g.Effects, string(contract.Purchase)))
}

// open are the operations that an application may call.
func (f *facts) open() []*contract.Operation {
	if f.item.Application == nil {
		return nil
	}
	var out []*contract.Operation
	for _, op := range f.ops {
		if slices.ContainsFunc(f.item.Application.Grants, func(g permit.Grant) bool { return f.opens(&g, op) }) {
			out = append(out, op)
		}
	}
	return out
}

func (f *facts) findings() []Finding {
	out := []Finding{}
	add := func(code, format string, args ...any) { out = append(out, Finding{code, fmt.Sprintf(format, args...)}) }
	i := f.item
	created, rotated := time.Time{}, time.Time{}
	if a := i.Application; a != nil {
		created, rotated = a.CreatedAt, a.SecretRotatedAt
		f.ofGrants(add)
		if strings.TrimSpace(a.Owner) == "" {
			add("OWNER_MISSING", "nobody can be asked about it")
		}
		if len(a.Networks) == 0 {
			add("NO_NETWORKS", "it may call from anywhere")
		}
		switch {
		case a.ExpiresAt.IsZero():
		case !f.now.Before(a.ExpiresAt):
			add("EXPIRED", "its access ended at %s", a.ExpiresAt.UTC().Format(time.RFC3339))
		case a.ExpiresAt.Sub(f.now) < expiresSoon:
			add("EXPIRES_SOON", "its access ends at %s", a.ExpiresAt.UTC().Format(time.RFC3339))
		}
	} else if u := i.APIUser; u != nil {
		created, rotated = u.CreatedAt, u.RotatedAt
	}
	switch {
	case f.dormant(created):
		add("DORMANT", "%s", f.lastSeen())
	case i.LastUsed.IsZero():
		add("NEVER_USED", "it was not used since it was made at %s", created.UTC().Format(time.DateOnly))
	}
	if n := len(i.Networks); n >= manyNetwork {
		add("MANY_NETWORKS", "it called from %d networks: %s; a credential is for one program", n, strings.Join(i.Networks, ", "))
	}
	if age := f.now.Sub(rotated); !rotated.IsZero() && age > secretFor {
		add("SECRET_OLD", "its secret is %d days old", int(age/(24*time.Hour)))
	}
	return out
}

// ofGrants says what stands out about grants.
func (f *facts) ofGrants(add func(code, format string, args ...any)) {
	unused, purchase := 0, 0
	for _, op := range f.open() {
		if !f.used[op.ID] {
			unused++
			if op.Effect == contract.Purchase {
				purchase++
			}
		}
	}
	for n := range f.item.Application.Grants {
		g := &f.item.Application.Grants[n]
		if permit.Everything(*g) {
			add("GRANT_OF_EVERYTHING", "grant %d opens every operation%s", n+1, narrowed(g))
		}
		if !slices.ContainsFunc(f.ops, func(op *contract.Operation) bool { return f.used[op.ID] && f.opens(g, op) }) {
			add("GRANT_UNUSED", "nothing that grant %d opens was used", n+1)
		}
	}
	if unused > 0 {
		add("OPERATIONS_UNUSED", "%d of %d operations were not used", unused, len(f.open()))
	}
	if purchase > 0 {
		add("PURCHASE_UNUSED", "it may spend money by %d operations that it did not use", purchase)
	}
}

func narrowed(g *permit.Grant) string {
	if len(g.Scopes)+len(g.Effects) > 0 {
		return " of some scopes or effects"
	}
	return ""
}

// dormant reports whether nothing was heard of a credential for long, although it would have been.
func (f *facts) dormant(created time.Time) bool {
	if !f.item.LastUsed.IsZero() {
		return f.now.Sub(f.item.LastUsed) > dormantFor
	}
	return !f.observed.IsZero() && f.now.Sub(f.observed) > dormantFor && f.now.Sub(created) > dormantFor
}

func (f *facts) lastSeen() string {
	if f.item.LastUsed.IsZero() {
		return "it was never used while use was recorded"
	}
	return "it was last used at " + f.item.LastUsed.UTC().Format(time.RFC3339)
}

// propose finds the least grants that would have sufficed: a scope where the whole of it was used, single
// operations elsewhere, and what spends money in a live environment by its name.
func (f *facts) propose() Proposal {
	a := f.item.Application
	if a == nil {
		if u := f.item.APIUser; u != nil && f.dormant(u.CreatedAt) {
			return Proposal{Decision: Revoke, Why: f.lastSeen()}
		}
		return Proposal{Decision: Keep, Why: "an API user has its role whole; applications can have less"}
	}
	open := f.open()
	var need, buy, removes []string
	for _, op := range open {
		switch {
		case !f.used[op.ID]:
			removes = append(removes, op.ID)
		case f.live && op.Effect == contract.Purchase:
			buy = append(buy, op.ID)
		default:
			need = append(need, op.ID)
		}
	}
	slices.Sort(removes)
	switch {
	case f.dormant(a.CreatedAt):
		return Proposal{Decision: Revoke, Why: f.lastSeen(), Removes: removes}
	case len(removes) == 0:
		return Proposal{Decision: Keep, Why: "everything that it may call was used"}
	case len(removes) == len(open):
		return Proposal{Decision: Keep, Why: "nothing was used yet, and it is too early to say that nothing will be", Removes: removes}
	}
	p := Proposal{Decision: Reduce, Why: fmt.Sprintf("%d of %d operations would have sufficed", len(open)-len(removes), len(open)), Removes: removes}
	p.Grants = f.least(need, buy)
	return p
}

func (f *facts) least(need, buy []string) []permit.Grant {
	var whole, single []string
	for _, id := range need {
		op := f.ops[slices.IndexFunc(f.ops, func(op *contract.Operation) bool { return op.ID == id })]
		switch {
		case op.Scope != "" && f.whole(op.Scope):
			if !slices.Contains(whole, op.Scope) {
				whole = append(whole, op.Scope)
			}
		default:
			single = append(single, id)
		}
	}
	slices.Sort(whole)
	slices.Sort(single)
	slices.Sort(buy)
	var out []permit.Grant
	if len(whole) > 0 {
		out = append(out, permit.Grant{Scopes: whole})
	}
	if len(single) > 0 {
		out = append(out, permit.Grant{Operations: single})
	}
	if len(buy) > 0 {
		out = append(out, permit.Grant{Operations: buy, Effects: []string{string(contract.Purchase)}})
	}
	return out
}

// whole reports whether every operation that a grant of the scope would open was used.
func (f *facts) whole(scope string) bool {
	for _, op := range f.ops {
		if op.Scope == scope && !f.used[op.ID] && (!f.live || op.Effect != contract.Purchase) {
			return false
		}
	}
	return true
}
