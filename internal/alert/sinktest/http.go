// SPDX-License-Identifier: Apache-2.0

package sinktest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// Request is one that arrived.
type Request struct {
	Path   string
	Header http.Header
	Body   []byte
}

// Server takes everything that is posted to it.
type Server struct {
	URL string

	mu     sync.Mutex
	got    []Request
	status int
}

// HTTP starts a server that answers 202.
func HTTP(t testing.TB) *Server {
	t.Helper()
	s := &Server{status: http.StatusAccepted}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("read what a sink sends: %v", err)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.status/100 == 2 {
			s.got = append(s.got, Request{r.URL.Path, r.Header, body})
		}
		w.WriteHeader(s.status)
	}))
	t.Cleanup(srv.Close)
	s.URL = srv.URL
	return s
}

// Answer sets the status from now on; other than 200s, nothing is kept.
func (s *Server) Answer(status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status = status
}

// Got is what arrived and was taken.
func (s *Server) Got() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.got...)
}
