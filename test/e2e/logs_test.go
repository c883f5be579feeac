// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/airside-travel/airside/airsidetest"
)

// safe is a buffer that several goroutines write to.
type safe struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safe) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safe) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// TestSinksHoldNoCanary sends secrets and cards through a real server and reads what it leaves behind: files in
// both forms, the log of the process, the metrics page, explanations, and the audit trail. internal/edge plants
// the same at many more places.
func TestSinksHoldNoCanary(t *testing.T) {
	t.Parallel()
	const secret, pan = "aA1xQz7RkT0pLmN4vB8sWc2dYe6fUg9hIj3oKaXbXcXdX", "4000056655665556"
	planted := []string{"ast_" + secret, "Bearer " + secret, "whsec_" + secret, pan, "4000-0566-5566-5556", secret}
	dir := t.TempDir()
	var out, process safe
	requests := 0
	t.Run("requests", func(t *testing.T) {
		srv := airsidetest.Start(t, airsidetest.Setting("AIRSIDE_LOG_SINKS", fmt.Sprintf("stderr,stdout?format=ocsf,file:%s/a.log,file:%s/b.log?format=ocsf", dir, dir)),
			airsidetest.Log(slog.New(slog.NewJSONHandler(&process, nil))), airsidetest.Stdout(&out))
		token := srv.Token(t)
		do := func(method, path, body string, header ...string) string {
			req, err := http.NewRequestWithContext(t.Context(), method, srv.URL+path, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer "+token)
			if body != "" {
				req.Header.Set("Content-Type", "application/json")
			}
			for i := 0; i+1 < len(header); i += 2 {
				req.Header.Set(header[i], header[i+1])
			}
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if _, err := io.Copy(io.Discard, resp.Body); err != nil {
				t.Fatal(err)
			}
			requests++
			return resp.Header.Get("X-Request-Id")
		}
		var seen []string
		for _, c := range planted {
			quoted, err := json.Marshal(c)
			if err != nil {
				t.Fatal(err)
			}
			form := url.Values{"grant_type": {"client_credentials"}, "client_id": {c}, "client_secret": {c}}.Encode()
			company := `{"name":` + string(quoted) + `,"billingCurrency":"EUR","companyRoles":["ORG"]}`
			seen = append(seen,
				do("GET", "/v2/companies?limit="+url.QueryEscape(c), ""),
				do("GET", "/v2/companies", "", "User-Agent", "x "+c, "Cookie", c),
				do("GET", "/v2/companies", "", "Authorization", "Bearer "+c),
				do("GET", "/v2/"+url.PathEscape(c), ""),
				do("GET", "/v2/companies/"+url.PathEscape(c), ""),
				do("POST", "/v2/companies", company, "Idempotency-Key", c),
				do("POST", "/v2/companies", `{"name":`+c),
				do("POST", "/v2/companies", `{`+string(quoted)+`:1}`),
				do("POST", "/v2/auth/oauth2-token", form, "Content-Type", "application/x-www-form-urlencoded", "Authorization", ""),
				do("POST", "/get-auth-token", `{"clientId":`+string(quoted)+`,"clientSecret":`+string(quoted)+`}`, "Authorization", ""), // gitleaks:allow the value is a canary of the test, put together at run time
			)
		}
		var shown bytes.Buffer
		for _, id := range seen {
			status, body := srv.Call(t, token, "GET", "/v1/airside/requests/"+id, nil)
			if status != 200 {
				t.Errorf("the explanation of %s: %d %s", id, status, body)
			}
			shown.Write(body)
			requests++
		}
		status, trail := srv.Call(t, token, "GET", "/v1/airside/audit?limit=100", nil)
		if status != 200 || !bytes.Contains(trail, []byte(`"createCompany"`)) {
			t.Errorf("the audit trail: %d %.500s", status, trail)
		}
		page := httptest.NewRecorder()
		srv.Metrics().ServeHTTP(page, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
		search(t, "an explanation", shown.String())
		search(t, "the audit trail", string(trail))
		search(t, "the metrics page", page.Body.String())
		if !strings.Contains(shown.String(), "REFUSED") || !strings.Contains(page.Body.String(), "airside_requests_total") {
			t.Error("there was nothing to look through")
		}
	})
	for name, text := range map[string]string{"the log of the process": process.String(), "standard output": out.String(), "the file": read(t, dir, "a.log"), "the file of OCSF": read(t, dir, "b.log")} {
		search(t, name, text)
		n := 0
		for lines := bufio.NewScanner(strings.NewReader(text)); lines.Scan(); {
			var e struct {
				Msg   string `json:"msg"`
				Class int    `json:"class_uid"`
			}
			if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if e.Msg == "request" || e.Class == 6003 {
				n++
			}
		}
		if n < requests {
			t.Errorf("%s tells of %d requests, there were %d", name, n, requests)
		}
	}
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func search(t *testing.T, where, text string) {
	t.Helper()
	for _, core := range []string{"aA1xQz7RkT0p", "400005665566", "4000-0566-5566"} {
		if i := strings.Index(text, core); i >= 0 {
			t.Errorf("%s holds %s: …%s", where, core, text[max(0, i-300):min(len(text), i+100)])
		}
	}
}
