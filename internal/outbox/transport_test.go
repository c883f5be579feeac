// SPDX-License-Identifier: Apache-2.0

package outbox_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/outbox"
	"github.com/airside-travel/airside/internal/store/sqlite"
)

// Outside dev the address is refused when it is dialled, whatever was accepted when the subscription
// was made.
func TestLoopbackIsNotDialled(t *testing.T) {
	t.Parallel()
	rec := newReceiver(t, nil)
	r := newRig(t, outbox.Options{})
	r.subscribe(t, rec.URL)
	r.subscribe(t, strings.Replace(rec.URL, "127.0.0.1", "localhost", 1))
	r.tell(t, "1000000001", 1)
	strict := outbox.New(outbox.Options{Store: r.store, Clocks: r.clocks, Companies: companies{}})
	t.Cleanup(strict.Stop)
	if n, err := strict.Settle(t.Context(), tenant); n != 2 || err != nil {
		t.Fatalf("%d attempts, %v", n, err)
	}
	for _, d := range r.deliveries(t, outbox.ListDeliveriesIn{}) {
		if d.State != "PENDING" || !strings.HasPrefix(d.LastError, "not sent: ") || !strings.HasSuffix(d.LastError, " is a loopback address") {
			t.Errorf("%+v", d)
		}
	}
	if n := len(rec.received()); n > 0 {
		t.Errorf("%d requests", n)
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		newest  uint16
		trusted bool
		state   string
	}{
		"1.3":               {tls.VersionTLS13, true, "DELIVERED"},
		"1.2":               {tls.VersionTLS12, true, "DELIVERED"},
		"1.1":               {tls.VersionTLS11, true, "PENDING"},
		"unknown authority": {tls.VersionTLS13, false, "PENDING"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
			srv.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tc.newest}
			srv.EnableHTTP2 = true
			srv.Config.ErrorLog = log.New(io.Discard, "", 0)
			srv.StartTLS()
			t.Cleanup(srv.Close)
			roots := x509.NewCertPool()
			if tc.trusted {
				roots.AddCert(srv.Certificate())
			}
			r := newRig(t, outbox.Options{RootCAs: roots})
			r.subscribe(t, srv.URL)
			r.tell(t, "1000000001", 1)
			r.settle(t)
			if d := r.deliveries(t, outbox.ListDeliveriesIn{})[0]; d.State != tc.state {
				t.Errorf("%+v", d)
			}
		})
	}
}

// With a clock that runs, the quick retries need nobody's help.
func TestRetriesInRealTime(t *testing.T) {
	t.Parallel()
	arrived := make(chan int, 8)
	rec := newReceiver(t, func(n int, _ got, w http.ResponseWriter) {
		if n < 4 {
			w.WriteHeader(http.StatusInternalServerError)
		}
		arrived <- n
	})
	st, err := sqlite.Open(t.Context(), sqlite.Options{Memory: true})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{store: st, clocks: clock.NewTenants(clock.System())}
	r.Service = outbox.New(outbox.Options{Store: st, Clocks: r.clocks, Companies: companies{}, AllowInsecure: true})
	t.Cleanup(func() {
		r.Stop()
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	r.Start(t.Context())
	r.subscribe(t, rec.URL)
	r.tell(t, "1000000001", 1)
	for range 4 {
		<-arrived
	}
	r.Stop()
	if d := r.deliveries(t, outbox.ListDeliveriesIn{})[0]; d.State != "DELIVERED" || d.Attempts != 4 {
		t.Errorf("%+v", d)
	}
}

// What was subscribed before the start is known after Load.
func TestLoad(t *testing.T) {
	t.Parallel()
	rec := newReceiver(t, nil)
	r := newRig(t, outbox.Options{})
	r.subscribe(t, rec.URL)
	next := newRigOn(t, r.store, outbox.Options{})
	if err := next.store.View(actor.With(t.Context(), agency), func(ctx context.Context) error { return next.Load(ctx) }); err != nil {
		t.Fatal(err)
	}
	next.tell(t, "1000000001", 1)
	if n := next.settle(t); n != 1 {
		t.Errorf("%d attempts", n)
	}
}
