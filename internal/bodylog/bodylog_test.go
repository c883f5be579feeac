// SPDX-License-Identifier: Apache-2.0

package bodylog_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/bodylog"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/sqlite"
)

const tenant, shared = "tmc", "installation"

var start = time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC) //nolint:gochecknoglobals // constant; Go has no constant times

// breaking is a store that takes nothing while it is broken.
type breaking struct {
	store.Store
	broken bool
}

func (b *breaking) Update(ctx context.Context, fn func(context.Context) error) error {
	if b.broken {
		return errors.New("the disk is full")
	}
	return b.Store.Update(ctx, fn)
}

type rig struct {
	*bodylog.Service
	t       *testing.T
	now     time.Time
	store   *breaking
	c       *contract.Contract
	counted map[string]int
	log     strings.Builder
	n       int
}

func newRig(t *testing.T, keep time.Duration) *rig {
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
	c, err := contract.Load()
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, now: start, store: &breaking{Store: st}, c: c, counted: map[string]int{}}
	r.Service = r.service(keep)
	return r
}

// service is one more on the same store, as after a restart with another setting.
func (r *rig) service(keep time.Duration) *bodylog.Service {
	return bodylog.New(bodylog.Options{
		Store: r.store, Clock: clock.Func(func() time.Time { return r.now }), Contract: r.c, Keep: keep, Shared: shared,
		Log: slog.New(slog.NewTextHandler(&r.log, nil)), Counted: func(why string, n int) { r.counted[why] += n },
	})
}

func body(media, text string) bodylog.Body {
	return bodylog.Body{MediaType: media, Text: []byte(text[:min(len(text), bodylog.MaxInput)]), Bytes: len(text)}
}

func (r *rig) take(op string, status int, request, response bodylog.Body) (id string, taken bool) {
	r.n++
	x := &bodylog.Exchange{ID: fmt.Sprint("request-", r.n), Tenant: tenant, ClientID: "as_client_1", Environment: "sandbox",
		Operation: r.c.Operation(op), At: r.now, Status: status, Request: request, Response: response}
	return x.ID, r.Take(x)
}

func (r *rig) read(as, id string) (b *bodylog.Bodies, err error) {
	r.t.Helper()
	ctx := actor.With(r.t.Context(), &actor.Actor{Tenant: as})
	if err := r.Ready(ctx, bodylog.ReadIn{RequestID: id}); err != nil {
		r.t.Fatal(err)
	}
	verr := r.store.View(ctx, func(ctx context.Context) error {
		b, err = r.Read(ctx, bodylog.ReadIn{RequestID: id})
		return nil
	})
	if verr != nil {
		r.t.Fatal(verr)
	}
	return b, err
}

const asJSON = "application/json"

