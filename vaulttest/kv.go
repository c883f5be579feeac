// SPDX-License-Identifier: Apache-2.0

package vaulttest

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// RootToken is the token of KV that may do everything and does not expire.
const RootToken = "hvs.vaulttest-root"

// KV is a server that speaks as HashiCorp Vault and OpenBao do. A KV version 2 engine is mounted at "secret",
// AppRole logins at "approle" and "kubernetes" logins at their default places.
type KV struct {
	base
	sealed  bool
	serial  int
	tokens  map[string]*token
	roles   map[string]*AppRole
	ids     map[string]*secretID
	pods    map[string]*Kubernetes
	wrapped map[string]json.RawMessage
	secrets map[string]*secret
}

// NewKV starts a server that ends with the test.
func NewKV(tb testing.TB) *KV {
	tb.Helper()
	s := &KV{
		tokens: map[string]*token{RootToken: {policies: []string{"root"}, root: true}},
		roles:  map[string]*AppRole{}, ids: map[string]*secretID{}, pods: map[string]*Kubernetes{},
		wrapped: map[string]json.RawMessage{}, secrets: map[string]*secret{},
	}
	s.start(tb, s)
	return s
}

// Seal seals the server or unseals it. A sealed one answers 503 to all but its health.
func (s *KV) Seal(sealed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sealed = sealed
}

// answer is a reply before it is written.
type answer struct {
	status int
	body   any
}

func refusal(status int, text ...string) answer {
	if text == nil {
		text = []string{}
	}
	return answer{status, map[string]any{"errors": text}}
}

var (
	denied   = refusal(http.StatusForbidden, "permission denied")
	isSealed = refusal(http.StatusServiceUnavailable, "Vault is sealed")
	missing  = refusal(http.StatusNotFound)
)

// ServeHTTP answers one call.
func (s *KV) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f := s.fault(r.Method, r.URL.Path, r.Method+" "+r.URL.Path)
	serve := func(w http.ResponseWriter, r *http.Request) { write(w, s.answer(r)) }
	s.around(w, r, f, serve, func(w http.ResponseWriter, k FaultKind) {
		switch k {
		case Sealed:
			write(w, isSealed)
		case LeaseExpired:
			s.mu.Lock()
			if t := s.tokens[r.Header.Get("X-Vault-Token")]; t != nil && !t.root {
				delete(s.tokens, r.Header.Get("X-Vault-Token"))
			}
			s.mu.Unlock()
			write(w, denied)
		case Denied:
			write(w, denied)
		default:
			write(w, refusal(http.StatusInternalServerError, "internal error"))
		}
	})
}

func write(w http.ResponseWriter, a answer) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if a.body == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	w.WriteHeader(a.status)
	_ = json.NewEncoder(w).Encode(a.body) // a client that has gone gets nothing
}

// call is one request, read.
type call struct {
	r      *http.Request
	method string // read, write, delete, list, patch
	body   map[string]any
	token  *token
}

func (c *call) text(key string) string { s, _ := c.body[key].(string); return s }

func (s *KV) answer(r *http.Request) answer {
	path, ok := strings.CutPrefix(r.URL.Path, "/v1/")
	if !ok {
		return missing
	}
	c := &call{r: r, body: map[string]any{}}
	switch r.Method {
	case http.MethodGet:
		c.method = "read"
		if r.URL.Query().Get("list") == "true" {
			c.method = "list"
		}
	case http.MethodPut, http.MethodPost:
		c.method = "write"
	case "LIST", http.MethodDelete, http.MethodPatch:
		c.method = strings.ToLower(r.Method)
	default:
		return refusal(http.StatusMethodNotAllowed, "unsupported operation")
	}
	if r.ContentLength != 0 && (c.method == "write" || c.method == "patch") {
		d := json.NewDecoder(http.MaxBytesReader(nil, r.Body, 1<<20))
		d.UseNumber()
		if d.Decode(&c.body) != nil {
			return refusal(http.StatusBadRequest, "failed to parse JSON input")
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case path == "sys/health" || path == "sys/seal-status":
		return s.health(path == "sys/health" && s.sealed)
	case s.sealed:
		return isSealed
	case strings.HasPrefix(path, "auth/") && strings.HasSuffix(path, "/login") && c.method == "write":
		return s.wrap(r, s.login(c, strings.TrimSuffix(strings.TrimPrefix(path, "auth/"), "/login")))
	case path == "sys/wrapping/unwrap" && c.method == "write":
		return s.unwrap(c)
	}
	if c.token = s.bearer(r); c.token == nil {
		return denied
	}
	if rest, ok := strings.CutPrefix(path, "auth/token/"); ok {
		return s.tokenCall(c, rest)
	}
	if !c.token.may(path, c.method) {
		return denied
	}
	return s.wrap(r, s.engine(c, path))
}

func (s *KV) health(bad bool) answer {
	status := http.StatusOK
	if bad {
		status = http.StatusServiceUnavailable
	}
	return answer{status, map[string]any{
		"initialized": true, "sealed": s.sealed, "standby": false, "server_time_utc": s.now.Unix(),
		"version": "0.0.0-vaulttest", "type": "shamir", "t": 1, "n": 1, "progress": 0,
	}}
}

// data is the vendor's envelope around an answer.
func (s *KV) data(d any) answer { return answer{http.StatusOK, s.envelope("data", d)} }

func (s *KV) envelope(key string, value any) map[string]any {
	e := map[string]any{
		"request_id": s.next("req"), "lease_id": "", "renewable": false, "lease_duration": 0,
		"data": nil, "wrap_info": nil, "warnings": nil, "auth": nil,
	}
	e[key] = value
	return e
}

// next makes a name that was not there before.
func (s *KV) next(kind string) string {
	s.serial++
	return kind + "-vaulttest-" + strconv.Itoa(s.serial)
}

// wrap hides an answer behind a token that opens it once, when the caller asked for that.
func (s *KV) wrap(r *http.Request, a answer) answer {
	ttl, err := seconds(r.Header.Get("X-Vault-Wrap-TTL"))
	if err != nil || ttl <= 0 || a.status != http.StatusOK {
		return a
	}
	inner, err := json.Marshal(a.body)
	if err != nil {
		return refusal(http.StatusInternalServerError, "internal error")
	}
	id := "hvs." + s.next("wrap")
	s.wrapped[id] = inner
	s.tokens[id] = &token{ends: s.now.Add(ttl), wrapping: true}
	return answer{http.StatusOK, s.envelope("wrap_info", map[string]any{
		"token": id, "ttl": int(ttl.Seconds()), "creation_time": stamp(s.now), "creation_path": strings.TrimPrefix(r.URL.Path, "/v1/"),
	})}
}

func (s *KV) unwrap(c *call) answer {
	id := c.text("token")
	if id == "" {
		id = c.r.Header.Get("X-Vault-Token")
	}
	inner, t := s.wrapped[id], s.tokens[id]
	delete(s.wrapped, id)
	delete(s.tokens, id)
	if inner == nil || !s.now.Before(t.ends) {
		return refusal(http.StatusBadRequest, "wrapping token is not valid or does not exist")
	}
	return answer{http.StatusOK, inner}
}

// seconds reads a duration as Vault takes it: a number of seconds, or Go's notation.
func seconds(text string) (time.Duration, error) {
	if n, err := strconv.Atoi(text); err == nil {
		return time.Duration(n) * time.Second, nil
	}
	return time.ParseDuration(text)
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}
