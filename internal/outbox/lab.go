// SPDX-License-Identifier: Apache-2.0

package outbox

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/webhook"
)

// laboratory is what a receiver wants to be put through (schema WebhookLaboratory). What happens to an
// event depends on the seed and the event's number only, so the same steps meet the same trouble.
type laboratory struct {
	Seed       int64 `json:"seed,omitempty"`
	Duplicates *mess `json:"duplicates,omitempty"`
	Delays     *mess `json:"delays,omitempty"`
	Reordering *mess `json:"reordering,omitempty"`
	Drops      *mess `json:"drops,omitempty"`
	Truncated  *mess `json:"truncatedBodies,omitempty"`
	Expired    *mess `json:"expiredTimestamps,omitempty"`
	Double     *mess `json:"doubleSignatures,omitempty"`
}

// mess is one sort of trouble: for the next deliveries, or for a part of all.
type mess struct {
	Rate float64 `json:"rate,omitempty"`
	Next int     `json:"next,omitempty"`
	By   string  `json:"by,omitempty"` // of delays
}

const (
	delayDefault = 30 * time.Second
	delayMax     = 24 * time.Hour
	// waitForNext is how long a delivery waits for one it can change places with.
	waitForNext = 5 * time.Second
	expiredBy   = time.Hour
)

// hits decides by lot, from the seed, the sort of trouble and what the lot is drawn for.
func (l *laboratory) hits(m *mess, sort string, lot string) bool {
	if m == nil || m.Rate <= 0 {
		return false
	}
	sum := noise(sort, lot, int(l.Seed))
	return float64(binary.BigEndian.Uint64(sum[:8])) < m.Rate*math.MaxUint64
}

// experiment does to a delivery what the laboratory asks for. done means that it is not to be sent now.
func (s *Service) experiment(ctx context.Context, p *parcel) (o outcome, done bool, err error) {
	err = s.acknowledge(ctx, func(ctx context.Context) (err error) {
		o, done, err = s.draw(ctx, p)
		return err
	})
	return o, done, err
}

func (s *Service) draw(ctx context.Context, p *parcel) (o outcome, done bool, err error) {
	tx, tenant, now := store.From(ctx), p.delivery.Tenant, s.clocks.Now(p.delivery.Tenant).UTC()
	rec, err := tx.Get(tenant, kindSubscription, p.delivery.Endpoint)
	if errors.Is(err, store.ErrNotFound) {
		return o, false, nil
	} else if err != nil {
		return o, false, err
	}
	sub, err := decodeSubscription(rec)
	if err != nil || sub.Lab == nil {
		return o, false, err
	}
	d, err := tx.Delivery(tenant, p.delivery.ID)
	if err != nil || d.State != store.Pending {
		return o, true, err
	}
	l, used := sub.Lab, false
	event := fmt.Sprint(p.event.Seq)
	try := fmt.Sprint(p.event.Seq, "/", p.number)
	// struck says whether trouble of a sort meets the delivery, and counts it.
	struck := func(m *mess, sort, lot string) bool {
		if m != nil && m.Next > 0 {
			m.Next--
			used = true
			return true
		}
		return l.hits(m, sort, lot)
	}
	first := p.number == 1
	switch {
	case first && d.NextAt.Equal(d.Since) && struck(l.Delays, "delay", event):
		by, ok := parseDuration(l.Delays.By)
		if !ok {
			by = delayDefault
		}
		d.NextAt, done, o.nextAt = now.Add(by), true, now.Add(by)
		err = tx.PutDelivery(d)
	case first && d.EventSeq == p.event.Seq && p.delivery.Attempt == 0 && l.Reordering != nil:
		o, done, err = swap(tx, p, d, l.Reordering, now, struck, l.hits(l.Reordering, "reorder", event))
	}
	if err != nil {
		return o, true, err
	}
	if !done {
		switch {
		case first && struck(l.Drops, "drop", event):
			d.State, d.UpdatedAt, done = store.Skipped, now, true
			err = errors.Join(tx.PutDelivery(d), tx.AppendAttempt(&store.Attempt{Tenant: tenant, DeliveryID: d.ID, N: p.number, At: now,
				Error: problem{failedGivenUp, "not sent: dropped on request of the laboratory"}.String()}))
		default:
			p.again = struck(l.Duplicates, "duplicate", event)
			p.letter.cut = struck(l.Truncated, "truncate", try)
			p.letter.ago = 0
			if struck(l.Expired, "expire", try) {
				p.letter.ago = expiredBy
			}
			if struck(l.Double, "double", try) {
				p.letter.secrets = append([]string{strangeSecret(l.Seed)}, signing(sub.Secrets, now)...)
			}
		}
	}
	if err == nil && used {
		err = s.saveAs(ctx, tenant, sub, now)
	}
	return o, done, err
}

// swap lets the next delivery of the lane go first. Without one it waits a little for one to come.
func swap(tx store.Tx, p *parcel, d *store.Delivery, m *mess, now time.Time, struck func(*mess, string, string) bool, lot bool) (o outcome, done bool, err error) {
	lane, err := deliveries(tx, store.DeliveryQuery{Tenant: d.Tenant, Endpoint: d.Endpoint, Resource: d.Resource, State: store.Pending})
	if err != nil {
		return o, true, err
	}
	if len(lane) < 2 {
		if waited := !now.Before(d.Since.Add(waitForNext)); waited || !lot && m.Next == 0 {
			return o, false, nil
		}
		d.NextAt = d.Since.Add(waitForNext)
		return outcome{nextAt: d.NextAt}, true, tx.PutDelivery(d)
	}
	if !struck(m, "reorder", fmt.Sprint(p.event.Seq)) {
		return o, false, nil
	}
	next := lane[len(lane)-2] // the newest come first
	d.EventSeq, next.EventSeq = next.EventSeq, d.EventSeq
	d.NextAt, next.NextAt = now, now
	return o, true, errors.Join(tx.PutDelivery(d), tx.PutDelivery(next))
}

// strangeSecret signs what nobody can verify.
func strangeSecret(seed int64) string {
	sum := noise("strange", "secret", int(seed))
	return webhook.SecretPrefix + base64.StdEncoding.EncodeToString(sum[:])
}
