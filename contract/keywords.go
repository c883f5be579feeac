// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

var errUnknownKeyword = errors.New("keyword is not one the checker knows")

// parse reads a schema. Every keyword is either understood here or refused, so
// that a change of the contract is never silently ignored.
func (c *Contract) parse(raw []byte) (*Schema, error) {
	s, said, err := c.parseAlone(raw)
	if err != nil || s.Ref == "" || said > 1 {
		return s, err
	}
	slot := c.schemas[s.Ref]
	slot.place.CompareAndSwap(nil, s)
	return slot.place.Load(), nil
}

// parseAlone is parse for a schema that nobody else gets, and says how many keywords it has.
func (c *Contract) parseAlone(raw []byte) (_ *Schema, said int, err error) {
	s := &Schema{contract: c, raw: raw}
	err = members(raw, func(key string, val []byte) error {
		said++
		return s.keyword(key, val)
	})
	if err != nil {
		return nil, 0, err
	}
	for i := range s.Properties {
		p := &s.Properties[i]
		for _, name := range s.Required {
			if name == p.Name {
				p.Required = true
			}
		}
	}
	return s, said, nil
}

func (s *Schema) keyword(key string, val []byte) (err error) {
	switch key {
	case "$ref":
		s.Ref, err = s.contract.refName(val, "schemas")
	case "type":
		err = s.readType(val)
	case "description":
		err = readText(val, &s.Description)
	case "format":
		err = readText(val, &s.Format)
		if err == nil && !knownFormat(s.Format) {
			err = fmt.Errorf("unknown format %q", s.Format)
		}
	case "pattern":
		err = readText(val, &s.Pattern)
	case "enum":
		err = readTexts(val, &s.Enum)
	case "const":
		var only string
		err = readText(val, &only)
		s.Enum = []string{only}
	case "default":
		s.Default = bytes.Clone(val) // val may lie in memory that cannot be written
	case "required":
		err = readTexts(val, &s.Required)
	case "properties":
		err = members(val, func(name string, val []byte) error {
			p, err := s.contract.parse(val)
			s.Properties = append(s.Properties, Property{Name: name, Schema: p})
			return err
		})
	case "items":
		s.Items, err = s.contract.parse(val)
	case "additionalProperties":
		switch string(val) {
		case "true":
		case "false":
			s.Closed = true
		default:
			s.Values, err = s.contract.parse(val)
		}
	case "oneOf":
		s.OneOf, err = s.contract.parseList(val)
	case "allOf":
		s.AllOf, err = s.contract.parseList(val)
	case "discriminator":
		s.Discriminator = new(Discriminator)
		err = members(val, s.readDiscriminator)
	case "minimum":
		err = readFloat(val, &s.Minimum)
	case "maximum":
		err = readFloat(val, &s.Maximum)
	case "minItems":
		err = readInt(val, &s.MinItems)
	case "maxItems":
		err = readInt(val, &s.MaxItems)
	case "minLength":
		err = readInt(val, &s.MinLength)
	case "maxLength":
		err = readInt(val, &s.MaxLength)
	case "uniqueItems":
		err = readBool(val, &s.UniqueItems)
	case "readOnly":
		err = readBool(val, &s.ReadOnly)
	case "deprecated":
		err = readBool(val, &s.Deprecated)
	case "x-pii":
		err = readText(val, &s.PII)
	case "x-redact":
		err = readText(val, &s.Redact)
		if err == nil && !knownClass(s.Redact) {
			err = fmt.Errorf("%q is no class of values to redact", s.Redact)
		}
	case "x-choice":
		err = readText(val, &s.Choice)
	case "title", "example", "examples", "hidden":
		// Annotations: they say nothing about which values are right.
	default:
		if !strings.HasPrefix(key, "x-") {
			err = errUnknownKeyword
		}
	}
	return err
}

// readType takes a type's name, or a list of one name and "null".
func (s *Schema) readType(val []byte) error {
	names := make([]string, 1)
	err := readText(val, &names[0])
	if errors.Is(err, errWantText) {
		names = nil
		err = readTexts(val, &names)
	}
	if err != nil {
		return err
	}
	for _, name := range names {
		switch {
		case name == "null":
			s.Nullable = true
		case s.Type != "":
			return errors.New("more than one type")
		default:
			s.Type = name
		}
	}
	return nil
}

func (s *Schema) readDiscriminator(key string, val []byte) error {
	switch key {
	case "propertyName":
		return readText(val, &s.Discriminator.Property)
	case "mapping":
		return members(val, func(value string, ref []byte) error {
			name, err := s.contract.refName(ref, "schemas")
			s.Discriminator.Mapping = append(s.Discriminator.Mapping, Mapping{value, name})
			return err
		})
	}
	return errUnknownKeyword
}

func (c *Contract) parseList(raw []byte) (list []*Schema, err error) {
	err = elements(raw, func(val []byte) error {
		s, err := c.parse(val)
		list = append(list, s)
		return err
	})
	return list, err
}
