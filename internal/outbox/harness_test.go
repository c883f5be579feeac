// SPDX-License-Identifier: Apache-2.0

package outbox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/announce"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/outbox"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/sqlite"
	"github.com/airside-travel/airside/webhook"
)

const (
	tenant  = "10000000-0000-4000-8000-000000000001"
	acme    = "20000000-0000-4000-8000-000000000001"
	globex  = "20000000-0000-4000-8000-000000000002"
	partner = "30000000-0000-4000-8000-000000000001" // a TMC that books for the tenant's companies
	nobody  = "40000000-0000-4000-8000-000000000001"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

var agency = &actor.Actor{Tenant: tenant, ClientID: "test", Roles: []string{actor.TMCAdmin}}

func companyAdmin(company string) *actor.Actor {
	return &actor.Actor{Tenant: tenant, ClientID: "test", Company: company, Roles: []string{actor.CompanyAdmin}}
}

type companies struct{}

func (companies) CompanyName(_ context.Context, _, id string) (string, error) {
	return lookup(map[string]string{acme: "Acme", globex: "Globex"}, id)
}

func (companies) TMCName(_ context.Context, _, id string) (string, error) {
	return lookup(map[string]string{tenant: "Own Travel", partner: "Partner Travel"}, id)
}

func lookup(m map[string]string, id string) (string, error) {
	if name, ok := m[id]; ok {
		return name, nil
	}
	return "", store.ErrNotFound
}

// rig is an outbox over a real store with a frozen clock.
type rig struct {
	*outbox.Service
	store  store.Store
	clocks *clock.Tenants
}

func newRig(t *testing.T, o outbox.Options) *rig {
	t.Helper()
	st, err := sqlite.Open(t.Context(), sqlite.Options{Memory: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	return newRigOn(t, st, o)
}

func newRigOn(t *testing.T, st store.Store, o outbox.Options) *rig {
	t.Helper()
	r := &rig{store: st, clocks: clock.NewTenants(clock.Func(func() time.Time { return start }))}
	r.clocks.Set(tenant, clock.State{Frozen: true, At: start})
	o.Store, o.Clocks, o.Companies, o.AllowInsecure = st, r.clocks, companies{}, true
	r.Service = outbox.New(o)
	t.Cleanup(r.Stop)
	return r
}

// write runs fn in a transaction, as the edge would for the actor.
func (r *rig) write(t *testing.T, a *actor.Actor, fn func(ctx context.Context) error) {
	t.Helper()
	if err := r.store.Update(actor.With(t.Context(), a), fn); err != nil {
		t.Fatal(err)
	}
}

// call runs an operation in a transaction and returns its answer as JSON, checked against the contract.
func call[In, Out any](t *testing.T, r *rig, a *actor.Actor, id string, fn func(context.Context, In) (Out, error), in In) ([]byte, error) {
	t.Helper()
	var out Out
	err := r.store.Update(actor.With(t.Context(), a), func(ctx context.Context) (err error) {
		out, err = fn(ctx, in)
		return err
	})
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	op := api(t).Operation(id)
	if op.SuccessStatus != http.StatusNoContent {
		if found := op.CheckResponse(op.SuccessStatus, "application/json", b); len(found) > 0 {
			t.Errorf("%s answers %s: %v", id, b, found)
		}
	}
	return b, nil
}

// must is call for what has to work, decoded into T.
func must[T, In, Out any](t *testing.T, r *rig, a *actor.Actor, id string, fn func(context.Context, In) (Out, error), in In) (v T) {
	t.Helper()
	b, err := call(t, r, a, id, fn, in)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatalf("%s: %v", b, err)
	}
	return v
}

var api = func() func(t *testing.T) *contract.Contract {
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

// request decodes a body as the edge would, after checking it against the contract.
func request[In any](t *testing.T, id, body string, in *In, doc any) In {
	t.Helper()
	if found := api(t).Operation(id).CheckBody("application/json", []byte(body)); len(found) > 0 {
		t.Fatalf("%s: %v", body, found)
	}
	if err := json.Unmarshal([]byte(body), doc); err != nil {
		t.Fatal(err)
	}
	return *in
}

const allTypes = `["TRAVELER_V2","PNR_V3","TRIP_DETAILS_V3","PNR_APPROVAL","AGENT_TASK_DETAILS","SERVICE_CHARGE"]`

func subscriptionBody(url, more string) string {
	return fmt.Sprintf(`{"subscriberId":%q,"name":"Expenses","eventTypes":%s,"url":%q,
		"eventSource":{"scopes":[{"predicates":[{"type":"COMPANY","values":[%q]}]}]}%s}`, acme, allTypes, url, acme, more)
}

type created struct {
	ID     string `json:"id"`
	Secret string `json:"hmacSigningSecret"`
}

func (r *rig) create(t *testing.T, body string) (created, error) {
	t.Helper()
	return r.createAs(t, agency, body)
}

func (r *rig) createAs(t *testing.T, a *actor.Actor, body string) (c created, err error) {
	t.Helper()
	var in outbox.CreateSubscriptionIn
	b, err := call(t, r, a, "createWebhookSubscription", r.CreateSubscription, request(t, "createWebhookSubscription", body, &in, &in.Doc))
	if err == nil {
		err = json.Unmarshal(b, &c)
	}
	return c, err
}

func (r *rig) subscribe(t *testing.T, url string) created {
	t.Helper()
	c, err := r.create(t, subscriptionBody(url, ""))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (r *rig) update(t *testing.T, a *actor.Actor, id, body string) (v outbox.Subscription, err error) {
	t.Helper()
	in := outbox.UpdateSubscriptionIn{ID: id}
	b, err := call(t, r, a, "updateWebhookSubscription", r.UpdateSubscription, request(t, "updateWebhookSubscription", body, &in, &in.Doc))
	if err == nil {
		err = json.Unmarshal(b, &v)
	}
	return v, err
}

// tell announces the n-th change of a PNR of Acme.
func (r *rig) tell(t *testing.T, pnr string, n int) {
	t.Helper()
	r.write(t, agency, func(ctx context.Context) error { return r.Announce(ctx, notice(pnr, n)) })
}

func notice(pnr string, n int) announce.Notice {
	return announce.Notice{
		Type: "PNR_V3", Operation: "BOOKING_UPDATED", Resource: "PNR/" + pnr, Version: int64(n), Company: acme,
		Payload: fmt.Appendf(nil, `{"pnrId": %q, "version": %d}`, pnr, n),
	}
}

func (r *rig) settle(t *testing.T) int {
	t.Helper()
	n, err := r.Settle(t.Context(), tenant)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// advance moves the tenant's clock, stopping at each time that something is due.
func (r *rig) advance(t *testing.T, d time.Duration) int {
	t.Helper()
	to, n := r.clocks.Now(tenant).Add(d), r.settle(t)
	for {
		now := r.clocks.Now(tenant)
		var next time.Time
		err := r.store.View(t.Context(), func(ctx context.Context) (err error) {
			next, err = store.Read(ctx).NextDue(tenant, now)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if next.IsZero() || next.After(to) {
			r.clocks.Set(tenant, clock.State{Frozen: true, At: to})
			return n + r.settle(t)
		}
		r.clocks.Set(tenant, clock.State{Frozen: true, At: next})
		n += r.settle(t)
	}
}

func (r *rig) deliveries(t *testing.T, in outbox.ListDeliveriesIn) []outbox.Delivery {
	t.Helper()
	if in.Limit == 0 {
		in.Limit = 100
	}
	return must[outbox.ListDeliveriesOut](t, r, agency, "listDeliveries", r.ListDeliveries, in).Deliveries
}

func (r *rig) delivery(t *testing.T, id string) outbox.GetDeliveryOut {
	t.Helper()
	return must[outbox.GetDeliveryOut](t, r, agency, "getDelivery", r.GetDelivery, outbox.DeliveryIn{ID: id})
}

// got is what a receiver got.
type got struct {
	id     string
	header http.Header
	body   []byte
	event  webhook.Event
}

// receiver is an endpoint on loopback.
type receiver struct {
	*httptest.Server
	mu  sync.Mutex
	all []got
}

// newReceiver answers what respond says for the n-th request, counted from 1; nil means 200.
func newReceiver(t *testing.T, respond func(n int, g got, w http.ResponseWriter)) *receiver {
	t.Helper()
	rec := &receiver{}
	rec.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("receiver: %v", err)
		}
		g := got{id: r.Header.Get(webhook.HeaderID), header: r.Header, body: body}
		if g.event, err = webhook.ParseEvent(body); err != nil {
			t.Errorf("receiver: %v", err)
		}
		rec.mu.Lock()
		rec.all = append(rec.all, g)
		n := len(rec.all)
		rec.mu.Unlock()
		if respond != nil {
			respond(n, g, w)
		}
	}))
	t.Cleanup(rec.Close)
	return rec
}

func (r *receiver) received() []got {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]got(nil), r.all...)
}

// plainReceiver verifies, and refuses what it cannot verify, as a real one would.
type plainReceiver struct {
	*httptest.Server
	secret string
	seen   []string // why it was refused, or empty
}

func newPlainReceiver(t *testing.T) *plainReceiver {
	t.Helper()
	rec := &plainReceiver{}
	rec.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = webhook.Verify([]string{rec.secret}, r.Header, body, start, 0)
		}
		why := ""
		if err != nil {
			why = err.Error()
			w.WriteHeader(http.StatusUnauthorized)
		}
		rec.seen = append(rec.seen, why) // one lane: never two at once
	}))
	t.Cleanup(rec.Close)
	return rec
}
