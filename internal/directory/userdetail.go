// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"sync"
	"time"

	"github.com/go-faster/jx"

	"github.com/airside-travel/airside/internal/store"
)

// UserList is a page of users. It writes its own JSON, once: members of a person as they are stored, references with
// their present names.
type UserList struct {
	rows  *[]userRow
	total int
}

// userRow is a user with what the page says of the records he refers to: each a Reference, nil for none.
type userRow struct {
	candidate
	organization, entity, office, department, center []byte
}

// pages holds the memory of pages between requests: most of what a page needs beside the documents, and always about
// as much.
var pages = sync.Pool{New: func() any { return new([]userRow) }} //nolint:gochecknoglobals // a pool must be shared

// mostPooled is the longest page whose memory is kept.
const mostPooled = 1000

func newPage() *[]userRow { return pages.Get().(*[]userRow) } //nolint:forcetypeassert // the pool holds nothing else

// complete adds what the page says of other records.
func (names *pageNames) complete(page *[]userRow, n int) (UserList, error) {
	for i := range *page {
		r := &(*page)[i]
		b := &r.doc.Business
		r.organization, r.entity, r.office = names.reference(kindCompany, r.rec.Parent), names.text(kindEntity, b.Entity.ID), names.text(kindOffice, b.Office.ID)
		r.department, r.center = names.text(kindDepartment, b.Department.ID), names.text(kindCostCenter, b.CostCenter.ID)
	}
	return UserList{page, n}, names.failed
}

// pageNames writes references to records, reading each record once.
type pageNames struct {
	ctx    context.Context
	known  map[string][]byte // id -> Reference
	failed error
}

func newPageNames(ctx context.Context) *pageNames {
	return &pageNames{ctx: ctx, known: map[string][]byte{}}
}

func (names *pageNames) text(kind string, id jsonText) []byte {
	if id.empty() {
		return nil
	}
	if known, ok := names.known[string(id[1:len(id)-1])]; ok { // ids have no escapes
		return known
	}
	return names.reference(kind, id.plain())
}

func (names *pageNames) reference(kind, id string) []byte {
	if known, ok := names.known[id]; ok {
		return known
	}
	r, err := live(names.ctx, kind, id)
	if err != nil {
		names.failed = err
	}
	if r != nil {
		return names.learn(r)
	}
	return names.write(id, "")
}

// learn reads the name of a record.
func (names *pageNames) learn(r *store.Record) []byte {
	doc, err := document(r)
	if err != nil {
		names.failed = err
		return nil
	}
	return names.write(r.ID, doc.String("name"))
}

func (names *pageNames) write(id, name string) []byte {
	var w jx.Writer
	w.RawStr(`{"id":`)
	w.Str(id)
	if name != "" {
		w.RawStr(`,"name":`)
		w.Str(name)
	}
	w.RawStr(`}`)
	names.known[id] = w.Buf
	return w.Buf
}

// AppendJSON writes the answer behind b.
func (l UserList) AppendJSON(b []byte) []byte {
	w := &jx.Writer{Buf: b}
	w.RawStr(`{"users":[`)
	for i := range *l.rows {
		if i > 0 {
			w.Comma()
		}
		(*l.rows)[i].write(w)
	}
	w.RawStr(`],"pagination":{"totalNumResults":`)
	w.Int(l.total)
	w.RawStr(`}}`)
	if cap(*l.rows) <= mostPooled {
		clear(*l.rows)
		*l.rows = (*l.rows)[:0]
		pages.Put(l.rows)
	}
	return w.Buf
}

// write writes schema UserDetail.
func (r *userRow) write(w *jx.Writer) {
	doc := &r.doc
	w.RawStr(`{"userId":{"id":"`)
	w.RawStr(r.rec.ID)
	w.RawStr(`"},"organization":`)
	w.Raw(r.organization)
	w.RawStr(`,"persona":`)
	if len(doc.Persona) > 0 {
		w.Raw(doc.Persona)
	} else {
		w.RawStr(`""`)
	}
	w.RawStr(`,"isActive":`)
	w.Bool(!r.rec.Deleted)
	member(w, `,"externalId":`, doc.ExternalID)
	w.RawStr(`,"personalDetail":{`)
	p, first := &doc.Personal, true
	for _, m := range [...]struct {
		name  string
		value []byte
	}{
		{`"name":`, p.Name}, {`"title":`, p.Title}, {`"gender":`, p.Gender}, {`"pronoun":`, p.Pronoun},
		{`"preferredLanguage":`, p.Language}, {`"nationality":`, p.Nationality}, {`"profilePicture":`, p.Picture},
	} {
		if len(m.value) > 0 {
			if !first {
				w.Comma()
			}
			first = false
			w.RawStr(m.name)
			w.Raw(m.value)
		}
	}
	w.RawStr(`},"businessDetail":{"legalEntity":`)
	if r.entity != nil {
		w.Raw(r.entity)
	} else {
		w.RawStr(`{"id":""}`)
	}
	member(w, `,"office":`, r.office)
	member(w, `,"department":`, r.department)
	member(w, `,"costCenter":`, r.center)
	member(w, `,"businessEmail":`, doc.Business.Email)
	member(w, `,"designation":`, doc.Business.Designation)
	member(w, `,"employeeId":`, doc.Business.EmployeeID)
	w.RawStr(`},"createdAt":`)
	writeLocal(w, r.rec.CreatedAt)
	w.RawStr(`,"lastUpdatedAt":`)
	writeLocal(w, r.rec.UpdatedAt)
	w.RawStr(`}`)
}

// member writes a member unless its value is absent or an empty string.
func member(w *jx.Writer, name string, value []byte) {
	if len(value) > 2 {
		w.RawStr(name)
		w.Raw(value)
	}
}

// writeLocal writes DateTimeLocal, in UTC.
func writeLocal(w *jx.Writer, t time.Time) {
	w.RawStr(`{"iso8601":"`)
	w.Buf = t.UTC().AppendFormat(w.Buf, "2006-01-02T15:04:05")
	w.RawStr(`"}`)
}
