// SPDX-License-Identifier: Apache-2.0

package bodylog_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/bodylog"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/store/sqlite"
)

// BenchmarkKeep is what keeping one exchange costs behind the request: redacting the example of getUserInfo, sealing
// and writing it. take/op is what the request itself waits for.
func BenchmarkKeep(b *testing.B) {
	raw, err := os.ReadFile("../../contract/examples/getUserInfo.json")
	if err != nil {
		b.Fatal(err)
	}
	var e struct {
		Response struct{ Body json.RawMessage }
	}
	if err := json.Unmarshal(raw, &e); err != nil {
		b.Fatal(err)
	}
	c, err := contract.Load()
	if err != nil {
		b.Fatal(err)
	}
	st, err := sqlite.Open(b.Context(), sqlite.Options{Memory: true})
	if err != nil {
		b.Fatal(err)
	}
	defer st.Close()
	s := bodylog.New(bodylog.Options{Store: st, Clock: clock.System(), Contract: c, Keep: time.Hour, Log: slog.New(slog.DiscardHandler)})
	op, now := c.Operation("getUserInfo"), clock.System()
	b.SetBytes(int64(len(e.Response.Body)))
	b.ReportAllocs()
	var taking time.Duration
	n := 0
	for b.Loop() {
		began := now.Now()
		if !s.Take(&bodylog.Exchange{ID: fmt.Sprint(n), Tenant: "t", Operation: op, At: began, Status: 200, Response: body(asJSON, string(e.Response.Body))}) {
			b.Fatal("no place")
		}
		taking += now.Now().Sub(began)
		if n++; n%32 == 0 {
			s.Flush(context.WithoutCancel(b.Context()))
		}
	}
	b.ReportMetric(float64(taking.Nanoseconds())/float64(n), "take-ns/op")
}
