// SPDX-License-Identifier: Apache-2.0

package review

import (
	"context"
	"fmt"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/alert"
	"github.com/airside-travel/airside/internal/application"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/identity"
	"github.com/airside-travel/airside/internal/store"
)

// Close is closeAccessReview: it applies what was decided, each item in a transaction of its own. A credential that
// changed since the snapshot is left alone; its item says why, and the review stays open until it is decided again.
// STATE_DOES_NOT_ALLOW while an item has no decision.
func (s *Service) Close(ctx context.Context, in IDIn) (Detail, error) {
	tenant := actor.Tenant(ctx)
	var todo []*storedItem
	err := s.o.Store.View(ctx, func(ctx context.Context) error {
		v, err := loadReview(store.Read(ctx), tenant, in.ID)
		if err != nil {
			return err
		}
		if v.State != Open {
			return errs.New(errs.StateForbids, "the access review was closed at %s", v.ClosedAt.Format(time.RFC3339)).With("state", v.State)
		}
		if todo, err = items(store.Read(ctx), tenant, in.ID); err != nil {
			return err
		}
		missing := 0
		for _, i := range todo {
			if i.Status == Undecided || i.Status == Conflict {
				missing++
			}
		}
		if missing > 0 {
			return errs.New(errs.StateForbids, "%d of %d items have no decision that can be applied", missing, len(todo)).With("state", v.State)
		}
		return nil
	})
	if err != nil {
		return Detail{}, err
	}
	for _, i := range todo {
		if i.Status == Applied {
			continue
		}
		err := s.o.Store.Update(ctx, func(ctx context.Context) error { return s.apply(ctx, in.ID, i.ID) })
		if e := errs.As(err); e != nil && e.Code != errs.StoreUnavailable && e.Code != errs.AuditUnavailable {
			err = s.o.Store.Update(ctx, func(ctx context.Context) error { return s.refuse(ctx, in.ID, i.ID, e.Message) })
		}
		if err != nil {
			return Detail{}, err
		}
	}
	var out Detail
	err = s.o.Store.Update(ctx, func(ctx context.Context) (err error) { out, err = s.finish(ctx, in.ID); return err })
	return out, err
}

// apply does what was decided about one item.
func (s *Service) apply(ctx context.Context, review, id string) error {
	tx, tenant, now := store.From(ctx), actor.Tenant(ctx), s.now()
	i, err := loadItem(tx, tenant, review, id)
	if err != nil || i.Status != Decided {
		return err
	}
	i.Result = &Result{At: now}
	switch i.Kind {
	case KindApplication:
		err = s.applyToApplication(ctx, i)
	case KindAPIUser:
		err = s.applyToUser(ctx, i)
	}
	if err != nil {
		return err
	}
	i.Status = Applied
	if i.Result.Entry, err = s.o.Audit.Enter(ctx, alert.Act{Tenant: tenant, Operation: "accessReview.apply", Target: target(i), Outcome: "ALLOWED",
		Detail: map[string]string{"class": "security", "code": i.Decision.Decision, "change": i.Result.Change, "before": text(i.Result.Before), "after": text(i.Result.After)}}); err != nil {
		return err
	}
	return i.save(tx, tenant, now)
}

func (s *Service) applyToApplication(ctx context.Context, i *storedItem) error {
	d, res := i.Decision, i.Result
	a, err := s.o.Applications.Get(ctx, application.IDIn{ClientID: i.ID})
	switch {
	case errs.Is(err, errs.ResourceNotFound) && (d.Decision == Keep || d.Decision == Revoke):
		res.Change = "nothing: the application was deleted since the snapshot"
		return nil
	case errs.Is(err, errs.ResourceNotFound):
		return errs.New(errs.StateForbids, "the application was deleted since the snapshot; decide KEEP or REVOKE")
	case err != nil:
		return err
	case printOf(a) != i.Print:
		return errs.New(errs.StateForbids, "the application changed since the snapshot; decide again")
	}
	res.Before, res.After = a.Grants, a.Grants
	in := application.UpdateIn{ClientID: i.ID, Body: a.Settings}
	switch d.Decision {
	case Keep:
		res.Change = "nothing"
		return nil
	case Revoke:
		res.Change, res.After = "the application was deleted; its secret and its tokens are dead", nil
		_, err = s.o.Applications.Delete(ctx, application.IDIn{ClientID: i.ID})
		return err
	case Reduce:
		in.Body.Grants, res.After = d.Grants, d.Grants
		res.Change = fmt.Sprintf("%d of %d operations are closed", s.closed(a, d), i.Opens)
	case Extend:
		in.Body.ExpiresAt = d.ExpiresAt
		res.Change = "its access ends at " + d.ExpiresAt.Format(time.RFC3339)
		if !a.ExpiresAt.IsZero() {
			res.Change += " and not at " + a.ExpiresAt.UTC().Format(time.RFC3339)
		}
	}
	_, err = s.o.Applications.Update(ctx, in)
	return err
}

