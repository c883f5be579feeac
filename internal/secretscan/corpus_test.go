// SPDX-License-Identifier: Apache-2.0

package secretscan

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/airside-travel/airside/internal/ids"
)

// planted are secrets of each shape, drawn anew for the test so that none stands in the source.
type planted struct {
	name, key, secret string
}

func shapes(r *rand.Rand) []planted {
	draw := func(alphabet string, n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = alphabet[r.IntN(len(alphabet))]
		}
		return string(b)
	}
	const upper, lower, digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz", "0123456789"
	const alnum, base32 = upper + lower + digits, upper + "234567"
	raw := []byte(draw(alnum+"\x01\x02\x80\xfe", 32))
	uuid := strings.Join([]string{draw("0123456789abcdef", 8), draw("0123456789abcdef", 4), draw("0123456789abcdef", 4), draw("0123456789abcdef", 4), draw("0123456789abcdef", 12)}, "-")
	envelope := fmt.Sprintf(`{"scope":"scim","clientId":%q,"encryptedSecret":%q}`, uuid, draw(alnum, 44))
	return []planted{
		{"client secret of ours", "secret", ids.Secret("asc_")},
		{"application secret", "APP", ids.Secret("aap_")},
		{"token", "TOKEN", ids.Secret("ast_")},
		{"refresh token", "refresh", ids.Secret("asr_")},
		{"secret without checksum", "old", ids.Secret("asc_")[:47]},
		{"webhook secret", "hook", "whsec_" + base64.StdEncoding.EncodeToString(raw)},
		{"upstream client secret", "clientSecret", draw(alnum+"-_", 48)},
		{"upstream client secret, snake", "SPOTNANA_CLIENT_SECRET", draw(alnum, 32)},
		{"SCIM token", "scimToken", base64.StdEncoding.EncodeToString([]byte(envelope))},
		{"Vault token", "VAULT_TOKEN", "hvs." + draw(alnum+"_-", 90)},
		{"OpenBao token", "BAO_TOKEN", "s." + draw(alnum, 24)},
		{"AppRole secret id", "secret_id", uuid},
		{"AWS key id", "AWS_ACCESS_KEY_ID", "AKIA" + draw(base32, 16)},
		{"AWS secret key", "AWS_SECRET_ACCESS_KEY", draw(alnum+"/+", 39) + "k"},
		{"age key", "key", "AGE-SECRET-KEY-1" + draw("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58)},
		{"age post-quantum key", "key", "AGE-SECRET-KEY-PQ-1" + draw("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58)},
		{"private key", "key", "-----BEGIN PRIVATE KEY-----\n" + draw(alnum+"/+", 64) + "\n" + draw(alnum, 40) + "\n-----END PRIVATE KEY-----"},
		{"master key", "AIRSIDE_MASTER_KEY", base64.StdEncoding.EncodeToString(raw)},
		{"signer of checkpoints", "key", "PRIVATE+KEY+example.com/audit+0a1b2c3d+" + base64.StdEncoding.EncodeToString(append(raw, 1))},
		{"NATS seed", "seed", "SUA" + draw(base32, 55)},
	}
}

// The forms in which files hold a name and a value.
//
//nolint:gochecknoglobals // constant
var forms = []struct{ file, layout string }{
	{".env", "# settings\nexport %s=%s\n"},
	{"config.json", "{\n  \"name\": \"x\",\n  \"%s\": \"%s\"\n}\n"},
	{"values.yaml", "app:\n  %s: %s\n  other: 1\n"},
	{"main.go", "package main\n\nvar settings = map[string]string{\n\t\"%s\": \"%s\",\n}\n"},
	{"app.toml", "[app]\n%s = \"%s\"\n"},
	{"App.java", "props.put(\"%s\", /* here */ \"x\"); // %[2]s\n"},
	{"settings.xml", "<a>\n<%[1]s>%[2]s</%[1]s>\n</a>\n"},
	{"notes.md", "Use this one: `%s=%s`\n"},
}

func encode(n int, s string) (string, string) {
	switch n {
	case 1:
		return base64.StdEncoding.EncodeToString([]byte(s)), "base64"
	case 2:
		return hex.EncodeToString([]byte(s)), "hex"
	case 3:
		return url.QueryEscape(s), "percent"
	case 4:
		var b strings.Builder
		for _, c := range s {
			fmt.Fprintf(&b, `\u%04x`, c)
		}
		return b.String(), "escaped"
	}
	return s, ""
}

// TestCorpus plants every shape in three files of other formats and encodings: sixty cases, and all are found.
func TestCorpus(t *testing.T) {
	t.Parallel()
	s, err := New("")
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(5, 6)) //nolint:gosec // a fixed corpus
	cases := 0
	for i, p := range shapes(r) {
		plainForms := []int{0, 1, 2, 3, 4, 7}
		for variant := range 3 {
			cases++
			f := forms[plainForms[(i+variant*2)%len(plainForms)]]
			value := p.secret
			if f.file != "values.yaml" && f.file != ".env" && f.file != "notes.md" {
				value = strings.ReplaceAll(value, "\n", `\n`)
			}
			content, encoding := fmt.Sprintf(f.layout, p.key, value), ""
			switch variant {
			case 1: // the whole assignment is encoded, as in a Kubernetes secret that holds a file
				var text string
				text, encoding = encode(1+i%4, fmt.Sprintf("%s=%s\n", p.key, p.secret))
				content = fmt.Sprintf(f.layout, "data", text)
			case 2:
				if i%2 == 0 { // written by an editor of Windows
					encoding = "utf-16"
					wide := []byte{0xff, 0xfe}
					for _, u := range utf16.Encode([]rune(content)) {
						wide = append(wide, byte(u), byte(u>>8))
					}
					content = string(wide)
				}
			}
			got := s.Text(f.file, []byte(content), 1)
			if len(got) == 0 {
				t.Errorf("%s in %s (%s) was not found in:\n%s", p.name, f.file, encoding, content)
				continue
			}
			for _, g := range got {
				if strings.Contains(p.secret, strings.TrimSuffix(g.Secret, "…")) || len(g.Secret) > 50 {
					t.Errorf("the finding shows the secret: %+v", g)
				}
			}
			if !strings.Contains(content, p.secret) && !strings.HasPrefix(got[0].Encoding, encoding) {
				t.Errorf("%s in %s: found as %q, want %q", p.name, f.file, got[0].Encoding, encoding)
			}
		}
	}
	if cases != 60 {
		t.Errorf("%d cases, want 60", cases)
	}
}

// TestWhatIsNoSecret is not found.
func TestWhatIsNoSecret(t *testing.T) {
	t.Parallel()
	s, err := New("")
	if err != nil {
		t.Fatal(err)
	}
	mistyped := []byte(ids.Secret("asc_"))
	mistyped[9] ^= 3
	for _, text := range []string{
		"clientSecret: vault://secret/prod/spotnana#clientSecret",
		`"clientSecret": "${UPSTREAM_CLIENT_SECRET_OF_PRODUCTION}"`,
		"ClientSecret: settings.Upstream.ClientSecret,",
		`clientSecret := os.Getenv("CLIENT_SECRET_OF_PRODUCTION")`,
		"AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE",
		"Authorization: Bearer <token>",
		"postgres://airside:${PASSWORD_OF_DATABASE}@db/airside",
		"asc_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
		"whsec_" + base64.StdEncoding.EncodeToString([]byte("words for tests, not random")),
		"token " + string(mistyped),
		"-----BEGIN PRIVATE KEY----- is how it begins",
	} {
		if got := s.Text("x", []byte(text), 1); len(got) > 0 {
			t.Errorf("%q: %+v", text, got)
		}
	}
}

func TestMarkersNeedAReason(t *testing.T) {
	t.Parallel()
	s, err := New("")
	if err != nil {
		t.Fatal(err)
	}
	secret := ids.Secret("asc_")
	for line, want := range map[string]int{
		secret + " // " + marker + " the value of an example": 0,
		secret + " // " + marker:                              1,
		secret + " <!-- " + marker + " -->":                   1,
		secret + "\n// " + marker + " the line above":         1,
	} {
		got := s.Text("x.go", []byte(line), 1)
		if len(got) != want {
			t.Errorf("%d findings, want %d: %+v", len(got), want, got)
		}
	}
}

func TestRulesThatAreNotUnderstoodAreRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"[[rules]]\nid = \"x\"\nregex = '''(['''\n",
		"[[rules]]\nid = \"x\"\nregex = '''a'''\npath = '''b'''\n",
		"[[rules]]\nregex = '''a'''\n",
		"title = \"none\"\n",
		"[[rules]]\nid = \"x\"\nregex = '''a'''\nsecretGroup = 1\n",
	} {
		if _, err := New(text); err == nil {
			t.Errorf("taken:\n%s", text)
		}
	}
}
