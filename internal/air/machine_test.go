// SPDX-License-Identifier: Apache-2.0

package air

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/airside-travel/airside/internal/store/sqlite"
	"github.com/airside-travel/airside/internal/world/airline"
)

// TestLedgerIsConserved books and cancels in any order. At every point the live inventory sells what an
// inventory loaded from the store would sell, and with everything cancelled it sells what it sold at first.
func TestLedgerIsConserved(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	w, _ := loadWorld()
	mirror := k.service(airline.New(w, 42))
	query := lhrJFK(`,"filters":[{"alliance":{"airlines":["ZZ"]}}],"legSearchParams":{"pageNumber":0}`)
	sold := func(s *Service) string {
		out, err := call(k, "airSearch", s.Search, input[SearchIn](k, "airSearch", query))
		return string(must(t, out, err))
	}
	rapid.Check(t, func(rt *rapid.T) {
		st, err := sqlite.Open(t.Context(), sqlite.Options{Memory: true})
		if err != nil {
			rt.Fatal(err)
		}
		defer func() { _ = st.Close() }()
		k.st = st
		k.engine.Inventory().Drop(tenant)
		k.at(noon)
		virgin := sold(k.s)
		var live []string
		cancel := func(i int) {
			d := k.details(live[i])
			out, err := k.cancel(live[i], text(t, d, "cancellationOptions/0/optionId"), "")
			if got := text(t, must(t, out, err), "status"); got != "CANCELLED" {
				rt.Fatalf("cancelling answered %s", got)
			}
			live = append(live[:i], live[i+1:]...)
		}
		now, moved := noon, false
		rt.Repeat(map[string]func(*rapid.T){
			"book": func(rt *rapid.T) {
				number := rapid.SampledFrom([]int{1, 2, 3, 100, 330, 340, 360}).Draw(rt, "flight")
				out, err := k.search(journey(adaTraveler, fmt.Sprintf(`,"filters":[{"flightNumber":{"flightNumber":{"airlineCode":"ZZ","num":"%d"}}}]`, number), [3]string{"LHR", "JFK", "2027-04-12"}))
				raw := get(t, must(t, out, err), "")
				if id := text(t, raw, "itineraryDetails/itineraries/0/itineraryId"); id != "" {
					out, err := k.create(k.ready(text(t, raw, "searchId"), id))
					live, moved = append(live, text(t, must(t, out, err), "pnrId")), true
				}
			},
			"cancel": func(rt *rapid.T) {
				if len(live) == 0 {
					rt.Skip("nothing booked")
				}
				cancel(rapid.IntRange(0, len(live)-1).Draw(rt, "which"))
				moved = true
			},
			"wait": func(rt *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(1, 300).Draw(rt, "minutes")) * time.Minute)
				k.at(now)
			},
			"": func(rt *rapid.T) {
				if !moved {
					return
				}
				moved = false
				if err := k.st.View(t.Context(), mirror.LoadLedger); err != nil {
					rt.Fatal(err)
				}
				if sold(mirror) != sold(k.s) {
					rt.Fatal("the live inventory sells other seats than the store knows of")
				}
			},
		})
		for len(live) > 0 {
			cancel(0)
		}
		k.at(noon)
		if sold(k.s) != virgin {
			rt.Fatal("with everything cancelled some seats are still missing")
		}
	})
}
