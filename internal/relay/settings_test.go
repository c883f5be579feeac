// SPDX-License-Identifier: Apache-2.0

package relay_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/relay"
	"github.com/airside-travel/airside/internal/vault"
)

func open(t *testing.T, text string) (*relay.Relays, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "brokers.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	secrets, err := vault.Open(vault.Settings{Clock: clock.System(), Lookup: func(string) (string, bool) { return "", false }})
	if err != nil {
		t.Fatal(err)
	}
	r, err := relay.Open(path, secrets)
	if err == nil {
		t.Cleanup(r.Close)
	}
	return r, err
}

// What an operator may get wrong is told with its place; a password in place of a reference is not repeated.
func TestBrokersFile(t *testing.T) {
	t.Parallel()
	one := func(settings string) string { return `{"brokers": {"events": {` + settings + `}}}` }
	const kafka = `"kind": "kafka", "addresses": ["kafka.example.com:9093"], "topics": ["airside.*"]`
	const nats = `"kind": "nats", "addresses": ["nats.example.com:4222"], "topics": ["airside.*", "travel.pnr"]`
	for name, tc := range map[string]struct{ text, want string }{
		"kafka":                     {one(kafka), ""},
		"kafka with a login":        {one(kafka + `, "login": {"mechanism": "SCRAM-SHA-512", "user": "airside", "secret": "vault://secret/kafka#password"}`), ""},
		"nats":                      {one(nats + `, "tenants": ["10000000-0000-4000-8000-000000000001"]`), ""},
		"nats with an nkey":         {one(nats + `, "login": {"mechanism": "NKEY", "secret": "env:NATS_SEED"}`), ""},
		"a login without TLS":       {one(strings.Replace(nats, "nats.example.com", "127.0.0.1", 1) + `, "tls": false, "login": {"mechanism": "TOKEN", "secret": "env:T"}`), ""},
		"nothing":                   {`{}`, "no broker in it"},
		"no JSON":                   {`brokers:`, "invalid character"},
		"a spelling mistake":        {one(kafka + `, "topic": []`), `unknown field "topic"`},
		"no settings":               {`{"brokers": {"events": null}}`, `broker "events": it has no settings`},
		"a name that is no host":    {`{"brokers": {"My Events": {` + kafka + `}}}`, "must be of a-z"},
		"another kind":              {one(`"kind": "rabbit"`), `kind "rabbit"`},
		"no address":                {one(`"kind": "kafka"`), "addresses"},
		"an address without a port": {one(`"kind": "kafka", "addresses": ["kafka.example.com"], "topics": ["*"]`), "HOST:PORT"},
		"no topics":                 {one(`"kind": "kafka", "addresses": ["kafka.example.com:1"]`), "topics"},
		"a star inside":             {one(`"kind": "nats", "addresses": ["nats.example.com:1"], "topics": ["a.*.b"]`), `topic "a.*.b"`},
		"another mechanism":         {one(kafka + `, "login": {"mechanism": "NKEY", "secret": "env:A"}`), "PLAIN, SCRAM-SHA-256"},
		"no user":                   {one(kafka + `, "login": {"mechanism": "PLAIN", "secret": "env:A"}`), "login user"},
		"a user of a token":         {one(nats + `, "login": {"mechanism": "TOKEN", "user": "a", "secret": "env:A"}`), "login user"},
		"a password":                {one(kafka + `, "login": {"mechanism": "PLAIN", "user": "a", "secret": "canary-42"}`), "login secret"},
		"a login in the clear":      {one(kafka + `, "tls": false, "login": {"mechanism": "PLAIN", "user": "a", "secret": "env:A"}`), "tls"},
		"a CA without TLS":          {one(kafka + `, "tls": false, "caFile": "ca.pem"`), "caFile"},
		"a CA that is not there":    {one(kafka + `, "caFile": "/nowhere/ca.pem"`), "/nowhere/ca.pem"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := open(t, tc.text)
			switch {
			case tc.want == "" && err != nil:
				t.Error(err)
			case tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "canary")):
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
	if _, err := relay.Open(filepath.Join(t.TempDir(), "none"), nil); err == nil || !strings.Contains(err.Error(), "AIRSIDE_BROKERS_FILE") {
		t.Errorf("a file that is not there: %v", err)
	}
}
