// SPDX-License-Identifier: Apache-2.0

package trip

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/announce"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store/sqlite"
)

const (
	tenant   = "11111111-1111-4111-8111-111111111111"
	company  = "22222222-2222-4222-8222-222222222222"
	rival    = "33333333-3333-4333-8333-333333333333"
	ada      = "aaaaaaaa-0000-4000-8000-000000000001" // traveler
	tomas    = "aaaaaaaa-0000-4000-8000-000000000002" // traveler
	mina     = "aaaaaaaa-0000-4000-8000-000000000003" // arranges for Ada
	otto     = "aaaaaaaa-0000-4000-8000-000000000004" // arranges for the company
	stranger = "aaaaaaaa-0000-4000-8000-000000000009" // works for the rival
)

func agent() *actor.Actor {
	return &actor.Actor{Tenant: tenant, ClientID: "agency-desk", Roles: []string{actor.TMCAdmin}}
}

func admin() *actor.Actor {
	return &actor.Actor{Tenant: tenant, ClientID: "hr-system", Company: company, Roles: []string{actor.CompanyAdmin}}
}

func person(id string, roles ...string) *actor.Actor {
	return &actor.Actor{Tenant: tenant, ClientID: "app", Company: company, UserID: id, Roles: append(roles, actor.Traveler)}
}

type people map[string]User

func (p people) User(_ context.Context, id string) (User, error) {
	u, ok := p[id]
	if !ok {
		return User{}, errs.Missing("user", id)
	}
	return u, nil
}

func (p people) HasCompany(_ context.Context, id string) (bool, error) {
	return id == company || id == rival, nil
}

func (p people) Arranges(_ context.Context, id string) (Arranges, error) {
	switch id {
	case mina:
		return Arranges{Users: []string{ada}, Holds: true}, nil
	case otto:
		return Arranges{Company: true, Holds: true}, nil
	}
	return Arranges{}, nil
}

// bench is a Service on a store in memory, with a clock that the test moves.
type bench struct {
	*testing.T
	s     *Service
	store *sqlite.Store
	at    time.Time
	told  []announce.Notice
}

func (b *bench) Announce(_ context.Context, n announce.Notice) error {
	b.told = append(b.told, n)
	return nil
}

