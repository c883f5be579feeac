// SPDX-License-Identifier: Apache-2.0

package companykey

import (
	"encoding/binary"

	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/seal"
)

// What a sealed document begins with; no JSON begins so. The company follows, then the number of the key, and
// the sealed bytes. Key 0 is from before keys had numbers: nothing stands for it.
const (
	mark         = "\x00ck2"
	markUnnumber = "\x00ck1"
)

const (
	companySize = 36 // a UUID
	numberSize  = 8
)

// wrapper says with which key a document is sealed.
type wrapper struct {
	company string // "" when it is not sealed by this layer
	number  int64
	size    int // of what comes before the sealed bytes
}

// wrapperOf reads the beginning of a document.
func wrapperOf(doc []byte) wrapper {
	if len(doc) < len(mark)+companySize || doc[0] != mark[0] {
		return wrapper{}
	}
	begin, company := string(doc[:len(mark)]), string(doc[len(mark):len(mark)+companySize])
	switch rest := doc[len(mark)+companySize:]; {
	case begin == markUnnumber:
		return wrapper{company: company, size: len(mark) + companySize}
	case begin == mark && len(rest) >= numberSize:
		return wrapper{company, int64(binary.BigEndian.Uint64(rest)), len(mark) + companySize + numberSize} //nolint:gosec // it was one
	}
	return wrapper{}
}

// sealing is a key that seals.
type sealing struct {
	company string
	number  int64
	key     *seal.Key
}

// seal gives the document as it is stored.
func (s sealing) seal(rec *store.Record) []byte {
	begin := mark
	if s.number == 0 {
		begin = markUnnumber
	}
	dst := append([]byte(begin), s.company...)
	if s.number > 0 {
		dst = binary.BigEndian.AppendUint64(dst, uint64(s.number)) //nolint:gosec // positive
	}
	return s.key.Seal(dst, rec.Doc, place(rec.Kind, rec.ID))
}

// companyOf is the company with whose key a record would be sealed, "" when it belongs to none.
func companyOf(r *store.Record) string {
	switch {
	case r.Kind == kindKey:
		return ""
	case ids.IsUUID(r.Company):
		return r.Company
	case r.Kind == "company":
		return r.ID
	case ids.IsUUID(r.Parent):
		return r.Parent
	}
	return ""
}

func place(kind, id string) seal.Place { return seal.Place{Table: "company", Kind: kind, ID: id} }
