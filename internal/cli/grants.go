// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/airside-travel/airside/internal/permit"
)

// parseGrants reads grants as they are typed: words separated by spaces or commas, each an operation id, *,
// scope:… or effect:….
func parseGrants(texts []string, reason string) ([]permit.Grant, error) {
	var out []permit.Grant
	for _, text := range texts {
		var g permit.Grant
		for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' }) {
			switch kind, rest, _ := strings.Cut(word, ":"); kind {
			case "scope":
				g.Scopes = append(g.Scopes, rest)
			case "effect":
				g.Effects = append(g.Effects, rest)
			default:
				g.Operations = append(g.Operations, word)
			}
		}
		if permit.Everything(g) {
			g.Reason = reason
		}
		out = append(out, g)
	}
	if len(out) == 0 {
		return nil, noGrant()
	}
	return out, nil
}

func noGrant() *Failure {
	return failf(ExitUsage, "an application without a grant may call nothing").hint("--grant scope:trip:read; see `airside app --help`")
}

func sameJSON(a, b any) bool {
	x, err1 := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err1 == nil && err2 == nil && bytes.Equal(x, y)
}
