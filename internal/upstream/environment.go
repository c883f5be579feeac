// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/airside-travel/airside/internal/vault"
)

// Environment is one upstream with the credential it is used with. What may be sent there at present is the edge's to say.
type Environment struct {
	Name     string // lower-case letters, digits and hyphens
	BaseURL  string
	TokenURL string // empty: BaseURL with /v2/auth/oauth2-token
	Audience string
	TMC      string // used when an API user is made

	// ClientID is the API user; it may be empty when the secret is a pair, a JSON object of clientId and clientSecret,
	// and a pair wins when both are there. Rotation by turns writes pairs, since the id changes with the secret.
	ClientID string
	Secret   vault.Ref

	// The credential of another API user that is a TMC admin. It is how a rotation whose answer was lost recovers.
	AdminClientID string
	AdminSecret   vault.Ref

	// Role and Company are what a new API user is made as. While Role is empty none is made: it would be a guess at
	// rights that the upstream does not tell.
	Role    string
	Company string

	Loopback bool // http:// to a loopback address is allowed, for development and tests
	Timeouts Timeouts
	Limits   Limits
	Rotation Schedule
}

// Timeouts bound waiting; zero means the default in the comment.
type Timeouts struct {
	Connect  time.Duration // 10 s, TLS included
	Response time.Duration // 60 s, from the request sent to the header of the answer
	Token    time.Duration // 10 s, for a token, and for a vault and an admin call
	Hold     time.Duration // 30 s, how long a request waits for a rotation
	Drain    time.Duration // 30 s, how long a rotation waits for requests to end
}

// Limits are what may leave for the upstream; zero means the default in the comment.
type Limits struct {
	Connections int     // 256, and as many requests at once
	Rate        float64 // requests per second; 0: no limit
	Burst       int     // 1 s worth of Rate, at least 1
	Replay      int     // 10 MiB: longer bodies are streamed, and cannot be repeated after a 401
}

// Schedule is when a secret is rotated on its own account.
type Schedule struct {
	Off      bool          // only on demand
	MaxAge   time.Duration // 90 days
	Warn     time.Duration // 14 days before
	Strategy Strategy      // Automatic
	// SelfOnly lets a lone credential rotate itself in place. An answer that is lost then locks everybody out until
	// the operator of the upstream issues a new secret.
	SelfOnly bool
}

// Validate checks one environment and refuses, naming field and rule. It says nothing about a secret's value.
func (e Environment) Validate() error {
	var bad []error
	refuse := func(field, format string, args ...any) {
		bad = append(bad, fmt.Errorf("environment %q: %s: %s: %w", e.Name, field, fmt.Sprintf(format, args...), ErrInvalid))
	}
	if !validName(e.Name) {
		refuse("name", "has 1 to 40 lower-case letters, digits and hyphens")
	} else if e.Name == "sandbox" {
		refuse("name", "sandbox is the platform in this process")
	}
	e.checkURL("base URL", e.BaseURL, refuse)
	if e.TokenURL != "" {
		e.checkURL("token URL", e.TokenURL, refuse)
	}
	e.checkRef("secret", e.Secret, true, refuse)
	e.checkRef("admin secret", e.AdminSecret, false, refuse)
	if (e.AdminSecret != vault.Ref{}) && (e.AdminSecret.Overlaps(e.Secret) || e.AdminClientID != "" && e.AdminClientID == e.ClientID) {
		refuse("admin secret", "must be another API user's, or it dies with the one it is to recover")
	}
	if e.AdminClientID != "" && e.AdminSecret == (vault.Ref{}) {
		refuse("admin client id", "has no admin secret")
	}
	for field, id := range map[string]string{"client id": e.ClientID, "admin client id": e.AdminClientID} {
		if len(id) > 256 || strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
			refuse(field, "has up to 256 printable ASCII characters without spaces")
		}
	}
	if e.Role != "" && e.Role != "TMC_ADMIN" && e.Role != "COMPANY_ADMIN" {
		refuse("role", "is TMC_ADMIN or COMPANY_ADMIN")
	}
	if (e.Role == "COMPANY_ADMIN") != (e.Company != "") {
		refuse("company", "goes with the role COMPANY_ADMIN, and only with it")
	}
	if !e.Rotation.Strategy.valid() {
		refuse("strategy", "is automatic, in-place or turns")
	}
	if e.Rotation.Strategy == Turns && e.Role == "" {
		refuse("strategy", "turns makes API users and needs their role")
	}
	return errors.Join(bad...)
}

