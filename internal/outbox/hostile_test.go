// SPDX-License-Identifier: Apache-2.0

package outbox_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/outbox"
)

// nameServer answers every question for an IPv4 address with the same one.
func nameServer(t *testing.T, address string) *net.Resolver {
	t.Helper()
	conn, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	a := netip.MustParseAddr(address).As4()
	go func() {
		for buf := make([]byte, 1500); ; {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return // closed
			}
			end := 12
			for end < n && buf[end] != 0 {
				end++
			}
			end += 5 // the root label, type and class
			if end > n {
				continue
			}
			out := append([]byte(nil), buf[:end]...)
			copy(out[2:], []byte{0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}) // an answer, one question, nothing else
			if out[end-3] == 1 {
				out[7] = 1
				out = append(out, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4)
				out = append(out, a[:]...)
			}
			_, _ = conn.WriteTo(out, from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp4", conn.LocalAddr().String())
	}}
}

// A name is refused by where it leads when it is dialled; each sort of place has its own code.
func TestNamesThatLeadInside(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"127.0.0.1":       "PENDING ADDRESS_LOOPBACK not sent: 127.0.0.1 is a loopback address",
		"169.254.169.254": "PENDING ADDRESS_METADATA not sent: 169.254.169.254 is a link-local address",
		"10.0.0.5":        "PENDING ADDRESS_PRIVATE not sent: 10.0.0.5 is a private network",
		"100.64.0.9":      "PENDING ADDRESS_PRIVATE not sent: 100.64.0.9 is a carrier's shared network",
	} {
		t.Run(address, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, outbox.Options{})
			r.subscribe(t, "https://hooks.example.com/in")
			r.tell(t, "1000000001", 1)
			strict := outbox.New(outbox.Options{Store: r.store, Clocks: r.clocks, Companies: companies{}, Resolver: nameServer(t, address)})
			t.Cleanup(strict.Stop)
			if _, err := strict.Settle(t.Context(), tenant); err != nil {
				t.Fatal(err)
			}
			d := r.deliveries(t, outbox.ListDeliveriesIn{})[0]
			if got := strings.Join([]string{d.State, d.LastCode, d.LastError}, " "); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
			log := r.delivery(t, d.ID).Attempts
			if last := log[len(log)-1]; last.Code != d.LastCode || last.Error != d.LastError || last.Status != 0 {
				t.Errorf("%+v", last)
			}
		})
	}
}

// With the network opened the same name is called, and its certificate still has to be right.
func TestANetworkThatTheOperatorOpened(t *testing.T) {
	t.Parallel()
	srv := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(srv.Close)
	roots := srv.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	for name, tc := range map[string]struct {
		allow []netip.Prefix
		state string
	}{
		"opened":  {[]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, "DELIVERED"},
		"another": {[]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, "PENDING"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, outbox.Options{})
			_, port, _ := net.SplitHostPort(srv.Listener.Addr().String())
			r.subscribe(t, "https://example.com:"+port) // a name of the test server's certificate
			r.tell(t, "1000000001", 1)
			strict := outbox.New(outbox.Options{Store: r.store, Clocks: r.clocks, Companies: companies{}, RootCAs: roots,
				AllowNetworks: tc.allow, Resolver: nameServer(t, "127.0.0.1")})
			t.Cleanup(strict.Stop)
			if _, err := strict.Settle(t.Context(), tenant); err != nil {
				t.Fatal(err)
			}
			if d := r.deliveries(t, outbox.ListDeliveriesIn{})[0]; d.State != tc.state {
				t.Errorf("%+v", d)
			}
		})
	}
}

