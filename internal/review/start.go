// SPDX-License-Identifier: Apache-2.0

package review

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/application"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/identity"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/redact"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/usage"
)

const (
	lineMax = 300
	noteMax = 2000
)

// StartIn is the input of startAccessReview.
type StartIn struct {
	Body struct {
		Title string `json:"title"`
	} `body:"json"`
}

// Start is startAccessReview: it takes the snapshot. STATE_DOES_NOT_ALLOW while another review is open.
func (s *Service) Start(ctx context.Context, in StartIn) (Detail, error) {
	tx, tenant, now := store.From(ctx), actor.Tenant(ctx), s.now()
	if rec, err := tx.Find(tenant, kind, byState, Open); err == nil {
		return Detail{}, errs.New(errs.StateForbids, "the access review %s is open; close it first", rec.ID).With("reviewId", rec.ID)
	} else if !errors.Is(err, store.ErrNotFound) {
		return Detail{}, err
	}
	around, err := s.o.Around.Around(ctx)
	if err != nil {
		return Detail{}, err
	}
	if around.Roles, around.Groups, err = s.o.Roles.Inventory(ctx); err != nil {
		return Detail{}, err
	}
	recorded, err := usage.ReadMeta(tx, tenant)
	if err != nil {
		return Detail{}, err
	}
	v := &storedReview{tenant: tenant, Snapshot: around, Review: Review{
		ID: ids.UUID(), Title: cmp.Or(redact.Text(in.Body.Title, lineMax), "Access review of "+now.Format(time.DateOnly)), State: Open,
		StartedAt: now, StartedBy: actor.From(ctx).ClientID, ObservedSince: recorded.Since,
	}}
	before, err := last(tx, tenant)
	if err != nil {
		return Detail{}, err
	}
	if before != nil {
		v.Since = before.StartedAt
	}
	v.Snapshot.Findings = around.judge(&v.Review, recorded)
	v.Findings = len(v.Snapshot.Findings)
	all, err := s.credentials(ctx)
	if err != nil {
		return Detail{}, err
	}
	for _, i := range all {
		i.review = v.ID
		if err := s.fill(ctx, i, v, before); err != nil {
			return Detail{}, err
		}
		if err := i.save(tx, tenant, now); err != nil {
			return Detail{}, err
		}
		v.Items, v.Open, v.Findings = v.Items+1, v.Open+1, v.Findings+len(i.Findings)
	}
	if err := v.save(tx, now); err != nil {
		return Detail{}, err
	}
	return detail(tx, v)
}

// last is the newest closed review; nil when there is none.
func last(r store.Reader, tenant string) (*storedReview, error) {
	for rec, err := range r.List(store.Query{Tenant: tenant, Kind: kind, Field: byState, Value: Closed, Newest: true, Limit: 1}) {
		if err != nil {
			return nil, err
		}
		return decodeReview(rec)
	}
	return nil, nil //nolint:nilnil // there is none
}

// credentials are all of the tenant, as items without anything about their use.
func (s *Service) credentials(ctx context.Context) ([]*storedItem, error) {
	apps, err := s.o.Applications.List(ctx, application.ListIn{})
	if err != nil {
		return nil, err
	}
	var out []*storedItem
	for _, a := range apps.Applications {
		out = append(out, ofApplication(a))
	}
	users, err := s.o.APIUsers.Inventory(ctx)
	if err != nil {
		return nil, err
	}
	for i := range users {
		out = append(out, ofUser(&users[i]))
	}
	return sorted(out), nil
}

func ofApplication(a *application.Application) *storedItem {
	return &storedItem{Print: printOf(a), Item: Item{ID: a.ClientID, Kind: KindApplication, Name: a.Name, Status: Undecided, Application: a}}
}

func ofUser(u *identity.UserFacts) *storedItem {
	return &storedItem{Item: Item{ID: u.ClientID, Kind: KindAPIUser, Name: u.Role + " " + u.ClientID[:min(8, len(u.ClientID))], Status: Undecided, APIUser: u}}
}

