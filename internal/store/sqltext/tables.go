// SPDX-License-Identifier: Apache-2.0

package sqltext

import (
	"strconv"
	"strings"
)

// Table names the columns of a table that hold what was stored, apart from what an engine keeps for
// itself. meta is left out: it says which master key the rest is sealed with.
type Table struct {
	Name    string
	Columns []Column
}

// Column is a column and what it holds.
type Column struct {
	Name string
	Sort Sort
}

// Sort is what a column holds.
type Sort byte

// The sorts of columns.
const (
	Int Sort = iota
	Text
	Blob
)

// Tables lists them, keys of tenants first.
func Tables() []Table {
	return []Table{
		table("tenant_key", "tenant version# wrapped!"),
		table("entity", "ord# tenant kind id parent version# created_at# updated_at# deleted# entries! doc!"),
		table("entity_index", "tenant hash! created_at# ord# is_unique#"),
		table("entity_tally", "tenant kind parent live# dead# last_at# last_ord# moves#"),
		table("event", "tenant seq# id resource resource_version# type operation company booking_tmc at# body!"),
		table("delivery", "tenant id event_id event_seq# endpoint resource state attempt# next_at# updated_at# part# since#"),
		table("attempt", "tenant delivery_id n# at# status# took# error!"),
		table("job", "tenant kind key due# payload!"),
		table("audit", "tenant seq# at# actor operation target outcome request_id prev_hash! hash! detail!"),
		table("idem", "tenant client key request_hash! status# at# body!"),
		table("cache_change", "tenant name n#"),
	}
}

// table takes the columns as words: # ends those that hold numbers, ! those that hold bytes.
func table(name, columns string) Table {
	t := Table{Name: name}
	for word := range strings.FieldsSeq(columns) {
		c := Column{Name: strings.TrimRight(word, "#!"), Sort: Text}
		switch word[len(word)-1] {
		case '#':
			c.Sort = Int
		case '!':
			c.Sort = Blob
		}
		t.Columns = append(t.Columns, c)
	}
	return t
}

func (t Table) names() string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = c.Name
	}
	return strings.Join(names, ", ")
}

// Select reads every row, in no particular order.
func (t Table) Select() string { return `SELECT ` + t.names() + ` FROM ` + t.Name }

// Count counts the rows.
func (t Table) Count() string { return `SELECT COUNT(*) FROM ` + t.Name }

// Insert takes the columns.
func (t Table) Insert() string {
	places := make([]string, len(t.Columns))
	for i := range places {
		places[i] = "$" + strconv.Itoa(i+1)
	}
	return `INSERT INTO ` + t.Name + ` (` + t.names() + `) VALUES (` + strings.Join(places, ", ") + `)`
}