func (e Environment) checkURL(field, text string, refuse func(field, format string, args ...any)) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		refuse(field, "is https://host[:port][/path], without user, query and fragment")
	case u.Scheme == "https":
	case u.Scheme == "http" && e.Loopback && loopback(u.Hostname()):
	case u.Scheme == "http" && loopback(u.Hostname()):
		refuse(field, "plain http to this machine is for tries: `airside dev` and `airside rotate --loopback` take it")
	default:
		refuse(field, "must begin with https://")
	}
}

func (e Environment) checkRef(field string, ref vault.Ref, needed bool, refuse func(field, format string, args ...any)) {
	if (ref == vault.Ref{}) {
		if needed {
			refuse(field, "is missing")
		}
		return
	}
	if again, err := vault.ParseRef(ref.String()); err != nil || again != ref {
		refuse(field, "is not a reference to a vault")
	}
}

// ValidateAll checks each environment and that none shares a credential with another: a secret used twice is rotated
// by one and dead for the other, and what is meant for production works in a rehearsal. It knows references only; see
// Compare for the values.
func ValidateAll(all []Environment) error {
	var bad []error
	names, clients := map[string]bool{}, map[string]string{}
	for _, e := range all {
		bad = append(bad, e.Validate())
		if names[e.Name] {
			bad = append(bad, fmt.Errorf("environment %q is there twice: %w", e.Name, ErrInvalid))
		}
		names[e.Name] = true
		for _, id := range []string{e.ClientID, e.AdminClientID} {
			if other, ok := clients[id]; ok && id != "" && other != e.Name {
				bad = append(bad, fmt.Errorf("environments %q and %q use the same client id: %w", other, e.Name, ErrInvalid))
			}
			clients[id] = e.Name
		}
	}
	list := places(all)
	for i, b := range list {
		for _, a := range list[:i] {
			if a.environment != b.environment && a.ref.Overlaps(b.ref) { // however they are spelled
				bad = append(bad, fmt.Errorf("environments %q and %q use the same secret, %s: %w", a.environment, b.environment, b.ref, ErrInvalid))
			}
		}
	}
	return errors.Join(bad...)
}

// Warnings are practices that the environment leaves off, for doctor.
func (e Environment) Warnings() []string {
	var out []string
	if e.Secret.Scheme == vault.SchemeEnv {
		out = append(out, "the secret is a variable of the environment, which cannot be rotated; keep it in a vault or a sealed file")
	}
	if (e.AdminSecret == vault.Ref{}) && e.Role == "" && e.Secret.Scheme != vault.SchemeEnv {
		out = append(out, "neither an admin credential nor a role for new API users is set, so the secret cannot be rotated without risk")
	}
	if e.Rotation.Off {
		out = append(out, "scheduled rotation is off")
	}
	if e.Rotation.SelfOnly {
		out = append(out, "the credential may rotate itself in place: an answer that is lost locks the environment out")
	}
	return out
}

func (e Environment) withDefaults() Environment {
	e.BaseURL = strings.TrimSuffix(e.BaseURL, "/")
	if e.TokenURL == "" {
		e.TokenURL = e.BaseURL + "/v2/auth/oauth2-token"
	}
	for _, d := range []struct {
		value *time.Duration
		is    time.Duration
	}{
		{&e.Timeouts.Connect, 10 * time.Second}, {&e.Timeouts.Response, time.Minute}, {&e.Timeouts.Token, 10 * time.Second},
		{&e.Timeouts.Hold, 30 * time.Second}, {&e.Timeouts.Drain, 30 * time.Second},
		{&e.Rotation.MaxAge, 90 * day}, {&e.Rotation.Warn, 14 * day},
	} {
		if *d.value <= 0 {
			*d.value = d.is
		}
	}
	if e.Limits.Connections <= 0 {
		e.Limits.Connections = 256
	}
	if e.Limits.Replay <= 0 {
		e.Limits.Replay = 10 << 20
	}
	if e.Limits.Burst <= 0 {
		e.Limits.Burst = max(1, int(e.Limits.Rate))
	}
	if e.Rotation.Strategy == "" {
		e.Rotation.Strategy = Automatic
	}
	return e
}

const day = 24 * time.Hour

func validName(n string) bool {
	return n != "" && len(n) <= 40 && !strings.ContainsFunc(n, func(r rune) bool {
		return r != '-' && (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
}

func loopback(host string) bool {
	if a, err := netip.ParseAddr(host); err == nil {
		return a.Unmap().IsLoopback()
	}
	return strings.EqualFold(host, "localhost")
}

// hostPort is the authority with the port that the scheme means.
func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return u.Scheme + "://" + net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}
