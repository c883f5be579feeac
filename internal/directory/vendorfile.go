// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/airside-travel/airside/internal/errs"
)

// Whose travelers a preference is for (schema PreferenceEntityType).
const (
	forCompany = "COMPANY"
	forEntity  = "LEGAL_ENTITY"
	forCountry = "COUNTRY"
)

// maxCellErrors is how many bad cells one answer names.
const maxCellErrors = 32

func vendorColumns() []string {
	return []string{"code", "name", "preference", "tier", "entityType", "entityId"}
}

// readVendors reads a file of vendors: UTF-8, with or without a byte order mark, a header row with
// columns in any order and letter case, then one vendor a row.
//
//	code        required
//	name        for people
//	preference  PREFERRED (also when empty) or BLOCKED
//	tier        TIER_1 to TIER_6, only with PREFERRED
//	entityType  COMPANY (also when empty), LEGAL_ENTITY or COUNTRY
//	entityId    the legal entity's id, or the country's two-letter code
func readVendors(file []byte, rules *vendorRules) ([]VendorPreference, error) {
	file = bytes.TrimPrefix(file, []byte("\ufeff"))
	if !utf8.Valid(file) {
		return nil, errs.Invalidf("/file", "encoding", "must be UTF-8")
	}
	r := csv.NewReader(bytes.NewReader(file))
	head, err := r.Read()
	if err != nil {
		return nil, csvError(err)
	}
	columns, err := vendorHeader(head)
	if err != nil {
		return nil, err
	}
	p := &vendorParser{rules: rules, columns: columns, seen: map[[3]string]int{}}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, csvError(err)
		}
		p.line, _ = r.FieldPos(0)
		if err := p.read(row); err != nil {
			return nil, err
		}
		if len(p.bad) >= maxCellErrors {
			break
		}
	}
	if len(p.bad) > 0 {
		return nil, &errs.Error{Code: errs.ValidationFailed, Message: p.bad[0].Message, Fields: p.bad}
	}
	if p.list == nil {
		p.list = []VendorPreference{}
	}
	return p.list, nil
}

// csvError names the place where the file is no CSV.
func csvError(err error) error {
	if e, ok := errors.AsType[*csv.ParseError](err); ok {
		return errs.Invalidf("/file", "syntax", "line %d, column %d: %v", e.Line, e.Column, e.Err)
	}
	return errs.Invalidf("/file", "syntax", "must begin with a header row")
}

// vendorHeader answers the position of each known column, -1 for those that are not there.
func vendorHeader(head []string) (map[string]int, error) {
	at := map[string]int{}
	for i, cell := range head {
		k := slices.IndexFunc(vendorColumns(), func(c string) bool { return strings.EqualFold(c, strings.TrimSpace(cell)) })
		if k < 0 {
			return nil, errs.Invalidf("/file", "header", "line 1, column %d: there is no column %q", i+1, cell).Allow(vendorColumns()...)
		}
		name := vendorColumns()[k]
		if _, twice := at[name]; twice {
			return nil, errs.Invalidf("/file", "header", "line 1, column %d: the column %s is there twice", i+1, name)
		}
		at[name] = i
	}
	if _, ok := at["code"]; !ok {
		return nil, errs.Invalidf("/file", "header", "line 1: the column code is missing").Allow(vendorColumns()...)
	}
	return at, nil
}

type vendorParser struct {
	rules   *vendorRules
	columns map[string]int
	line    int
	seen    map[[3]string]int // line of each vendor
	list    []VendorPreference
	bad     []errs.Field
}

func (p *vendorParser) fault(column, rule, format string, args ...any) {
	at := 1
	if i, ok := p.columns[column]; ok {
		at = i + 1
	}
	p.bad = append(p.bad, errs.Field{In: "body", Pointer: "/file", Rule: rule,
		Message: fmt.Sprintf("line %d, column %d (%s): ", p.line, at, column) + fmt.Sprintf(format, args...)})
}

// read takes one row. The error is the store's; faults of the row are collected.
func (p *vendorParser) read(row []string) error {
	cell := func(name, preset string) string {
		if i, ok := p.columns[name]; ok && strings.TrimSpace(row[i]) != "" {
			return strings.TrimSpace(row[i])
		}
		return preset
	}
	v := VendorPreference{
		Code: cell("code", ""), Name: cell("name", ""), Preference: strings.ToUpper(cell("preference", "PREFERRED")),
		Tier: strings.ToUpper(cell("tier", "")), EntityType: strings.ToUpper(cell("entityType", forCompany)), EntityID: cell("entityId", ""),
	}
	if v.Code == "" {
		p.fault("code", "required", "must not be empty")
		return nil
	}
	switch v.Preference {
	case "PREFERRED":
		if v.Tier != "" && !slices.Contains(p.rules.tiers, v.Tier) {
			p.fault("tier", "enum", "%q is not one of the company's tiers %s", v.Tier, strings.Join(p.rules.tiers, ", "))
		}
	case "BLOCKED":
		if v.Tier != "" {
			p.fault("tier", "tier", "a blocked vendor has no tier")
		}
	default:
		p.fault("preference", "enum", "must be PREFERRED or BLOCKED, not %q", v.Preference)
	}
	if err := p.entity(&v); err != nil {
		return err
	}
	key := [3]string{strings.ToUpper(v.Code), v.EntityType, v.EntityID}
	if first, twice := p.seen[key]; twice {
		p.fault("code", "unique", "%q stands for the same travelers on line %d already", v.Code, first)
	}
	p.seen[key] = p.line
	p.list = append(p.list, v)
	return nil
}

func (p *vendorParser) entity(v *VendorPreference) error {
	if !slices.Contains(p.rules.entityTypes, v.EntityType) {
		p.fault("entityType", "enum", "%q is not one of %s", v.EntityType, strings.Join(p.rules.entityTypes, ", "))
		return nil
	}
	switch v.EntityType {
	case forEntity:
		v.EntityID = strings.ToLower(v.EntityID)
		ok, err := p.rules.entity(v.EntityID)
		if err != nil {
			return err
		}
		if !ok {
			p.fault("entityId", "reference", "the company has no legal entity %q", v.EntityID)
		}
	case forCountry:
		v.EntityID = strings.ToUpper(v.EntityID)
		if len(v.EntityID) != 2 || strings.Trim(v.EntityID, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
			p.fault("entityId", "format", "must be a two-letter country code such as FR")
		}
	default:
		if v.EntityID != "" {
			p.fault("entityId", "entityType", "must be empty for the whole company")
		}
	}
	return nil
}
