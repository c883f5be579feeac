// SPDX-License-Identifier: Apache-2.0

package seal_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/airside-travel/airside/internal/store/seal"
)

var place = seal.Place{Table: "entity", Kind: "user", ID: "1", Version: 3}

func master(t testing.TB, fill byte) *seal.Master {
	t.Helper()
	m, err := seal.NewMaster(bytes.Repeat([]byte{fill}, seal.MasterSize))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func newKey(t testing.TB, m *seal.Master, tenant string) (*seal.Key, []byte) {
	t.Helper()
	k, wrapped, err := m.NewKey(tenant)
	if err != nil {
		t.Fatal(err)
	}
	return k, wrapped
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	m := master(t, 1)
	k, wrapped := newKey(t, m, "tenant-a")
	again, err := m.Unwrap("tenant-a", wrapped)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		plain := bytes.Repeat(rapid.SliceOf(rapid.Byte()).Draw(rt, "plain"), rapid.SampledFrom([]int{1, 1, 50}).Draw(rt, "times"))
		before := bytes.Clone(plain)
		sealed := k.Seal([]byte("prefix"), plain, place)
		if !bytes.Equal(plain, before) {
			rt.Fatal("Seal changed its input")
		}
		if len(plain) > 8 && bytes.Contains(sealed, plain) {
			rt.Fatal("the plain value can be read")
		}
		got, err := again.Open(sealed[len("prefix"):], place)
		if err != nil || !bytes.Equal(got, plain) {
			rt.Fatalf("opened %d bytes of %d: %v", len(got), len(plain), err)
		}
	})
}

func TestCompression(t *testing.T) {
	t.Parallel()
	k, _ := newKey(t, master(t, 1), "tenant-a")
	text := []byte(strings.Repeat(`{"airlineCode":"ZZ","cabin":"ECONOMY"},`, 100))
	if n := len(k.Seal(nil, text, place)); n > len(text)/5 {
		t.Errorf("%d bytes of repeating text take %d", len(text), n)
	}
	noise := seal.RandomMaster()
	for len(noise) < 4000 {
		noise = append(noise, seal.RandomMaster()...)
	}
	if n := len(k.Seal(nil, noise, place)); n > len(noise)+64 {
		t.Errorf("%d bytes of noise take %d", len(noise), n)
	}
}

// Short texts and long ones are compressed differently; all of them get smaller and come back.
func TestSizes(t *testing.T) {
	t.Parallel()
	k, _ := newKey(t, master(t, 1), "tenant-a")
	text := strings.Repeat(`{"name":{"given":"Ada","family1":"Moreau"},"email":"ada@example.com"},`, 1000)
	for _, n := range []int{0, 1, 399, 400, 401, 2047, 2048, 2049, 60_000} {
		sealed := k.Seal(nil, []byte(text[:n]), place)
		if n >= 400 && len(sealed) > n*2/3 {
			t.Errorf("%d bytes of text take %d", n, len(sealed))
		}
		if got, err := k.Open(sealed, place); err != nil || string(got) != text[:n] {
			t.Errorf("%d bytes came back as %d: %v", n, len(got), err)
		}
	}
}

func TestOpensOnlyWhereItWasSealed(t *testing.T) {
	t.Parallel()
	m := master(t, 1)
	k, _ := newKey(t, m, "tenant-a")
	other, _ := newKey(t, m, "tenant-b")
	sealed := k.Seal(nil, []byte("a document"), place)
	for name, p := range map[string]seal.Place{
		"another table":   {Table: "event", Kind: "user", ID: "1", Version: 3},
		"another kind":    {Table: "entity", Kind: "guest", ID: "1", Version: 3},
		"another id":      {Table: "entity", Kind: "user", ID: "2", Version: 3},
		"another version": {Table: "entity", Kind: "user", ID: "1", Version: 2},
		"shifted fields":  {Table: "entityu", Kind: "ser", ID: "1", Version: 3},
	} {
		if _, err := k.Open(sealed, p); !errors.Is(err, seal.ErrSealed) {
			t.Errorf("%s: error %v, want ErrSealed", name, err)
		}
	}
	if _, err := other.Open(sealed, place); !errors.Is(err, seal.ErrSealed) {
		t.Errorf("another tenant: error %v, want ErrSealed", err)
	}
	for i := range sealed {
		changed := bytes.Clone(sealed)
		changed[i] ^= 1
		if _, err := k.Open(changed, place); !errors.Is(err, seal.ErrSealed) {
			t.Errorf("byte %d changed: error %v, want ErrSealed", i, err)
		}
		if _, err := k.Open(sealed[:i], place); !errors.Is(err, seal.ErrSealed) {
			t.Errorf("cut to %d bytes: error %v, want ErrSealed", i, err)
		}
	}
	if bytes.Equal(sealed, k.Seal(nil, []byte("a document"), place)) {
		t.Error("sealing twice gives the same bytes, which tells that two values are equal")
	}
}

func TestMaster(t *testing.T) {
	t.Parallel()
	m, wrong := master(t, 1), master(t, 2)
	_, wrapped := newKey(t, m, "tenant-a")
	if _, err := wrong.Unwrap("tenant-a", wrapped); !errors.Is(err, seal.ErrSealed) {
		t.Errorf("another master: error %v, want ErrSealed", err)
	}
	if _, err := m.Unwrap("tenant-b", wrapped); !errors.Is(err, seal.ErrSealed) {
		t.Errorf("another tenant: error %v, want ErrSealed", err)
	}
	if err := m.Prove(m.Proof()); err != nil {
		t.Errorf("its own proof: %v", err)
	}
	if err := wrong.Prove(m.Proof()); !errors.Is(err, seal.ErrSealed) {
		t.Errorf("another's proof: error %v, want ErrSealed", err)
	}
	if err := m.Prove(nil); !errors.Is(err, seal.ErrSealed) {
		t.Errorf("no proof: error %v, want ErrSealed", err)
	}
	for _, n := range []int{0, 16, 31, 33} {
		if _, err := seal.NewMaster(make([]byte, n)); err == nil {
			t.Errorf("a master key of %d bytes was accepted", n)
		}
	}
}

func TestHash(t *testing.T) {
	t.Parallel()
	m := master(t, 1)
	k, wrapped := newKey(t, m, "tenant-a")
	again, err := m.Unwrap("tenant-a", wrapped)
	if err != nil {
		t.Fatal(err)
	}
	other, _ := newKey(t, m, "tenant-b")
	h := k.Hash("user", "email", "ada@example.com")
	if again.Hash("user", "email", "ada@example.com") != h {
		t.Error("a key that was stored and unwrapped hashes differently")
	}
	for name, got := range map[string][seal.HashSize]byte{
		"another value":  k.Hash("user", "email", "tomas@example.com"),
		"another field":  k.Hash("user", "login", "ada@example.com"),
		"another kind":   k.Hash("guest", "email", "ada@example.com"),
		"shifted names":  k.Hash("usere", "mail", "ada@example.com"),
		"another tenant": other.Hash("user", "email", "ada@example.com"),
	} {
		if got == h {
			t.Errorf("%s has the same hash", name)
		}
	}
}

func BenchmarkSealOpen(b *testing.B) {
	k, _ := newKey(b, master(b, 1), "tenant-a")
	doc := []byte(strings.Repeat(`{"airlineCode":"ZZ","num":"`+string(seal.RandomMaster())+`","cabin":"ECONOMY"},`, 50))
	var sealed []byte
	for b.Loop() {
		sealed = k.Seal(sealed[:0], doc, place)
		if _, err := k.Open(sealed, place); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(len(doc)))
}
