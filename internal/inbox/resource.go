// SPDX-License-Identifier: Apache-2.0

package inbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/webhook"
)

// about is which resource an event is about, and at which point of its life.
type about struct {
	Resource string
	Version  int64     // 0: the payload has none
	At       time.Time // when it was published; zero: not said in a form that is known
	odd      bool      // the payload has a version that is none
}

// read finds it in the payload (reference: webhooks, section 3). What is of a kind that is not known, or names no
// id, is a resource of its own, so that it waits for nothing.
func read(e *webhook.Event, key string) about {
	var p struct {
		ID, PnrID, ChargeID string
		Version             json.RawMessage
		BasicTripInfo       struct{ TripID string }
	}
	_ = json.Unmarshal(e.Payload, &p) // members of another type stay empty
	a := about{}
	a.At, _ = e.Time()
	a.Version, a.odd = version(p.Version)
	kind, id := e.Type, ""
	switch e.Type {
	case "PNR_V3":
		kind, id = "PNR", p.PnrID
	case "TRAVELER_V2":
		kind, id = "USER", p.ID
	case "TRIP_DETAILS_V3":
		kind, id, a.Version, a.odd = "TRIP", p.BasicTripInfo.TripID, 0, false
	case "PNR_APPROVAL":
		id, a.Version, a.odd = p.PnrID, 0, false // of the approval nothing is counted
	case "SERVICE_CHARGE":
		id = p.ChargeID
	case "AGENT_TASK_DETAILS":
		kind, id = "AGENT_TASK", p.ID
	}
	if id == "" {
		id = "webhook/" + key
	}
	a.Resource = kind + "/" + id
	return a
}

// version reads the number that a payload is ordered by: a whole one, not negative, of 63 bits. Another one is odd and orders
// nothing: the nearest number to it would be above every version that is still to come.
func version(raw json.RawMessage) (n int64, odd bool) {
	text := strings.Trim(string(raw), `"`)
	if text == "" || text == "null" {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || text[0] == '+' {
		return 0, true
	}
	return n, false
}

// before reports whether a is older than what is known: by version where both have one, else by time.
func (a about) before(known about) bool {
	if a.Version > 0 && known.Version > 0 && a.Version != known.Version {
		return a.Version < known.Version
	}
	return !a.At.IsZero() && !known.At.IsZero() && a.At.Before(known.At)
}

// latest reads what is known of a resource in an environment; a nil record when it is new.
func latest(r store.Reader, tenant, environment, resource string) (*store.Record, about, error) {
	var known about
	rec, err := r.Get(tenant, kindResource, environment+"/"+resource)
	if errors.Is(err, store.ErrNotFound) {
		return nil, known, nil
	}
	if err == nil {
		err = json.Unmarshal(rec.Doc, &known)
	}
	if err != nil {
		return nil, known, fmt.Errorf("inbox: resource %s: %w", resource, err)
	}
	return rec, known, nil
}

// advance writes that a is the latest. Without a version it leaves the one that is known: what is below that stays old.
func (a about) advance(tx store.Tx, tenant, environment string, rec *store.Record, known about, now time.Time) error {
	if a.Version == 0 {
		a.Version = known.Version
	}
	doc, err := json.Marshal(a)
	if err != nil {
		return err
	}
	if rec == nil {
		return tx.Insert(&store.Record{Tenant: tenant, Kind: kindResource, ID: environment + "/" + a.Resource, Parent: environment, CreatedAt: now, UpdatedAt: now, Doc: doc})
	}
	rec.Doc, rec.UpdatedAt = doc, now
	return tx.Update(rec, rec.Version)
}
