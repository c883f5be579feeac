// SPDX-License-Identifier: Apache-2.0

package vault_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/vault"
	"github.com/airside-travel/airside/vaulttest"
)

// carrier has a Secret wherever a printer might look.
type carrier struct {
	Open   vault.Secret
	hidden vault.Secret
	Ptr    *vault.Secret
	List   []vault.Secret
	Map    map[string]any
	Held   vault.Held
}

func carrying() carrier {
	s := secret("carried")
	return carrier{s, s, &s, []vault.Secret{s}, map[string]any{"k": s}, vault.Held{Secret: s}}
}

func silent(t *testing.T, how, shown string) {
	t.Helper()
	for _, form := range []string{canary, fmt.Sprintf("%x", canary), fmt.Sprintf("%X", canary), fmt.Sprint([]byte(canary))[1:20]} {
		if strings.Contains(shown, form) {
			t.Errorf("%s shows the secret: %s", how, shown)
		}
	}
}

func TestSecretShowsNothing(t *testing.T) {
	t.Parallel()
	c := carrying()
	for verb := range strings.FieldsSeq("%v %+v %#v %s %q %x %X %d %c %U %t %e %p %T %08.3v %w") {
		for _, v := range []any{c.Open, &c.Open, c, &c, c.List, c.Map, c.hidden} {
			silent(t, verb, fmt.Sprintf(verb, v))
		}
	}
	if got := fmt.Sprintf("%s|%+v", c.Open, struct{ S vault.Secret }{c.Open}); got != "[redacted]|{S:[redacted]}" {
		t.Errorf("printed as %s", got)
	}
	var out bytes.Buffer
	for _, h := range []slog.Handler{slog.NewJSONHandler(&out, nil), slog.NewTextHandler(&out, nil)} {
		slog.New(h).With(slog.Any("with", c.Open)).Info("event", slog.Any("secret", c.Open), slog.Any("all", c), slog.Any("held", c.Held), slog.Group("g", slog.Any("s", &c.Open)))
	}
	for name, encode := range map[string]func() error{
		"json": func() error { return json.NewEncoder(&out).Encode(c) },
		"xml":  func() error { return xml.NewEncoder(&out).Encode(c.Open) },
		"gob":  func() error { return gob.NewEncoder(&out).Encode(struct{ S vault.Secret }{c.Open}) },
	} {
		if err := encode(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := strings.Count(out.String(), "[redacted]"); n < 12 {
		t.Errorf("only %d places were redacted: %s", n, out.String())
	}
	silent(t, "an encoder", out.String())
	// What walks structures by reflection finds a function, which it cannot look into.
	silent(t, "cmp", cmp.Diff(c.Held, vault.Held{}, cmp.Exporter(func(reflect.Type) bool { return true })))
}

func TestSecretInErrorsAndPanics(t *testing.T) {
	t.Parallel()
	s := secret("x")
	err := errors.Join(fmt.Errorf("with %v and %w", s, errors.New(fmt.Sprint(s))), fmt.Errorf("%s", s))
	silent(t, "a joined error", fmt.Sprintf("%v %+v %#v", err, err, err))

	for name, misuse := range map[string]func(b []byte){
		"a panic with the value": func(b []byte) { panic(string(b)) },
		"a panic with an error":  func(b []byte) { panic(fmt.Errorf("bad %s", b)) },
		"an index":               func(b []byte) { _ = b[len(b)] },
	} {
		func() {
			defer func() {
				r := fmt.Sprint(recover())
				silent(t, name, r)
				if !strings.Contains(r, "TestSecretInErrorsAndPanics") {
					t.Errorf("%s: the place is not named: %s", name, r)
				}
			}()
			s.Use(misuse)
		}()
	}
}

var crash = flag.Bool("vault.crash", false, "the process of TestCrashDump: panic with a secret in use")

// TestCrashDump lets a process die with a secret in its hands and reads all that it prints.
func TestCrashDump(t *testing.T) {
	t.Parallel()
	if *crash {
		c := carrying()
		defer func() { panic(c) }()
		c.Open.Use(func(b []byte) { panic("while using " + string(b)) })
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), exe, "-test.run=^TestCrashDump$", "-vault.crash").CombinedOutput()
	if err == nil || !bytes.Contains(out, []byte("its message is withheld")) {
		t.Fatalf("it did not crash: %v\n%s", err, out)
	}
	silent(t, "the dump", string(out))
}

func TestSecretLife(t *testing.T) {
	t.Parallel()
	b := []byte("value")
	s := vault.NewSecret(b)
	other := s
	if !s.Equal(vault.NewSecret([]byte("value"))) || s.Equal(vault.NewSecret([]byte("valuf"))) || s.Empty() {
		t.Error("not compared by value")
	}
	s.Zero()
	if !other.Empty() || !bytes.Equal(b, make([]byte, 5)) {
		t.Error("the bytes are still there")
	}
	var zero vault.Secret
	zero.Zero()
	if !zero.Empty() || fmt.Sprint(zero) != "[redacted]" {
		t.Error("the zero Secret does not work")
	}
}

// TestServersThatEcho lets servers, or what stands in front of them, send back what they were sent.
func TestServersThatEcho(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 301, 400, 403, 404, 412, 429, 500, 503} {
		for _, kind := range []string{"json", "aws", "text"} {
			t.Run(fmt.Sprint(status, " ", kind), func(t *testing.T) {
				t.Parallel()
				srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					var sent bytes.Buffer
					_, _ = sent.ReadFrom(r.Body)
					sent.WriteString(" " + r.Header.Get("X-Vault-Token") + canary)
					w.Header().Set("Location", "/"+canary)
					w.WriteHeader(status)
					switch kind {
					case "json":
						_ = json.NewEncoder(w).Encode(map[string]any{"errors": []string{sent.String()}, "data": map[string]string{canary: sent.String()}})
					case "aws":
						_ = json.NewEncoder(w).Encode(map[string]any{"__type": canary, "message": sent.String()})
					default:
						_, _ = sent.WriteTo(w)
					}
				}))
				t.Cleanup(srv.Close)
				kv, err := vault.NewKV(vault.KVOptions{
					Address: srv.URL, Clock: clock.System(), Auth: vault.AppRoleAuth{RoleID: "r", SecretID: literal(canary + "id")},
				})
				want(t, err, nil)
				for _, b := range []struct {
					vault.Backend
					ref vault.Ref
				}{{kv, parse(t, "vault://secret/a#b")}, {at(t, srv.URL), parse(t, "aws-sm://a#b")}} {
					token := ids.UUID()
					_, e1 := b.Get(t.Context(), b.ref, vault.Current)
					e2 := b.PutPending(t.Context(), b.ref, secret("put"), token)
					e3 := b.Promote(t.Context(), b.ref, token)
					_, e4 := b.Versions(t.Context(), b.ref)
					for _, err := range []error{e1, e2, e3, e4} {
						clean(t, err)
					}
					if e1 == nil || e3 == nil {
						t.Errorf("an echo was taken for an answer: %v %v", e1, e3)
					}
				}
			})
		}
	}
}