// printOf is the same as long as what a reviewer decides about is: a rotated secret changes nothing.
func printOf(a *application.Application) string {
	doc, err := json.Marshal(struct {
		S     application.Settings
		State string
	}{a.Settings, a.State})
	if err != nil {
		panic(err) // a struct of plain fields
	}
	sum := sha256.Sum256(doc)
	return hex.EncodeToString(sum[:])
}

// refused marks the totals of refusals.
const refused = "refused "

// fill adds to an item what was used, what stands out, and the proposal.
func (s *Service) fill(ctx context.Context, i *storedItem, v *storedReview, before *storedReview) error {
	r := store.Read(ctx)
	uses, err := usage.Of(r, v.tenant, i.ID)
	if err != nil {
		return err
	}
	var earlier map[string]int64
	if before != nil {
		old, err := loadItem(r, v.tenant, before.ID, i.ID)
		if err == nil {
			earlier = old.Totals
		} else if !errs.Is(err, errs.ResourceNotFound) {
			return err
		}
	}
	i.Used, i.Networks, i.Totals, i.LastUsed = []Used{}, []string{}, map[string]int64{}, time.Time{}
	used, networks := map[string]bool{}, map[string]bool{}
	for _, id := range slices.Sorted(maps.Keys(uses)) {
		u, op := uses[id], s.o.Contract.Operation(id)
		i.Totals[id], i.Totals[refused+id] = u.Count, u.Refused
		if u.Last.After(i.LastUsed) {
			i.LastUsed = u.Last
		}
		u.Count, u.Refused = u.Count-earlier[id], u.Refused-earlier[refused+id]
		if op == nil || u.Count <= 0 && u.Refused <= 0 {
			continue
		}
		n := 0
		for net, at := range u.Networks {
			if !at.Before(v.Since) {
				networks[net] = true
				n++
			}
		}
		one := Used{Operation: id, Scope: op.Scope, Effect: string(op.Effect), Count: u.Count, Refused: u.Refused, Last: u.Last, Networks: n}
		i.Used = append(i.Used, one)
		used[id] = one.Count > 0
	}
	i.Networks = append(i.Networks, slices.Sorted(maps.Keys(networks))...)
	s.judge(i, v, used)
	return nil
}

// judge says what stands out and what would suffice.
func (s *Service) judge(i *storedItem, v *storedReview, used map[string]bool) {
	f := facts{now: s.now(), since: v.Since, observed: v.ObservedSince, used: used, item: &i.Item, ops: s.o.Contract.Operations()}
	if i.Application != nil {
		f.live = s.o.Around.Live(i.Application.Environment)
	}
	i.Findings = f.findings()
	i.Proposal = f.propose()
	i.Opens = len(f.open())
}

// judge says what stands out around the credentials.
func (n *Snapshot) judge(v *Review, recorded usage.Meta) []Finding {
	out := []Finding{}
	add := func(code, format string, args ...any) { out = append(out, Finding{code, fmt.Sprintf(format, args...)}) }
	switch {
	case recorded.Since.IsZero():
		add("NOTHING_RECORDED", "no use was recorded yet; proposals rest on nothing")
	case v.StartedAt.Sub(recorded.Since) < Every && v.Since.IsZero():
		add("SHORT_OBSERVATION", "use is recorded since %s only; what is needed once a quarter may not be seen yet", recorded.Since.UTC().Format(time.DateOnly))
	}
	for _, g := range recorded.Gaps {
		if !g.At.Before(v.Since) {
			add("GAP", "%d calls about %s were not recorded; an operation that seems unused may have been used", g.Calls, g.At.UTC().Format(time.RFC3339))
		}
	}
	for _, r := range n.Roles {
		if r.Groups == 0 {
			add("ROLE_UNUSED", "the role %q of company %s is given by no group", r.Name, r.Company)
		}
	}
	for _, g := range n.Groups {
		if g.Members == 0 {
			add("GROUP_EMPTY", "the group %q of company %s has no members", g.Name, g.Company)
		}
	}
	return out
}
