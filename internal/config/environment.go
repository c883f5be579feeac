// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Environment is what is said about one upstream environment: AIRSIDE_ENV_<NAME>_<SETTING>, with the name
// in capitals and hyphens as underscores.
type Environment struct {
	Name string // as in AIRSIDE_ENVIRONMENTS

	BaseURL  string `env:"BASE_URL" url:"http,https" help:"https URL of the real API"`
	TokenURL string `env:"TOKEN_URL" url:"http,https" help:"URL of its token endpoint; below the base URL when empty"`
	Audience string `env:"AUDIENCE" help:"audience of tokens, when it asks for one"`
	TMC      string `env:"TMC" help:"id of the TMC there"`

	ClientID      string `env:"CLIENT_ID" help:"client id of the credential that all calls share; may lie in the vault with the secret"`
	Secret        string `env:"SECRET" ref:"true" help:"where its secret is: vault://mount/path#field, aws-sm://name#field, file:path#field or env:NAME; never the secret"`
	AdminClientID string `env:"ADMIN_CLIENT_ID" help:"client id of another API user that is a TMC admin, for rotation"`
	AdminSecret   string `env:"ADMIN_SECRET" ref:"true" help:"where the secret of that API user is"`
	Role          string `env:"ROLE" help:"role that a new API user is made with when secrets are rotated by turns: TMC_ADMIN or COMPANY_ADMIN"`
	Company       string `env:"COMPANY" help:"company of that role COMPANY_ADMIN"`

	Mode       string   `env:"MODE" default:"live" help:"live, read-only or dry-run; the mode that was switched to in the running server comes before it"`
	Rehearsal  bool     `env:"REHEARSAL" default:"false" help:"true for a sandbox of the real API: purchases there cost nothing and need no extra grant"`
	Operations []string `env:"OPERATIONS" help:"operations let through at all, by id or as scope:…, effect:…, separated by commas; empty for every one"`
	Listen     string   `env:"LISTEN" address:"true" help:"address of a listener of its own (port 0 picks a free one), where credentials of other environments are refused"`

	Timeout     time.Duration `env:"TIMEOUT" default:"60s" allow:"100ms to 1h" help:"how long one call may take"`
	Connections int           `env:"CONNECTIONS" default:"256" allow:"1 to 100000" help:"connections to it, and calls at once"`
	Rate        float64       `env:"RATE" default:"0" allow:"0 or 0.001 to 1000000" help:"calls per second to it; 0 does not limit"`

	RotateAfter time.Duration `env:"ROTATE_AFTER" default:"2160h" allow:"0 or 1h to 87600h" help:"age at which its secret is rotated (90 days); 0 never rotates by itself"`
	Strategy    string        `env:"ROTATE_BY" default:"automatic" help:"turns (two API users, no pause), in-place (a short pause) or automatic"`
	SelfOnly    bool          `env:"ROTATE_ALONE" default:"false" help:"true lets a credential rotate itself although nothing could recover a lost answer"`

	Hooks       []string      `env:"WEBHOOK_SECRETS" ref:"true" help:"where the signing secrets of its webhooks are, separated by commas; any of them may have signed"`
	HookTargets []string      `env:"WEBHOOK_TARGETS" url:"http,https" query:"true" help:"URLs that received webhooks are passed on to, separated by commas"`
	HookSign    string        `env:"WEBHOOK_SIGN" ref:"true" help:"where the secret is that signs what is passed on"`
	HookAge     time.Duration `env:"WEBHOOK_TOLERANCE" default:"5m" allow:"1s to 24h" help:"how far a webhook's timestamp may be from now"`
	HookBearer  bool          `env:"WEBHOOK_BEARER" default:"false" help:"true takes webhooks without a signature from an application of this environment that is granted receiveWebhook (the older way)"`
}

const environmentPrefix = prefix + "ENV_"

// variable is the beginning of an environment's variables.
func variable(name string) string {
	return environmentPrefix + strings.ToUpper(strings.ReplaceAll(name, "-", "_")) + "_"
}

// Variable is the whole name of one of its settings, such as RATE.
func (e *Environment) Variable(setting string) string { return variable(e.Name) + setting }

// environments fills c.Upstreams from what was given and strikes out what it used.
func (c *Config) environments(given map[string]string) (problems []error) {
	for _, name := range c.Environments {
		if name == "" || name == "sandbox" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			problems = append(problems, fmt.Errorf("AIRSIDE_ENVIRONMENTS: %q must be lower-case letters, digits and hyphens, and not sandbox, which is this server itself", veiled(name)))
			continue
		}
		if slices.ContainsFunc(c.Upstreams, func(e Environment) bool { return variable(e.Name) == variable(name) }) {
			problems = append(problems, fmt.Errorf("AIRSIDE_ENVIRONMENTS: %q is there twice", name))
			continue
		}
		e := Environment{Name: name}
		v := reflect.ValueOf(&e).Elem()
		var known []string
		refused := map[string]bool{}
		for i := range v.NumField() {
			sf := v.Type().Field(i)
			if sf.Tag.Get("env") == "" {
				continue
			}
			full := variable(name) + sf.Tag.Get("env")
			known = append(known, full)
			text, _ := said(sf, given, full)
			delete(given, full)
			err := guarded(sf, text)
			if err == nil {
				err = set(sf, v.Field(i), text)
			}
			if err != nil {
				refused[sf.Tag.Get("env")] = true
				problems = append(problems, fmt.Errorf("%s: %w", full, err)) // the value may be a secret in the wrong place
			}
		}
		for other := range given {
			if strings.HasPrefix(other, variable(name)) {
				problems = append(problems, fmt.Errorf("%s is not a setting of this version%s", other, nearest(other, known)))
				delete(given, other)
			}
		}
		if e.BaseURL == "" && !refused["BASE_URL"] {
			problems = append(problems, errors.New(variable(name)+"BASE_URL: must be given"))
		}
		if e.Secret == "" {
			problems = append(problems, errors.New(variable(name)+"SECRET: must be given"))
		}
		c.Upstreams = append(c.Upstreams, e)
	}
	return problems
}

// EnvironmentSettings is the reference of an environment's variables, with <NAME> in place of its name.
func EnvironmentSettings() []Setting {
	var out []Setting
	for sf := range reflect.TypeFor[Environment]().Fields() {
		if n := sf.Tag.Get("env"); n != "" {
			out = append(out, Setting{Name: environmentPrefix + "<NAME>_" + n, Default: sf.Tag.Get("default"), Help: help(sf)})
		}
	}
	return out
}
