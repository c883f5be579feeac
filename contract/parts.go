// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"fmt"
	"strings"
)

// follow replaces a reference to a component of that kind by its bytes, and says its name; "" for what is no reference.
func (c *Contract) follow(raw []byte, kind string) (string, []byte, error) {
	var ref []byte
	err := members(raw, func(key string, val []byte) error {
		if key == "$ref" {
			ref = val
		}
		return nil
	})
	if err != nil || ref == nil {
		return "", raw, err
	}
	name, err := c.refName(ref, kind)
	return name, c.components[kind][name].raw, err
}

func (c *Contract) readParam(raw []byte, to *[]Param) error {
	name, raw, err := c.follow(raw, "parameters")
	if err != nil {
		return err
	}
	p, known := c.params[name]
	if known {
		*to = append(*to, p)
		return nil
	}
	style, explode, explodeSet := "", false, false
	err = members(raw, func(key string, val []byte) (err error) {
		switch key {
		case "name":
			return readText(val, &p.Name)
		case "in":
			return readText(val, &p.In)
		case "required":
			return readBool(val, &p.Required)
		case "description":
			return readText(val, &p.Description)
		case "schema":
			p.Schema, err = c.parse(val)
			return err
		case "style":
			return readText(val, &style)
		case "explode":
			explodeSet = true
			return readBool(val, &explode)
		case "x-error-code":
			return readText(val, &p.ErrorCode)
		case "deprecated", "example", "examples":
			return nil
		}
		if strings.HasPrefix(key, "x-") {
			return nil
		}
		return errUnknownKeyword
	})
	if err != nil {
		return err
	}
	if p.Schema == nil || p.Name == "" {
		return fmt.Errorf("parameter %q needs a name and a schema", p.Name)
	}
	switch p.In {
	case "query":
		p.Comma = explodeSet && !explode
	case "path", "header":
		p.Comma = true
	default:
		return fmt.Errorf("parameter %s: cannot be in %q", p.Name, p.In)
	}
	if style != "" && style != "form" && style != "simple" {
		return fmt.Errorf("parameter %s: style %q is not one the checker knows", p.Name, style)
	}
	if name != "" {
		c.params[name] = p
	}
	*to = append(*to, p)
	return nil
}

func (c *Contract) readBody(raw []byte, b *Body) error {
	return members(raw, func(key string, val []byte) (err error) {
		switch key {
		case "required":
			return readBool(val, &b.Required)
		case "description":
			return readText(val, &b.Description)
		case "content":
			b.Content, err = c.readContent(val)
			return err
		}
		return errUnknownKeyword
	})
}

func (c *Contract) readResponse(raw []byte) (*Response, error) {
	name, raw, err := c.follow(raw, "responses")
	if err != nil {
		return nil, err
	}
	if r := c.responses[name]; r != nil {
		return r, nil
	}
	r := new(Response)
	err = members(raw, func(key string, val []byte) (err error) {
		switch key {
		case "description":
			return readText(val, &r.Description)
		case "content":
			r.Content, err = c.readContent(val)
			return err
		case "headers":
			return nil
		}
		if strings.HasPrefix(key, "x-") {
			return nil
		}
		return errUnknownKeyword
	})
	if err == nil && name != "" {
		c.responses[name] = r
	}
	return r, err
}

func (c *Contract) readContent(raw []byte) (map[string]*Schema, error) {
	out := map[string]*Schema{}
	err := members(raw, func(media string, val []byte) error {
		return members(val, func(key string, val []byte) (err error) {
			switch key {
			case "schema":
				out[media], err = c.parse(val)
				return err
			case "encoding", "example", "examples":
				return nil
			}
			return errUnknownKeyword
		})
	})
	return out, err
}
