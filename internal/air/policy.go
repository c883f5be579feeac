// SPDX-License-Identifier: Apache-2.0

package air

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/supplier"
)

// judge prepares the policy of a search. CHOICE: the first traveler with a profile is the one whose policy counts and
// whose fare is judged; without any, the first traveler is judged by what the company allows its guests.
func (s *Service) judge(ctx context.Context, sh *shopping, now time.Time, figures json.RawMessage) (Judge, error) {
	if s.policies == nil || sh.company == "" || len(sh.travelers) == 0 {
		return nil, nil //nolint:nilnil // no policy governs the booking
	}
	who := &sh.travelers[0]
	for i := range sh.travelers {
		if sh.travelers[i].User != "" {
			who = &sh.travelers[i]
			break
		}
	}
	a := actor.From(ctx)
	return s.policies.Judge(ctx, PolicyQuery{
		User: who.User, Company: sh.company, Type: who.Type, Now: now, Figures: figures,
		ByAgent: a.Has(actor.TMCAdmin, actor.TMCAgent, actor.GlobalAgent) && a.UserID != who.User,
	})
}

// compare lets the judge see the other offers of the search again, when its rules ask for them.
func (s *Service) compare(ctx context.Context, r *searchRequest, sh *shopping) error {
	if sh.judge == nil || !sh.judge.Compares() {
		return nil
	}
	if err := s.nextLeg(ctx, r, sh, s.now(ctx)); err != nil {
		return err
	}
	q := sh.query
	q.Limit, q.Offset = 0, 0
	res, err := s.supplier.Shop(ctx, &q)
	if err != nil {
		return supplierError(err, errs.SearchExpired)
	}
	sh.judge.Among(res.Offers)
	return nil
}

// judged is the verdict on a booking, and what is kept of it.
type judged struct {
	Verdict
	judge Judge
	info  json.RawMessage // schema PnrPolicyInfo
}

// verdict judges the offer of a booking by the policy of this moment; nil when none governs it. Who travels is what the
// booking says, not the search, which may have named nobody.
func (s *Service) verdict(ctx context.Context, b *booking, company string, o *supplier.AirOffer) (*judged, error) {
	travelers := slices.Clone(b.Cart.Pax)
	for i := range travelers {
		if user := b.Guests[i].Details.Info.user(); user != "" {
			travelers[i].User = user
		}
	}
	j, err := s.judge(ctx, &shopping{company: company, travelers: travelers}, s.now(ctx), b.Cart.Figures)
	if err != nil || j == nil {
		return nil, err
	}
	if j.Compares() && b.Cart.Figures == nil {
		return nil, errs.New(errs.CheckoutExpired, "the traveler's policy compares the fare with others of its search, which was not made for this traveler or under this policy").
			Hinting("Search again with the traveler's userId, and check out from that search.")
	}
	v := &judged{Verdict: j.Offer(o), judge: j}
	v.info = written(j.WriteInfo)
	return v, nil
}

// allowed refuses what the policy does not let be booked now. Approvals: PASSIVE only tells and SOFT lets the
// booking go ahead; nobody can decide on one in this version, so no request for approval is opened. HARD and PRE
// wait for a decision that could never come, so such a booking is not made at all.
func (s *Service) allowed(ctx context.Context, b *booking, company string) (*judged, error) {
	if s.policies == nil {
		return nil, nil //nolint:nilnil // no policy governs the booking
	}
	o, err := s.supplier.Rebuild(ctx, b.Cart.Ref) // the offer as it was revalidated
	if err != nil {
		return nil, supplierError(err, errs.BookingExpired)
	}
	v, err := s.verdict(ctx, b, company, o)
	if err != nil || v == nil {
		return nil, err
	}
	switch {
	case v.Prevented && v.Reason != "":
		return nil, errs.New(errs.PolicyPrevents, "the traveler's policy prevents this booking: %s", v.Reason)
	case v.Prevented:
		return nil, errs.New(errs.PolicyPrevents, "the traveler's policy prevents this booking")
	case v.Approval == "HARD_APPROVAL" || v.Approval == "PRE_APPROVAL":
		return nil, errs.New(errs.NotImplemented, "the traveler's policy wants %s before this booking, and approvals are not built in this version", v.Approval).
			Hinting("Choose an offer in policy; a policy with SOFT_APPROVAL or PASSIVE_APPROVAL lets the booking go ahead.")
	}
	return v, nil
}
