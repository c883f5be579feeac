// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"bytes"
	"io"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/vault"
)

// The only copy of a secret that a form makes is overwritten, however long the secret is.
func TestFormLeavesNothing(t *testing.T) {
	t.Parallel()
	for name, secret := range map[string]string{"short": "s&=%", "long": strings.Repeat("long ü&", 1000), "none": ""} {
		f := newForm(credential{client: "a b", secret: vault.NewSecret([]byte(secret))}, "aud/1")
		r := f.open()
		sent, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		got, err := url.ParseQuery(string(sent))
		if err != nil {
			t.Fatal(err)
		}
		want := url.Values{"grant_type": {"client_credentials"}, "client_id": {"a b"}, "audience": {"aud/1"}, "client_secret": {secret}}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		held := f.text[:cap(f.text)]
		f.forget()
		if !bytes.Equal(held, make([]byte, len(held))) {
			t.Errorf("%s: the form is still there", name)
		}
		if _, err := r.Read(make([]byte, 1)); err == nil {
			t.Errorf("%s: a forgotten form can be read", name)
		}
		if len(held) != formSize("a b", "aud/1", len(secret)) {
			t.Errorf("%s: the form was copied when it grew to %d bytes", name, len(held))
		}
	}
}