// What hostile receivers do costs a bounded number of bytes, and everybody else gets his.
func TestHostileReceiversCostTheirLaneOnly(t *testing.T) {
	t.Parallel()
	const gigabyte = 1 << 30
	hang := make(chan struct{})
	var sent atomic.Int64
	hostile := map[string]http.HandlerFunc{
		"never answers": func(_ http.ResponseWriter, r *http.Request) { stall(r, hang) },
		"byte by byte": func(w http.ResponseWriter, r *http.Request) { // the first line of an answer, slowly
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			defer func() { _ = conn.Close() }()
			for _, c := range []byte("HTTP/1.1 200 OK\r\nX-Slow: " + strings.Repeat("a", 1000)) {
				if _, err := conn.Write([]byte{c}); err != nil {
					return
				}
				tick := time.NewTimer(5 * time.Millisecond)
				select {
				case <-tick.C:
				case <-hang:
					return
				}
			}
		},
		"endless headers": func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			defer func() { _ = conn.Close() }()
			if _, err := conn.Write([]byte("HTTP/1.1 200 OK\r\n")); err != nil {
				return
			}
			for line := []byte("X-More: " + strings.Repeat("b", 1000) + "\r\n"); ; {
				if _, err := conn.Write(line); err != nil {
					return
				}
			}
		},
		"a gigabyte": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(gigabyte))
			for chunk := make([]byte, 64<<10); sent.Load() < gigabyte; {
				n, err := w.Write(chunk)
				sent.Add(int64(n))
				if err != nil {
					return
				}
			}
		},
	}
	want := map[string]string{
		"never answers": "PENDING TIMEOUT", "byte by byte": "PENDING TIMEOUT", "endless headers": "PENDING CONNECTION",
		"a gigabyte": "DELIVERED ", // its status was 200; the rest was not read
	}
	r := newRig(t, outbox.Options{Timeout: 400 * time.Millisecond, Workers: 4, PerEndpoint: 2})
	names := map[string]string{}
	for name, handler := range hostile {
		srv := httptest.NewServer(handler)
		t.Cleanup(srv.Close)
		names[r.subscribe(t, srv.URL).ID] = name
	}
	t.Cleanup(func() { close(hang) }) // before the servers are closed, which wait
	fine := newReceiver(t, nil)
	names[r.subscribe(t, fine.URL).ID], want["fine"] = "fine", "DELIVERED "
	r.tell(t, "1000000001", 1)
	r.settle(t)
	got := map[string]string{}
	for _, d := range r.deliveries(t, outbox.ListDeliveriesIn{}) {
		got[names[d.Subscription]] = d.State + " " + d.LastCode
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if n := sent.Load(); n > gigabyte/16 { // what the sockets' buffers take
		t.Errorf("%d bytes of the gigabyte were taken", n)
	}
}

func stall(r *http.Request, until chan struct{}) {
	select {
	case <-until:
	case <-r.Context().Done():
	}
}

// Where a subscription may not lead is refused when it is made, each reason with its own code. Names and
// redirects show when they are followed: see above, and TestAnswersThatDoNotCount.
func TestEachRefusalHasItsCode(t *testing.T) {
	t.Parallel()
	r := newRig(t, outbox.Options{})
	strict := *r
	strict.Service = outbox.New(outbox.Options{Store: r.store, Clocks: r.clocks, Companies: companies{}})
	t.Cleanup(strict.Stop)
	for url, code := range map[string]errs.Code{
		"https://127.0.0.1/hook":            errs.WebhookLoopback,
		"https://localhost/hook":            errs.WebhookLoopback,
		"https://169.254.169.254/latest":    errs.WebhookMetadata,
		"https://192.168.1.9/hook":          errs.WebhookPrivate,
		"http://hooks.example.com/":         errs.WebhookNotHTTPS,
		"https://me:pw@hooks.example.com/":  errs.WebhookCredentials,
		"kafka://events/airside.bookings":   errs.WebhookBroker,
		"https://hooks.example.com/in#part": errs.WebhookURLRefused,
	} {
		_, err := strict.create(t, subscriptionBody(url, ""))
		if e := errs.As(err); e == nil || e.Code != code || e.Fields[0].Pointer != "/url" {
			t.Errorf("%s: %v", url, err)
		}
	}
}
