// SPDX-License-Identifier: Apache-2.0

package outbox_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/outbox"
)

// Nothing is kept for subscriptions that are gone, nor the secret of a client that was replaced.
func TestNothingIsKeptOfWhatIsGone(t *testing.T) {
	t.Parallel()
	tokens := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"access_token":"t","expires_in":3600}`)
	}))
	t.Cleanup(tokens.Close)
	rec := newReceiver(t, nil)
	r := newRig(t, outbox.Options{})
	stays, goes := r.subscribe(t, rec.URL), r.subscribe(t, rec.URL)
	client := func(id, secret string) {
		t.Helper()
		r.mustSet(t, id, fmt.Sprintf(`{"legacyOauth":{"tokenUrl":%q,"clientId":"airside","clientSecret":%q}}`, tokens.URL, secret))
	}
	check := func(when string, secrets []string, ids ...string) {
		t.Helper()
		tokens, counts, endpoints, got := r.Kept(tenant)
		for _, list := range [][]string{tokens, counts, endpoints, got, ids} {
			slices.Sort(list)
		}
		if diff := cmp.Diff([][]string{ids, ids, ids, secrets}, [][]string{tokens, counts, endpoints, got}); diff != "" {
			t.Errorf("%s: %s", when, diff)
		}
	}
	client(stays.ID, "first")
	client(goes.ID, "other")
	r.tell(t, "1000000001", 1)
	r.settle(t)
	check("delivered", []string{"first", "other"}, stays.ID, goes.ID)
	client(stays.ID, "second")
	if _, _, _, secrets := r.Kept(tenant); slices.Contains(secrets, "first") {
		t.Error("a replaced secret is kept")
	}
	r.tell(t, "1000000001", 2)
	r.settle(t)
	check("with another secret", []string{"other", "second"}, stays.ID, goes.ID)
	if _, err := call(t, r, agency, "deleteWebhookSubscription", r.DeleteSubscription, outbox.DeleteSubscriptionIn{ID: goes.ID}); err != nil {
		t.Fatal(err)
	}
	if _, _, _, secrets := r.Kept(tenant); slices.Contains(secrets, "other") {
		t.Error("the secret of a subscription that is gone is kept")
	}
	r.tell(t, "1000000001", 3)
	r.settle(t)
	check("one is gone", []string{"second"}, stays.ID)
}
