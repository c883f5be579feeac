// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"bytes"
	"fmt"
	"net/mail"
	"net/url"
	"os"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/vault"
)

// The kinds of sinks.
const (
	Email        = "EMAIL"
	Slack        = "SLACK"
	Webhook      = "WEBHOOK"
	PagerDuty    = "PAGERDUTY"
	Alertmanager = "ALERTMANAGER"
)

// Where a sink was made.
const (
	FromAPI           = "API"
	FromConfiguration = "CONFIGURATION"
)

// How mail is protected on its way.
const (
	STARTTLS = "STARTTLS"
	Implicit = "IMPLICIT"
	Plain    = "NONE"
)

// Config is one sink (schema AlertSink). It holds no secret.
type Config struct {
	ID          string `json:"id,omitempty" yaml:"-"`
	Name        string `json:"name" yaml:"name"`
	Kind        string `json:"kind" yaml:"kind"`
	Enabled     bool   `json:"enabled" yaml:"-"`
	Source      string `json:"source,omitempty" yaml:"-"`
	MinSeverity string `json:"minSeverity,omitempty" yaml:"minSeverity"`
	// Step is when it is told: those of step 0 at once, others when nobody acknowledges.
	Step int `json:"step" yaml:"step"`
	// SecretRef is the password of the mail account, the URL of a Slack webhook, the signing secret of a
	// webhook, the routing key of PagerDuty, or a bearer token of Alertmanager.
	SecretRef string `json:"secretRef,omitempty" yaml:"secretRef"`
	URL       string `json:"url,omitempty" yaml:"url"`

	Host     string   `json:"host,omitempty" yaml:"host"`
	Port     int      `json:"port,omitempty" yaml:"port"`
	Security string   `json:"security,omitempty" yaml:"security"`
	Username string   `json:"username,omitempty" yaml:"username"`
	From     string   `json:"from,omitempty" yaml:"from"`
	To       []string `json:"to,omitempty" yaml:"to"`
}

const pagerDutyURL = "https://events.pagerduty.com/v2/enqueue"

// Check completes a sink and refuses one that cannot work. insecure allows plain text on the way.
func (c *Config) Check(insecure bool) error {
	if c.MinSeverity == "" {
		c.MinSeverity = "INFO"
	}
	if c.SecretRef != "" {
		if _, err := vault.ParseRef(c.SecretRef); err != nil {
			return errs.Invalidf("/secretRef", "reference", "a secret is named, never written here: vault://mount/path#field, aws-sm://name#field, file:path#field or env:NAME")
		}
	}
	need := func(pointer string, missing bool) error {
		if missing {
			return errs.Invalidf(pointer, "required", "a sink of kind %s needs it", c.Kind)
		}
		return nil
	}
	switch c.Kind {
	case Email:
		return c.checkMail(insecure)
	case Slack:
		if c.URL != "" {
			return errs.Invalidf("/url", "combination", "the URL of a Slack webhook is a secret: name it with secretRef")
		}
		return need("/secretRef", c.SecretRef == "")
	case Webhook:
		if err := need("/secretRef", c.SecretRef == ""); err != nil {
			return err
		}
		return c.checkURL(insecure)
	case PagerDuty:
		if c.URL == "" {
			c.URL = pagerDutyURL
		}
		if err := need("/secretRef", c.SecretRef == ""); err != nil {
			return err
		}
		return c.checkURL(insecure)
	case Alertmanager:
		return c.checkURL(insecure)
	}
	return errs.Invalidf("/kind", "enum", "%q is no kind of sink", c.Kind).Allow(Email, Slack, Webhook, PagerDuty, Alertmanager)
}

func (c *Config) checkURL(insecure bool) error {
	u, err := url.Parse(c.URL)
	switch {
	case err != nil || u.Host == "" || u.Fragment != "":
		return errs.Invalidf("/url", "format", "it must be an absolute URL without fragment")
	case u.User != nil:
		return errs.Invalidf("/url", "format", "credentials do not belong into a URL: name them with secretRef")
	case u.Scheme != "https" && (u.Scheme != "http" || !insecure && c.Source == FromAPI):
		return errs.Invalidf("/url", "https", "it must begin with https://")
	}
	return nil
}

func (c *Config) checkMail(insecure bool) error {
	if c.Security == "" {
		c.Security = STARTTLS
	}
	if c.Port == 0 {
		c.Port = map[string]int{STARTTLS: 587, Implicit: 465, Plain: 25}[c.Security]
	}
	switch {
	case c.Host == "" || strings.ContainsAny(c.Host, " \r\n/@"):
		return errs.Invalidf("/host", "required", "a sink of kind EMAIL needs the name of its mail server")
	case !slices.Contains([]string{STARTTLS, Implicit, Plain}, c.Security):
		return errs.Invalidf("/security", "enum", "%q is no way to protect mail", c.Security).Allow(STARTTLS, Implicit, Plain)
	case c.Security == Plain && !insecure && c.Source == FromAPI:
		return errs.Invalidf("/security", "enum", "mail may not travel in plain text").Allow(STARTTLS, Implicit)
	case (c.Username == "") != (c.SecretRef == ""):
		return errs.Invalidf("/username", "combination", "username and secretRef go together")
	case len(c.To) == 0:
		return errs.Invalidf("/to", "required", "a sink of kind EMAIL needs somebody to write to")
	}
	for i, a := range append([]string{c.From}, c.To...) {
		if p, err := mail.ParseAddress(a); err != nil || p.Name != "" || strings.ContainsAny(a, "\r\n") {
			pointer := "/from"
			if i > 0 {
				pointer = fmt.Sprintf("/to/%d", i-1)
			}
			return errs.Invalidf(pointer, "email", "it must be an address such as security@example.com")
		}
	}
	return nil
}

// Load reads the sinks of the process's configuration: YAML, a list under `sinks`. Their id is made of
// their name, so that what they are to be told is found after a restart.
func Load(path string) ([]Config, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("alert sinks: %w", err)
	}
	var file struct {
		Sinks []Config `yaml:"sinks"`
	}
	in := yaml.NewDecoder(bytes.NewReader(text))
	in.KnownFields(true)
	if err := in.Decode(&file); err != nil {
		return nil, fmt.Errorf("alert sinks %s: %w", path, err)
	}
	seen := map[string]bool{}
	for i := range file.Sinks {
		c := &file.Sinks[i]
		c.Enabled, c.Source = true, FromConfiguration
		id := strings.ToLower(strings.TrimSpace(c.Name))
		if id == "" || strings.ContainsAny(id, "/\n") || seen[id] {
			return nil, fmt.Errorf("alert sinks %s: sink %d needs a name of its own, without slashes", path, i+1)
		}
		seen[id] = true
		c.ID = "configured:" + id
		if err := c.Check(true); err != nil {
			return nil, fmt.Errorf("alert sinks %s: %s: %w", path, c.Name, err)
		}
	}
	return file.Sinks, nil
}
