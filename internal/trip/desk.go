// SPDX-License-Identifier: Apache-2.0

package trip

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/jsondoc"
	"github.com/airside-travel/airside/internal/store"
)

// What a desk does to a record: freeze it, release or complete it, write remarks on it.

// desk is a PNR about to be changed by hand.
type desk struct {
	s   *Service
	f   *folder
	old *store.Record
	doc *jsondoc.Object
}

func (s *Service) desk(ctx context.Context, tripID, pnrID string) (*desk, error) {
	f, r, err := s.loadPNR(ctx, tripID, pnrID)
	if err != nil {
		return nil, err
	}
	doc, err := jsondoc.Parse(r.Doc)
	if err != nil {
		return nil, fmt.Errorf("PNR %s: %w", pnrID, err)
	}
	return &desk{s, f, r, doc}, nil
}

// over reports whether the PNR has come to an end, as read now, and refuses it then.
func (d *desk) over(ctx context.Context) error {
	status := d.f.card(d.old.ID).shown(d.s.now(ctx))
	if dead(status) || status == statusCompleted {
		return errs.New(errs.StateForbids, "PNR %s is %s and cannot change any more", d.old.ID, status).With("bookingStatus", status)
	}
	return nil
}

// keep writes the PNR with a history entry and announces the changes.
func (d *desk) keep(ctx context.Context, history string, changes ...Change) error {
	if err := d.s.remember(ctx, d.doc, d.doc.Get("bookingHistory"), history); err != nil {
		return err
	}
	if _, err := d.s.put(ctx, d.f, d.old, d.doc, changes); err != nil {
		return err
	}
	return d.s.save(ctx, d.f, "TRIP_UPDATED")
}

// SuspendIn is the input of suspendPnr.
type SuspendIn struct {
	TripID string `path:"tripId"`
	PNRID  string `path:"pnrId"`
	Doc    struct {
		Reason string `json:"reason"`
	} `body:"json"`
}

// Suspend is suspendPnr: the PNR is read-only until it is finalized with the same reason.
func (s *Service) Suspend(ctx context.Context, in SuspendIn) (struct{}, error) {
	d, err := s.desk(ctx, in.TripID, in.PNRID)
	if err != nil {
		return struct{}{}, err
	}
	if err := or(notSuspended(d.old), d.over(ctx)); err != nil {
		return struct{}{}, err
	}
	d.doc.Set("suspendReason", in.Doc.Reason)
	return struct{}{}, d.keep(ctx, "UPDATED", Change{Operation: opOther})
}

// FinalizeIn is the input of finalizePnr.
type FinalizeIn struct {
	TripID string `path:"tripId"`
	PNRID  string `path:"pnrId"`
	Doc    struct {
		Intent struct {
			Optimized json.RawMessage `json:"airPriceOptimizationMetadata"`
			Quality   *struct {
				PNRID string `json:"pnrId"`
			} `json:"qcFinalizeData"`
		} `json:"finalizeIntent"`
		Metadata struct {
			Ticket   bool   `json:"isMandatoryTicketing"`
			NoTicket bool   `json:"mandatorySkipTicketing"`
			Reason   string `json:"suspendReason"`
		} `json:"finalizeMetadata"`
		Answers json.RawMessage `json:"customFieldV3UserResponses"`
	} `body:"json"`
}

// Finalize is finalizePnr: it completes a shell or form and lifts a suspension. STATE_DOES_NOT_ALLOW
// when there is nothing to finalize or the reason is not the one it was suspended for. Tickets are the
// products' to issue: NOT_IMPLEMENTED when they are demanded and the PNR has none.
func (s *Service) Finalize(ctx context.Context, in FinalizeIn) (struct{}, error) {
	d, err := s.desk(ctx, in.TripID, in.PNRID)
	if err != nil {
		return struct{}{}, err
	}
	known, err := readFacts(d.old.Doc)
	if err != nil {
		return struct{}{}, err
	}
	meta, reason := in.Doc.Metadata, known.SuspendReason
	switch {
	case reason != "" && meta.Reason != reason:
		return struct{}{}, errs.New(errs.StateForbids, "PNR %s is suspended for %s; finalizeMetadata.suspendReason must repeat it", d.old.ID, reason).With("suspendReason", reason)
	case reason == "" && d.f.card(d.old.ID).Pending == "":
		return struct{}{}, errs.New(errs.StateForbids, "PNR %s is neither a shell, nor a form, nor suspended: there is nothing to finalize", d.old.ID)
	case in.Doc.Intent.Quality != nil && in.Doc.Intent.Quality.PNRID != d.old.ID:
		return struct{}{}, errs.OnField(errs.ReferenceNotFound, "/finalizeIntent/qcFinalizeData/pnrId", "reference", "the intent names another PNR than the path")
	case meta.Ticket && !meta.NoTicket && known.Air != nil && len(known.issued()) == 0:
		return struct{}{}, errs.New(errs.NotImplemented, "finalizing does not issue tickets; book through the air operations, or send mandatorySkipTicketing")
	}
	d.doc.Set("isFinalized", true).Delete("suspendReason")
	if raw := in.Doc.Intent.Optimized; raw != nil && known.Air != nil {
		d.doc.Set("airPnr", d.doc.Object("airPnr").SetRaw("airPriceOptimizationMetadata", raw))
	}
	if in.Doc.Answers != nil {
		if err := d.answers(in.Doc.Answers); err != nil {
			return struct{}{}, err
		}
	}
	return struct{}{}, d.keep(ctx, "FINALIZED", Change{Operation: opOther})
}

