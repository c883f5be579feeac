// SPDX-License-Identifier: Apache-2.0

package vaulttest

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// SecretsManager is a server that speaks as AWS Secrets Manager does. It checks signatures (Signature Version 4)
// against the key that it gives out.
type SecretsManager struct {
	base
	// Region, AccessKeyID and SecretAccessKey are what clients sign with.
	Region, AccessKeyID, SecretAccessKey string

	session string // session token that must come along; empty: none
	serial  int
	byName  map[string]*awsSecret
}

type awsSecret struct {
	arn, name   string
	description string
	created     time.Time
	changed     time.Time
	deleted     time.Time
	order       []string // version ids, oldest first
	versions    map[string]*awsVersion
	holder      map[string]string // version id by label
}

type awsVersion struct {
	text, binary *string
	created      time.Time
}

// NewSecretsManager starts a server that ends with the test.
func NewSecretsManager(tb testing.TB) *SecretsManager {
	tb.Helper()
	s := &SecretsManager{
		Region: "eu-central-1", AccessKeyID: "AKIAVAULTTEST0000000", SecretAccessKey: "vaulttest-not-a-real-key",
		byName: map[string]*awsSecret{},
	}
	s.start(tb, s)
	return s
}

// RequireSession makes calls without this session token fail as those of an ended session do.
func (s *SecretsManager) RequireSession(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.session = token
}

// Put writes a secret past all checks, as an operator would, and makes it current.
func (s *SecretsManager) Put(name, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.byName[name]
	if x == nil {
		x = s.add(name)
	}
	s.store(x, s.token(), &text, nil, []string{current})
}

// Text is the current secret string; empty when there is none.
func (s *SecretsManager) Text(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if x := s.byName[name]; x != nil {
		if v := x.versions[x.holder[current]]; v != nil && v.text != nil {
			return *v.text
		}
	}
	return ""
}

type awsError struct {
	status     int
	code, text string
}

func (e *awsError) answer() answer {
	return answer{e.status, map[string]string{"__type": e.code, "message": e.text}}
}

func bad(code, text string) *awsError { return &awsError{http.StatusBadRequest, code, text} }

var noSecret = bad("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")

// ServeHTTP answers one call.
func (s *SecretsManager) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	op, _ := strings.CutPrefix(r.Header.Get("X-Amz-Target"), "secretsmanager.")
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		writeAWS(w, bad("SerializationException", "the body cannot be read").answer())
		return
	}
	var in awsInput
	parsed := json.Unmarshal(body, &in) == nil
	serve := func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if e := s.signed(r, body); e != nil {
			writeAWS(w, e.answer())
			return
		}
		if !parsed || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/x-amz-json-1.1" {
			writeAWS(w, bad("SerializationException", "the request is not of the protocol").answer())
			return
		}
		out, e := s.operate(op, &in)
		if e != nil {
			writeAWS(w, e.answer())
			return
		}
		writeAWS(w, answer{http.StatusOK, out})
	}
	name := in.SecretID
	if name == "" {
		name = in.Name
	}
	s.around(w, r, s.fault(op, name, op), serve, func(w http.ResponseWriter, k FaultKind) { s.refuse(w, r, k) })
}

func (s *SecretsManager) refuse(w http.ResponseWriter, r *http.Request, k FaultKind) {
	e := &awsError{http.StatusInternalServerError, "InternalServiceError", "An error occurred on the server side."}
	switch k {
	case Sealed:
		e = bad("DecryptionFailure", "Secrets Manager can't decrypt the protected secret text using the provided KMS key.")
	case Denied:
		e = bad("AccessDeniedException", "User is not authorized to perform this operation.")
	case LeaseExpired:
		e = expired
		s.mu.Lock()
		s.session = "ended after " + r.Header.Get("X-Amz-Security-Token") // no caller has this one
		s.mu.Unlock()
	}
	writeAWS(w, e.answer())
}

func writeAWS(w http.ResponseWriter, a answer) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.Header().Set("X-Amzn-Requestid", "00000000-0000-4000-8000-000000000000")
	w.WriteHeader(a.status)
	_ = json.NewEncoder(w).Encode(a.body) // a client that has gone gets nothing
}
