// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/jsondoc"
	"github.com/airside-travel/airside/internal/store"
)

const personaAdhoc = "ADHOC"

// checkUser applies the rules to p.doc. old is what was stored before, nil at creation and activation:
// what did not change is not checked again, so that a profile that was read can always be sent back.
func (s *Service) checkUser(ctx context.Context, p *person, old *jsondoc.Object) error {
	if old == nil {
		old = jsondoc.New()
	}
	business := p.doc.Object("businessInfo")
	if refID(business, "organizationRef") != p.rec.Parent {
		return errs.Invalidf("/businessInfo/organizationRef/id", "immutable", "a user cannot move to another company")
	}
	if err := s.checkBusiness(ctx, p, business, old.Object("businessInfo")); err != nil {
		return err
	}
	if err := s.checkEmail(ctx, p, old); err != nil {
		return err
	}
	if err := s.checkAdhoc(ctx, p, old); err != nil {
		return err
	}
	if err := checkBirth(p.doc, s.clocks.Now(actor.Tenant(ctx))); err != nil {
		return err
	}
	return s.checkLoyalty(ctx, p, old)
}

// checkBusiness makes sure that everything businessInfo names exists in the company.
func (s *Service) checkBusiness(ctx context.Context, p *person, now, old *jsondoc.Object) error {
	for _, ref := range []struct{ member, kind, what string }{
		{"legalEntityRef", kindEntity, "legal entity"},
		{"officeRef", kindOffice, "office"},
		{"departmentRef", kindDepartment, "department"},
		{"costCenterRef", kindCostCenter, "cost center"},
		{"gradeRef", kindGrade, "grade"},
	} {
		id := refID(now, ref.member)
		if id == "" || id == refID(old, ref.member) {
			continue
		}
		r, err := live(ctx, ref.kind, id)
		if err != nil {
			return err
		}
		if r == nil || r.Parent != p.rec.Parent {
			return unknown("/businessInfo/"+ref.member+"/id", ref.what, id)
		}
	}
	if id := refID(now, "managerRef"); id != "" && id != refID(old, "managerRef") {
		if err := s.checkManager(ctx, p, id, "/businessInfo/managerRef/id"); err != nil {
			return err
		}
	}
	raw := now.Get("designatedApproverRefs")
	if raw == nil || bytes.Equal(raw, old.Get("designatedApproverRefs")) {
		return nil
	}
	var approvers []EntityID
	if err := json.Unmarshal(raw, &approvers); err != nil {
		return errs.Invalidf("/businessInfo/designatedApproverRefs", "type", "must be a list of references").Because(err)
	}
	for i, a := range approvers {
		if err := s.colleague(ctx, p, a.ID, fmt.Sprintf("/businessInfo/designatedApproverRefs/%d/id", i)); err != nil {
			return err
		}
	}
	return nil
}

// longestChain bounds the walk up to the head of a company.
const longestChain = 1000

// checkManager makes sure that id is a colleague who does not, through others, report to this user.
func (s *Service) checkManager(ctx context.Context, p *person, id, pointer string) error {
	if err := s.colleague(ctx, p, id, pointer); err != nil {
		return err
	}
	for at, n := id, 0; at != "" && n < longestChain; n++ {
		if at == p.rec.ID {
			return errs.Invalidf(pointer, "cycle", "the manager %q reports to this user, who would then be above themselves", id)
		}
		r, err := store.Read(ctx).Get(actor.Tenant(ctx), kindUser, at)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		doc, err := document(r)
		if err != nil {
			return err
		}
		at = refID(doc.Object("businessInfo"), "managerRef")
	}
	return nil
}

// colleague makes sure that id is a user of the same company, active or not.
func (s *Service) colleague(ctx context.Context, p *person, id, pointer string) error {
	r, err := store.Read(ctx).Get(actor.Tenant(ctx), kindUser, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && r.Parent != p.rec.Parent {
		return unknown(pointer, "user", id)
	}
	return err
}

// checkAdhoc ties adhocUserInfo to the persona ADHOC. isSaved is decided at creation: a body without
// it keeps the value, another value is refused (schema AdhocUserInfo).
func (s *Service) checkAdhoc(ctx context.Context, p *person, old *jsondoc.Object) error {
	persona, has := p.doc.String("persona"), p.doc.Has("adhocUserInfo")
	if has != (persona == personaAdhoc) {
		if has {
			return errs.Invalidf("/adhocUserInfo", "persona", "belongs to the persona %s only", personaAdhoc)
		}
		return errs.Invalidf("/adhocUserInfo", "required", "the persona %s needs a profile owner", personaAdhoc)
	}
	if !has {
		return nil
	}
	info, before := p.doc.Object("adhocUserInfo"), old.Object("adhocUserInfo")
	owner := info.Object("profileOwner")
	if id := refID(owner, "userId"); id != refID(before.Object("profileOwner"), "userId") {
		if err := s.colleague(ctx, p, id, "/adhocUserInfo/profileOwner/userId/id"); err != nil {
			return err
		}
	}
	if !old.Has("adhocUserInfo") {
		return nil
	}
	switch saved := isTrue(before, "isSaved"); {
	case info.Has("isSaved") && isTrue(info, "isSaved") != saved:
		return errs.Invalidf("/adhocUserInfo/isSaved", "immutable", "is decided at creation and cannot change")
	case !info.Has("isSaved") && saved:
		p.doc.Set("adhocUserInfo", info.Set("isSaved", true))
	}
	return nil
}

func isTrue(doc *jsondoc.Object, member string) bool { return string(doc.Get(member)) == "true" }

// checkBirth refuses a day that does not exist and one that is still to come. A day of grace lets the
// date be that of any time zone.
func checkBirth(doc *jsondoc.Object, now time.Time) error {
	const pointer = "/personalInfo/dob/iso8601"
	date := doc.Object("personalInfo").Object("dob").String("iso8601")
	if date == "" {
		return nil
	}
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return errs.Invalidf(pointer, "format", "%s is not a day of the calendar", date)
	}
	if t.After(now.Add(24 * time.Hour)) {
		return errs.Invalidf(pointer, "maximum", "nobody is born in the future")
	}
	return nil
}

// checkLoyalty refuses new loyalty cards where the company blocks them (CHOICE of the operations page).
func (s *Service) checkLoyalty(ctx context.Context, p *person, old *jsondoc.Object) error {
	const member = "membershipInfos"
	cards := p.doc.Object("membershipInfo").Get(member)
	if cards == nil || bytes.Equal(cards, old.Object("membershipInfo").Get(member)) {
		return nil
	}
	var list []json.RawMessage
	if err := json.Unmarshal(cards, &list); err != nil || len(list) == 0 {
		return err
	}
	blocked, err := s.loyaltyBlocked(ctx, p)
	if err == nil && blocked {
		return errs.OnField(errs.StateForbids, "/membershipInfo/membershipInfos", "loyaltyBlocked",
			"the company does not allow loyalty cards in the user's country")
	}
	return err
}
