// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"testing"

	sdk "github.com/airside-travel/airside/client"
)

// sdk is the Go client, as the demo TMC's administrator.
func (c *client) sdk(t testing.TB) *sdk.Client {
	t.Helper()
	out, err := sdk.New(sdk.Options{BaseURL: c.srv.URL, ClientID: c.srv.Demo.ClientID, ClientSecret: c.srv.Demo.ClientSecret})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
