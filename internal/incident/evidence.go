// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/alert"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/redact"
	"github.com/airside-travel/airside/internal/store"
)

// exhibit is evidence with its content, as it is kept: written once, never changed.
type exhibit struct {
	Evidence
	Content string `json:"content"`
}

// AttachIn is text or JSON to keep.
type AttachIn struct {
	ID   string `path:"incidentId"`
	Body struct {
		Name      string `json:"name"`
		MediaType string `json:"mediaType"`
		Content   string `json:"content"`
	} `body:"json"`
}

// Attach is attachIncidentEvidence: the content is kept as it came, and its SHA-256 stands in the incident
// and in the audit trail.
func (s *Service) Attach(ctx context.Context, in AttachIn) (Evidence, error) {
	b := in.Body
	sum := sha256.Sum256([]byte(b.Content))
	e := Evidence{ID: ids.UUID(), Name: redact.Text(b.Name, 120), MediaType: b.MediaType, Bytes: len(b.Content), SHA256: hex.EncodeToString(sum[:]), AddedBy: by(ctx)}
	if e.MediaType == "application/json" && !json.Valid([]byte(b.Content)) {
		return e, errs.Invalidf("/content", "format", "the content is not JSON")
	}
	_, err := s.change(ctx, in.ID, func(i *stored, now time.Time) error {
		if len(i.Evidence) >= evidenceMax {
			return errs.New(errs.StateForbids, "the incident has %d pieces of evidence, which is as many as it may have", evidenceMax)
		}
		e.AddedAt = now
		i.Evidence = append(i.Evidence, e)
		i.add(Entry{At: now, Kind: "EVIDENCE", By: by(ctx), Text: e.Name + ", SHA-256 " + e.SHA256})
		doc, err := json.Marshal(exhibit{e, b.Content})
		if err != nil {
			return err
		}
		if err := store.From(ctx).Insert(&store.Record{Tenant: i.tenant, Kind: kindEvidence, ID: e.ID, Parent: i.ID, CreatedAt: now, UpdatedAt: now, Doc: doc}); err != nil {
			return err
		}
		if s.o.Audit == nil {
			return nil
		}
		return s.o.Audit.RecordAct(ctx, alert.Act{Tenant: i.tenant, Operation: "incident.evidence", Target: "incident=" + i.ID + " evidence=" + e.ID, Outcome: "ALLOWED",
			Detail: map[string]string{"class": "security", "code": "sha256:" + e.SHA256}})
	})
	return e, err
}

// EvidenceIn names a piece of evidence.
type EvidenceIn struct {
	ID       string `path:"incidentId"`
	Evidence string `path:"evidenceId"`
}

// EvidenceOut is evidence with its content, and whether it still is what was attached.
type EvidenceOut struct {
	Evidence
	Content string `json:"content"`
	Intact  bool   `json:"intact"`
}

// GetEvidence is getIncidentEvidence. RESOURCE_NOT_FOUND.
func (s *Service) GetEvidence(ctx context.Context, in EvidenceIn) (EvidenceOut, error) {
	r := store.Read(ctx)
	i, err := load(r, actor.Tenant(ctx), in.ID)
	if err != nil {
		return EvidenceOut{}, err
	}
	at := slices.IndexFunc(i.Evidence, func(e Evidence) bool { return e.ID == in.Evidence })
	if at < 0 {
		return EvidenceOut{}, errs.Missing("evidence", in.Evidence)
	}
	x, err := s.exhibit(r, i, in.Evidence)
	if err != nil {
		return EvidenceOut{}, err
	}
	sum := sha256.Sum256([]byte(x.Content))
	return EvidenceOut{i.Evidence[at], x.Content, hex.EncodeToString(sum[:]) == i.Evidence[at].SHA256}, nil
}

func (s *Service) exhibit(r store.Reader, i *stored, id string) (exhibit, error) {
	var x exhibit
	rec, err := r.Get(i.tenant, kindEvidence, id)
	if errors.Is(err, store.ErrNotFound) {
		return x, errs.Missing("evidence", id)
	} else if err != nil {
		return x, err
	}
	return x, json.Unmarshal(rec.Doc, &x)
}
