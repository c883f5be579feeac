// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/audit/keeper"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store"
)

// AuditKey is the key that verifies checkpoints.
type AuditKey struct {
	Verifier string `json:"verifierKey"`
}

// GetAuditKey reads it.
func (s *Service) GetAuditKey(ctx context.Context, _ struct{}) (AuditKey, error) {
	public, err := s.o.Keeper.VerifierKey(ctx)
	return AuditKey{public}, err
}

// AuditCheckpoint is the newest checkpoint.
type AuditCheckpoint struct {
	Checkpoint string `json:"checkpoint"`
	Verifier   string `json:"verifierKey"`
}

// told makes an answer of what a trail that is not in order forbids.
func told(err error) error {
	if errors.Is(err, keeper.ErrBroken) {
		return errs.New(errs.AuditBroken, "the audit trail is not in order").Because(err)
	}
	return err
}

// CheckpointAudit signs what the tenant's trail holds. AUDIT_TRAIL_BROKEN.
func (s *Service) CheckpointAudit(ctx context.Context, _ struct{}) (out AuditCheckpoint, err error) {
	if out.Verifier, err = s.o.Keeper.VerifierKey(ctx); err != nil {
		return out, err
	}
	out.Checkpoint, err = s.o.Keeper.Checkpoint(ctx, actor.Tenant(ctx))
	return out, told(err)
}

// ExportIn is the period to export.
type ExportIn struct {
	Body struct {
		From time.Time `json:"from"`
		To   time.Time `json:"to"`
	} `body:"json"`
}

// AuditExport is the plan of a file.
type AuditExport struct {
	Header     string `json:"header"`
	First      int64  `json:"first"`
	Last       int64  `json:"last"`
	Checkpoint string `json:"checkpoint,omitempty"`
}

// StartAuditExport plans one. AUDIT_TRAIL_BROKEN.
func (s *Service) StartAuditExport(ctx context.Context, in ExportIn) (AuditExport, error) {
	if from, to := in.Body.From, in.Body.To; !from.IsZero() && !to.IsZero() && !from.Before(to) {
		return AuditExport{}, errs.Invalidf("/to", "order", "to must be later than from")
	}
	p, err := s.o.Keeper.Plan(ctx, actor.Tenant(ctx), in.Body.From, in.Body.To)
	return AuditExport{p.Header, p.First, p.Last, p.Checkpoint}, told(err)
}

// LinesIn asks for entries of a file.
type LinesIn struct {
	First int64 `query:"first"`
	Last  int64 `query:"last"`
	Limit int   `query:"limit"`
}

// AuditLines are lines of a file.
type AuditLines struct {
	Lines []string `json:"lines"`
	Next  int64    `json:"next,omitempty"`
}

// ReadAuditExport reads some. RESOURCE_NOT_FOUND when the first entry is not kept any more.
func (s *Service) ReadAuditExport(ctx context.Context, in LinesIn) (AuditLines, error) {
	if in.Last < in.First {
		return AuditLines{Lines: []string{}}, nil
	}
	lines, next, err := keeper.Lines(store.Read(ctx), actor.Tenant(ctx), in.First, in.Last, in.Limit)
	if errors.Is(err, keeper.ErrBroken) {
		err = errs.Missing("audit entry", strconv.FormatInt(in.First, 10))
	}
	return AuditLines{lines, next}, err
}

// ProofIn names an entry.
type ProofIn struct {
	Seq int64 `path:"sequence"`
}

// AuditProof shows that an entry is under a checkpoint.
type AuditProof struct {
	Seq        int64    `json:"sequence"`
	Hash       string   `json:"hash"`
	Path       []string `json:"path"`
	Checkpoint string   `json:"checkpoint"`
}

// ProveAuditEntry makes a proof. RESOURCE_NOT_FOUND.
func (s *Service) ProveAuditEntry(ctx context.Context, in ProofIn) (AuditProof, error) {
	p, err := keeper.Prove(ctx, actor.Tenant(ctx), in.Seq)
	if err != nil {
		return AuditProof{}, err
	}
	return AuditProof{p.Seq, p.Hash, p.Path, p.Checkpoint}, nil
}

// AuditRetention is what was dropped.
type AuditRetention struct {
	Dropped   int64  `json:"dropped"`
	FirstKept int64  `json:"firstKept"`
	Archive   string `json:"archive,omitempty"`
}

// ApplyAuditRetention drops what is older than the policy keeps. AUDIT_TRAIL_BROKEN.
func (s *Service) ApplyAuditRetention(ctx context.Context, _ struct{}) (AuditRetention, error) {
	d, err := s.o.Keeper.Retain(ctx, actor.Tenant(ctx))
	return AuditRetention{d.Entries, d.First, d.Archive}, told(err)
}
