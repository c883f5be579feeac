// SPDX-License-Identifier: Apache-2.0

package vault

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"maps"
	"time"
)

// stagesKey is the field beside the secrets in which we keep the stages of each.
const stagesKey = "airside.stages"

// keptPending bounds how many replaced pending values of a field are kept.
const keptPending = 4

// document is the fields of one KV secret or sealed file, as other readers see them, and the stages. A field
// itself always holds the current value. All of it is replaced in one step, so stages cannot disagree.
type document struct {
	fields  map[string]any
	stages  map[string]*stageSet
	changed time.Time // when it was written last
}

type stageSet struct {
	Current  *entry  `json:"current,omitempty"` // without value: that is the field
	Pending  *entry  `json:"pending,omitempty"`
	Previous *entry  `json:"previous,omitempty"`
	Replaced []entry `json:"replaced,omitempty"` // pending values that never became current, newest first: an upstream may have issued them
}

type entry struct {
	Token string    `json:"token"`
	At    time.Time `json:"at,omitzero"`
	Value string    `json:"value,omitempty"`
	Sum   string    `json:"sum,omitempty"` // of the field, to notice that somebody else changed it
}

// outside is the id of a version that came by another way than our verbs.
const outside = "outside"

func readDocument(data map[string]any, changed time.Time) (*document, bool) {
	d := &document{fields: map[string]any{}, stages: map[string]*stageSet{}, changed: changed}
	for k, v := range data {
		if k != stagesKey {
			d.fields[k] = v
			continue
		}
		text, ok := v.(string)
		if !ok || json.Unmarshal([]byte(text), &d.stages) != nil {
			return nil, false
		}
	}
	return d, true
}

func (d *document) data() (map[string]any, error) {
	out := make(map[string]any, len(d.fields)+1)
	maps.Copy(out, d.fields)
	if len(d.stages) > 0 {
		text, err := json.Marshal(d.stages)
		if err != nil {
			return nil, fail("put", Ref{}, ErrInvalid, "the stages cannot be written")
		}
		out[stagesKey] = string(text)
	}
	return out, nil
}

// of gives the stages of a field, with the current entry describing what the field really holds.
func (d *document) of(field string) *stageSet {
	s := d.stages[field]
	if s == nil {
		s = &stageSet{}
	}
	value, ok := d.fields[field].(string)
	if !ok {
		s.Current = nil
		return s
	}
	if sum := digest(value); s.Current == nil || s.Current.Sum != sum {
		s.Current = &entry{Token: outside, At: d.changed, Sum: sum}
	}
	return s
}

func (d *document) get(ref Ref, stage Stage) (Held, error) {
	s := d.of(ref.Field)
	e, value := s.Current, ""
	switch stage {
	case Current:
		value, _ = d.fields[ref.Field].(string)
	case Pending:
		e = s.Pending
	case Previous:
		e = s.Previous
	default:
		return Held{}, fail("get", ref, ErrInvalid, "there is no such stage")
	}
	if e == nil {
		return Held{}, fail("get", ref, ErrNotFound, "it has no "+string(stage)+" version")
	}
	if stage != Current {
		value = e.Value
	}
	return Held{Secret: NewSecret([]byte(value)), Version: e.version(stage)}, nil
}

// put stages a value; changed is false when the same call was carried out before.
func (d *document) put(ref Ref, value, token string, now time.Time) (changed bool, err error) {
	s := d.of(ref.Field)
	current, _ := d.fields[ref.Field].(string)
	switch {
	case s.Pending != nil && s.Pending.Token == token:
		if !same(s.Pending.Value, value) {
			return false, fail("put", ref, ErrConflict, "the token was used for another value")
		}
		return false, nil
	case s.Current != nil && s.Current.Token == token:
		if !same(current, value) {
			return false, fail("put", ref, ErrConflict, "the token was used for another value")
		}
		return false, nil
	case s.Previous != nil && s.Previous.Token == token:
		return false, fail("put", ref, ErrConflict, "the token's version has been replaced")
	}
	for _, r := range s.Replaced {
		if r.Token == token {
			return false, fail("put", ref, ErrConflict, "the token's version has been replaced")
		}
	}
	if s.Pending != nil {
		s.Replaced = append([]entry{*s.Pending}, s.Replaced[:min(len(s.Replaced), keptPending-1)]...)
	}
	s.Pending = &entry{Token: token, At: now, Value: value}
	d.stages[ref.Field] = s
	return true, nil
}

func (d *document) promote(ref Ref, token string, now time.Time) (changed bool, err error) {
	s := d.of(ref.Field)
	if s.Current != nil && s.Current.Token == token {
		return false, nil
	}
	if s.Pending == nil || s.Pending.Token != token {
		return false, fail("promote", ref, ErrConflict, "another version has taken its place")
	}
	if old, ok := d.fields[ref.Field].(string); ok {
		s.Previous = &entry{Token: s.Current.Token, At: s.Current.At, Value: old}
	}
	d.fields[ref.Field] = s.Pending.Value
	s.Current = &entry{Token: token, At: now, Sum: digest(s.Pending.Value)}
	s.Pending = nil
	d.stages[ref.Field] = s
	return true, nil
}

func (d *document) versions(ref Ref) ([]Version, error) {
	s := d.of(ref.Field)
	var out []Version
	for _, x := range []struct {
		e  *entry
		st Stage
	}{{s.Pending, Pending}, {s.Current, Current}, {s.Previous, Previous}} {
		if x.e != nil {
			out = append(out, x.e.version(x.st))
		}
	}
	for _, r := range s.Replaced {
		out = append(out, r.version())
	}
	if out == nil {
		return nil, fail("versions", ref, ErrNotFound, "the secret has no such field")
	}
	return out, nil
}

func (e *entry) version(stages ...Stage) Version {
	return Version{ID: e.Token, Stages: stages, Created: e.At}
}

// digest recognizes a value that somebody else changed. It is kept beside the value itself and nowhere else.
func digest(value string) string {
	sum := sha256.Sum256([]byte("airside version\x00" + value))
	return hex.EncodeToString(sum[:])
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
