// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"io"
	"log/slog"
)

// shown is what a Config shows to whoever prints, logs or encodes it: its client secret, token and database URL are
// text. Settings has the values with those masked.
const shown = "[configuration]"

// Format writes the same for every verb and flag.
func (Config) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, shown) }

// LogValue does so for slog.
func (Config) LogValue() slog.Value { return slog.StringValue(shown) }

// MarshalJSON does so for JSON.
func (Config) MarshalJSON() ([]byte, error) { return []byte(`"` + shown + `"`), nil }