func TestBodiesAreRedacted(t *testing.T) {
	t.Parallel()
	r := newRig(t, time.Hour)
	large := `{"name":"` + strings.Repeat("ä", bodylog.MaxText) + `"}`
	huge := `{"emailDomains":["` + strings.Repeat("ä", bodylog.MaxInput) + `"],"name":"x"}`
	for name, tc := range map[string]struct {
		op                string
		status            int
		request, response bodylog.Body
		wantIn, wantOut   *bodylog.Kept
	}{
		"people": {"getUserInfo", 200, bodylog.Body{}, body(asJSON, `{"id":"u1","personalInfo":{"name":{"given":"Lena","family1":"Okafor"},"email":"a@b.example"},"nick":"Len"}`),
			nil, &bodylog.Kept{Bytes: 106, Text: `{"id":"u1","personalInfo":{"name":{"given":"L.","family1":"O."},"email":"[contact]"},"nick":"[3 characters]"}`}},
		"secrets and cards in texts": {"createCompany", 200, body(asJSON, `{"name":"Bearer abcdefgh12345678 4000-0566-5566-5556 a@b.example"}`), bodylog.Body{},
			&bodylog.Kept{Bytes: 66, Text: `{"name":"[redacted] [card ending 5556] [e-mail]"}`}, nil},
		"what nobody declared": {"createCompany", 200, body(asJSON, `{"pan":4000056655665556,"x":{"y":"Lena"}}`), bodylog.Body{},
			&bodylog.Kept{Bytes: 41, Text: `{"pan":"[16 characters]","x":{"y":"[4 characters]"}}`}, nil},
		"form": {"fetchOauth2Token", 200, body("application/x-www-form-urlencoded", "grant_type=client_credentials&client_id=as_1&client_secret=short"), bodylog.Body{},
			&bodylog.Kept{MediaType: "application/x-www-form-urlencoded", Bytes: 64, Text: `{"client_id":"as_1","client_secret":"[secret]","grant_type":"client_credentials"}`}, nil},
		"broken": {"createCompany", 400, body(asJSON, `{"name":"Lena`), body(asJSON, `{"debugIdentifier":"https://x.example/1","errorMessages":[{"errorCode":"MALFORMED_JSON","message":"\"Lena\" ends early"}]}`),
			&bodylog.Kept{Bytes: 13, Withheld: "MALFORMED"}, &bodylog.Kept{Bytes: 122, Text: `{"debugIdentifier":"https://x.example/1","errorMessages":[{"errorCode":"MALFORMED_JSON","message":"[17 characters]"}]}`}},
		"no JSON":            {"createCompany", 200, body("text/plain", "Lena"), body("text/html", "Lena"), &bodylog.Kept{MediaType: "text/plain", Bytes: 4, Withheld: "MEDIA_TYPE"}, &bodylog.Kept{MediaType: "text/html", Bytes: 4, Withheld: "MEDIA_TYPE"}},
		"longer than kept":   {"createCompany", 200, body(asJSON, large), bodylog.Body{}, &bodylog.Kept{Bytes: len(large), Text: large[:bodylog.MaxText-1], Truncated: true}, nil},
		"longer than looked": {"createCompany", 200, body(asJSON, huge), bodylog.Body{}, &bodylog.Kept{Bytes: len(huge), Text: `{"emailDomains":[`, Truncated: true}, nil},
		"webhook": {"receiveWebhook", 200, body(asJSON, `{"event_type":"PNR_V3","operation":"BOOKING_CREATED","timestamp":"2027-03-01T09:00:00Z","payload":{"pnrId":"1","travelers":[{"travelerInfo":{"name":{"given":"Lena"}}}]}}`), bodylog.Body{},
			&bodylog.Kept{Bytes: 168, Text: ""}, nil},
	} {
		id, taken := r.take(tc.op, tc.status, tc.request, tc.response)
		got, err := r.read(tenant, id)
		if !taken || err != nil {
			t.Fatalf("%s: %t %v", name, taken, err)
		}
		if name == "webhook" {
			if !strings.Contains(got.Request.Text, "BOOKING_CREATED") || strings.Contains(got.Request.Text, "Lena") {
				t.Errorf("%s: %s", name, got.Request.Text)
			}
			continue
		}
		for _, k := range []*bodylog.Kept{tc.wantIn, tc.wantOut} {
			if k != nil && k.MediaType == "" {
				k.MediaType = asJSON
			}
		}
		if d := cmp.Diff([]*bodylog.Kept{tc.wantIn, tc.wantOut}, []*bodylog.Kept{got.Request, got.Response}); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

// TestBodiesExpire: each is gone when its own time is over, whatever the setting is then.
func TestBodiesExpire(t *testing.T) {
	t.Parallel()
	r := newRig(t, 48*time.Hour)
	some := body(asJSON, `{"name":"a"}`)
	long, _ := r.take("createCompany", 200, some, some)
	r.Flush(t.Context())
	r.Service = r.service(time.Hour)
	var short []string
	for range 120 {
		id, _ := r.take("createCompany", 200, some, some)
		short = append(short, id)
	}
	r.Flush(t.Context())
	count := func() (n int) {
		if err := r.store.View(t.Context(), func(ctx context.Context) (err error) {
			n, err = store.Read(ctx).Count(store.Query{Tenant: tenant, Kind: "log.bodies"})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return n
	}
	r.now = start.Add(time.Hour)
	if _, err := r.read(tenant, short[0]); !errs.Is(err, errs.ResourceNotFound) {
		t.Errorf("what has expired is shown: %v", err)
	}
	r.Service = r.service(0) // switched off
	if before := count(); before != 121 {
		t.Errorf("%d are kept before the sweep", before)
	}
	if err := r.Sweep(t.Context()); err != nil || count() != 1 {
		t.Errorf("after the sweep %d are left: %v", count(), err)
	}
	if _, err := r.read(tenant, long); err != nil {
		t.Error(err)
	}
	r.now = start.Add(48 * time.Hour)
	if err := r.Sweep(t.Context()); err != nil || count() != 0 {
		t.Errorf("%d are left: %v", count(), err)
	}
}

func TestWhoReads(t *testing.T) {
	t.Parallel()
	r := newRig(t, time.Hour)
	some := body(asJSON, `{"name":"a"}`)
	own, _ := r.take("createCompany", 200, some, some)
	for _, op := range []string{"receiveWebhook", "createCompany"} {
		r.Take(&bodylog.Exchange{ID: op, Tenant: shared, Stranger: true, Operation: r.c.Operation(op), At: r.now, Status: 200, Request: some})
	}
	for _, tc := range []struct {
		as, id string
		found  bool
	}{{tenant, own, true}, {"other", own, false}, {"other", "receiveWebhook", true}, {"other", "createCompany", false}, {tenant, "nothing", false}} {
		if _, err := r.read(tc.as, tc.id); (err == nil) != tc.found || err != nil && !errs.Is(err, errs.ResourceNotFound) {
			t.Errorf("%s reads %s: %v", tc.as, tc.id, err)
		}
	}
}

// TestNoPlace: what finds no place is dropped, counted and told, and never anybody's error.
func TestNoPlace(t *testing.T) {
	t.Parallel()
	r := newRig(t, time.Hour)
	some := body(asJSON, `{"name":"a"}`)
	strangers := 0
	for range 100 {
		if r.Take(&bodylog.Exchange{ID: fmt.Sprint("s", strangers), Tenant: tenant, Stranger: true, Operation: r.c.Operation("fetchOauth2Token"), At: r.now, Status: 401, Request: some}) {
			strangers++
		}
	}
	r.Flush(t.Context())
	taken := 0
	for range 2000 {
		if _, ok := r.take("createCompany", 200, some, bodylog.Body{}); ok {
			taken++
		}
	}
	r.store.broken = true
	r.Flush(t.Context())
	large := body(asJSON, strings.Repeat("x", bodylog.MaxInput))
	bytes := 0
	for range 200 {
		if _, ok := r.take("createCompany", 200, large, large); ok {
			bytes += 2 * bodylog.MaxInput
		}
	}
	if strangers != 60 || taken != 1024 || bytes != 16<<20 {
		t.Errorf("%d of strangers, %d, and %d bytes were taken", strangers, taken, bytes)
	}
	want := map[string]int{"": 60, bodylog.Bound: 40, bodylog.Full: 976 + 168, bodylog.Failed: 1024}
	if d := cmp.Diff(want, r.counted); d != "" {
		t.Error(d)
	}
	if log := r.log.String(); !strings.Contains(log, "were not kept") || !strings.Contains(log, "requests=1040") || !strings.Contains(log, "the disk is full") || strings.Count(log, "\n") != 1 {
		t.Error(log)
	}
	r.store.broken = false
	r.Flush(t.Context())
	if r.counted[""] != 60+32 {
		t.Errorf("%v: what waited is not kept once the store works again", r.counted)
	}
}
