// SPDX-License-Identifier: Apache-2.0

package scim

import (
	"strings"

	"github.com/airside-travel/airside/internal/errs"
)

// path is a parsed attribute path (RFC 7644, section 3.5.2): attr, attr.sub, attr[filter] or
// attr[filter].sub, possibly behind a schema's URN.
type path struct {
	extension bool // the attribute is one of the enterprise extension
	whole     bool // the extension as such, without an attribute
	attr      *attribute
	sub       *attribute
	where     filter // nil: no filter in brackets
}

func badPath(text string) error {
	return errs.Invalidf("/path", "invalidPath", "%q is not a path to an attribute of users", clip(text))
}

// parsePath reads a path; the names come out as the schema spells them.
func parsePath(given string) (path, error) {
	rest := strings.TrimSpace(given)
	var p path
	attributes := append(coreAttributes(), commonAttributes()...)
	switch {
	case hasPrefixFold(rest, enterpriseURN):
		p.extension = true
		attributes = enterpriseAttributes()
		rest = rest[len(enterpriseURN):]
		if rest == "" {
			p.whole = true
			return p, nil
		}
		if rest[0] != ':' && rest[0] != '.' {
			return p, badPath(given)
		}
		rest = rest[1:]
	case hasPrefixFold(rest, coreURN+":"):
		rest = rest[len(coreURN)+1:]
	}
	name := rest
	if i := strings.IndexAny(rest, ".["); i >= 0 {
		name, rest = rest[:i], rest[i:]
	} else {
		rest = ""
	}
	if p.attr = find(attributes, name); p.attr == nil {
		return p, badPath(given)
	}
	if strings.HasPrefix(rest, "[") {
		end := strings.LastIndexByte(rest, ']')
		if end < 0 || !p.attr.Multi {
			return p, badPath(given)
		}
		var err error
		if p.where, err = parseFilter(rest[1:end], p.attr.Subs); err != nil {
			return p, err
		}
		rest = rest[end+1:]
	}
	if rest == "" {
		return p, nil
	}
	if p.sub = find(p.attr.Subs, strings.TrimPrefix(rest, ".")); p.sub == nil || rest[0] != '.' {
		return p, badPath(given)
	}
	return p, nil
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// clip keeps what a caller sent from filling an answer.
func clip(s string) string {
	const most = 120
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
