// SPDX-License-Identifier: Apache-2.0

package charge_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/charge"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store/sqlite"
)

const (
	tmc  = "7d1f7a2e-0000-7000-8000-000000000001"
	acme = "7d1f7a2e-0000-7000-8000-000000000002"
	ada  = "7d1f7a2e-0000-7000-8000-00000000000a"
)

// owners knows Acme, Ada and one trip.
type owners struct{}

func (owners) Company(_ context.Context, id string) error {
	if id != acme {
		return errs.Missing("company", id)
	}
	return nil
}

func (owners) Visible(_ context.Context, kind, id string) error {
	if kind+id != "USER"+ada && kind+id != "TRIP4242424242" {
		return errs.Missing(kind, id)
	}
	return nil
}

type world struct {
	t   *testing.T
	api *contract.Contract
	db  *sqlite.Store
	svc *charge.Service
}

func newWorld(t *testing.T) *world {
	t.Helper()
	api, err := contract.Load()
	if err != nil {
		t.Fatal(err)
	}
	db, err := sqlite.Open(t.Context(), sqlite.Options{Memory: true, Readers: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	now := time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)
	return &world{t, api, db, charge.New(clock.NewTenants(clock.Func(func() time.Time { return now })), owners{})}
}

func (w *world) in(fn func(ctx context.Context) error) error {
	w.t.Helper()
	return w.db.Update(w.t.Context(), func(ctx context.Context) error {
		return fn(actor.With(ctx, &actor.Actor{Tenant: tmc, Roles: []string{actor.TMCAdmin}}))
	})
}

func (w *world) set(company, config string) error {
	w.t.Helper()
	raw := json.RawMessage(`{"config":` + config + `}`)
	for _, v := range w.api.Operation("setCompanyPerTripSrvCharge").CheckBody("application/json", raw) {
		w.t.Fatalf("the test sends a bad body: %s", v)
	}
	return w.in(func(ctx context.Context) error {
		_, err := w.svc.SetPlan(ctx, charge.SetPlanIn{CompanyID: company, Raw: raw})
		return err
	})
}

func (w *world) plan() (got string) {
	w.t.Helper()
	if err := w.in(func(ctx context.Context) error {
		raw, err := w.svc.Plan(ctx, charge.CompanyIn{CompanyID: acme})
		for _, v := range w.api.Operation("getCompanyPerTripSrvCharge").CheckResponse(200, "application/json", raw) {
			w.t.Errorf("outside the contract: %s\n%s", v, raw)
		}
		got = string(raw)
		return err
	}); err != nil {
		w.t.Fatal(err)
	}
	return got
}

func TestPlan(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if d := cmp.Diff(`{"config":{"charges":[]},"enabled":false,"enableDisableOpSupported":false}`, w.plan()); d != "" {
		t.Error(d)
	}
	const full = `{"charges":[{"amount":12.5,"currencyCode":"EUR"},{"amount":0,"currencyCode":"USD"}],"defaultCurrencyCode":"EUR","tierCharges":[{"tier":"SEAT1A","charges":[{"amount":0,"currencyCode":"EUR"}]}]}`
	if err := w.set(acme, full); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(`{"config":`+full+`,"enabled":true,"enableDisableOpSupported":false}`, w.plan()); d != "" {
		t.Error(d)
	}
	for config, pointer := range map[string]string{
		`{"charges":[{"amount":1,"currencyCode":"EUR"},{"amount":2,"currencyCode":"EUR"}]}`:              "/config/charges/1/currencyCode",
		`{"charges":[{"amount":1,"currencyCode":"Euro"}]}`:                                               "/config/charges/0/currencyCode",
		`{"charges":[{"amount":-1,"currencyCode":"EUR"}]}`:                                               "/config/charges/0/amount",
		`{"charges":[{"amount":1,"currencyCode":"EUR"}],"defaultCurrencyCode":"USD"}`:                    "/config/defaultCurrencyCode",
		`{"charges":[],"tierCharges":[{"tier":"BASIC","charges":[]},{"tier":"BASIC","charges":[]}]}`:     "/config/tierCharges/1/tier",
		`{"charges":[],"tierCharges":[{"tier":"BASIC","charges":[{"amount":-3,"currencyCode":"EUR"}]}]}`: "/config/tierCharges/0/charges/0/amount",
	} {
		e := errs.As(w.set(acme, config))
		if e == nil || e.Code != errs.ValidationFailed || e.Fields[0].Pointer != pointer {
			t.Errorf("%s: %v", config, e)
		}
	}
	if err := w.set(acme, `{"charges":[]}`); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(`{"config":{"charges":[]},"enabled":false,"enableDisableOpSupported":false}`, w.plan()); d != "" {
		t.Errorf("what was left out is still there: %s", d)
	}
	if err := w.set(ada, `{"charges":[]}`); !errs.Is(err, errs.ResourceNotFound) {
		t.Errorf("no such company: %v", err)
	}
}

func TestLedger(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	list := func(kind, id, service string) (out []string, err error) {
		err = w.in(func(ctx context.Context) error {
			in := charge.ListIn{EntityType: kind, EntityID: id}
			in.Query.ServiceType = service
			got, err := w.svc.List(ctx, in)
			if err != nil {
				return err
			}
			raw, err := json.Marshal(got)
			for _, v := range w.api.Operation("listServiceCharges").CheckResponse(200, "application/json", raw) {
				t.Errorf("outside the contract: %s\n%s", v, raw)
			}
			for _, r := range got.List {
				var c struct{ ChargeID string }
				if err := json.Unmarshal(r, &c); err != nil {
					return err
				}
				out = append(out, c.ChargeID)
			}
			return err
		})
		return out, err
	}
	if got, err := list("TRIP", "4242424242", ""); err != nil || len(got) != 0 {
		t.Errorf("nothing charged yet: %v, %v", got, err)
	}
	for i, service := range []string{"ITINERARY_BOOKING", "AGENT_CONTACT"} {
		record := fmt.Appendf(nil, `{"entity":{"entityType":"TRIP","entityId":"4242424242"},"serviceChargeType":"TMC_CHARGE","serviceType":%q,"chargeId":"c%d",
			"charge":{"amount":{"amount":5,"currencyCode":"EUR"},"taxes":[],"totalAmount":{"amount":5,"currencyCode":"EUR"}},
			"transactionTime":{"iso8601":"2026-03-02T09:30:00Z"},"paymentStatus":"NO_CHARGE"}`, service, i)
		if err := w.in(func(ctx context.Context) error { return w.svc.Enter(ctx, "TRIP", "4242424242", record) }); err != nil {
			t.Fatal(err)
		}
	}
	for _, tc := range []struct {
		kind, id, service string
		want              []string
	}{
		{"TRIP", "4242424242", "", []string{"c0", "c1"}},
		{"TRIP", "4242424242", "AGENT_CONTACT", []string{"c1"}},
		{"USER", "7D1F7A2E-0000-7000-8000-00000000000A", "", nil},
	} {
		got, err := list(tc.kind, tc.id, tc.service)
		if d := cmp.Diff(tc.want, got); d != "" || err != nil {
			t.Errorf("%s %s %s: %v %s", tc.kind, tc.id, tc.service, err, d)
		}
	}
	if _, err := list("TRIP", "1111111111", ""); !errs.Is(err, errs.ResourceNotFound) {
		t.Errorf("no such trip: %v", err)
	}
}
