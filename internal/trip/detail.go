// SPDX-License-Identifier: Apache-2.0

package trip

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/revision"
	"github.com/airside-travel/airside/internal/store"
)

// BasicTripInfo is the schema of that name: a trip's header.
type BasicTripInfo struct {
	TripID      string    `json:"tripId"`
	Name        string    `json:"tripName"`
	Description *string   `json:"tripDescription,omitempty"`
	Start       *iso      `json:"startDate,omitempty"`
	End         *iso      `json:"endDate,omitempty"`
	User        *ref      `json:"userId,omitempty"`
	Registrar   *ref      `json:"registrarUserId,omitempty"`
	Metadata    *metadata `json:"tripMetadata,omitempty"`
}

type metadata struct {
	Contacts json.RawMessage `json:"tripContacts,omitempty"`
	Mail     json.RawMessage `json:"tripCommunicationPreferences,omitempty"`
}

// name is the BasicTripInfo inside a PNR: id, name and description only.
func (f *folder) name() BasicTripInfo {
	return BasicTripInfo{TripID: f.ID, Name: f.Name, Description: f.Description}
}

// basic is the whole header. Contacts with restricted visibility are for staff alone.
func (f *folder) basic(staff bool) (BasicTripInfo, error) {
	b := f.name()
	b.Start, b.End = day(f.Start), day(f.End)
	b.User, b.Registrar = newRef(f.User), newRef(f.Registrar)
	contacts, err := f.contacts(staff)
	if err != nil {
		return BasicTripInfo{}, err
	}
	if contacts != nil || f.Mail != nil {
		b.Metadata = &metadata{contacts, f.Mail}
	}
	return b, nil
}

func (f *folder) contacts(staff bool) (json.RawMessage, error) {
	if staff || f.Contacts == nil {
		return f.Contacts, nil
	}
	var list []json.RawMessage
	if err := json.Unmarshal(f.Contacts, &list); err != nil {
		return nil, fmt.Errorf("contacts of trip %s: %w", f.ID, err)
	}
	kept := []json.RawMessage{}
	for _, raw := range list {
		var c struct {
			Restricted bool `json:"restrictVisibility"`
		}
		if err := json.Unmarshal(raw, &c); err != nil {
			return nil, fmt.Errorf("contacts of trip %s: %w", f.ID, err)
		}
		if !c.Restricted {
			kept = append(kept, raw)
		}
	}
	return json.Marshal(kept)
}

// TripIn names a trip.
type TripIn struct {
	TripID string `path:"tripId"`
}

// ReadTrip is readTrip: the trip's header.
func (s *Service) ReadTrip(ctx context.Context, in TripIn) (BasicTripInfo, error) {
	f, err := s.load(ctx, in.TripID)
	if err != nil {
		return BasicTripInfo{}, err
	}
	revision.Answer(ctx, f.Version)
	return f.basic(staff(actor.From(ctx), f.Company))
}

// TripDetails is getTripDetailsV3: the trip and all its PNRs. What is stored is always the newest
// version, so refreshType makes no difference and freshnessInfo stays absent.
func (s *Service) TripDetails(ctx context.Context, in TripIn) (json.RawMessage, error) {
	f, err := s.load(ctx, in.TripID)
	if err != nil {
		return nil, err
	}
	revision.Answer(ctx, f.Version)
	return s.detail(ctx, f, f.visible(ctx), staff(actor.From(ctx), f.Company))
}

// detail writes schema TripV3DetailsResponse: one read for all PNRs, whose bytes go out as they are.
func (s *Service) detail(ctx context.Context, f *folder, cards []card, staff bool) (json.RawMessage, error) {
	now := s.now(ctx)
	var docs map[string][]byte
	size := 1024
	if len(cards) > 0 {
		recs, err := collect(store.Read(ctx), store.Query{Tenant: actor.Tenant(ctx), Kind: kindPNR, Parent: f.ID, Deleted: f.Deleted})
		if err != nil {
			return nil, err
		}
		docs = make(map[string][]byte, len(recs))
		for _, r := range recs {
			docs[r.ID] = r.Doc
			size += len(r.Doc) + 64
		}
	}
	head, err := f.basic(staff)
	if err != nil {
		return nil, err
	}
	w := object{buf: append(make([]byte, 0, size), '{')}
	w.set("basicTripInfo", head)
	if err := w.pnrs("pnrs", cards, "", docs, now); err != nil {
		return nil, err
	}
	if err := or(w.pnrs("pendingShellPnrs", cards, viaShell, docs, now), w.pnrs("pendingManualFormPnrs", cards, viaOffline, docs, now)); err != nil {
		return nil, err
	}
	if status := pressing(cards, now); status != "" {
		w.set("tripStatus", short(status))
		w.set("tripBookingStatus", status)
	}
	w.set("additionalInfo", map[string]string{"vpayBillBack": billBack(cards)})
	if p := pay(cards); p != nil {
		w.set("tripPaymentInfo", p)
	}
	if f.Event != "" && s.events != nil {
		event, err := s.events.TripEvent(ctx, f.Event, f.User)
		if err != nil {
			return nil, err
		}
		if event != nil {
			w.set("eventSummary", event)
		}
	}
	return append(w.buf, '}'), w.err
}

// billBack says which live bookings a virtual card pays: N none, C car, H hotel, B both.
func billBack(cards []card) string {
	var car, hotel bool
	for _, c := range cards {
		if c.VirtualCard && !dead(c.Status) {
			car, hotel = car || c.Product == productCar, hotel || c.Product == productHotel
		}
	}
	switch {
	case car && hotel:
		return "B"
	case car:
		return "C"
	case hotel:
		return "H"
	}
	return "N"
}

// object appends members to a JSON object.
type object struct {
	buf []byte
	err error
}

func (w *object) key(key string) {
	if len(w.buf) > 1 {
		w.buf = append(w.buf, ',')
	}
	w.buf = append(append(append(w.buf, '"'), key...), `":`...)
}

func (w *object) set(key string, v any) {
	raw, err := json.Marshal(v)
	if err != nil && w.err == nil {
		w.err = fmt.Errorf("%s: %w", key, err)
	}
	w.key(key)
	w.buf = append(w.buf, raw...)
}

// pnrs writes those PNRs that wait (or, with "", do not wait) to be finalized.
func (w *object) pnrs(key string, cards []card, pending string, docs map[string][]byte, now time.Time) error {
	w.key(key)
	w.buf = append(w.buf, '[')
	first := true
	for _, c := range cards {
		if c.Pending != pending {
			continue
		}
		doc, ok := docs[c.ID]
		if !ok {
			return fmt.Errorf("PNR %s is on its trip's card but not stored", c.ID)
		}
		doc, err := view(doc, c, now)
		if err != nil {
			return err
		}
		if !first {
			w.buf = append(w.buf, ',')
		}
		first = false
		w.buf = append(append(w.buf, `{"pnrId":"`...), c.ID...)
		w.buf = append(append(append(w.buf, `","data":`...), doc...), '}')
	}
	w.buf = append(w.buf, ']')
	return nil
}
