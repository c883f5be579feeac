// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/personkey"
	"github.com/airside-travel/airside/internal/store"
)

// AuditIn filters the trail; everything but the page is optional and all of it must fit.
type AuditIn struct {
	Company   string `query:"companyId"`
	Actor     string `query:"actor"`
	Operation string `query:"operation"`
	Class     string `query:"auditClass"`
	Outcome   string `query:"outcome"`
	Resource  string `query:"resource"`
	From      string `query:"from"`
	To        string `query:"to"`
	Offset    int    `query:"offset"`
	Limit     int    `query:"limit"`
}

// AuditEntry is one link of the chain.
type AuditEntry struct {
	Sequence  int64     `json:"sequence"`
	At        time.Time `json:"at"`
	RequestID string    `json:"requestId,omitempty"`
	Actor     string    `json:"actor,omitempty"`
	SourceIP  string    `json:"sourceIp,omitempty"`
	Operation string    `json:"operation"`
	Class     string    `json:"auditClass"`
	Outcome   string    `json:"outcome"`
	Resource  string    `json:"resource,omitempty"`
	Detail    string    `json:"detail,omitempty"`
	Change    string    `json:"change,omitempty"`
	Reason    string    `json:"reason,omitempty"`
	Count     int       `json:"count,omitempty"`
	PrevHash  string    `json:"previousHash"`
	Hash      string    `json:"hash"`
	personal  []byte    // sealed with the keys of the people in the entry
}

// AuditList is a page, newest first.
type AuditList struct {
	Entries    []AuditEntry `json:"entries"`
	Pagination struct {
		Total int `json:"totalNumResults"`
	} `json:"pagination"`
}

// ListAuditEntries reads the tenant's trail.
func (s *Service) ListAuditEntries(ctx context.Context, in AuditIn) (AuditList, error) {
	var out AuditList
	from, to, err := in.period()
	if err != nil {
		return out, err
	}
	var all []AuditEntry // the newest that can be on the page, and some more
	total, most := 0, in.Offset+in.Limit
	for e, err := range store.Read(ctx).Audit(actor.Tenant(ctx), 1) {
		if err != nil {
			return out, err
		}
		if v := entryOf(e); in.wants(v) && !v.At.Before(from) && (to.IsZero() || !v.At.After(to)) {
			if all = append(all, v); len(all) > 2*most {
				all = append(all[:0], all[len(all)-most:]...)
			}
			total++
		}
	}
	out.Pagination.Total, out.Entries = total, []AuditEntry{}
	for i := len(all) - 1 - in.Offset; i >= 0 && len(out.Entries) < in.Limit; i-- {
		if err := all[i].open(ctx); err != nil {
			return out, err
		}
		out.Entries = append(out.Entries, all[i])
	}
	return out, nil
}

func (in AuditIn) period() (from, to time.Time, err error) {
	for _, p := range []struct {
		name, text string
		to         *time.Time
	}{{"from", in.From, &from}, {"to", in.To, &to}} {
		if p.text == "" {
			continue
		}
		if *p.to, err = time.Parse(time.RFC3339, p.text); err != nil {
			return from, to, &errs.Error{Code: errs.ValidationFailed, Message: p.name + " is not a time", Fields: []errs.Field{
				{In: "query", Pointer: "/" + p.name, Rule: "format", Message: p.name + " must be an RFC 3339 time such as 2026-05-01T00:00:00Z"}}}
		}
	}
	return from, to, nil
}

func (in AuditIn) wants(e AuditEntry) bool {
	return (in.Actor == "" || in.Actor == e.Actor || isPart(e.Actor, in.Actor)) && (in.Operation == "" || in.Operation == e.Operation) &&
		(in.Class == "" || in.Class == e.Class) && (in.Outcome == "" || in.Outcome == e.Outcome) &&
		(in.Resource == "" || in.Resource == e.Resource)
}

// isPart reports whether one acted together with another: "client for user person".
func isPart(who, one string) bool {
	client, person, both := strings.Cut(who, " for user ")
	return both && (client == one || person == one)
}

func entryOf(e *store.AuditEntry) AuditEntry {
	var d details
	_ = json.Unmarshal(e.Detail, &d) // details of other writers have other members
	if d.Class == "" {
		d.Class = "change"
	}
	count, _ := strconv.Atoi(d.Count) // none for most
	return AuditEntry{
		Change: d.Change, Reason: d.Reason, Count: count,
		Sequence: e.Seq, At: e.At.UTC(), RequestID: e.RequestID, Actor: e.Actor, SourceIP: d.IP, Operation: e.Operation,
		Class: d.Class, Outcome: e.Outcome, Resource: e.Target, Detail: d.text(),
		PrevHash: hex.EncodeToString(e.PrevHash), Hash: hex.EncodeToString(e.Hash), personal: d.Personal,
	}
}

// details is what the edge keeps beside an entry.
type details struct {
	Class, IP, Code, Removed string
	Values                   string // what became of what
	Rule                     string // what decided that it was refused
	Change, Reason, Count    string
	Strategy, Trigger        string // of the rotation of an environment's credential
	Step, Trouble, ClientID  string
	Personal                 []byte // ip and removed of an entry about people, sealed
}

func (d *details) text() string {
	if d.Strategy != "" {
		return d.rotation()
	}
	out := d.Code
	if d.Rule != "" {
		out += " (" + d.Rule + ")"
	}
	if d.Removed != "" { // members that a complete-object update took away
		out += " removed " + d.Removed
	}
	return strings.TrimSpace(out + " " + d.Values)
}

// rotation is how and why a credential is rotated, and where that stopped or which API user came of it.
func (d *details) rotation() string {
	text := d.Strategy + ", " + d.Trigger
	switch {
	case d.Trouble != "":
		text += ", stopped at " + d.Step + ": " + d.Trouble
	case d.ClientID != "":
		text += ": " + d.ClientID
	}
	return text
}

// open reads the personal part; of somebody who was purged it says so.
func (e *AuditEntry) open(ctx context.Context) error {
	if len(e.personal) == 0 {
		return nil
	}
	plain, gone, err := personkey.Open(store.Read(ctx), actor.Tenant(ctx), e.RequestID, e.personal)
	if err != nil {
		return err
	}
	d := details{Code: e.Detail}
	if gone {
		e.Detail = strings.TrimSpace(d.Code + " (the personal part went with a person who was purged)")
		return nil
	}
	if err := json.Unmarshal(plain, &d); err != nil {
		return err
	}
	e.SourceIP, e.Detail = d.IP, d.text()
	return nil
}

// Verification is the result of walking the chain.
type Verification struct {
	Intact    bool      `json:"intact"`
	Entries   int64     `json:"entries"`
	Head      string    `json:"head"`
	FirstKept int64     `json:"firstKept,omitempty"`
	Signed    int64     `json:"signed"`
	SignedAt  time.Time `json:"signedAt,omitzero"`
	BrokenAt  int64     `json:"brokenAt,omitempty"`
	Reason    string    `json:"reason,omitempty"`
}
