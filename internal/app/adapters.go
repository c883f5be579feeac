// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"time"

	"github.com/go-faster/jx"

	"github.com/airside-travel/airside/internal/access"
	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/application"
	"github.com/airside-travel/airside/internal/audit"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/edge"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/identity"
	"github.com/airside-travel/airside/internal/ledger"
	"github.com/airside-travel/airside/internal/peers"
	"github.com/airside-travel/airside/internal/personkey"
	"github.com/airside-travel/airside/internal/store"
)

// gate lets the edge ask identity who a token is, and access what its user may do now.
type gate struct {
	s            *identity.Service
	access       *access.Service
	applications *application.Service
	peers        *peers.Peers
}

func (g gate) Authenticate(ctx context.Context, token string) (*edge.Caller, error) {
	who, err := g.s.Authenticate(ctx, token)
	if err != nil {
		return nil, err
	}
	a, err := g.access.Complete(ctx, who.Actor)
	if err != nil {
		return nil, err
	}
	c := &edge.Caller{Actor: a, KeepsAll: who.KeepsAll}
	if !who.Application {
		return c, nil
	}
	return g.caller(ctx, c)
}

// trail writes the edge's acts to the audit chain, in the transaction that did them.
type trail struct{ clocks *clock.Tenants }

func (t trail) Record(ctx context.Context, a edge.Act) error {
	if a.Tenant == "" {
		a.Tenant = identity.Platform // a call without a token, such as getting one
	}
	tx := store.From(ctx)
	detail, err := auditDetail(tx, a)
	if err != nil {
		return err
	}
	return audit.Append(tx, &store.AuditEntry{
		Tenant: a.Tenant, At: t.clocks.Base().Now(), Actor: a.Actor, Operation: a.Operation, Target: a.Target,
		Outcome: a.Outcome, RequestID: a.RequestID, Detail: detail,
	})
}

// auditDetail keeps where a person called from, and what a profile lost, sealed with the keys of the people
// whom the entry names. The chain covers the sealed bytes, so it still verifies when a key is gone.
func auditDetail(tx store.Tx, a edge.Act) ([]byte, error) {
	var open, personal [16]string // names; there are fewer
	at, own := open[:0], personal[:0]
	for name := range a.Detail {
		if name == "ip" || name == "removed" {
			own = append(own, name)
		} else {
			at = append(at, name)
		}
	}
	const room = 384 // more than most need
	plain := appendDetail(make([]byte, 0, room), a.Detail, own, nil)
	named := a.Actor
	if !a.Foreign { // whoever else it names is a person of the real API, and none of ours
		named += " " + a.Target
	}
	sealed, err := personkey.Seal(tx, a.Tenant, a.RequestID, named, plain)
	if err != nil {
		return nil, err
	}
	if bytes.Equal(sealed, plain) {
		return appendDetail(plain[:0], a.Detail, append(at, own...), nil), nil
	}
	return appendDetail(make([]byte, 0, room), a.Detail, at, sealed), nil
}

// appendDetail writes some members of a detail, sorted, and what is sealed: an entry is written twice for every call
// that changes something at a real API.
func appendDetail(b []byte, detail map[string]string, names []string, sealed []byte) []byte {
	slices.Sort(names)
	w := jx.Writer{Buf: b}
	w.RawStr("{")
	for i, name := range names {
		if i > 0 {
			w.Comma()
		}
		w.Str(name)
		w.RawStr(":")
		w.Str(detail[name])
	}
	if sealed != nil {
		if len(names) > 0 {
			w.Comma()
		}
		w.RawStr(`"personal":`)
		w.Base64(sealed)
	}
	w.RawStr("}")
	return w.Buf
}

// issued writes the ids that creations give out to the ledger.
type issued struct{ l *ledger.Service }

func (i issued) Issued(ctx context.Context, e edge.Issue) error {
	return i.l.Issued(ctx, ledger.Entry{Operation: e.Operation, ID: e.ID, ExternalID: e.ExternalID, Company: e.Company, Client: e.Client, Environment: e.Environment})
}

// replays keeps answers by Idempotency-Key for a day of the tenant's clock.
type replays struct{ clocks *clock.Tenants }

const replayFor = 24 * time.Hour

func (r replays) Find(ctx context.Context, client, key string, body []byte) (*edge.Answer, error) {
	tenant := actor.Tenant(ctx)
	if tenant == "" {
		return nil, nil //nolint:nilnil // nobody to keep it for: the call is new
	}
	kept, err := store.From(ctx).Idempotent(tenant, client, hidden(key))
	if errors.Is(err, store.ErrNotFound) || (err == nil && (kept.Status == forgotten || r.clocks.Now(tenant).Sub(kept.At) > replayFor)) {
		return nil, nil //nolint:nilnil // the port's way to say "new"
	}
	if err != nil {
		return nil, err
	}
	if h := sha256.Sum256(body); string(h[:]) != string(kept.RequestHash) {
		return nil, errs.New(errs.IdempotencyReused, "this Idempotency-Key was used with another request")
	}
	if kept.Purged {
		return nil, errs.New(errs.ResourceNotFound, "the answer kept for this Idempotency-Key was about a person who was purged since").
			Hinting("the call was carried out then and was not repeated now")
	}
	return &edge.Answer{Status: kept.Status, Body: kept.Body}, nil
}

func (r replays) Keep(ctx context.Context, client, key string, body []byte, a edge.Answer) error {
	tenant := actor.Tenant(ctx)
	if tenant == "" {
		return nil
	}
	h := sha256.Sum256(body)
	return store.From(ctx).PutIdempotent(&store.Idempotency{
		Tenant: tenant, Client: client, Key: hidden(key), RequestHash: h[:], Status: a.Status, Body: a.Body, At: r.clocks.Now(tenant),
	})
}

// hidden is under what an answer is kept: keys are columns, which are not sealed, and a client may take anything
// for one.
func hidden(key string) string {
	h := sha256.Sum256([]byte("Idempotency-Key\x00" + key))
	return hex.EncodeToString(h[:])
}

// forgotten is the status of a kept answer that counts as none.
const forgotten = -1

func (r replays) Forget(ctx context.Context, client, key string) error {
	return r.Keep(ctx, client, key, nil, edge.Answer{Status: forgotten})
}

// tokenKeys derives the key that signs a tenant's search and booking ids from the master key.
type tokenKeys struct{ master []byte }

func (k tokenKeys) TokenKey(tenant string) []byte {
	key, err := hkdf.Key(sha256.New, k.master, nil, "airside offer tokens of "+tenant, 32)
	if err != nil {
		panic(err) // 32 bytes are always to be had
	}
	return key
}
