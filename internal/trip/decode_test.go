// SPDX-License-Identifier: Apache-2.0

package trip

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// What encoding/json writes, every member of it, the decoder reads back.
func TestFoldersSurviveTheStore(t *testing.T) {
	t.Parallel()
	text := rapid.String()
	moments := rapid.Custom(func(t *rapid.T) time.Time {
		return time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "seconds"), 0).UTC()
	})
	raw := rapid.SampledFrom([]json.RawMessage{nil, json.RawMessage(`[{"label":"a"}]`), json.RawMessage(`{}`)})
	cards := rapid.Custom(func(t *rapid.T) card {
		flag := func(label string) bool { return rapid.Bool().Draw(t, label) }
		c := card{ID: text.Draw(t, "id"), Product: text.Draw(t, "product"), Status: text.Draw(t, "status"), Start: text.Draw(t, "start"), End: text.Draw(t, "end"),
			From: moments.Draw(t, "from"), Disrupted: flag("disrupted"), Hidden: flag("hidden"), OutOfPolicy: flag("out"), Pending: text.Draw(t, "pending"),
			Fusion: flag("fusion"), VirtualCard: flag("vcard")}
		if flag("to") {
			c.To = moments.Draw(t, "to")
		}
		if flag("totals") {
			n := rapid.Int64()
			c.Totals = &totals{text.Draw(t, "currency"), n.Draw(t, "base"), n.Draw(t, "tax"), n.Draw(t, "feeBase"), n.Draw(t, "feeTax"),
				n.Draw(t, "refundBase"), n.Draw(t, "refundTax"), n.Draw(t, "credit")}
		}
		return c
	})
	rapid.Check(t, func(t *rapid.T) {
		in := &folder{Company: text.Draw(t, "company"), Name: text.Draw(t, "name"), User: text.Draw(t, "user"), Registrar: text.Draw(t, "registrar"),
			Creator: text.Draw(t, "creator"), Start: text.Draw(t, "start"), End: text.Draw(t, "end"), Contacts: raw.Draw(t, "contacts"), Mail: raw.Draw(t, "mail"),
			Event: text.Draw(t, "event"), CreatedAt: moments.Draw(t, "created"), UpdatedAt: moments.Draw(t, "updated")}
		if rapid.Bool().Draw(t, "described") {
			s := text.Draw(t, "description")
			in.Description = &s
		}
		if list := rapid.SliceOfN(cards, 0, 3).Draw(t, "cards"); len(list) > 0 {
			in.Cards = list
		}
		r, err := in.record(tenant)
		if err != nil {
			t.Fatal(err)
		}
		out, err := openFolder(r)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(in, out); d != "" {
			t.Fatal(d)
		}
	})
}
