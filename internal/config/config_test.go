// SPDX-License-Identifier: Apache-2.0

package config_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/config"
)

func TestLoad(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		environ []string
		errs    []string // each must be in the error; none for success
	}{
		{"defaults", nil, nil},
		{"other variables are not ours", []string{"PATH=/bin", "AIRSIDER=1"}, nil},
		{"unknown", []string{"AIRSIDE_LISTNE=x"}, []string{"AIRSIDE_LISTNE is not a setting", "did you mean AIRSIDE_LISTEN?"}},
		{"unknown, by a word", []string{"AIRSIDE_FORMAT=x"}, []string{"did you mean AIRSIDE_LOG_FORMAT?"}},
		{"unknown, and like nothing", []string{"AIRSIDE_XYZ=x"}, []string{"AIRSIDE_XYZ is not a setting of this version"}},
		{"all problems at once", []string{"AIRSIDE_MAX_BODY=ten", "AIRSIDE_LOG_FORMAT=xml", "AIRSIDE_ALLOW_NETWORKS=10.0.0.0/33"}, []string{"AIRSIDE_MAX_BODY", "AIRSIDE_LOG_FORMAT", "10.0.0.0/33"}},
		{"networks of webhooks", []string{"AIRSIDE_WEBHOOK_ALLOW_NETWORKS=10.0.0.0/8, fd00::/8"}, nil},
		{"a network that is none", []string{"AIRSIDE_WEBHOOK_ALLOW_NETWORKS=10.0.0"}, []string{"AIRSIDE_WEBHOOK_ALLOW_NETWORKS", "10.0.0"}},
		{"database", []string{"AIRSIDE_DATABASE_URL=mysql://x"}, []string{"AIRSIDE_DATABASE_URL"}},
		{"postgres without a key", []string{"AIRSIDE_DATABASE_URL=postgres://a@b/c"}, []string{"AIRSIDE_MASTER_KEY_FILE"}},
		{"postgres", []string{"AIRSIDE_DATABASE_URL=postgresql://a@b/c", "AIRSIDE_MASTER_KEY_FILE=key"}, nil},
		{"bodies", []string{"AIRSIDE_LOG_BODIES=24h"}, nil},
		{"bodies are not kept for ever", []string{"AIRSIDE_LOG_BODIES=721h"}, []string{"AIRSIDE_LOG_BODIES=721h0m0s: must be 0s, which keeps none, or 1m to 720h"}},
		{"bodies are not kept for no time", []string{"AIRSIDE_LOG_BODIES=-1h"}, []string{"AIRSIDE_LOG_BODIES=-1h0m0s"}},
		{"bodies need a time", []string{"AIRSIDE_LOG_BODIES=true"}, []string{"AIRSIDE_LOG_BODIES=\"true\": must be a duration"}},
		{"duration", []string{"AIRSIDE_WEBHOOK_TIMEOUT=40"}, []string{"must be a duration"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Load(tc.environ)
			if (err != nil) != (tc.errs != nil) {
				t.Fatalf("error %v, want %q", err, tc.errs)
			}
			for _, want := range tc.errs {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q is not in %q", want, err)
				}
			}
		})
	}
}

// TestGivenAsNothing: a number, a duration or an address that is set to nothing has its default, not 0.
func TestGivenAsNothing(t *testing.T) {
	t.Parallel()
	environ := []string{"AIRSIDE_TOKEN_RATE=", "AIRSIDE_RATE=", "AIRSIDE_LISTEN=", "AIRSIDE_WEBHOOK_TIMEOUT=", "AIRSIDE_ENVIRONMENTS=production",
		"AIRSIDE_ENV_PRODUCTION_BASE_URL=https://api.example.com", "AIRSIDE_ENV_PRODUCTION_SECRET=env:X", "AIRSIDE_ENV_PRODUCTION_TIMEOUT=",
		"AIRSIDE_ENV_PRODUCTION_CONNECTIONS=", "AIRSIDE_ENV_PRODUCTION_WEBHOOK_TOLERANCE="}
	got, err := config.Load(environ)
	if err != nil {
		t.Fatal(err)
	}
	want, err := config.Load(environ[4:7])
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got.TokenRate == 0 || got.Listen == "" || got.Upstreams[0].Timeout == 0 {
		t.Errorf("a default is nothing, so this says nothing: %+v", got)
	}
}