func newBench(t *testing.T) *bench {
	t.Helper()
	db, err := sqlite.Open(context.Background(), sqlite.Options{Memory: true, Readers: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	b := &bench{T: t, store: db, at: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	who := people{}
	for id, n := range map[string][2]string{ada: {"Ada", "Moreau"}, tomas: {"Tomas", "Lindqvist"}, mina: {"Mina", "Okafor"}, otto: {"Otto", "Brandt"}} {
		who[id] = User{ID: id, CompanyID: company, Given: n[0], Family: n[1], Email: strings.ToLower(n[0]) + "@example.com", Persona: "EMPLOYEE", Active: true}
	}
	who[stranger] = User{ID: stranger, CompanyID: rival, Given: "Iris", Family: "Halloran", Active: true}
	b.s = New(Options{Clocks: clock.NewTenants(clock.Func(func() time.Time { return b.at })), Directory: who, Announcer: b})
	return b
}

// run carries out an operation as the edge would and checks its answer against the contract.
func run[In, Out any](b *bench, a *actor.Actor, op string, fn func(context.Context, In) (Out, error), in In) (Out, []byte, error) {
	b.Helper()
	o := spec(b.T).Operation(op)
	if o == nil {
		b.Fatalf("no operation %s", op)
	}
	var out Out
	act := func(ctx context.Context) error {
		var err error
		out, err = fn(actor.With(ctx, a), in)
		return err
	}
	var err error
	if o.Effect == contract.Read {
		err = b.store.View(b.Context(), act)
	} else {
		before := len(b.told)
		err = b.store.Update(b.Context(), act)
		if err != nil {
			b.told = b.told[:before]
		}
	}
	if err != nil {
		if errs.As(err) == nil {
			b.Fatalf("%s: an internal error: %v", op, err)
		}
		return out, nil, err
	}
	body, merr := json.Marshal(out)
	if merr != nil {
		b.Fatal(merr)
	}
	sent := body
	if _, empty := any(out).(struct{}); empty {
		sent = nil
	}
	for _, v := range o.CheckResponse(o.SuccessStatus, "application/json", sent) {
		b.Errorf("%s: the answer breaks the contract: %+v\n%s", op, v, sent)
	}
	return out, body, nil
}

// must is run for calls that have to work.
func must[In, Out any](b *bench, a *actor.Actor, op string, fn func(context.Context, In) (Out, error), in In) (Out, []byte) {
	b.Helper()
	out, body, err := run(b, a, op, fn, in)
	if err != nil {
		b.Fatalf("%s: %v", op, err)
	}
	return out, body
}

// refused is run for calls that have to fail with a code.
func refused[In, Out any](b *bench, a *actor.Actor, op string, fn func(context.Context, In) (Out, error), in In, want errs.Code) {
	b.Helper()
	_, body, err := run(b, a, op, fn, in)
	if !errs.Is(err, want) {
		b.Errorf("%s: got %v (%s), want %s", op, err, body, want)
	}
}

var spec = func() func(*testing.T) *contract.Contract {
	load := sync.OnceValues(contract.Load)
	return func(t *testing.T) *contract.Contract {
		t.Helper()
		c, err := load()
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
}()

func (b *bench) trip(a *actor.Actor, user string) string {
	b.Helper()
	in := CreateTripIn{}
	in.Doc.Name, in.Doc.User = "Lisbon offsite", &ref{user}
	out, _ := must(b, a, "createTrip", b.s.CreateTrip, in)
	return out.ID
}

func (b *bench) pnr(trip, body string) string {
	b.Helper()
	b.legal("createPnrV3", body)
	out, _ := must(b, agent(), "createPnrV3", b.s.CreatePNR, CreatePNRIn{trip, json.RawMessage(body)})
	return out.ID
}

// legal fails the test when the edge would never have let the body through.
func (b *bench) legal(op, body string) {
	b.Helper()
	for _, v := range spec(b.T).Operation(op).CheckBody("application/json", []byte(body)) {
		b.Fatalf("the test sends a body that breaks the contract: %+v\n%s", v, body)
	}
}

func (b *bench) detail(a *actor.Actor, trip string) map[string]any {
	b.Helper()
	_, body := must(b, a, "getTripDetailsV3", b.s.TripDetails, TripIn{trip})
	return decode(b.T, body)
}

func (b *bench) read(trip, pnr string) map[string]any {
	b.Helper()
	_, body := must(b, agent(), "getPnrV3", b.s.PNRByID, PNRIn{trip, pnr})
	return decode(b.T, body)
}

func decode(t *testing.T, body []byte) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return v
}

// at walks into decoded JSON: "basicTripInfo.startDate.iso8601", "pnrs.0.pnrId".
func at(v any, path string) any {
	for key := range strings.SplitSeq(path, ".") {
		switch t := v.(type) {
		case map[string]any:
			v = t[key]
		case []any:
			i := 0
			if _, err := fmt.Sscan(key, &i); err != nil || i >= len(t) {
				return nil
			}
			v = t[i]
		default:
			return nil
		}
	}
	return v
}

// booking is a PnrData body of a product with more members appended ("" for none).
func booking(product, more string) string {
	if more != "" {
		more = "," + more
	}
	return `{"pnrTravelers":[{"userId":{"id":"` + ada + `"}}],` +
		`"costOfGoodsSold":{"payments":[{"travelerIndices":[0],"paymentType":"MISCELLANEOUS"}]},` + product + more + `}`
}

const eur = `"currencyCode":"EUR"`

func rate(base string) string {
	return `{"base":{"amount":` + base + `,` + eur + `},"tax":{"amount":0,` + eur + `}}`
}

func flight(from, dep, to, arr, more string) string {
	if more != "" {
		more = "," + more
	}
	return `{"departureDateTime":{"iso8601":"` + dep + `"},"arrivalDateTime":{"iso8601":"` + arr + `"},"origin":"` + from + `","destination":"` + to + `",` +
		`"marketing":{"num":"101","airlineCode":"ZZ"},"operating":{"num":"101","airlineCode":"ZZ"}` + more + `}`
}

func air(flights ...string) string { return airWith("", "", flights...) }

// airWith is an air product with members of its first leg and tickets of its traveler.
func airWith(leg, tickets string, flights ...string) string {
	if leg != "" {
		leg += ","
	}
	return `"airPnr":{"legs":[{` + leg + `"flights":[` + strings.Join(flights, ",") + `]}],` +
		`"travelerInfos":[{"travelerIdx":0,"booking":{},"tickets":[` + tickets + `]}]}`
}

func hotel(in, out, status string) string {
	return `"hotelPnr":{"checkInDateTime":{"iso8601":"` + in + `"},"checkOutDateTime":{"iso8601":"` + out + `"},` +
		`"hotelInfo":{"name":"Harbour House","address":{"addressLines":["1 Quay"],"regionCode":"PT","locality":"Lisbon"}},"numberOfRooms":1,` +
		`"payment":{"paymentType":"PREPAID"},"pnrStatus":"` + status + `","vendorConfirmationNumber":"HH-77",` +
		`"room":{"bedCount":1,"bedType":"KING","cancellationPolicy":{"policy":"NON_REFUNDABLE"},` +
		`"rateInfo":{"nightlyRate":{"amount":100,` + eur + `},"totalRate":` + rate("400") + `}}}`
}

func misc(from, to string) string {
	return `"miscPnr":{"description":"Visa","startDateTime":{"iso8601":"` + from + `"},"endDateTime":{"iso8601":"` + to + `"},` +
		`"rate":` + rate("30.5") + `,"vendorConfirmationNumber":"V-1"}`
}

func car() string {
	return `"carPnr":{"pickupDateTime":{"iso8601":"2026-09-28T08:00:00"},"dropOffDateTime":{"iso8601":"2026-10-01T08:00"},"rate":` + rate("90") +
		`,"vendorConfirmationNumber":"C1","carInfo":{"carSpec":{"type":"ECONOMY"},"vendor":{"code":"ZZ","name":"Zip"},"pickupLocation":{"address":{"addressLines":["1"],"regionCode":"US"}},"dropOffLocation":{"address":{"addressLines":["1"],"regionCode":"US"}}}}`
}

func rail() string {
	return `"railPnr":{"legInfos":[{"departAt":{"iso8601":"2026-09-27T23:30:00+02:00"},"arriveAt":{"iso8601":"2026-09-28T06:00:00+02:00"},"origin":"Nice","destination":"Paris","fareType":"Flex","vehicle":{"type":"TRAIN","carrierName":"Rapide","timetableId":"5774"}}],` +
		`"outwardJourney":{"legs":[0]},"rate":` + rate("70") + `,"ticketDetails":[],"type":"ONE_WAY","vendorConfirmationNumber":"R1"}`
}

func limo() string {
	return `"limoPnr":{"legs":[{"pickupDateTime":{"iso8601":"2026-09-30T08:00"},"pickupLocation":{"address":{"addressLines":["1"],"regionCode":"US"}},"dropOffLocation":{"address":{"addressLines":["1"],"regionCode":"US"}}}],` +
		`"limoDetails":{"carType":"SUV","electricVehicle":"NO"},"rate":` + rate("50") + `,"vendorConfirmationNumber":"L1"}`
}
