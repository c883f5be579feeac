// SPDX-License-Identifier: Apache-2.0

package upstream_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/airside-travel/airside/internal/upstream"
	"github.com/airside-travel/airside/internal/vault"
)

func production(t *testing.T) upstream.Environment {
	t.Helper()
	return upstream.Environment{
		Name: "production", BaseURL: "https://api.example.com", ClientID: "p", Secret: ref(t, "vault://secret/prod#clientSecret"),
		AdminClientID: "a", AdminSecret: ref(t, "aws-sm://admin"), Role: "TMC_ADMIN",
	}
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	if err := production(t).Validate(); err != nil {
		t.Fatal(err)
	}
	for name, x := range map[string]struct {
		change func(e *upstream.Environment)
		says   string // empty: allowed
	}{
		"literal":                 {func(e *upstream.Environment) { e.Secret = vault.Ref{Path: "asc_" + canary} }, "secret: is not a reference"},
		"literal admin":           {func(e *upstream.Environment) { e.AdminSecret = vault.Ref{Scheme: "x", Path: canary} }, "admin secret: is not a reference"},
		"no secret":               {func(e *upstream.Environment) { e.Secret = vault.Ref{} }, "secret: is missing"},
		"admin is itself":         {func(e *upstream.Environment) { e.AdminSecret = e.Secret }, "another API user's"},
		"admin has the same id":   {func(e *upstream.Environment) { e.AdminClientID = e.ClientID }, "another API user's"},
		"admin without secret":    {func(e *upstream.Environment) { e.AdminSecret = vault.Ref{} }, "has no admin secret"},
		"plain http":              {func(e *upstream.Environment) { e.BaseURL = "http://api.example.com" }, "must begin with https"},
		"plain http, dev":         {func(e *upstream.Environment) { e.BaseURL, e.Loopback = "http://api.example.com", true }, "must begin with https"},
		"loopback":                {func(e *upstream.Environment) { e.BaseURL = "http://127.0.0.1:8080" }, "for tries: `airside dev`"},
		"loopback, dev":           {func(e *upstream.Environment) { e.BaseURL, e.Loopback = "http://127.0.0.1:8080", true }, ""},
		"loopback v6, dev":        {func(e *upstream.Environment) { e.BaseURL, e.Loopback = "http://[::1]:8080", true }, ""},
		"like loopback, dev":      {func(e *upstream.Environment) { e.BaseURL, e.Loopback = "http://127.0.0.1.example.com", true }, "must begin with https"},
		"password in the URL":     {func(e *upstream.Environment) { e.BaseURL = "https://u:" + canary + "@api.example.com" }, "base URL"},
		"token URL plain":         {func(e *upstream.Environment) { e.TokenURL = "http://auth.example.com/token" }, "token URL: must begin"},
		"other scheme":            {func(e *upstream.Environment) { e.BaseURL = "ftp://api.example.com" }, "must begin with https"},
		"name":                    {func(e *upstream.Environment) { e.Name = "Prod!" }, "name: has 1 to 40"},
		"sandbox":                 {func(e *upstream.Environment) { e.Name = "sandbox" }, "sandbox is the platform"},
		"company without role":    {func(e *upstream.Environment) { e.Company = "c" }, "company: goes with"},
		"role without company":    {func(e *upstream.Environment) { e.Role = "COMPANY_ADMIN" }, "company: goes with"},
		"turns without role":      {func(e *upstream.Environment) { e.Rotation.Strategy, e.Role = upstream.Turns, "" }, "need"},
		"unknown strategy":        {func(e *upstream.Environment) { e.Rotation.Strategy = "hope" }, "strategy: is automatic"},
		"header in the client id": {func(e *upstream.Environment) { e.ClientID = "a\r\nb" }, "client id: has up to"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := production(t)
			x.change(&e)
			err := e.Validate()
			if x.says == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if !errors.Is(err, upstream.ErrInvalid) || !strings.Contains(err.Error(), x.says) || strings.Contains(err.Error(), canary) {
				t.Errorf("%v", err)
			}
		})
	}
}

// A credential belongs to one environment.
func TestSharedCredential(t *testing.T) {
	t.Parallel()
	other := func(change func(e *upstream.Environment)) upstream.Environment {
		e := production(t)
		e.Name, e.ClientID, e.AdminClientID = "rehearsal", "p2", "a2"
		e.Secret, e.AdminSecret = ref(t, "vault://secret/rehearsal#clientSecret"), ref(t, "aws-sm://admin2")
		change(&e)
		return e
	}
	if err := upstream.ValidateAll([]upstream.Environment{production(t), other(func(*upstream.Environment) {})}); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(e *upstream.Environment){
		"secret":            func(e *upstream.Environment) { e.Secret = production(t).Secret },
		"secret as admin's": func(e *upstream.Environment) { e.AdminSecret = production(t).Secret },
		"admin as secret":   func(e *upstream.Environment) { e.Secret = production(t).AdminSecret },
		"client id":         func(e *upstream.Environment) { e.ClientID = "p" },
		"name":              func(e *upstream.Environment) { e.Name = "production" },
	} {
		if err := upstream.ValidateAll([]upstream.Environment{production(t), other(change)}); !errors.Is(err, upstream.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
