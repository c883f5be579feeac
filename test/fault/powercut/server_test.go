// SPDX-License-Identifier: Apache-2.0

//go:build fuse

package powercut

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// platform is the whole program on a machine, seen by a client.
type platform struct {
	*program
	demo  struct{ BaseURL, CompanyID, LegalEntityID, ClientID, ClientSecret string }
	token string
	users []string // acknowledged
}

// boot starts the server and gets a token. The secret is shown at the first start only.
func boot(m *machine, before *platform) *platform {
	m.t.Helper()
	s := &platform{program: start(m.t, "server", "dev", "--data", m.dir, "--listen", "127.0.0.1:0", "--json")}
	if line := <-s.lines; json.Unmarshal([]byte(line), &s.demo) != nil {
		m.t.Fatalf("the server did not start: %s", line)
	}
	if before != nil {
		s.users = before.users
		if s.demo.ClientSecret == "" {
			s.demo.ClientSecret = before.demo.ClientSecret
		}
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {s.demo.ClientID}, "client_secret": {s.demo.ClientSecret}}
	status, raw := s.send("POST", "/v2/auth/oauth2-token", "application/x-www-form-urlencoded", form.Encode())
	var tok struct {
		AccessToken string `json:"access_token"`
	}
	if status != http.StatusOK || json.Unmarshal(raw, &tok) != nil {
		m.t.Fatalf("token: %d %s", status, raw)
	}
	s.token = tok.AccessToken
	return s
}

func (s *platform) send(method, path, contentType, body string) (int, []byte) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.demo.BaseURL+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if s.token != "" {
		req.Header.Set("Authorization", "Bearer "+s.token)
	}
	if body != "" {
		req.Header.Set("Content-Type", contentType)
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return res.StatusCode, raw
}

// hire creates a user and returns the status and the answer.
func (s *platform) hire(tag string) (int, []byte) {
	s.t.Helper()
	status, raw := s.send("POST", "/v2/users", "application/json", fmt.Sprintf(
		`{"persona":"EMPLOYEE","businessInfo":{"organizationRef":{"id":%q},"legalEntityRef":{"id":%q},"email":"%s@example.com"}}`,
		s.demo.CompanyID, s.demo.LegalEntityID, tag))
	if status == http.StatusCreated {
		var made struct{ ID string }
		if err := json.Unmarshal(raw, &made); err != nil {
			s.t.Fatal(err)
		}
		s.users = append(s.users, made.ID)
	}
	return status, raw
}

// must hires somebody.
func (s *platform) must(tag string) {
	s.t.Helper()
	if status, raw := s.hire(tag); status != http.StatusCreated {
		s.t.Fatalf("%s: %d %s", tag, status, raw)
	}
}

// refused demands that nobody can be hired, with an error that says why.
func (s *platform) refused(tag string) {
	s.t.Helper()
	for n := range 100 { // what is left may be enough for a few
		status, raw := s.hire(fmt.Sprint(tag, n))
		if status == http.StatusCreated {
			continue
		}
		if status != http.StatusServiceUnavailable || !bytes.Contains(raw, []byte(`"STORE_UNAVAILABLE"`)) {
			s.t.Fatalf("%s: %d %s", tag, status, raw)
		}
		return
	}
	s.t.Fatalf("%s: everything was accepted", tag)
}

// check reads everybody who was ever acknowledged, and the audit trail. Whoever looks at the trail leaves an
// entry in it, so that one that cannot be written is not shown.
func (s *platform) check(when string, writes bool) {
	s.t.Helper()
	for _, id := range s.users {
		if status, raw := s.send("GET", "/v2/users/"+id, "", ""); status != http.StatusOK {
			s.t.Errorf("%s: user %s: %d %s", when, id, status, raw)
		}
	}
	var trail struct{ Intact bool }
	status, raw := s.send("GET", "/v1/airside/audit/verify", "", "")
	if !writes && status == http.StatusServiceUnavailable && bytes.Contains(raw, []byte(`"STORE_UNAVAILABLE"`)) {
		return
	}
	if status != http.StatusOK || json.Unmarshal(raw, &trail) != nil || !trail.Intact {
		s.t.Errorf("%s: audit: %d %s", when, status, raw)
	}
}

// The whole program tells its callers what is wrong, shows what it has, and takes up work again: at
// once when the disk has space again, after a restart when the disk had failed.
func TestServerOnBadDisk(t *testing.T) {
	m := newMachine(t, *seed)
	s := boot(m, nil)
	s.must("ada")
	m.d.leave(0)
	s.refused("full")
	s.check("on a full disk", false)
	m.d.leave(plenty)
	s.must("tomas")
	if status, raw := s.send("GET", "/v1/airside/ready", "", ""); status != http.StatusOK {
		t.Errorf("readiness when there is space again: %d %s", status, raw)
	}
	m.d.fail("-wal")
	s.refused("failing")
	s.refused("failed")
	if status, raw := s.send("GET", "/v1/airside/ready", "", ""); status != http.StatusServiceUnavailable || !bytes.Contains(raw, []byte("disk")) {
		t.Errorf("readiness after the disk failed: %d %s", status, raw)
	}
	if status, raw := s.send("GET", "/v1/airside/health", "", ""); status != http.StatusOK {
		t.Errorf("the process lives, and says %d %s", status, raw)
	}
	s.check("on a failed disk", false)
	s.end()

	s = boot(m, s)
	s.check("after a restart", true)
	s.must("ines")
	m.reboot(s.program, nil, true)
	s = boot(m, s)
	s.check("after a power cut", true)
	s.must("jonas")
}
