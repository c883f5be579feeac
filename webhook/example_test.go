// SPDX-License-Identifier: Apache-2.0

package webhook_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/airside-travel/airside/webhook"
)

func ExampleNewHandler() {
	// The secret that createWebhookSubscription answered.
	h, err := webhook.NewHandler([]string{secret}, func(_ context.Context, e webhook.Event) error {
		if e.Type != "PNR_V3" || e.Operation != "BOOKING_TICKETED" {
			return nil // not ours: say that it arrived
		}
		var pnr struct {
			PnrID string `json:"pnrId"`
		}
		if err := json.Unmarshal(e.Payload, &pnr); err != nil {
			return err
		}
		fmt.Println(pnr.PnrID, "has tickets", e.Summary.Issued)
		return nil
	}, webhook.Options{Now: func() time.Time { return sent }})
	if err != nil {
		fmt.Println(err)
		return
	}
	// http.Handle("/webhooks", h) in a program; here a request made by hand.
	r := httptest.NewRequest(http.MethodPost, "/webhooks", strings.NewReader(body))
	if err := webhook.SetHeaders(r.Header, []string{secret}, "b7a3", sent, []byte(body)); err != nil {
		fmt.Println(err)
		return
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	fmt.Println(w.Code)
	// Output:
	// 9199471293 has tickets [0162345678901]
	// 200
}
