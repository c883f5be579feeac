// SPDX-License-Identifier: Apache-2.0

package trip

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/store"
)

// note is what is stored of an agent note.
type note struct {
	PNR  string `json:"pnr,omitempty"`
	Text string `json:"text"`
	User string `json:"user,omitempty"` // who wrote it, or
	App  string `json:"app,omitempty"`  // the API user that did
	At   iso    `json:"at"`
}

// CreateNoteIn is the input of createAgentNote.
type CreateNoteIn struct {
	TripID string `path:"tripId"`
	Doc    struct {
		PNRID string `json:"pnrId"`
		Note  string `json:"note"`
	} `body:"json"`
}

// CreateNote is createAgentNote. RESOURCE_NOT_FOUND for a PNR of another trip.
func (s *Service) CreateNote(ctx context.Context, in CreateNoteIn) (struct{}, error) {
	f, err := s.load(ctx, in.TripID)
	if err != nil {
		return struct{}{}, err
	}
	if in.Doc.Note == "" {
		return struct{}{}, errs.Invalidf("/note", "minLength", "a note has a text")
	}
	if id := in.Doc.PNRID; id != "" {
		if _, _, err := s.loadPNR(ctx, f.ID, id); err != nil {
			return struct{}{}, err
		}
	}
	a, now := actor.From(ctx), s.now(ctx)
	n := note{PNR: in.Doc.PNRID, Text: in.Doc.Note, User: a.UserID, At: moment(now)}
	if n.User == "" {
		n.App = a.ClientID
	}
	doc, err := json.Marshal(n)
	if err != nil {
		return struct{}{}, fmt.Errorf("agent note: %w", err)
	}
	r := &store.Record{Tenant: a.Tenant, Kind: kindNote, ID: ids.UUID(), Parent: f.ID, Company: f.Company, CreatedAt: now, UpdatedAt: now, Doc: doc}
	if err := store.From(ctx).Insert(r); err != nil {
		return struct{}{}, fmt.Errorf("agent note: %w", err)
	}
	return struct{}{}, nil
}

// Notes is schema ListAgentNotesResponse.
type Notes struct {
	Notes []noteOut `json:"agentNotes"`
}

type noteOut struct {
	ID        ref        `json:"noteId"`
	PNR       string     `json:"pnrId,omitempty"`
	Text      string     `json:"note"`
	Sender    *userBasic `json:"senderInfo"`
	CreatedAt iso        `json:"createdAt"`
	UpdatedAt iso        `json:"updatedAt"`
}

// ListNotes is listAgentNotes: all notes, the oldest first. Notes on PNRs that the caller may not see
// are left out.
func (s *Service) ListNotes(ctx context.Context, in TripIn) (Notes, error) {
	f, err := s.load(ctx, in.TripID)
	if err != nil {
		return Notes{}, err
	}
	recs, err := collect(store.Read(ctx), store.Query{Tenant: actor.Tenant(ctx), Kind: kindNote, Parent: f.ID})
	if err != nil {
		return Notes{}, err
	}
	out := Notes{Notes: []noteOut{}}
	people := map[string]*userBasic{}
	for _, r := range recs {
		var n note
		if err := json.Unmarshal(r.Doc, &n); err != nil {
			return Notes{}, fmt.Errorf("agent note %s: %w", r.ID, err)
		}
		if c := f.card(n.PNR); c != nil && c.Hidden && !seesHidden(ctx, f) {
			continue
		}
		sender, err := s.userBasic(ctx, n.User, people)
		if err != nil {
			return Notes{}, err
		}
		if sender == nil { // an application has no name of a person; its id stands where people look for one
			sender = &userBasic{Name: &name{Family: n.App, Given: "API user"}}
		}
		out.Notes = append(out.Notes, noteOut{ref{r.ID}, n.PNR, n.Text, sender, n.At, n.At})
	}
	return out, nil
}

// DeleteNoteIn is the input of deleteAgentNote.
type DeleteNoteIn struct {
	TripID string `path:"tripId"`
	NoteID string `path:"noteId"`
}

// DeleteNote is deleteAgentNote: the note is gone for good.
func (s *Service) DeleteNote(ctx context.Context, in DeleteNoteIn) (struct{}, error) {
	f, err := s.load(ctx, in.TripID)
	if err != nil {
		return struct{}{}, err
	}
	tx, tenant := store.From(ctx), actor.Tenant(ctx)
	r, err := tx.Get(tenant, kindNote, in.NoteID)
	if errors.Is(err, store.ErrNotFound) || (err == nil && r.Parent != f.ID) {
		return struct{}{}, errs.Missing("agent note", in.NoteID)
	}
	if err == nil {
		err = tx.Remove(tenant, kindNote, in.NoteID)
	}
	if err != nil {
		return struct{}{}, fmt.Errorf("delete agent note %s: %w", in.NoteID, err)
	}
	return struct{}{}, nil
}
