// SPDX-License-Identifier: Apache-2.0

//go:build pg

package e2e_test

import (
	"fmt"
	"sync"
	"testing"
)

// TestKeyOfTwoNodes: one server rotates the key of a company, both do what is due, both write, and each reads
// what the other one wrote.
func TestKeyOfTwoNodes(t *testing.T) {
	t.Parallel()
	a, b := pair(t, 0)
	company := a.srv.Demo.CompanyID
	path := "/v1/airside/tenant-encryption/" + company + "/key"
	var trips []string
	for i := range 20 {
		trips = append(trips, a.trip(fmt.Sprint("Before ", i)))
	}
	for number, from := range []*client{a, b, a} {
		from.call(200, "POST", "/v3/tenant-encryption/"+company+"/key", nil)
		var wg sync.WaitGroup
		made := make([][]string, 2)
		for n, c := range []*client{a, b} {
			wg.Go(func() {
				for i := range 5 {
					made[n] = append(made[n], c.trip(fmt.Sprint("During ", number, i)))
				}
			})
			wg.Go(func() { c.call(200, "POST", "/v1/airside/world/clock/advance", doc{"duration": "PT5S"}) })
		}
		wg.Wait()
		trips = append(append(trips, made[0]...), made[1]...)
		for _, c := range []*client{a, b} {
			c.call(200, "POST", "/v1/airside/world/clock/advance", doc{"duration": "PT5S"})
			got := c.call(200, "GET", path, nil)
			if got.str("state") != "DONE" || got.num("keyNumber") != float64(number+1) || got.num("formerKeys") != 0 || got.num("sealed") < 20 {
				t.Errorf("state after %d: %v", number, got)
			}
			for _, id := range trips {
				c.call(200, "GET", "/v2/trips/"+id, nil)
			}
		}
		a.call(200, "POST", "/v1/airside/world/clock/advance", doc{"duration": "PT1H"})
		a.token = a.srv.Token(t)
		b.token = a.token
	}
}