// closed counts the operations that a reduction takes away.
func (s *Service) closed(a *application.Application, d *Decision) int {
	f := facts{item: &Item{Application: a}, ops: s.o.Contract.Operations(), live: s.o.Around.Live(a.Environment)}
	was := len(f.open())
	next := *a
	next.Grants = d.Grants
	f.item = &Item{Application: &next}
	return was - len(f.open())
}

func (s *Service) applyToUser(ctx context.Context, i *storedItem) error {
	if i.Decision.Decision == Keep {
		i.Result.Change = "nothing"
		return nil
	}
	if i.ID == actor.From(ctx).ClientID {
		return errs.New(errs.StateForbids, "this is the credential of this call; another administrator must revoke it")
	}
	var in identity.ClientIn
	in.Body.ClientID = i.ID
	i.Result.Change = "the API user was revoked; its secret and its tokens are dead"
	_, err := s.o.APIUsers.Revoke(ctx, in)
	if errs.Is(err, errs.ResourceNotFound) {
		i.Result.Change, err = "nothing: the API user was revoked since the snapshot", nil
	}
	return err
}

// refuse leaves an item open with the reason.
func (s *Service) refuse(ctx context.Context, review, id, why string) error {
	tx, tenant, now := store.From(ctx), actor.Tenant(ctx), s.now()
	v, err := loadReview(tx, tenant, review)
	if err != nil {
		return err
	}
	i, err := loadItem(tx, tenant, review, id)
	if err != nil || i.Status != Decided {
		return err
	}
	i.Status, i.Problem, i.Result = Conflict, why, nil
	v.Open++
	if _, err := s.o.Audit.Enter(ctx, alert.Act{Tenant: tenant, Operation: "accessReview.apply", Target: target(i), Outcome: "REFUSED",
		Detail: map[string]string{"class": "security", "code": i.Decision.Decision, "change": why}}); err != nil {
		return err
	}
	if err := i.save(tx, tenant, now); err != nil {
		return err
	}
	return v.save(tx, now)
}

// finish closes the review when everything was applied, and freezes its evidence.
func (s *Service) finish(ctx context.Context, id string) (Detail, error) {
	tx, tenant, now := store.From(ctx), actor.Tenant(ctx), s.now()
	v, err := loadReview(tx, tenant, id)
	if err != nil || v.Open > 0 || v.State != Open {
		if err != nil {
			return Detail{}, err
		}
		return detail(tx, v)
	}
	v.State, v.ClosedAt, v.ClosedBy = Closed, now, actor.From(ctx).ClientID
	v.NextDue = s.o.Clocks.Now(tenant).Add(Every).UTC()
	d, err := detail(tx, v)
	if err != nil {
		return d, err
	}
	raw, sum := evidence(d)
	v.SHA256, d.SHA256 = sum, sum
	if _, err := s.o.Audit.Enter(ctx, alert.Act{Tenant: tenant, Operation: "accessReview.close", Target: "reviewId=" + id, Outcome: "ALLOWED",
		Detail: map[string]string{"class": "security", "sha256": sum, "bytes": fmt.Sprint(len(raw))}}); err != nil {
		return d, err
	}
	if err := v.save(tx, now); err != nil {
		return d, err
	}
	return d, remind(tx, tenant, v.NextDue)
}
