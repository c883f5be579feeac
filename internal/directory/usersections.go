// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/jsondoc"
	"github.com/airside-travel/airside/internal/revision"
)

// SectionIn is the input of a write to a section of a user that may be inactive.
type SectionIn struct {
	UserID   string          `path:"userId"`
	Inactive bool            `query:"includeInactive"`
	Raw      json.RawMessage `body:"raw"`
}

// readSection is a section as it is stored, an empty object when there is none.
func (s *Service) readSection(ctx context.Context, id, member string, inactive bool) (json.RawMessage, error) {
	p, err := s.user(ctx, id, inactive)
	if err != nil {
		return nil, err
	}
	revision.Answer(ctx, p.rec.Version)
	if raw := p.doc.Get(member); raw != nil {
		return raw, nil
	}
	return json.RawMessage(`{}`), nil
}

// writeSection replaces a section as a whole. Pointers of errors are relative to the section, which is
// the body of the call.
func (s *Service) writeSection(ctx context.Context, id, member string, raw json.RawMessage, inactive bool) (struct{}, error) {
	err := s.changeUser(ctx, id, inactive, func(next *jsondoc.Object) error {
		next.SetRaw(member, section(member, raw))
		return nil
	})
	if e := errs.As(err); e != nil {
		for i, f := range e.Fields {
			e.Fields[i].Pointer = strings.TrimPrefix(f.Pointer, "/"+member)
		}
	}
	return struct{}{}, err
}

// GetBusinessInfo answers the section about work (schema BusinessInfo).
func (s *Service) GetBusinessInfo(ctx context.Context, in UserReadIn) (json.RawMessage, error) {
	return s.readSection(ctx, in.UserID, "businessInfo", in.Inactive)
}

// UpdateBusinessInfo replaces it. Errors as of CreateUser.
func (s *Service) UpdateBusinessInfo(ctx context.Context, in SectionIn) (struct{}, error) {
	return s.writeSection(ctx, in.UserID, "businessInfo", in.Raw, in.Inactive)
}

// GetPersonalInfo answers the section about the person (schema UserPersonalInfo).
func (s *Service) GetPersonalInfo(ctx context.Context, in UserReadIn) (json.RawMessage, error) {
	return s.readSection(ctx, in.UserID, "personalInfo", in.Inactive)
}

// UpdatePersonalInfo replaces it, travel documents included.
func (s *Service) UpdatePersonalInfo(ctx context.Context, in SectionIn) (struct{}, error) {
	return s.writeSection(ctx, in.UserID, "personalInfo", in.Raw, in.Inactive)
}

// GetTravelPreferences answers what the user prefers (schema TravelPreferences).
func (s *Service) GetTravelPreferences(ctx context.Context, in UserIn) (json.RawMessage, error) {
	return s.readSection(ctx, in.UserID, "travelPreferences", false)
}

// UpdateTravelPreferences replaces them for all products.
func (s *Service) UpdateTravelPreferences(ctx context.Context, in UserBodyIn) (struct{}, error) {
	return s.writeSection(ctx, in.UserID, "travelPreferences", in.Raw, false)
}

// GetMembershipInfo answers the loyalty cards, and whether the company blocks them (schema MembershipInfo).
func (s *Service) GetMembershipInfo(ctx context.Context, in UserIn) (json.RawMessage, error) {
	p, err := s.user(ctx, in.UserID, false)
	if err != nil {
		return nil, err
	}
	revision.Answer(ctx, p.rec.Version)
	return s.membership(ctx, p)
}

// UpdateMembershipInfo replaces the list. STATE_DOES_NOT_ALLOW for new cards where they are blocked.
func (s *Service) UpdateMembershipInfo(ctx context.Context, in UserBodyIn) (struct{}, error) {
	return s.writeSection(ctx, in.UserID, "membershipInfo", in.Raw, false)
}

// GetNotificationPreferences answers the settings of both kinds of notification; a kind that was never
// set is enabled (schema NotificationPreferences).
func (s *Service) GetNotificationPreferences(ctx context.Context, in UserIn) (json.RawMessage, error) {
	p, err := s.user(ctx, in.UserID, false)
	if err != nil {
		return nil, err
	}
	revision.Answer(ctx, p.rec.Version)
	return notifications(p.doc.Object("notificationPreferences"))
}

func notifications(doc *jsondoc.Object) (json.RawMessage, error) {
	var stored []json.RawMessage
	if raw := doc.Get("preferences"); raw != nil {
		if err := json.Unmarshal(raw, &stored); err != nil {
			return nil, err
		}
	}
	missing := []string{"FLIGHT_NOTIFICATION", "BOOKING_NOTIFICATION"}
	for i, raw := range stored {
		one, err := jsondoc.Parse(raw)
		if err != nil {
			return nil, err
		}
		for j, kind := range missing {
			if kind == one.String("notificationType") {
				missing = append(missing[:j:j], missing[j+1:]...)
				break
			}
		}
		if mail := one.Object("emailPreference"); !mail.Has("enabled") {
			stored[i] = one.Set("emailPreference", mail.Set("enabled", true)).Bytes()
		}
	}
	for _, kind := range missing {
		one := jsondoc.New().Set("notificationType", kind)
		stored = append(stored, one.Set("emailPreference", jsondoc.New().Set("enabled", true)).Bytes())
	}
	return doc.Set("preferences", stored).Bytes(), nil
}

// UpdateNotificationPreferences replaces the settings of all kinds.
func (s *Service) UpdateNotificationPreferences(ctx context.Context, in UserBodyIn) (struct{}, error) {
	return s.writeSection(ctx, in.UserID, "notificationPreferences", in.Raw, false)
}

// ExternalID is the answer of getExternalId.
type ExternalID struct {
	ExternalID string `json:"externalId"`
}

// GetExternalID answers the id in the caller's own system. RESOURCE_NOT_FOUND when there is none (CHOICE).
func (s *Service) GetExternalID(ctx context.Context, in UserReadIn) (ExternalID, error) {
	p, err := s.user(ctx, in.UserID, in.Inactive)
	if err != nil {
		return ExternalID{}, err
	}
	revision.Answer(ctx, p.rec.Version)
	out := ExternalID{p.doc.String("externalId")}
	if out.ExternalID == "" {
		return out, errs.New(errs.ResourceNotFound, "the user has no external id").With("id", in.UserID)
	}
	return out, nil
}

// UpdateExternalID sets it. DUPLICATE_VALUE when another user of the company has it.
func (s *Service) UpdateExternalID(ctx context.Context, in SectionIn) (struct{}, error) {
	doc, err := body(in.Raw)
	if err != nil {
		return struct{}{}, err
	}
	return struct{}{}, s.changeUser(ctx, in.UserID, in.Inactive, func(next *jsondoc.Object) error {
		next.SetRaw("externalId", doc.Get("externalId"))
		return nil
	})
}
