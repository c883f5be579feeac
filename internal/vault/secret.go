// SPDX-License-Identifier: Apache-2.0

package vault

import (
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"strings"
)

// Redacted is what a Secret shows, whoever asks.
const Redacted = "[redacted]"

// Secret is a value that can be used but not shown. Every way of printing, logging or encoding it gives
// Redacted. The bytes sit behind a function, which printers that walk structures by reflection cannot open
// either, and which makes == a compile error: use Equal. The zero Secret is empty.
//
// Copies share the bytes. They are overwritten by Zero or when the last copy is garbage; what a client
// library or the kernel copied meanwhile is out of reach.
type Secret struct{ open func() *held }

type held struct{ bytes []byte }

// NewSecret takes b over: the caller must not use it any more.
func NewSecret(b []byte) Secret {
	h := &held{bytes: b}
	if len(b) > 0 {
		runtime.AddCleanup(h, func(b []byte) { clear(b) }, b)
	}
	return Secret{open: func() *held { return h }}
}

// Use lends the bytes to fn, which must neither change nor keep them; nil when the Secret is empty. Only vault,
// upstream, relay and the senders of alerts may call it (a rule of archtest). A panic in fn goes on as another panic that names the
// place but not the value: a crash dump prints panic values, and this one may have been made of the secret.
func (s Secret) Use(fn func(b []byte)) {
	if s.open == nil {
		fn(nil)
		return
	}
	h := s.open()
	where := guarded(fn, h.bytes)
	runtime.KeepAlive(h)
	if where != "" {
		panic("vault: a panic while a secret was in use, at " + where + "; its message is withheld")
	}
}

// guarded runs fn and returns the place of its panic. It has recovered and returned before Use panics again,
// because the runtime prints the whole chain of panics that are still open.
func guarded(fn func([]byte), b []byte) (where string) {
	defer func() {
		if recover() != nil {
			where = panicSite()
		}
	}()
	fn(b)
	return ""
}

// panicSite finds the frame that panicked, above the runtime's own.
func panicSite() string {
	pcs := make([]uintptr, 16)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)])
	for {
		f, more := frames.Next()
		if !strings.HasPrefix(f.Function, "runtime.") || !more {
			return fmt.Sprintf("%s (line %d)", f.Function, f.Line)
		}
	}
}

// Equal compares in a time that depends on the lengths only.
func (s Secret) Equal(o Secret) (same bool) {
	s.Use(func(a []byte) {
		o.Use(func(b []byte) { same = subtle.ConstantTimeCompare(a, b) == 1 })
	})
	return same
}

// Empty reports whether there is nothing inside.
func (s Secret) Empty() (none bool) {
	s.Use(func(b []byte) { none = len(b) == 0 })
	return none
}

// Zero overwrites the bytes and empties this Secret and all its copies.
func (s Secret) Zero() {
	if s.open != nil {
		h := s.open()
		clear(h.bytes)
		h.bytes = nil
	}
}

// text is the value for client libraries that take strings.
func (s Secret) text() (out string) {
	s.Use(func(b []byte) { out = string(b) })
	return out
}

// String gives Redacted.
func (Secret) String() string { return Redacted }

// GoString gives Redacted, for %#v.
func (Secret) GoString() string { return Redacted }

// Format writes Redacted for every verb and flag.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, Redacted) }

// LogValue gives Redacted to slog.
func (Secret) LogValue() slog.Value { return slog.StringValue(Redacted) }

// MarshalJSON writes Redacted as a string.
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + Redacted + `"`), nil }

// MarshalText gives Redacted; XML, YAML, TOML and map keys use it.
func (Secret) MarshalText() ([]byte, error) { return []byte(Redacted), nil }

// MarshalBinary gives Redacted; gob uses it.
func (Secret) MarshalBinary() ([]byte, error) { return []byte(Redacted), nil }
