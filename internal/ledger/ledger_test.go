// SPDX-License-Identifier: Apache-2.0

package ledger_test

import (
	"testing"

	"github.com/airside-travel/airside/internal/ledger"
)

func TestKinds(t *testing.T) {
	t.Parallel()
	for operation, want := range map[string]string{
		"createUser": "USER", "createScimUser": "USER", "createLegalEntity": "LEGAL_ENTITY", "createPnrV3": "PNR", "airCreatePnr": "PNR",
		"createRoleV3": "ROLE", "createApiUser": "API_USER", "createEventTemplate": "EVENT_TEMPLATE", "addFavorite": "FAVORITE",
		"createWebhookSubscription": "WEBHOOK_SUBSCRIPTION", "uploadDocument": "DOCUMENT",
	} {
		if got := ledger.Kind(operation); got != want {
			t.Errorf("%s creates %s, want %s", operation, got, want)
		}
	}
}
