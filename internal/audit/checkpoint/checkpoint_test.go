// SPDX-License-Identifier: Apache-2.0

package checkpoint_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/airside-travel/airside/internal/audit/checkpoint"
)

func keys(t *testing.T) (note.Signer, note.Verifier) {
	t.Helper()
	private, public, err := note.GenerateKey(nil, checkpoint.KeyName)
	if err != nil {
		t.Fatal(err)
	}
	s, err1 := note.NewSigner(private)
	v, err2 := note.NewVerifier(public)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	return s, v
}

func sample(size int64) checkpoint.Checkpoint {
	return checkpoint.Checkpoint{
		Tenant: "tenant-a", Size: size, Root: tlog.RecordHash([]byte("x")), Chain: bytes.Repeat([]byte{7}, 32),
		At: time.Date(2026, 3, 1, 8, 0, 0, 1000, time.UTC),
	}
}

func TestNote(t *testing.T) {
	t.Parallel()
	s, v := keys(t)
	want := sample(12)
	signed, err := want.Sign(s)
	if err != nil {
		t.Fatal(err)
	}
	got, err := checkpoint.Open(signed, v)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	for i := range len(signed) {
		for bit := range 8 {
			changed := []byte(signed)
			changed[i] ^= 1 << bit
			if _, err := checkpoint.Open(string(changed), v); err == nil {
				t.Errorf("byte %d can be changed: %q", i, changed)
			}
		}
	}
	_, stranger := keys(t)
	if _, err := checkpoint.Open(signed, stranger); !errors.Is(err, checkpoint.ErrSignature) {
		t.Errorf("under a stranger's key: %v", err)
	}
	for _, c := range []checkpoint.Checkpoint{{}, {Tenant: "a\nb", Size: 1}, {Tenant: "a", Size: -1}} {
		if _, err := c.Sign(s); !errors.Is(err, checkpoint.ErrFormat) {
			t.Errorf("%+v was signed: %v", c, err)
		}
	}
}

func TestScan(t *testing.T) {
	t.Parallel()
	s, _ := keys(t)
	var notes []string
	for size := range int64(3) {
		c := sample(size + 1)
		signed, err := c.Sign(s)
		if err != nil {
			t.Fatal(err)
		}
		notes = append(notes, signed)
	}
	whole := notes[0] + "\n" + notes[1] + "\n" + notes[2] + "\n"
	if d := cmp.Diff(notes, checkpoint.Scan(whole)); d != "" {
		t.Error(d)
	}
	for cut := range len(notes[1]) - 1 {
		torn := notes[0] + "\n" + notes[1][:cut] + "\n\n" + notes[2] + "\n"
		got := checkpoint.Scan(torn)
		if len(got) == 0 || got[0] != notes[0] || got[len(got)-1] != notes[2] {
			t.Fatalf("cut after %d bytes: %q", cut, got)
		}
	}
}
