// SPDX-License-Identifier: Apache-2.0

package air

import (
	"encoding/json"

	"github.com/airside-travel/airside/internal/jsondoc"
)

// pnrTravelers lists who travels as the PNR keeps them: the profile at the time of booking, with what
// the booking itself said on top.
func (p *pnrWriter) pnrTravelers() []doc {
	out := []doc{}
	for i := range p.booking.Guests {
		d, t := &p.booking.Guests[i].Details, &p.profiles[i]
		one := doc{"userId": idRef{t.UserID}, "personalInfo": personal(d, t.Personal), "tier": "BASIC", "persona": persona(t)}
		if d.Info.user() != "" {
			one["travelerInfo"] = doc{"userId": idRef{t.UserID}}
		} else if d.Info != nil && d.Info.Adhoc != nil {
			one["travelerInfo"] = doc{"adhocTravelerInfo": d.Info.Adhoc}
		}
		if len(t.Business) > 0 {
			one["businessInfo"] = t.Business
		}
		if cards := d.Loyalties; len(cards) > 0 {
			one["loyalties"] = cards
		} else if len(t.Loyalties) > 0 {
			one["loyalties"] = t.Loyalties
		}
		out = append(out, one)
	}
	return out
}

// oldTravelers is the deprecated list of the same people.
func (p *pnrWriter) oldTravelers() []doc {
	out := []doc{}
	for i := range p.booking.Guests {
		t := &p.profiles[i]
		one := doc{"user": personal(&p.booking.Guests[i].Details, nil), "persona": persona(t), "isActive": true, "tier": "BASIC"}
		if t.CompanyID != "" {
			one["userOrgId"] = doc{"userId": idRef{t.UserID}, "organizationId": idRef{t.CompanyID}}
		}
		out = append(out, one)
	}
	return out
}

func persona(t *Traveler) string {
	if t.Persona == "" {
		return "UNKNOWN_PERSONA"
	}
	return t.Persona
}

// personal is UserPersonalInfo: the profile's section with what the booking said in place of it.
func personal(d *guestDetails, profile json.RawMessage) *jsondoc.Object {
	o := jsondoc.New()
	if len(profile) > 0 {
		if got, err := jsondoc.Parse(profile); err == nil {
			o = got
		}
	}
	o.Set("name", d.Name)
	for _, f := range [...]struct{ key, value string }{{"title", d.Title}, {"gender", d.Gender}, {"email", d.Email}} {
		if f.value != "" {
			o.Set(f.key, f.value)
		}
	}
	if d.DOB != nil {
		o.Set("dob", d.DOB)
	}
	if len(d.Phone) > 0 {
		o.Set("phoneNumbers", []json.RawMessage{d.Phone})
	}
	if len(d.Address) > 0 {
		o.Set("addresses", []json.RawMessage{d.Address})
	}
	if len(d.IdentityDocs) > 0 {
		o.Set("identityDocs", d.IdentityDocs)
	}
	if len(d.EmergencyContact) > 0 {
		o.Set("emergencyContact", d.EmergencyContact)
	}
	return o
}
