// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"

	sdk "github.com/airside-travel/airside/client"
)

// rounds is how often each of two clients changes the same user.
const rounds = 1000

// Two clients that read, change and write the same user lose nothing: each adds one to the same number.
func TestReadModifyWriteLosesNothing(t *testing.T) {
	t.Parallel()
	c := start(t)
	path := "/v2/users/" + c.srv.Demo.UserID
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			api := c.sdk(t)
			for range rounds {
				err := api.UpdateUser(t.Context(), c.srv.Demo.UserID, func(u *sdk.User) error {
					n, _ := strconv.Atoi(u.Text("businessInfo", "designation")) // not a number before the first
					u.Set(strconv.Itoa(n+1), "businessInfo", "designation")
					return nil
				})
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	if got := c.call(200, "GET", path, nil).str("businessInfo/designation"); got != strconv.Itoa(2*rounds) {
		t.Errorf("%s of %d updates are left", got, 2*rounds)
	}
}

// The same without a condition: of two clients that start from the same state the second takes away what the
// first has added, each time, and each time the audit trail says so.
func TestBlindWritesAreReported(t *testing.T) {
	t.Parallel()
	c := start(t)
	path := "/v2/users/" + c.srv.Demo.UserID
	put := func(read []byte, member, value string) {
		t.Helper()
		var user object
		if err := json.Unmarshal(read, &user); err != nil {
			t.Fatal(err)
		}
		business, _ := user["businessInfo"].(map[string]any)
		business[member] = value
		c.call(200, "PUT", path, doc(user))
	}
	lost := 0
	for i := range rounds {
		_, read := c.srv.Call(t, c.token, "GET", path, nil)
		if i > 0 && !strings.Contains(string(read), "by the first") {
			lost++
		}
		put(read, "designation", fmt.Sprint("by the first, ", i))
		put(read, "accountingCode", fmt.Sprint("B-", i))
	}
	if c.call(200, "GET", path, nil).str("businessInfo/designation") == "" {
		lost++
	}
	reported := 0
	for offset := 0; ; offset += 100 {
		page := c.call(200, "GET", fmt.Sprintf("/v1/airside/audit?operation=updateUser&limit=100&offset=%d", offset), nil).list("entries")
		for _, e := range page {
			if strings.Contains(e.str("detail"), "removed /businessInfo/designation") {
				reported++
			}
		}
		if len(page) < 100 {
			break
		}
	}
	if lost != rounds || reported != lost {
		t.Errorf("%d of %d updates were lost, %d are reported", lost, rounds, reported)
	}
}
