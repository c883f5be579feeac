// SPDX-License-Identifier: Apache-2.0

package sample

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/airside-travel/airside/contract"
)

func loaded(t testing.TB) *contract.Contract {
	t.Helper()
	c, err := contract.Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Whatever the options, the checker accepts what the generator writes.
func TestSamplesFitTheirSchemas(t *testing.T) {
	t.Parallel()
	c := loaded(t)
	for _, o := range []Options{{}, {Depth: 2}, {Depth: 4, Items: 2, Pick: 1, Deprecated: true}} {
		t.Run(fmt.Sprintf("%+v", o), func(t *testing.T) {
			t.Parallel()
			for _, name := range c.Schemas() {
				s := c.Schema(name)
				if v := Value(s, o); len(s.Check(v)) > 0 {
					t.Errorf("%s: %v in %.300s", name, s.Check(v), v)
				}
				if v := Input(s, o); len(s.CheckRequest(v)) > 0 {
					t.Errorf("%s as input: %v in %.300s", name, s.CheckRequest(v), v)
				}
			}
		})
	}
}

// Every alternative of every union can be written and is accepted.
func TestEveryAlternativeOfEveryUnion(t *testing.T) {
	t.Parallel()
	c := loaded(t)
	unions, alternatives := 0, 0
	for _, name := range c.Schemas() {
		s := c.Schema(name)
		n := len(s.OneOf)
		if s.Discriminator != nil {
			n = max(n, len(s.Discriminator.Mapping))
		}
		if n == 0 {
			continue
		}
		unions++
		seen := map[string]bool{}
		for pick := range n {
			v := Value(s, Options{Pick: pick, Depth: 1})
			if bad := s.Check(v); len(bad) > 0 {
				t.Errorf("%s, alternative %d: %v in %.300s", name, pick, bad, v)
			}
			seen[string(v)] = true
			alternatives++
		}
		if len(seen) != n {
			t.Errorf("%s: %d of %d alternatives were written", name, len(seen), n)
		}
	}
	if unions < 95 || alternatives < 340 {
		t.Errorf("saw %d unions with %d alternatives; the contract has more", unions, alternatives)
	}
}

func TestParametersFit(t *testing.T) {
	t.Parallel()
	for _, op := range loaded(t).Operations() {
		for _, optional := range []bool{false, true} {
			if bad := op.CheckQuery(Params(op, contract.InQuery, optional)); len(bad) > 0 {
				t.Errorf("%s: %v", op.ID, bad)
			}
			path := Params(op, contract.InPath, optional)
			if bad := op.CheckPath(path.Get); len(bad) > 0 {
				t.Errorf("%s: %v", op.ID, bad)
			}
			header := Params(op, contract.InHeader, optional)
			if bad := op.CheckHeader(header.Get); len(bad) > 0 {
				t.Errorf("%s: %v", op.ID, bad)
			}
		}
	}
}

func TestSameOptionsSameBytes(t *testing.T) {
	t.Parallel()
	a, b := loaded(t), loaded(t)
	o := Options{Depth: 3, Items: 2}
	one, two := Request(a.Operation("createUser"), o), Request(b.Operation("createUser"), o)
	if len(one) == 0 || !bytes.Equal(one, two) {
		t.Errorf("two runs differ:\n%s\n%s", one, two)
	}
}
