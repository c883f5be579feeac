// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/airside-travel/airside/internal/jsondoc"
)

// profile is the document that getUserInfo answers: what is stored, and behind it what follows from
// the company, its legal entity and the roles of others.
func (s *Service) profile(ctx context.Context, p *person) (json.RawMessage, error) {
	booking, err := s.bookingTMC(ctx, p)
	if err != nil {
		return nil, err
	}
	return s.profileBookedBy(ctx, p, booking)
}

func (s *Service) profileBookedBy(ctx context.Context, p *person, booking string) (json.RawMessage, error) {
	shown, err := jsondoc.Parse(p.rec.Doc)
	if err != nil {
		return nil, err
	}
	shown.Delete("billingCurrency") // of UserCreateRequest; UserProfile has none
	if shown.Has("membershipInfo") {
		m, err := s.membership(ctx, p)
		if err != nil {
			return nil, err
		}
		shown.SetRaw("membershipInfo", m)
	}
	arrangers, err := s.arrangersOf(ctx, p.rec.ID)
	if err != nil {
		return nil, err
	}
	mode, err := s.stealthMode(ctx, p)
	if err != nil {
		return nil, err
	}
	if mode != nil {
		shown.SetRaw("stealthMode", mode)
	}
	if len(arrangers) > 0 {
		shown.Set("travelArrangers", TravelArrangers{arrangers})
	}
	shown.SetRaw("isActive", active(p.rec.Deleted))
	shown.SetRaw("contractingTmcRef", reference(p.contractingTMC()))
	shown.SetRaw("bookingTmcRef", reference(booking))
	return shown.Bytes(), nil
}

func active(deleted bool) json.RawMessage {
	if deleted {
		return json.RawMessage("false")
	}
	return json.RawMessage("true")
}

// reference is the JSON of a reference without name; id is a UUID and needs no escapes.
func reference(id string) json.RawMessage { return json.RawMessage(`{"id":"` + id + `"}`) }

func (p *person) contractingTMC() string {
	if id := refID(p.company, "contractedBy"); id != "" {
		return id
	}
	return p.rec.Tenant
}

// bookingTMC says who books for the user: the TMC of the legal entity, else of the company, else the
// one the contracting TMC names for the user's country or for all, else the contracting TMC itself.
func (s *Service) bookingTMC(ctx context.Context, p *person) (string, error) {
	entity, err := live(ctx, kindEntity, refID(p.doc.Object("businessInfo"), "legalEntityRef"))
	if err != nil {
		return "", err
	}
	country := p.doc.Object("businessInfo").String("countryCode")
	if entity != nil {
		doc, err := document(entity)
		if err != nil {
			return "", err
		}
		if id := refID(doc, "bookingTmcRef"); id != "" {
			return id, nil
		}
		if country == "" {
			country = doc.Object("address").String("regionCode")
		}
	}
	if id := refID(p.company, "bookingTmcId"); id != "" {
		return id, nil
	}
	contracting := p.contractingTMC()
	tmc := p.company
	if contracting != p.rec.Parent {
		r, err := live(ctx, kindCompany, contracting)
		if err != nil || r == nil {
			return contracting, err
		}
		if tmc, err = document(r); err != nil {
			return "", err
		}
	}
	if raw := tmc.Get("tmcDefaultConfiguration"); raw != nil {
		if id := defaultBooking(raw, country); id != "" {
			return id, nil
		}
	}
	return contracting, nil
}

func defaultBooking(raw json.RawMessage, country string) string {
	var f companyFields
	if json.Unmarshal(raw, &f.TMCDefaults) != nil {
		return ""
	}
	for _, c := range f.TMCDefaults.ByCountry {
		if strings.EqualFold(c.CountryCode, country) {
			return c.BookingTMC
		}
	}
	return f.TMCDefaults.DefaultBooking
}

// stealthMode is the mode of the company that the profile names by type, nil when there is none. The
// modes of the company as such come before those of its role ORG.
func (s *Service) stealthMode(ctx context.Context, p *person) (json.RawMessage, error) {
	kind := p.doc.String("stealthType")
	if kind == "" {
		return nil, nil
	}
	for _, role := range []string{"", roleOrg} {
		raw, err := s.settings.stealth.Get(ctx, p.rec.Parent, role)
		if err != nil {
			return nil, err
		}
		var config struct {
			Modes []struct {
				Type  string `json:"stealthType"`
				Label string `json:"label"`
			} `json:"stealthModes"`
		}
		if err := json.Unmarshal(raw, &config); err != nil {
			return nil, err
		}
		for _, m := range config.Modes {
			if m.Type == kind {
				return jsondoc.New().Set("stealthType", m.Type).Set("label", m.Label).Bytes(), nil
			}
		}
	}
	return nil, nil
}

// membership is the section with isLoyaltyBlocked worked out.
func (s *Service) membership(ctx context.Context, p *person) (json.RawMessage, error) {
	blocked, err := s.loyaltyBlocked(ctx, p)
	if err != nil {
		return nil, err
	}
	doc := p.doc.Object("membershipInfo")
	doc.Delete("isLoyaltyBlocked")
	return doc.Set("isLoyaltyBlocked", blocked).Bytes(), nil
}

// loyaltyBlocked reports whether the company forbids loyalty cards in the user's country: that of
// businessInfo, else of the legal entity's address.
func (s *Service) loyaltyBlocked(ctx context.Context, p *person) (bool, error) {
	raw := p.company.Get("loyaltyBlockedCountries")
	if raw == nil {
		return false, nil
	}
	var blocked []string
	if err := json.Unmarshal(raw, &blocked); err != nil || len(blocked) == 0 {
		return false, err
	}
	business := p.doc.Object("businessInfo")
	country := business.String("countryCode")
	if country == "" {
		entity, err := live(ctx, kindEntity, refID(business, "legalEntityRef"))
		if err != nil || entity == nil {
			return false, err
		}
		doc, err := document(entity)
		if err != nil {
			return false, err
		}
		country = doc.Object("address").String("regionCode")
	}
	for _, b := range blocked {
		if strings.EqualFold(b, country) {
			return true, nil
		}
	}
	return false, nil
}
