// SPDX-License-Identifier: Apache-2.0

package trip

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/jsondoc"
	"github.com/airside-travel/airside/internal/store"
)

// Person is somebody to be taken out of documents. alone says that a text or a document is about nobody else.
type Person interface {
	// In reports whether a document is tied to the person, by more than a name.
	In(doc []byte) bool
	// Namesake reports whether a document has the id of somebody with the same name.
	Namesake(doc []byte) bool
	// Travels says at which places of a PNR's list of travelers the person is, and whether there are others.
	Travels(pnr []byte) (at []int, others bool)
	// Listed reports whether a PNR's list of travelers has the person's name, whoever that is.
	Listed(pnr []byte) bool
	// Redact takes the person out of a document, which is JSON. vague says that a name in it may be a namesake's.
	Redact(doc []byte, alone, vague bool) (out []byte, changed bool, err error)
	// Text takes the person out of a text.
	Text(s string, alone bool) (out string, changed bool)
	// Numbers takes only addresses and numbers of the person out of a text, in which a name may be a namesake's.
	Numbers(s string) (out string, changed bool)
}

// Forgotten is what a person was taken out of, by id.
type Forgotten struct {
	Trips, PNRs, Notes []string
	// Places says where in the lists of travelers the person is: of PNRs that the person travels in, and none for
	// others that are tied to the person and have nobody of the name.
	Places map[string][]int
}

// Forget takes a person out of the trips, PNRs and notes that are tied to him, deleted ones as well: by an id in
// them, by what p says is his alone, or because they are in a trip of his. Money, tickets and ids stay, and all
// other documents do. Live ones that changed get a version and an event each. A dry run changes nothing.
func (s *Service) Forget(ctx context.Context, userID string, p Person, dry bool) (Forgotten, error) {
	e := &eraser{s: s, user: userID, p: p, trips: map[string]*tied{}, alone: map[string]bool{}, vague: map[string]bool{}, twins: map[string]bool{}, done: Forgotten{Places: map[string][]int{}}}
	for _, step := range []func(context.Context) error{e.findTrips, e.findPNRs, e.findNotes} {
		if err := step(ctx); err != nil {
			return Forgotten{}, err
		}
	}
	if dry {
		return e.done, nil
	}
	return e.done, e.write(ctx)
}

// eraser collects what a purge changes before it writes any of it.
type eraser struct {
	s     *Service
	user  string
	p     Person
	trips map[string]*tied
	alone map[string]bool // PNRs tied to the person, and whether nobody else travels
	vague map[string]bool // PNRs in which a namesake is and the person does not travel
	twins map[string]bool // the trips of such PNRs
	pnrs  []*store.Record // with the documents as they should be
	notes []*store.Record
	done  Forgotten
}

// tied is a trip in which the person is, or has a PNR.
type tied struct {
	f       *folder
	own     bool // the person's, or of somebody the person registered
	travels bool // the person is in a PNR
	vague   bool // belongs to a namesake, perhaps
	alone   bool // nobody else travels
	named   bool // its name or description changed, which every PNR repeats
	changed bool
}

// records yields the records of a kind, deleted ones too.
func records(ctx context.Context, kind string, each func(*store.Record) error) error {
	for r, err := range store.Read(ctx).List(store.Query{Tenant: actor.Tenant(ctx), Kind: kind, Deleted: true}) {
		if err != nil {
			return fmt.Errorf("list %s: %w", kind, err)
		}
		if err := each(r); err != nil {
			return fmt.Errorf("%s %s: %w", kind, r.ID, err)
		}
	}
	return nil
}

// keep copies a record out of a list that is being read.
func keep(r *store.Record) *store.Record {
	c := *r
	c.Doc = bytes.Clone(r.Doc)
	return &c
}

func (e *eraser) findTrips(ctx context.Context) error {
	return records(ctx, kindTrip, func(r *store.Record) error {
		if !e.p.In(r.Doc) {
			return nil
		}
		_, err := e.tie(keep(r))
		return err
	})
}

func (e *eraser) tie(r *store.Record) (*tied, error) {
	f, err := openFolder(r)
	if err != nil {
		return nil, err
	}
	t := &tied{f: f, own: f.User == e.user || f.Registrar == e.user, alone: f.User == e.user, vague: e.p.Namesake(r.Doc)}
	e.trips[f.ID] = t
	return t, nil
}

