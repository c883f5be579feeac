// SPDX-License-Identifier: Apache-2.0

package trip

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/announce"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/store"
)

// Kinds of records.
const (
	kindTrip = "trip" // parent: the company
	kindPNR  = "pnr"  // parent: the trip
	kindNote = "agentNote"
)

// Options are what a Service needs.
type Options struct {
	Clocks    *clock.Tenants
	Directory Directory
	Announcer announce.Announcer
	Events    Events // optional
	Agency    Agency // optional
}

// Service carries out the operations on trips and PNRs.
type Service struct {
	clocks *clock.Tenants
	dir    Directory
	out    announce.Announcer
	events Events
	agency Agency
}

// New makes a Service.
func New(o Options) *Service {
	return &Service{clocks: o.Clocks, dir: o.Directory, out: o.Announcer, events: o.Events, agency: o.Agency}
}

// now is the tenant's time in UTC, in whole seconds: the contract writes no fractions, and a client
// must be able to filter by the times it was shown.
func (s *Service) now(ctx context.Context) time.Time {
	return s.clocks.Now(actor.Tenant(ctx)).UTC().Truncate(time.Second)
}

// freeID draws a ten-digit id that neither a trip nor a PNR of the tenant has.
func freeID(tx store.Tx, tenant string) (string, error) {
draw:
	for range 8 {
		id := ids.Digits()
		for _, kind := range []string{kindTrip, kindPNR} {
			_, err := tx.Get(tenant, kind, id)
			if err == nil {
				continue draw
			}
			if !errors.Is(err, store.ErrNotFound) {
				return "", fmt.Errorf("look for id %s: %w", id, err)
			}
		}
		return id, nil
	}
	return "", errors.New("no free id in eight draws")
}

// collect reads a list to its end, as the store wants it before the next call.
func collect(r store.Reader, q store.Query) ([]*store.Record, error) {
	var out []*store.Record
	for rec, err := range r.List(q) {
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", q.Kind, err)
		}
		out = append(out, rec)
	}
	return out, nil
}

// iso is schema DateModel, DateTimeLocal and DateTimeOffset.
type iso struct {
	ISO8601 string `json:"iso8601"`
}

func moment(t time.Time) iso { return iso{t.UTC().Format(time.RFC3339)} }

// ref is every schema that wraps an id.
type ref struct {
	ID string `json:"id"`
}

func newRef(id string) *ref {
	if id == "" {
		return nil
	}
	return &ref{id}
}

func day(s string) *iso {
	if s == "" {
		return nil
	}
	return &iso{s}
}

// ID is the answer of the operations that create a trip or a PNR (schema EntityNonUUIDId).
type ID struct {
	ID string `json:"id"`
}
