// SPDX-License-Identifier: Apache-2.0

package secretscan

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/ids"
)

// TestVerdictsOfGitleaks gives both engines the same file of rules and the same texts: what either finds, the other
// does, apart from what is named here.
func TestVerdictsOfGitleaks(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("gitleaks")
	if err != nil {
		t.Skip("gitleaks is not installed; `go install github.com/zricethezav/gitleaks/v8@v8.30.1` gets it")
	}
	ours, err := New("")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	rules := filepath.Join(dir, "rules.toml")
	texts := map[string]string{}
	r := rand.New(rand.NewPCG(5, 6)) //nolint:gosec // a fixed corpus
	for i, p := range shapes(r) {
		for j, f := range forms {
			value := p.secret
			if f.file != "values.yaml" && f.file != ".env" && f.file != "notes.md" {
				value = strings.ReplaceAll(value, "\n", `\n`)
			}
			texts[fmt.Sprintf("%02d-%d-%s", i, j, strings.TrimPrefix(f.file, "."))] = fmt.Sprintf(f.layout, p.key, value)
		}
	}
	secret := ids.Secret("asc_")
	wrong := []byte(secret)
	wrong[9] ^= 3
	maps.Copy(texts, map[string]string{
		"reference": "clientSecret: vault://secret/prod/spotnana#clientSecret", "variable": `"clientSecret": "${UPSTREAM_CLIENT_SECRET_OF_PRODUCTION}"`,
		"field": "ClientSecret: settings.Upstream.ClientSecret,", "getenv": `clientSecret := os.Getenv("CLIENT_SECRET_OF_PRODUCTION")`,
		"example": "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE", "placeholder": "Authorization: Bearer <token>",
		"url": "postgres://airside:${PASSWORD_OF_DATABASE}@db/airside", "monotone": "asc_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
		"header": "-----BEGIN PRIVATE KEY----- is how it begins", "excused": secret + " // " + marker + " the value of an example",
		"mistyped": string(wrong), "words": "whsec_" + base64.StdEncoding.EncodeToString([]byte("words for tests, not random")), "no reason": secret + " // " + marker,
	})
	want := map[string]string{ // what the form of the rules cannot say
		"mistyped":  "gitleaks", // the checksum is wrong
		"words":     "gitleaks", // no random bytes
		"no reason": "ours",     // an excuse without a reason
	}
	corpus := filepath.Join(dir, "corpus")
	if err := os.Mkdir(corpus, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(rules, []byte(Rules()), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, text := range texts {
		if err := os.WriteFile(filepath.Join(corpus, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	report := filepath.Join(dir, "report.json")
	cmd := exec.CommandContext(t.Context(), program, "dir", corpus, "--config", rules, "--report-format", "json", "--report-path", report, "--exit-code", "0", "--redact", "--no-banner") //nolint:gosec // the program that was looked up
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	raw, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	var found []struct{ File string }
	if err := json.Unmarshal(raw, &found); err != nil {
		t.Fatal(err)
	}
	theirs := map[string]bool{}
	for _, f := range found {
		theirs[filepath.Base(f.File)] = true
	}
	got, both := map[string]string{}, 0
	for name, text := range texts {
		switch mine := len(ours.Text(name, []byte(text), 1)) > 0; {
		case mine && theirs[name]:
			both++
		case mine:
			got[name] = "ours"
		case theirs[name]:
			got[name] = "gitleaks"
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("found by one engine only (-want +got):\n%s", d)
	}
	if both < 140 {
		t.Errorf("both find %d of %d", both, len(texts))
	}
	t.Logf("both find %d of %d texts", both, len(texts))
}
