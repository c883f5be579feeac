// SPDX-License-Identifier: Apache-2.0

package air

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/jsondoc"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/sqlite"
	"github.com/airside-travel/airside/internal/supplier"
	"github.com/airside-travel/airside/internal/world"
	"github.com/airside-travel/airside/internal/world/airline"
)

const (
	acme   = "0199a000-0000-7000-8000-0000000000aa" // a company
	other  = "0199a000-0000-7000-8000-0000000000bb"
	tenant = "0199a000-0000-7000-8000-000000000001" // the TMC
	ada    = "0199a000-0000-7000-8000-00000000a0da" // a traveler of acme
	tomas  = "0199a000-0000-7000-8000-0000000070ba" // a traveler of acme without profile data
	rival  = "0199a000-0000-7000-8000-0000000000cc" // a traveler of the other company
)

var noon = time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)

var (
	loadWorld    = sync.OnceValues(world.Load)
	loadContract = sync.OnceValues(contract.Load)
)

// kit is the air service on the real engine and a store in memory.
type kit struct {
	t      testing.TB
	s      *Service
	st     store.Store
	engine *airline.Engine
	clocks *clock.Tenants
	trips  *trips
	who    *actor.Actor
}

func newKit(t testing.TB) *kit {
	t.Helper()
	w, err := loadWorld()
	if err != nil {
		t.Fatal(err)
	}
	st, err := sqlite.Open(t.Context(), sqlite.Options{Memory: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	k := &kit{t: t, st: st, engine: airline.New(w, 42), clocks: clock.NewTenants(clock.Func(func() time.Time { return noon })), trips: &trips{},
		who: &actor.Actor{Tenant: tenant, ClientID: "test", Roles: []string{actor.TMCAdmin}}}
	k.s = k.service(k.engine)
	return k
}

func (k *kit) service(a supplier.Air) *Service {
	w, _ := loadWorld()
	return New(Deps{Supplier: a, Trips: k.trips, Travelers: people{}, Keys: keys{}, Atlas: testAtlas{w}, Clocks: k.clocks})
}

func (k *kit) at(t time.Time) { k.clocks.Set(tenant, clock.State{Frozen: true, At: t}) }

// input makes the input of an operation from its JSON body.
func input[In any](k *kit, op, body string) In {
	k.t.Helper()
	c, err := loadContract()
	if err != nil {
		k.t.Fatal(err)
	}
	for _, v := range c.Operation(op).CheckBody("application/json", []byte(body)) {
		k.t.Fatalf("%s: the test's own request does not fit the contract: %+v\n%s", op, v, body)
	}
	var in In
	if err := json.Unmarshal([]byte(`{"Doc":`+body+`}`), &in); err != nil {
		k.t.Fatal(err)
	}
	return in
}

// call runs an operation as the edge does and holds its answer to the contract.
func call[In, Out any](k *kit, op string, f func(context.Context, In) (Out, error), in In) (json.RawMessage, error) {
	k.t.Helper()
	c, err := loadContract()
	if err != nil {
		k.t.Fatal(err)
	}
	run := k.st.View
	if e := c.Operation(op).Effect; e != contract.Read {
		run = k.st.Update
	}
	var out json.RawMessage
	status := 200
	err = run(actor.With(k.t.Context(), k.who), func(ctx context.Context) error {
		res, err := f(ctx, in)
		if err != nil {
			return err
		}
		if s, ok := any(res).(interface{ Status() int }); ok {
			status = s.Status()
		}
		switch v := any(res).(type) {
		case json.RawMessage:
			out = v
		case interface{ AppendJSON([]byte) []byte }:
			out = v.AppendJSON(nil)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if status != 204 {
		for _, v := range c.Operation(op).CheckResponse(status, "application/json", out) {
			k.t.Errorf("%s answers what the contract does not allow: %+v", op, v)
		}
	}
	return out, nil
}

func must(t testing.TB, out json.RawMessage, err error) json.RawMessage {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func wantCode(t testing.TB, err error, code errs.Code) {
	t.Helper()
	if !errs.Is(err, code) {
		t.Errorf("got %v, want %s", err, code)
	}
}

// get reads a value at a path such as "itineraryDetails/itineraries/0/itineraryId" of an answer, or of a
// part that get read before.
func get(t testing.TB, v any, path string) any {
	t.Helper()
	if raw, ok := v.(json.RawMessage); ok {
		d := json.NewDecoder(bytes.NewReader(raw))
		d.UseNumber()
		if err := d.Decode(&v); err != nil {
			t.Fatal(err)
		}
	}
	for p := range strings.SplitSeq(path, "/") {
		if p == "" {
			continue
		}
		switch n := v.(type) {
		case map[string]any:
			v = n[p]
		case []any:
			i := 0
			if _, err := fmt.Sscan(p, &i); err != nil || i >= len(n) {
				return nil
			}
			v = n[i]
		default:
			return nil
		}
	}
	return v
}

func text(t testing.TB, raw any, path string) string {
	t.Helper()
	s, _ := get(t, raw, path).(string)
	return s
}

// minorAt reads a Money in cents.
func minorAt(t testing.TB, raw any, path string) int64 {
	t.Helper()
	n, _ := get(t, raw, path+"/amount").(json.Number)
	cur := text(t, raw, path+"/currencyCode")
	v, err := money{n, cur}.minor(cur, "")
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return v
}

type keys struct{}

func (keys) TokenKey(tenant string) []byte { return []byte(strings.Repeat("k", 32) + tenant) }

// people are the profiles of the tests.
type people struct{}

func (people) Traveler(_ context.Context, id string) (Traveler, error) {
	switch id {
	case ada:
		return Traveler{UserID: ada, CompanyID: acme, Given: "Ada", Family: "Moreau", Email: "ada.moreau@example.com", DOB: "1990-05-04", Gender: "FEMALE",
			Persona: "EMPLOYEE", Personal: json.RawMessage(`{"name":{"given":"Ada","family1":"Moreau"},"preferredLanguage":"fr-FR"}`),
			Loyalties: json.RawMessage(`[{"id":"SIM123","issuedBy":"BA","type":"AIR"},{"id":"H1","issuedBy":"HH","type":"HOTEL"}]`)}, nil
	case tomas:
		return Traveler{UserID: tomas, CompanyID: acme, Given: "Tomas", Family: "Lindqvist"}, nil
	case rival:
		return Traveler{UserID: rival, CompanyID: other, Given: "Rita", Family: "Valdez"}, nil
	}
	return Traveler{}, errs.Missing("user", id)
}

// trips keeps PNRs in the store, as package trip does, and events once they are committed.
type trips struct {
	mu     sync.Mutex
	events []Change
	fail   error // what AddPNR answers after the booking was made
}

func (*trips) TripForBooking(_ context.Context, id string) (TripRef, error) {
	switch id {
	case "1111111111":
		return TripRef{ID: id, Company: acme}, nil
	case "2222222222":
		return TripRef{ID: id, Company: other}, nil
	}
	return TripRef{}, errs.Missing("trip", id)
}

func (f *trips) AddPNR(ctx context.Context, tripID string, p NewPNR) (string, error) {
	if f.fail != nil {
		return "", f.fail
	}
	id := ids.Digits()
	return id, f.keep(ctx, id, tripID, p.Company, p.Doc, 0, p.Changes)
}

func (f *trips) keep(ctx context.Context, id, tripID, company string, doc json.RawMessage, expect int64, changes []Change) error {
	o, err := jsondoc.Parse(doc)
	if err != nil {
		return err
	}
	o.Set("pnrId", id).Set("tripId", tripID).Set("version", expect+1)
	tx := store.From(ctx)
	r := &store.Record{Tenant: tenant, Kind: "pnr", ID: id, Parent: tripID + "/" + company, CreatedAt: noon, UpdatedAt: noon, Doc: o.Bytes()}
	if expect == 0 {
		err = tx.Insert(r)
	} else if err = tx.Update(r, expect); errors.Is(err, store.ErrVersion) {
		return errs.New(errs.VersionConflict, "PNR %s changed", id)
	}
	tx.AfterCommit(func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.events = append(f.events, changes...)
	})
	return err
}

func (f *trips) PNR(ctx context.Context, id string) (PNRDoc, error) {
	r, err := store.Read(ctx).Get(tenant, "pnr", id)
	if errors.Is(err, store.ErrNotFound) {
		return PNRDoc{}, errs.Missing("PNR", id)
	}
	if err != nil {
		return PNRDoc{}, err
	}
	tripID, company, _ := strings.Cut(r.Parent, "/")
	return PNRDoc{TripID: tripID, Company: company, Version: r.Version, Doc: r.Doc}, nil
}

func (f *trips) SavePNR(ctx context.Context, id string, expect int64, doc json.RawMessage, changes []Change) error {
	p, err := f.PNR(ctx, id)
	if err != nil {
		return err
	}
	return f.keep(ctx, id, p.TripID, p.Company, doc, expect, changes)
}

func (f *trips) told() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []string
	for _, e := range f.events {
		out = append(out, e.Operation)
	}
	return out
}

// pnr reads a stored PNR and holds it to the contract.
func (k *kit) pnr(id string) json.RawMessage {
	k.t.Helper()
	var out json.RawMessage
	if err := k.st.View(k.t.Context(), func(ctx context.Context) error {
		p, err := k.trips.PNR(ctx, id)
		out = p.Doc
		return err
	}); err != nil {
		k.t.Fatal(err)
	}
	c, _ := loadContract()
	for _, v := range c.Operation("getPnrV3").CheckResponse(200, "application/json", out) {
		k.t.Errorf("PNR %s does not fit the contract: %+v", id, v)
	}
	return out
}

// testAtlas reads the world, as the application does.
type testAtlas struct{ w *world.World }

func (a testAtlas) Airport(code string) (Airport, bool) {
	i, ok := a.w.Airport(code)
	if !ok {
		return Airport{}, false
	}
	return a.airport(i), true
}

func (a testAtlas) airport(i int) Airport {
	p := &a.w.Airports[i]
	c := &a.w.Countries[p.Country]
	return Airport{Code: p.Code, Name: p.Name, City: p.City, CityCode: p.Metro, CountryCode: c.Alpha2, Country: c.Name, Country3: c.Alpha3,
		Zone: a.w.Zones[p.Zone], Latitude: float64(p.Lat) / 1e5, Longitude: float64(p.Lon) / 1e5}
}

func (a testAtlas) Metro(code string) []string { return a.w.Metro(code) }

func (a testAtlas) Suggest(query string, limit int) []Airport {
	var out []Airport
	for _, i := range a.w.FindAirports(query, limit) {
		out = append(out, a.airport(i))
	}
	return out
}

func (a testAtlas) Airline(code string) (Airline, bool) {
	i, ok := a.w.Airline(code)
	if !ok {
		return Airline{}, false
	}
	return a.airline(i), true
}

func (a testAtlas) airline(i int) Airline {
	l := &a.w.Airlines[i]
	c := &a.w.Countries[l.Country]
	return Airline{Code: l.Code, Name: l.Name, CountryCode: c.Alpha2, Country: c.Name, Active: true, TicketPrefix: l.Prefix, Program: l.LoyaltyProgram,
		Alliance: supplier.Alliance(l.Alliance)}
}

func (a testAtlas) Airlines() []Airline {
	var out []Airline
	for i := range a.w.Airlines {
		out = append(out, a.airline(i))
	}
	return out
}

func (a testAtlas) Aircraft(code string) string { return a.w.EquipmentName(code) }