// at is an AWS backend whose signing key is a canary.
func at(t *testing.T, url string) *vault.AWS {
	t.Helper()
	srv := &vaulttest.SecretsManager{Region: "eu-central-1", AccessKeyID: "AK", SecretAccessKey: canary + "key"}
	srv.URL = url
	return openAWS(t, srv, canary+"session")
}

func TestRefs(t *testing.T) {
	t.Parallel()
	for text, kind := range map[string]error{
		"vault://secret/prod/spotnana#clientSecret": nil, "aws-sm://prod/spotnana#clientSecret": nil, "aws-sm://plain": nil,
		"aws-sm://arn:aws:secretsmanager:eu-central-1:123456789012:secret:prod-AbCdEf#x": nil,
		"file:/etc/airside/secrets.age#clientSecret":                                     nil, "file:secrets.age#x": nil, "env:SPOTNANA_SECRET": nil,
		canary: vault.ErrLiteral, "": vault.ErrLiteral, "https://" + canary: vault.ErrLiteral, "VAULT://secret/a#b": vault.ErrLiteral, " env:A": vault.ErrLiteral,
		"vault://" + canary: vault.ErrInvalid, "vault://secret/" + canary: vault.ErrInvalid, "vault://secret/../" + canary + "#x": vault.ErrInvalid,
		"vault://secret//a#x": vault.ErrInvalid, "vault://secret/a?version=1#x": vault.ErrInvalid, "vault://secret/a%2f..#x": vault.ErrInvalid, "vault://secret/a#airside.stages": vault.ErrInvalid,
		"aws-sm://" + canary + "#": vault.ErrInvalid, "file:" + canary: vault.ErrInvalid, "env:" + canary: vault.ErrInvalid, "env:1A": vault.ErrInvalid, "env:": vault.ErrInvalid,
	} {
		ref, err := vault.ParseRef(text)
		if kind == nil {
			if err != nil || ref.String() != text {
				t.Errorf("%q reads as %q, %v", text, ref, err)
			}
			continue
		}
		if want(t, err, kind); ref != (vault.Ref{}) {
			t.Errorf("%q gives %v beside an error", text, ref)
		}
	}
}

func FuzzParseRef(f *testing.F) {
	for _, s := range []string{"vault://secret/a/b#c", "aws-sm://a#b", "file:a#b", "env:A", "x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ref, err := vault.ParseRef(text)
		if err == nil && ref.String() != text {
			t.Errorf("%q reads as %q", text, ref)
		}
		if err != nil && len(text) > 12 && strings.Contains(err.Error(), text) {
			t.Errorf("the error repeats %q: %v", text, err)
		}
	})
}
