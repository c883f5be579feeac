// SPDX-License-Identifier: Apache-2.0

package keeper

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/airside-travel/airside/internal/audit/checkpoint"
)

// counted counts what is read.
type counted struct {
	io.ReaderAt
	n int
}

func (c *counted) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.ReaderAt.ReadAt(p, off)
	c.n += n
	return n, err
}

// The newest checkpoint is found at the end of a file that has grown for years, and before what strangers wrote behind it.
func TestNewestIsReadFromTheEnd(t *testing.T) {
	t.Parallel()
	sign := func() (func(size int64) string, *key) {
		private, public, err := note.GenerateKey(nil, checkpoint.KeyName)
		if err != nil {
			t.Fatal(err)
		}
		signer, err := note.NewSigner(private)
		if err != nil {
			t.Fatal(err)
		}
		verifier, err := note.NewVerifier(public)
		if err != nil {
			t.Fatal(err)
		}
		return func(size int64) string {
			c := checkpoint.Checkpoint{Tenant: "t", Size: size, Chain: make([]byte, 32), At: time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC)}
			signed, err := c.Sign(signer)
			if err != nil {
				t.Fatal(err)
			}
			return signed + "\n"
		}, &key{public: public, verifier: verifier}
	}
	mine, by := sign()
	other, _ := sign()
	old, strange := strings.Repeat(mine(1), 20_000), strings.Repeat(other(9), 2_000)
	for name, c := range map[string]struct {
		text string
		want int64
		most int
	}{
		"empty":                 {"", 0, 0},
		"one":                   {mine(5), 5, 1 << 10},
		"years":                 {old + mine(2) + mine(7), 7, tail},
		"cut short at the end":  {old + mine(7) + mine(8)[:100], 7, tail},
		"strangers behind it":   {old + mine(7) + strange, 7, len(old)},
		"nothing but strangers": {strange, 0, 2 * len(strange)},
	} {
		r := &counted{ReaderAt: strings.NewReader(c.text)}
		got, err := newestIn(r, int64(len(c.text)), by)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		size := int64(0)
		if got != nil {
			size = got.Size
		}
		if size != c.want || r.n > c.most {
			t.Errorf("%s: found %s after %d of %d bytes, want %d", name, fmt.Sprint(size), r.n, len(c.text), c.want)
		}
	}
}