// answers adds the custom-field answers given about the whole booking.
func (d *desk) answers(raw json.RawMessage) error {
	var list []json.RawMessage
	if had := d.doc.Get("customFieldsV3Responses"); had != nil {
		if err := json.Unmarshal(had, &list); err != nil {
			return fmt.Errorf("PNR %s: customFieldsV3Responses: %w", d.old.ID, err)
		}
	}
	entry := jsondoc.New().Set("entity", map[string]string{"type": "PNR", "id": d.old.ID}).SetRaw("selectedResponses", raw)
	d.doc.Set("customFieldsV3Responses", append(list, entry.Bytes()))
	return nil
}

// RemarksIn is the input of addRemarkV3.
type RemarksIn struct {
	TripID string `path:"tripId"`
	PNRID  string `path:"pnrId"`
	Doc    struct {
		Remarks []json.RawMessage `json:"remarks"`
	} `body:"json"`
}

// RemarksOut is schema AddRemarksResponse.
type RemarksOut struct {
	Processed []json.RawMessage `json:"processedRemarks"`
	Ignored   []json.RawMessage `json:"ignoredRemarks"`
}

// AddRemarks is addRemarkV3. A remark is ignored when it has no text or type, when the booking has no
// place for remarks (all but air), when it would be history (which only the reservation system
// writes), and when an OSI remark does not point at a flight.
func (s *Service) AddRemarks(ctx context.Context, in RemarksIn) (RemarksOut, error) {
	out := RemarksOut{Processed: []json.RawMessage{}, Ignored: []json.RawMessage{}}
	d, err := s.desk(ctx, in.TripID, in.PNRID)
	if err != nil {
		return out, err
	}
	if err := notSuspended(d.old); err != nil {
		return out, err
	}
	known, err := readFacts(d.old.Doc)
	if err != nil {
		return out, err
	}
	air := d.doc.Object("airPnr")
	var texts []json.RawMessage
	if had := air.Get("airPnrRemarks"); had != nil {
		if err := json.Unmarshal(had, &texts); err != nil {
			return out, fmt.Errorf("PNR %s: remarks: %w", d.old.ID, err)
		}
	}
	for _, raw := range in.Doc.Remarks {
		text, ok := known.remark(raw)
		if !ok {
			out.Ignored = append(out.Ignored, raw)
			continue
		}
		out.Processed = append(out.Processed, raw)
		texts = append(texts, jsondoc.New().Set("remarkString", text).Bytes())
	}
	if len(out.Processed) == 0 {
		return out, nil
	}
	d.doc.Set("airPnr", air.Set("airPnrRemarks", texts))
	return out, d.keep(ctx, "UPDATED", Change{Operation: opOther})
}

// remark is the text of a remark that the booking can take.
func (f *facts) remark(raw json.RawMessage) (string, bool) {
	var r struct {
		Sabre struct {
			Type   string `json:"type"`
			Text   string `json:"text"`
			Leg    *int   `json:"legIndex"`
			Flight *int   `json:"flightIndex"`
		} `json:"sabre"`
	}
	if err := json.Unmarshal(raw, &r); err != nil || f.Air == nil {
		return "", false
	}
	s := r.Sabre
	switch {
	case s.Text == "" || s.Type == "" || s.Type == "HISTORICAL":
		return "", false
	case s.Type != "OSI":
		return s.Text, true
	case s.Leg == nil || s.Flight == nil || *s.Leg < 0 || *s.Leg >= len(f.Air.Legs):
		return "", false
	}
	return s.Text, *s.Flight >= 0 && *s.Flight < len(f.Air.Legs[*s.Leg].Flights)
}
