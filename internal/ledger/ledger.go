// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-faster/jx"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/store"
)

// The records and what they are found by.
const (
	kind       = "ids.issued"
	byExternal = "ids.externalId"
	byID       = "ids.id"
)

// Entry is one line of the ledger (schema ExternalIdMatch).
type Entry struct {
	Kind        string    `json:"kind"`
	ID          string    `json:"id"`
	ExternalID  string    `json:"externalId,omitempty"`
	Company     string    `json:"companyId,omitempty"`
	Operation   string    `json:"operation"`
	Client      string    `json:"clientId,omitempty"`
	Environment string    `json:"environment,omitempty"` // "" for the built-in platform
	IssuedAt    time.Time `json:"issuedAt"`
}

// Service keeps the ledger of each tenant.
type Service struct{ clocks *clock.Tenants }

// New makes the service.
func New(clocks *clock.Tenants) *Service { return &Service{clocks} }

// append writes the line as encoding/json would, at less cost: every creation waits for it.
func (e Entry) append(b []byte) []byte {
	w := jx.Writer{Buf: append(b, '{')}
	for _, m := range [...]struct {
		name, value string
		always      bool
	}{
		{`"kind":`, e.Kind, true},
		{`"id":`, e.ID, true},
		{`"externalId":`, e.ExternalID, false},
		{`"companyId":`, e.Company, false},
		{`"operation":`, e.Operation, true},
		{`"clientId":`, e.Client, false},
		{`"environment":`, e.Environment, false},
	} {
		if m.value != "" || m.always {
			w.RawStr(m.name)
			w.Str(m.value)
			w.Comma()
		}
	}
	w.RawStr(`"issuedAt":"`)
	w.Buf = e.IssuedAt.AppendFormat(w.Buf, time.RFC3339Nano)
	w.RawStr(`"}`)
	return w.Buf
}

// Issued adds a line in the running transaction. Kind and time are filled in here.
func (s *Service) Issued(ctx context.Context, e Entry) error {
	tenant := actor.Tenant(ctx)
	if tenant == "" {
		return nil
	}
	e.Kind, e.IssuedAt = Kind(e.Operation), s.clocks.Now(tenant).UTC()
	r := &store.Record{Tenant: tenant, Kind: kind, ID: e.ID, CreatedAt: e.IssuedAt, UpdatedAt: e.IssuedAt, Doc: e.append(make([]byte, 0, 512))}
	if e.Environment == "" {
		r.Parent = e.Company // so that the company's key seals it; one of a real API has none here
	}
	if e.ExternalID != "" {
		r.Index = []store.Entry{{Field: byExternal, Value: e.ExternalID}}
	}
	if ids.IsUUID(e.ID) { // a line is stored under the id it is about
		if err := store.From(ctx).Insert(r); !errors.Is(err, store.ErrExists) {
			return err
		}
	}
	r.ID, r.Index = ids.UUID(), append(r.Index, store.Entry{Field: byID, Value: e.ID}) // issued twice, or not an id that is stored in the open
	return store.From(ctx).Insert(r)
}

// lines are those of an id: the one that is stored under it, and all others. Lines written by earlier versions have
// ids of their own.
func lines(ctx context.Context, tenant, id string) ([]*store.Record, error) {
	var out []*store.Record
	if ids.IsUUID(id) {
		r, err := store.Read(ctx).Get(tenant, kind, id)
		if err == nil {
			out = append(out, r)
		} else if !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
	}
	others, err := listed(ctx, tenant, byID, id)
	return append(out, others...), err
}

func listed(ctx context.Context, tenant, field, value string) ([]*store.Record, error) {
	var out []*store.Record
	for r, err := range store.Read(ctx).List(store.Query{Tenant: tenant, Kind: kind, Field: field, Value: value}) {
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// Kind is what an operation creates, in capitals: createScimUser and createUser make a USER,
// airCreatePnr makes a PNR.
func Kind(operation string) string {
	name := operation
	for _, verb := range []string{"Create", "create", "add", "upload"} {
		if i := strings.Index(name, verb); i == 0 || i > 0 && verb == "Create" {
			name = name[i+len(verb):]
			break
		}
	}
	name = strings.TrimPrefix(strings.TrimRight(name, "0123456789"), "Scim")
	name = strings.TrimSuffix(name, "V")
	var b strings.Builder
	for i, c := range name {
		if c >= 'A' && c <= 'Z' && i > 0 {
			b.WriteByte('_')
		}
		b.WriteRune(c)
	}
	return strings.ToUpper(b.String())
}

// FindIn is the input of findIds.
type FindIn struct {
	ExternalID string `query:"externalId"`
	ID         string `query:"id"`
}

// FindOut are the lines that fit, oldest first.
type FindOut struct {
	Matches []Entry `json:"matches"`
}

// Find is findIds: everything that was created under an external id, or how an id came to be. A caller
// of one company sees what belongs to it.
func (s *Service) Find(ctx context.Context, in FindIn) (FindOut, error) {
	out := FindOut{Matches: []Entry{}}
	if (in.ExternalID == "") == (in.ID == "") {
		return out, &errs.Error{Code: errs.ValidationFailed, Message: "exactly one of externalId and id is needed", Fields: []errs.Field{
			{In: "query", Pointer: "/externalId", Rule: "required", Message: "exactly one of externalId and id is needed"}}}
	}
	a := actor.From(ctx)
	var found []*store.Record
	var err error
	if in.ID != "" {
		found, err = lines(ctx, a.Tenant, in.ID)
	} else {
		found, err = listed(ctx, a.Tenant, byExternal, in.ExternalID)
	}
	if err != nil {
		return out, err
	}
	for _, r := range found {
		var e Entry
		if err := json.Unmarshal(r.Doc, &e); err != nil {
			return out, fmt.Errorf("ledger: line %s is stored broken: %w", r.ID, err)
		}
		if a.Wide() || e.Company != "" && e.Company == a.Company {
			out.Matches = append(out.Matches, e)
		}
	}
	return out, nil
}

// Forget takes the external id out of the lines of an id whose owner was purged; the rest stays, so that the id
// is still accounted for. It returns how many lines those are. A dry run only counts.
func (s *Service) Forget(ctx context.Context, id string, dry bool) (int, error) {
	tenant := actor.Tenant(ctx)
	found, err := lines(ctx, tenant, id)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, r := range found {
		var e Entry
		if err := json.Unmarshal(r.Doc, &e); err != nil {
			return n, fmt.Errorf("ledger: line %s is stored broken: %w", r.ID, err)
		}
		if e.ExternalID == "" {
			continue
		}
		n++
		if dry {
			continue
		}
		e.ExternalID = ""
		r.Doc = e.append(nil)
		r.Index, r.UpdatedAt = nil, s.clocks.Now(tenant).UTC()
		if r.ID != e.ID {
			r.Index = []store.Entry{{Field: byID, Value: e.ID}}
		}
		if err := store.From(ctx).Update(r, r.Version); err != nil {
			return n, err
		}
	}
	return n, nil
}
