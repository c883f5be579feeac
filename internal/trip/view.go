// SPDX-License-Identifier: Apache-2.0

package trip

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/airside-travel/airside/internal/jsondoc"
)

// view is a PNR as readers get it: the stored bytes, but for states that time has moved on and for
// ticket conditions that the source does not guarantee.
func view(doc []byte, c card, now time.Time) (json.RawMessage, error) {
	status := c.shown(now)
	begun := c.Product == productAir && (status == statusActive || status == statusCompleted)
	if status == c.Status && !c.Fusion && !begun {
		return doc, nil
	}
	o, err := jsondoc.Parse(doc)
	if err != nil {
		return nil, fmt.Errorf("PNR %s: %w", c.ID, err)
	}
	o.Set("bookingStatus", status)
	if begun {
		known, err := readFacts(doc)
		if err != nil {
			return nil, fmt.Errorf("PNR %s: %w", c.ID, err)
		}
		if err := fly(o, known, now); err != nil {
			return nil, fmt.Errorf("PNR %s: %w", c.ID, err)
		}
	}
	if c.Fusion {
		if err := dropTicketPolicies(o); err != nil {
			return nil, fmt.Errorf("PNR %s: %w", c.ID, err)
		}
	}
	return o.Bytes(), nil
}

// dropTicketPolicies removes refundPolicy and exchangePolicy of every ticket (getTripDetailsV3: they
// are not given for the source TRAVEL_FUSION).
func dropTicketPolicies(pnr *jsondoc.Object) error {
	air := pnr.Object("airPnr")
	err := edit(air, "travelerInfos", func(traveler *jsondoc.Object) error {
		return edit(traveler, "tickets", func(t *jsondoc.Object) error {
			t.Delete("refundPolicy").Delete("exchangePolicy")
			return nil
		})
	})
	if err == nil {
		pnr.Set("airPnr", air)
	}
	return err
}

// edit changes every object of a list that is a member of o.
func edit(o *jsondoc.Object, key string, fn func(*jsondoc.Object) error) error {
	if !o.Has(key) {
		return nil
	}
	var list []json.RawMessage
	if err := json.Unmarshal(o.Get(key), &list); err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	for i := range list {
		item, err := jsondoc.Parse(list[i])
		if err != nil {
			return fmt.Errorf("%s/%d: %w", key, i, err)
		}
		if err := fn(item); err != nil {
			return err
		}
		list[i] = item.Bytes()
	}
	o.Set(key, list)
	return nil
}
