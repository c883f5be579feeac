// SPDX-License-Identifier: Apache-2.0

package review

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/alert"
	"github.com/airside-travel/airside/internal/application"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/permit"
	"github.com/airside-travel/airside/internal/redact"
	"github.com/airside-travel/airside/internal/store"
)

// DecideIn is the input of decideAccessReviewItem.
type DecideIn struct {
	ID   string `path:"reviewId"`
	Item string `path:"itemId"`
	Body struct {
		Decision  string         `json:"decision"`
		Reviewer  string         `json:"reviewer"`
		Reason    string         `json:"reason"`
		Grants    []permit.Grant `json:"grants"`
		ExpiresAt time.Time      `json:"expiresAt"`
	} `body:"json"`
}

// Decide is decideAccessReviewItem: it writes down what a reviewer wants; nothing changes before the review is
// closed. Of an item in conflict it takes the snapshot anew.
func (s *Service) Decide(ctx context.Context, in DecideIn) (Item, error) {
	tx, tenant, now, b := store.From(ctx), actor.Tenant(ctx), s.now(), in.Body
	v, err := loadReview(tx, tenant, in.ID)
	if err != nil {
		return Item{}, err
	}
	i, err := loadItem(tx, tenant, in.ID, in.Item)
	if err != nil {
		return Item{}, err
	}
	if v.State != Open || i.Status == Applied {
		return Item{}, errs.New(errs.StateForbids, "what was applied is not decided again; start another review").With("state", cmp.Or(i.Status, v.State))
	}
	if i.Status == Conflict {
		if err := s.again(ctx, i, v); err != nil {
			return Item{}, err
		}
	}
	d := &Decision{Decision: b.Decision, Reviewer: redact.Text(strings.TrimSpace(b.Reviewer), lineMax), Reason: redact.Block(strings.TrimSpace(b.Reason), noteMax),
		At: now, By: actor.From(ctx).ClientID}
	for _, f := range []struct{ pointer, value string }{{"/reviewer", d.Reviewer}, {"/reason", d.Reason}} {
		if f.value == "" {
			return Item{}, errs.Invalidf(f.pointer, "required", "a decision has a reviewer and a reason")
		}
	}
	if err := s.check(ctx, i, d, &in); err != nil {
		return Item{}, err
	}
	if i.Status != Decided {
		v.Open--
	}
	i.Status, i.Decision, i.Problem = Decided, d, ""
	if d.Entry, err = s.o.Audit.Enter(ctx, alert.Act{Tenant: tenant, Operation: "accessReview.decide", Target: target(i), Outcome: "ALLOWED",
		Detail: map[string]string{"class": "security", "code": d.Decision, "reviewer": d.Reviewer, "reason": d.Reason, "grants": text(d.Grants)}}); err != nil {
		return Item{}, err
	}
	if err := i.save(tx, tenant, now); err != nil {
		return Item{}, err
	}
	return i.Item, v.save(tx, now)
}

// check holds a decision to what can be done with the credential, and completes it.
func (s *Service) check(ctx context.Context, i *storedItem, d *Decision, in *DecideIn) error {
	if i.Kind == KindAPIUser && !slices.Contains([]string{Keep, Revoke}, d.Decision) {
		return errs.Invalidf("/decision", "enum", "an API user has its role whole: keep or revoke it").Allow(Keep, Revoke)
	}
	if d.Decision != Reduce && len(in.Body.Grants) > 0 {
		return errs.Invalidf("/grants", "combination", "grants go with the decision REDUCE").Allow(Reduce)
	}
	if d.Decision != Extend && !in.Body.ExpiresAt.IsZero() {
		return errs.Invalidf("/expiresAt", "combination", "a new end goes with the decision EXTEND").Allow(Extend)
	}
	switch d.Decision {
	case Reduce:
		d.Grants = in.Body.Grants
		if len(d.Grants) == 0 {
			d.Grants = i.Proposal.Grants
		}
		if len(d.Grants) == 0 {
			return errs.Invalidf("/grants", "required", "there is no proposal to reduce it to: name the grants")
		}
		return s.narrower(i.Application, d.Grants)
	case Extend:
		if !in.Body.ExpiresAt.After(s.now()) {
			return errs.Invalidf("/expiresAt", "future", "the new end of access must lie in the future")
		}
		d.ExpiresAt = in.Body.ExpiresAt.UTC()
	case Revoke:
		if i.ID == actor.From(ctx).ClientID {
			return errs.New(errs.StateForbids, "this is the credential of this call; another administrator must revoke it")
		}
	}
	return nil
}

// narrower refuses grants that open more than there is.
func (s *Service) narrower(a *application.Application, grants []permit.Grant) error {
	live := s.o.Around.Live(a.Environment)
	was := facts{item: &Item{Application: a}, ops: s.o.Contract.Operations(), live: live}
	next := *a
	next.Grants = grants
	is := facts{item: &Item{Application: &next}, ops: was.ops, live: live}
	before := was.open()
	for _, op := range is.open() {
		if !slices.Contains(before, op) {
			return errs.Invalidf("/grants", "maximum", "these grants open %s, which the application may not call now; a review reduces", op.ID).With("operation", op.ID)
		}
	}
	return nil
}

// again looks at a credential as it is now.
func (s *Service) again(ctx context.Context, i *storedItem, v *storedReview) error {
	var fresh *storedItem
	if i.Kind == KindApplication {
		a, err := s.o.Applications.Get(ctx, application.IDIn{ClientID: i.ID})
		if errs.Is(err, errs.ResourceNotFound) {
			return nil // gone: the decision before was about nothing; KEEP and REVOKE are fulfilled by that
		} else if err != nil {
			return err
		}
		fresh = ofApplication(a)
	} else {
		return nil
	}
	i.Print, i.Application, i.Name = fresh.Print, fresh.Application, fresh.Name
	used := map[string]bool{}
	for _, u := range i.Used {
		used[u.Operation] = u.Count > 0
	}
	s.judge(i, v, used)
	return nil
}

func target(i *storedItem) string { return "reviewId=" + i.review + " itemId=" + i.ID }

// text is grants as they go into the audit trail.
func text(grants []permit.Grant) string {
	if len(grants) == 0 {
		return ""
	}
	doc, err := json.Marshal(grants)
	if err != nil {
		panic(err) // a struct of plain fields
	}
	return string(doc)
}
