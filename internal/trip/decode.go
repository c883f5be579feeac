// SPDX-License-Identifier: Apache-2.0

package trip

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/go-faster/jx"
)

// Trips are read by the hundred for lists, so they are decoded by hand; what writes them is
// encoding/json, and a test holds the two together.

// decode reads a folder as encoding/json writes it. Unknown members are passed over.
func (f *folder) decode(doc []byte) error {
	return jx.DecodeBytes(doc).ObjBytes(func(d *jx.Decoder, key []byte) (err error) {
		switch string(key) {
		case "company":
			f.Company, err = d.Str()
		case "name":
			f.Name, err = d.Str()
		case "description":
			var s string
			s, err = d.Str()
			f.Description = &s
		case "user":
			f.User, err = d.Str()
		case "registrar":
			f.Registrar, err = d.Str()
		case "creator":
			f.Creator, err = d.Str()
		case "start":
			f.Start, err = d.Str()
		case "end":
			f.End, err = d.Str()
		case "contacts":
			f.Contacts, err = kept(d)
		case "mail":
			f.Mail, err = kept(d)
		case "event":
			f.Event, err = d.Str()
		case "createdAt":
			f.CreatedAt, err = instant(d)
		case "updatedAt":
			f.UpdatedAt, err = instant(d)
		case "cards":
			err = d.Arr(func(d *jx.Decoder) error {
				f.Cards = append(f.Cards, card{})
				return f.Cards[len(f.Cards)-1].decode(d)
			})
		default:
			err = d.Skip()
		}
		return err
	})
}

func kept(d *jx.Decoder) (json.RawMessage, error) {
	raw, err := d.Raw()
	return bytes.Clone(raw), err
}

func instant(d *jx.Decoder) (time.Time, error) {
	s, err := d.StrBytes()
	if err != nil {
		return time.Time{}, err
	}
	return time.Parse(time.RFC3339Nano, string(s))
}

func (c *card) decode(d *jx.Decoder) error {
	return d.ObjBytes(func(d *jx.Decoder, key []byte) (err error) {
		switch string(key) {
		case "id":
			c.ID, err = d.Str()
		case "product":
			c.Product, err = d.Str()
		case "status":
			c.Status, err = d.Str()
		case "start":
			c.Start, err = d.Str()
		case "end":
			c.End, err = d.Str()
		case "from":
			c.From, err = instant(d)
		case "to":
			c.To, err = instant(d)
		case "disrupted":
			c.Disrupted, err = d.Bool()
		case "hidden":
			c.Hidden, err = d.Bool()
		case "out":
			c.OutOfPolicy, err = d.Bool()
		case "pending":
			c.Pending, err = d.Str()
		case "fusion":
			c.Fusion, err = d.Bool()
		case "vcard":
			c.VirtualCard, err = d.Bool()
		case "totals":
			c.Totals = &totals{}
			err = c.Totals.decode(d)
		default:
			err = d.Skip()
		}
		return err
	})
}

func (t *totals) decode(d *jx.Decoder) error {
	return d.ObjBytes(func(d *jx.Decoder, key []byte) (err error) {
		switch string(key) {
		case "currency":
			t.Currency, err = d.Str()
		case "base":
			t.Base, err = d.Int64()
		case "tax":
			t.Tax, err = d.Int64()
		case "feeBase":
			t.FeeBase, err = d.Int64()
		case "feeTax":
			t.FeeTax, err = d.Int64()
		case "refundBase":
			t.RefundBase, err = d.Int64()
		case "refundTax":
			t.RefundTax, err = d.Int64()
		case "credit":
			t.Credit, err = d.Int64()
		default:
			err = d.Skip()
		}
		return err
	})
}
