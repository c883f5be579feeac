// SPDX-License-Identifier: Apache-2.0

package vaulttest

import (
	"encoding/json"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Grant lets a token read a path, and write it too. Path may end in "*"; it begins with the mount and, in a KV
// engine, names data or metadata: "secret/data/prod/*".
type Grant struct {
	Path  string
	Write bool
}

// AppRole is a role of AppRole logins.
type AppRole struct {
	RoleID string
	TTL    time.Duration // lease of a token; 0: does not expire
	MaxTTL time.Duration // age at which a token cannot be renewed further; 0: none
	Grants []Grant
}

// Kubernetes is a role of Kubernetes logins.
type Kubernetes struct {
	JWT    string // the service account's token that is let in
	TTL    time.Duration
	MaxTTL time.Duration
	Grants []Grant
}

// SecretID limits a secret id.
type SecretID struct {
	Uses  int            // logins it is good for; 0: any number
	CIDRs []netip.Prefix // where it, and the tokens it gives, may be used from; empty: anywhere
	TTL   time.Duration  // 0: does not expire
}

type secretID struct {
	SecretID
	role string
	left int
	ends time.Time
}

type token struct {
	root, wrapping bool
	policies       []string
	grants         []Grant
	cidrs          []netip.Prefix
	ttl, max       time.Duration
	born, ends     time.Time // ends is zero for tokens that do not expire
	id             string
}

// AddAppRole adds a role or replaces it.
func (s *KV) AddAppRole(name string, r AppRole) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.roles[name] = &r
}

// AddKubernetes adds a role or replaces it.
func (s *KV) AddKubernetes(name string, k Kubernetes) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pods[name] = &k
}

// NewSecretID issues a secret id for an AppRole.
func (s *KV) NewSecretID(role string, id SecretID) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := s.next("secret-id")
	s.ids[name] = &secretID{SecretID: id, role: role, left: id.Uses, ends: end(s.now, id.TTL)}
	return name
}

// NewToken issues a token, as an operator would for token logins.
func (s *KV) NewToken(ttl, maxTTL time.Duration, grants ...Grant) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.issue(&token{policies: []string{"default"}, grants: grants, ttl: ttl, max: maxTTL}).id
}

// Revoke ends a token at once.
func (s *KV) Revoke(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.tokens, id)
}

// RevokeAll ends all tokens but the root's.
func (s *KV) RevokeAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, t := range s.tokens {
		if !t.root {
			delete(s.tokens, id)
		}
	}
}

func end(now time.Time, ttl time.Duration) time.Time {
	if ttl == 0 {
		return time.Time{}
	}
	return now.Add(ttl)
}

func (s *KV) issue(t *token) *token {
	t.id, t.born, t.ends = "hvs."+s.next("token"), s.now, end(s.now, t.ttl)
	s.tokens[t.id] = t
	return t
}

func (s *KV) bearer(r *http.Request) *token {
	id := r.Header.Get("X-Vault-Token")
	if id == "" {
		id, _ = strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	}
	t := s.tokens[id]
	if t == nil || t.wrapping {
		return nil
	}
	if !t.ends.IsZero() && !s.now.Before(t.ends) {
		delete(s.tokens, id)
		return nil
	}
	if !from(r, t.cidrs) {
		return nil
	}
	return t
}

// from reports whether the caller's address is in one of the networks.
func from(r *http.Request, cidrs []netip.Prefix) bool {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	addr, err := netip.ParseAddr(host)
	return len(cidrs) == 0 || err == nil && slices.ContainsFunc(cidrs, func(p netip.Prefix) bool { return p.Contains(addr.Unmap()) })
}

func (t *token) may(path, method string) bool {
	return t.root || slices.ContainsFunc(t.grants, func(g Grant) bool {
		prefix, wild := strings.CutSuffix(g.Path, "*")
		return (path == g.Path || wild && strings.HasPrefix(path, prefix)) && (g.Write || method == "read" || method == "list")
	})
}

func (s *KV) login(c *call, mount string) answer {
	t := &token{policies: []string{"default"}}
	switch mount {
	case "approle":
		id := s.ids[c.text("secret_id")]
		var role *AppRole
		if id != nil {
			role = s.roles[id.role]
		}
		if role == nil || role.RoleID != c.text("role_id") || !id.ends.IsZero() && !s.now.Before(id.ends) {
			return refusal(http.StatusBadRequest, "invalid role or secret ID")
		}
		if !from(c.r, id.CIDRs) {
			return refusal(http.StatusBadRequest, "source address unauthorized by CIDR restrictions on the secret ID")
		}
		if id.Uses > 0 {
			if id.left--; id.left == 0 {
				delete(s.ids, c.text("secret_id"))
			}
		}
		t.ttl, t.max, t.grants, t.cidrs = role.TTL, role.MaxTTL, role.Grants, id.CIDRs
	case "kubernetes":
		role := s.pods[c.text("role")]
		if role == nil {
			return refusal(http.StatusBadRequest, "invalid role name")
		}
		if c.text("jwt") != role.JWT {
			return denied
		}
		t.ttl, t.max, t.grants = role.TTL, role.MaxTTL, role.Grants
	default:
		return denied // as for any path without a token
	}
	return s.granted(s.issue(t))
}

func (s *KV) granted(t *token) answer {
	left := 0
	if !t.ends.IsZero() {
		left = int(t.ends.Sub(s.now).Seconds())
	}
	return answer{http.StatusOK, s.envelope("auth", map[string]any{
		"client_token": t.id, "accessor": "accessor-" + t.id, "policies": t.policies, "token_policies": t.policies,
		"metadata": nil, "lease_duration": left, "renewable": t.ttl > 0, "entity_id": "", "token_type": "service", "orphan": true,
	})}
}

func (s *KV) tokenCall(c *call, what string) answer {
	t := c.token
	switch {
	case what == "lookup-self" && c.method == "read":
		d := map[string]any{
			"id": t.id, "ttl": 0, "creation_ttl": int(t.ttl.Seconds()), "creation_time": t.born.Unix(), "expire_time": nil,
			"renewable": t.ttl > 0, "policies": t.policies, "explicit_max_ttl": 0, "num_uses": 0, "type": "service", "path": "auth/token/create",
		}
		if !t.ends.IsZero() {
			d["ttl"], d["expire_time"] = int(t.ends.Sub(s.now).Seconds()), stamp(t.ends)
		}
		return s.data(d)
	case what == "renew-self" && c.method == "write":
		if t.ttl == 0 {
			return refusal(http.StatusBadRequest, "lease is not renewable")
		}
		ttl := t.ttl
		if asked, ok := number(c.body["increment"]); ok && asked > 0 {
			ttl = time.Duration(asked) * time.Second
		}
		t.ends = s.now.Add(ttl)
		if most := t.born.Add(t.max); t.max > 0 && t.ends.After(most) {
			t.ends = most
		}
		return s.granted(t)
	case what == "revoke-self" && c.method == "write":
		delete(s.tokens, t.id)
		return answer{}
	}
	return refusal(http.StatusNotFound, "unsupported path")
}

// number reads an integer that came as a number or as text, as Vault takes both.
func number(v any) (int, bool) {
	switch n := v.(type) {
	case json.Number:
		i, err := n.Int64()
		return int(i), err == nil
	case string:
		d, err := seconds(n)
		return int(d.Seconds()), err == nil
	}
	return 0, false
}