// tieTrips adds trips of others in which the person has a PNR.
func (e *eraser) tieTrips(ctx context.Context, parents []string) error {
	for _, id := range parents {
		t := e.trips[id]
		if t == nil {
			r, err := store.Read(ctx).Get(actor.Tenant(ctx), kindTrip, id)
			if err != nil {
				return fmt.Errorf("read trip %s: %w", id, err)
			}
			if t, err = e.tie(r); err != nil {
				return err
			}
		}
		t.travels = true
	}
	return nil
}

// findPNRs reads all of them twice: whether a trip is the person's alone is only known from all of its PNRs.
func (e *eraser) findPNRs(ctx context.Context) error {
	var parents []string
	err := records(ctx, kindPNR, func(r *store.Record) error {
		t := e.trips[r.Parent]
		namesake := e.p.Namesake(r.Doc)
		if !e.p.In(r.Doc) && (t == nil || !t.own) {
			if t != nil {
				t.alone = false
			}
			if namesake {
				e.vague[r.ID], e.twins[r.Parent] = true, true
			}
			return nil
		}
		at, others := e.p.Travels(r.Doc)
		if namesake && len(at) == 0 {
			e.vague[r.ID], e.twins[r.Parent] = true, true
		}
		e.alone[r.ID] = len(at) > 0 && !others
		if len(at) > 0 {
			e.done.Places[r.ID], parents = at, append(parents, r.Parent)
		} else if !namesake && !e.p.Listed(r.Doc) {
			e.done.Places[r.ID] = nil
		}
		if t != nil && !e.alone[r.ID] {
			t.alone = false
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := e.tieTrips(ctx, parents); err != nil {
		return err
	}
	if err := e.redactTrips(); err != nil {
		return err
	}
	return records(ctx, kindPNR, func(r *store.Record) error {
		doc, changed := r.Doc, false
		if alone, ok := e.alone[r.ID]; ok {
			var err error
			if doc, changed, err = e.p.Redact(r.Doc, alone, false); err != nil {
				return err
			}
		}
		if t := e.trips[r.Parent]; changed || t != nil && t.named {
			c := keep(r)
			c.Doc = bytes.Clone(doc)
			e.pnrs = append(e.pnrs, c)
			e.done.PNRs = append(e.done.PNRs, r.ID)
		}
		return nil
	})
}

func (e *eraser) redactTrips() error {
	for _, t := range e.trips {
		f := t.f
		vague := !t.own && !t.travels && (t.vague || e.twins[f.ID])
		f.Name, t.named = e.text(f.Name, t.alone, vague)
		if f.Description != nil {
			text, changed := e.text(*f.Description, t.alone, vague)
			f.Description, t.named = &text, t.named || changed
		}
		t.changed = t.named
		for _, part := range []*json.RawMessage{&f.Contacts, &f.Mail} {
			if len(*part) == 0 {
				continue
			}
			doc, changed, err := e.p.Redact(*part, t.alone, vague)
			if err != nil {
				return fmt.Errorf("trip %s: %w", f.ID, err)
			}
			if changed {
				*part, t.changed = doc, true
			}
		}
		if t.changed {
			e.done.Trips = append(e.done.Trips, f.ID)
		}
	}
	slices.Sort(e.done.Trips)
	return nil
}

// text takes the person out of a text; vague says that a name in it may be a namesake's.
func (e *eraser) text(s string, alone, vague bool) (out string, changed bool) {
	if vague {
		return e.p.Numbers(s)
	}
	return e.p.Text(s, alone)
}

// findNotes looks at the notes of the person, and of trips and PNRs that are.
func (e *eraser) findNotes(ctx context.Context) error {
	var found []*store.Record
	err := records(ctx, kindNote, func(r *store.Record) error {
		var n note
		if err := json.Unmarshal(r.Doc, &n); err != nil {
			return err
		}
		if _, tied := e.alone[n.PNR]; tied || e.mine(r.Parent) || e.p.In(r.Doc) {
			found = append(found, keep(r))
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, r := range found { // a trip may have to be read for it, and a list wants the store to itself
		if err := e.redactNote(ctx, r); err != nil {
			return fmt.Errorf("%s %s: %w", kindNote, r.ID, err)
		}
	}
	return nil
}

// mine reports whether a trip is the person's, or one that the person travels in.
func (e *eraser) mine(trip string) bool {
	t := e.trips[trip]
	return t != nil && (t.own || t.travels)
}

func (e *eraser) redactNote(ctx context.Context, r *store.Record) error {
	var n note
	if err := json.Unmarshal(r.Doc, &n); err != nil {
		return err
	}
	alone, tied := e.alone[n.PNR]
	vague := e.vague[n.PNR]
	if !tied && !vague && !e.mine(r.Parent) {
		var err error
		if vague, err = e.ofNamesake(ctx, r.Parent); err != nil {
			return err
		}
	}
	if t := e.trips[r.Parent]; t != nil && t.alone {
		alone = true
	}
	text, changed := e.text(n.Text, alone, vague)
	if !changed {
		return nil
	}
	n.Text = text
	var err error
	if r.Doc, err = json.Marshal(n); err != nil {
		return err
	}
	e.notes = append(e.notes, r)
	e.done.Notes = append(e.done.Notes, r.ID)
	return nil
}

// ofNamesake reports whether a trip, which is not the person's, may be a namesake's.
func (e *eraser) ofNamesake(ctx context.Context, trip string) (bool, error) {
	if t := e.trips[trip]; t != nil || e.twins[trip] {
		return e.twins[trip] || t.vague, nil
	}
	r, err := store.Read(ctx).Get(actor.Tenant(ctx), kindTrip, trip)
	if err != nil {
		return false, fmt.Errorf("read trip %s: %w", trip, err)
	}
	return e.p.Namesake(r.Doc), nil
}

func (e *eraser) write(ctx context.Context) error {
	touched := map[string]*folder{}
	for id, t := range e.trips {
		if t.changed {
			touched[id] = t.f
		}
	}
	for _, r := range e.pnrs {
		if touched[r.Parent] == nil && e.trips[r.Parent] != nil {
			touched[r.Parent] = e.trips[r.Parent].f
		}
		var err error
		if touched[r.Parent], err = e.s.forgetPNR(ctx, touched[r.Parent], r); err != nil {
			return err
		}
	}
	for _, id := range slices.Sorted(maps.Keys(touched)) { // events have an order
		f := touched[id]
		var err error
		if f.Deleted {
			err = e.s.rewrite(ctx, f)
		} else {
			err = e.s.save(ctx, f, "TRIP_UPDATED")
		}
		if err != nil {
			return err
		}
	}
	for _, r := range e.notes {
		r.UpdatedAt = e.s.now(ctx)
		if err := store.From(ctx).Update(r, r.Version); err != nil {
			return fmt.Errorf("agent note %s: %w", r.ID, err)
		}
	}
	return nil
}

// forgetPNR writes a PNR whose document was changed, and gives its trip, which the caller saves.
func (s *Service) forgetPNR(ctx context.Context, f *folder, r *store.Record) (*folder, error) {
	if f == nil {
		rec, err := store.Read(ctx).Get(r.Tenant, kindTrip, r.Parent)
		if err != nil {
			return nil, fmt.Errorf("read trip %s: %w", r.Parent, err)
		}
		if f, err = openFolder(rec); err != nil {
			return nil, err
		}
	}
	r.Company = f.Company
	doc, err := jsondoc.Parse(r.Doc)
	if err != nil {
		return nil, fmt.Errorf("PNR %s: %w", r.ID, err)
	}
	if r.Deleted {
		r.Doc, r.UpdatedAt = doc.Set("basicTripInfo", f.name()).Bytes(), s.now(ctx)
		return f, store.From(ctx).Update(r, r.Version)
	}
	_, err = s.put(ctx, f, r, doc, []Change{{Operation: opOther}})
	return f, err
}

// rewrite stores a trip of which nobody is told.
func (s *Service) rewrite(ctx context.Context, f *folder) error {
	f.UpdatedAt = s.now(ctx)
	r, err := f.record(actor.Tenant(ctx))
	if err != nil {
		return err
	}
	return store.From(ctx).Update(r, f.Version)
}