func TestReferenceMasksSecrets(t *testing.T) {
	t.Parallel()
	c, err := config.Load([]string{"AIRSIDE_CLIENT_SECRET=canary", "AIRSIDE_WEBHOOK_TIMEOUT=5s"})
	if err != nil {
		t.Fatal(err)
	}
	if c.ClientSecret != "canary" || c.HookTimeout != 5*time.Second {
		t.Fatalf("not read: %+v", c)
	}
	for _, s := range c.Settings() {
		if strings.Contains(s.Value, "canary") {
			t.Errorf("%s shows its secret", s.Name)
		}
		if want := s.Name == "AIRSIDE_CLIENT_SECRET" || s.Name == "AIRSIDE_WEBHOOK_TIMEOUT"; s.Set != want {
			t.Errorf("%s: set is %v, want %v", s.Name, s.Set, want)
		}
	}
}

func TestDatabasePasswordIsMasked(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ url, want string }{
		{"postgres://airside:canary@db.example.com:5432/airside?sslmode=verify-full", "postgres://airside:set@db.example.com:5432/airside?sslmode=verify-full"},
		{"postgres://airside@db.example.com/airside?password=canary", "postgres://airside@db.example.com/airside?password=set"},
		{"postgres://airside:can%zzary@db/airside", "postgres:[set]"},
		{"sqlite:/var/lib/airside.db", "sqlite:/var/lib/airside.db"},
	} {
		c, err := config.Load([]string{"AIRSIDE_DATABASE_URL=" + tc.url, "AIRSIDE_MASTER_KEY_FILE=key"})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range c.Settings() {
			if s.Name == "AIRSIDE_DATABASE_URL" && s.Value != tc.want {
				t.Errorf("%s is shown as %s, want %s", tc.url, s.Value, tc.want)
			}
		}
	}
}

// TestConfigShowsNoSecret prints, logs and encodes a whole configuration, alone and inside something else.
func TestConfigShowsNoSecret(t *testing.T) {
	t.Parallel()
	c, err := config.Load([]string{"AIRSIDE_CLIENT_SECRET=canary", "AIRSIDE_TOKEN=canary", "AIRSIDE_MASTER_KEY_FILE=key", "AIRSIDE_DATABASE_URL=postgres://airside:canary@db/airside"})
	if err != nil {
		t.Fatal(err)
	}
	inside := struct {
		C config.Config
		P *config.Config
	}{c, &c}
	var out bytes.Buffer
	for verb := range strings.FieldsSeq("%v %+v %#v %s %q %x %d") {
		for _, v := range []any{c, &c, inside, []config.Config{c}, fmt.Errorf("with %v", c), map[string]any{"c": c}} {
			fmt.Fprintf(&out, verb, v)
		}
	}
	for _, h := range []slog.Handler{slog.NewJSONHandler(&out, nil), slog.NewTextHandler(&out, nil)} {
		slog.New(h).Info("event", slog.Any("c", c), slog.Any("p", &c), slog.Any("inside", inside))
	}
	if err := json.NewEncoder(&out).Encode(inside); err != nil {
		t.Fatal(err)
	}
	for _, form := range []string{"canary", fmt.Sprintf("%x", "canary")} {
		if strings.Contains(out.String(), form) {
			t.Errorf("%s is in %s", form, out.String())
		}
	}
	if !strings.Contains(out.String(), "[configuration]") {
		t.Error("nothing was printed")
	}
}

// TestNetworksAreReadAsApplicationsReadThem: a block that is written as IPv6 admits the IPv4 callers it names.
func TestNetworksAreReadAsApplicationsReadThem(t *testing.T) {
	t.Parallel()
	c, err := config.Load([]string{"AIRSIDE_ALLOW_NETWORKS=::ffff:127.0.0.0/104,192.0.2.7", "AIRSIDE_WEBHOOK_ALLOW_NETWORKS=::ffff:10.0.0.0/104"})
	if err != nil {
		t.Fatal(err)
	}
	calls, err1 := c.Prefixes()
	hooks, err2 := c.HookPrefixes()
	if got := fmt.Sprint(calls, hooks, err1, err2); got != "[127.0.0.0/8 192.0.2.7/32] [10.0.0.0/8] <nil> <nil>" {
		t.Error(got)
	}
}
