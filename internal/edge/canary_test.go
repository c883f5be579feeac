// SPDX-License-Identifier: Apache-2.0

package edge_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/audit"
	"github.com/airside-travel/airside/internal/edge"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/telemetry"
)

// canary is a secret or a card number, and the parts of it of which none may be seen.
type canary struct {
	text string
	core []string
}

// letters are n random ones of base64url, with an upper and a lower one and a digit among them.
func letters(r *rand.Rand, n int) string {
	raw := make([]byte, n)
	for i := range raw {
		raw[i] = byte(r.Uint32())
	}
	return "aA1" + base64.RawURLEncoding.EncodeToString(raw)[:n-3]
}

func card(r *rand.Rand) canary {
	brand := []struct {
		begin string
		n     int
	}{{"4", 16}, {"5", 16}, {"34", 15}, {"36", 14}, {"3530", 16}, {"6011", 16}, {"62", 19}}[r.IntN(7)]
	d := []byte(brand.begin)
	if brand.begin == "5" {
		d = append(d, byte('1'+r.IntN(5)))
	}
	for len(d) < brand.n-1 {
		d = append(d, byte('0'+r.IntN(10)))
	}
	sum := 0
	for i := range d {
		v := int(d[len(d)-1-i] - '0')
		if i%2 == 0 {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		sum += v
	}
	pan := string(append(d, byte('0'+(10-sum%10)%10)))
	c := canary{pan, []string{pan, pan[:len(pan)-4]}}
	if by := []string{"", "-", ""}[r.IntN(3)]; by != "" {
		c.text = strings.Join([]string{pan[:4], pan[4:8], pan[8:12], pan[12:]}, by)
		c.core = append(c.core, c.text)
	}
	return c
}

func secret(r *rand.Rand) canary {
	s := letters(r, 43)
	switch r.IntN(9) {
	case 0, 1, 2:
		return card(r)
	case 3:
		return canary{"whsec_" + s[:32], []string{s[:12]}}
	case 4:
		return canary{"eyJ" + s[:20] + ".eyJ" + s[20:40] + "." + s, []string{s[:12]}}
	case 5:
		return canary{"AKIA" + strings.ToUpper(strings.NewReplacer("-", "A", "_", "B").Replace(s[:16])), []string{"AKIA"}}
	case 6:
		return canary{"xoxb-" + s, []string{s[:12]}}
	case 7:
		return canary{s, []string{s[:12]}}
	}
	return canary{[]string{"ast_", "asc_", "asr_", "aap_"}[r.IntN(4)] + s, []string{s[:12]}}
}

// far is an upstream that says what it is told to.
type far struct {
	reply func() (*http.Response, error)
}

func (f *far) Find(string) edge.Upstream                                 { return f }
func (f *far) Mode() string                                              { return edge.ModeLive }
func (f *far) BaseURL() *url.URL                                         { return &url.URL{Scheme: "https", Host: "far.example.com"} }
func (f *far) Timeout() time.Duration                                    { return time.Minute }
func (f *far) Allows(*contract.Operation) bool                           { return true }
func (f *far) Send(*http.Request, time.Duration) (*http.Response, error) { return f.reply() }
func (f *far) Lookup(context.Context, *contract.Operation, string, []byte) (edge.Answer, bool, error) {
	return edge.Answer{}, false, errors.New("nothing can be looked up")
}

func answer(status int, header, body string) (*http.Response, error) {
	return &http.Response{
		StatusCode: status, Header: http.Header{"X-Request-Id": {header}, "Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}, nil
}

const companyOf = `{"name":%s,"billingCurrency":"EUR","companyRoles":["ORG"]}`

// TestNoCanaryGetsOut plants secrets and card numbers wherever somebody outside can put them, and looks for
// them in the log, in our own form and as OCSF, in what explanations are made of, and in the audit trail.
func TestNoCanaryGetsOut(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(4, 4))
	up := &far{}
	var last *telemetry.Event
	var hidden canary // what the handler puts into its errors
	b := setup(t, func(o *edge.Options) {
		o.Upstreams, o.EnvironmentOf, o.TrustedHops = up, func(string) string { return edge.Sandbox }, 1
		o.OnViolation = nil
		o.Done = func(e *telemetry.Event) { last = e }
	})
	edge.Handle(b.mux, "readCompany", func(context.Context, struct{}) (json.RawMessage, error) {
		switch r.IntN(4) {
		case 0:
			panic("lost " + hidden.text)
		case 1:
			return nil, fmt.Errorf("insert %q: broken", hidden.text)
		case 2:
			return nil, errs.New(errs.IdempotencyReused, "there is %s already", hidden.text).Hinting("not %s", hidden.text).Because(errors.New(hidden.text))
		}
		return nil, errs.Invalidf("/name", "unique", "%q is taken", hidden.text)
	})
	edge.Handle(b.mux, "fetchOauth2Token", func(_ context.Context, in struct {
		Secret string `form:"client_secret"`
	}) (json.RawMessage, error) {
		return nil, errs.New(errs.CredentialInvalid, "%s is wrong", in.Secret)
	})
	sandbox := *b.fakes.caller
	production := sandbox
	production.Application = &edge.Application{Environment: "production",
		Permit: func(*contract.Operation, netip.Addr, time.Time) (string, error) { return "p", nil },
		Count:  func() (time.Duration, error) { return 0, nil }}

	const id = "0190a0b0-0000-7000-8000-000000000001"
	quoted := func(s string) string { q, _ := json.Marshal(s); return string(q) }
	body := func(s string) string { return fmt.Sprintf(companyOf, quoted(s)) }
	type request struct {
		method, path, body string
		header             []string
		far                bool
	}
	places := map[string]func(c canary) request{
		"bearer": func(c canary) request {
			return request{"GET", "/v2/companies", "", []string{"Authorization", "Bearer " + c.text}, false}
		},
		"basic": func(c canary) request {
			return request{"GET", "/v2/companies", "", []string{"Authorization", "Basic " + c.text}, false}
		},
		"headers": func(c canary) request {
			return request{"GET", "/v2/companies", "", []string{"Cookie", c.text, "X-Api-Key", c.text, "Referer", c.text}, false}
		},
		"user agent": func(c canary) request {
			return request{"GET", "/v2/companies", "", []string{"User-Agent", "tool/1 " + c.text}, false}
		},
		"long user agent": func(c canary) request {
			return request{"GET", "/v2/companies", "", []string{"User-Agent", strings.Repeat("x ", r.IntN(70)) + c.text}, false}
		},
		"forwarded": func(c canary) request {
			return request{"GET", "/v2/companies", "", []string{"X-Forwarded-For", c.text}, false}
		},
		"environment": func(c canary) request {
			return request{"GET", "/v2/companies", "", []string{"Airside-Environment", c.text}, false}
		},
		"query value": func(c canary) request {
			return request{"GET", "/v2/companies?limit=" + url.QueryEscape(c.text), "", nil, false}
		},
		"query name": func(c canary) request {
			return request{"GET", "/v2/companies?" + url.QueryEscape(c.text) + "=1", "", nil, false}
		},
		"path":           func(c canary) request { return request{"GET", "/v2/" + c.text, "", nil, false} },
		"path parameter": func(c canary) request { return request{"GET", "/v2/users/" + c.text + "/roles", "", nil, false} },
		"long path": func(c canary) request {
			return request{"GET", "/v2/" + strings.Repeat("a/", r.IntN(100)) + c.text, "", nil, false}
		},
		"method": func(c canary) request {
			return request{strings.ReplaceAll(c.text, ".", "-"), "/v2/companies", "", nil, false}
		},
		"body":           func(c canary) request { return request{"POST", "/v2/companies", body(c.text), nil, false} },
		"malformed body": func(c canary) request { return request{"POST", "/v2/companies", `{"name":` + c.text, nil, false} },
		"wrong value": func(c canary) request {
			return request{"POST", "/v2/companies", `{"name":"a","billingCurrency":` + quoted(c.text) + `,"companyRoles":[` + quoted(c.text) + `]}`, nil, false}
		},
		"unknown member": func(c canary) request {
			return request{"POST", "/v2/companies", `{"name":"a","billingCurrency":"EUR","companyRoles":["ORG"],` + quoted(c.text) + `:{}}`, nil, false}
		},
		"twice a member": func(c canary) request {
			return request{"POST", "/v2/companies", `{` + quoted(c.text) + `:1,` + quoted(c.text) + `:2}`, nil, false}
		},
		"content type": func(c canary) request {
			return request{"POST", "/v2/companies", body("a"), []string{"Content-Type", "text/" + c.text}, false}
		},
		"key": func(c canary) request {
			return request{"POST", "/v2/companies", body(c.text), []string{"Idempotency-Key", c.text}, false}
		},
		"long key": func(c canary) request {
			return request{"POST", "/v2/companies", body("a"), []string{"Idempotency-Key", strings.Repeat(c.text, 20)}, false}
		},
		"version": func(c canary) request {
			return request{"POST", "/v2/companies", body("a"), []string{"If-Match", c.text}, false}
		},
		"own errors": func(canary) request { return request{"GET", "/v2/companies/" + id, "", nil, false} },
		"credential": func(c canary) request {
			return request{"POST", "/v2/auth/oauth2-token", url.Values{"grant_type": {"client_credentials"}, "client_id": {c.text}, "client_secret": {c.text}}.Encode(),
				[]string{"Content-Type", "application/x-www-form-urlencoded", "Authorization", ""}, false}
		},
		"upstream answer": func(canary) request { return request{"GET", "/v2/companies/" + id, "", nil, true} },
		"upstream write": func(c canary) request {
			return request{"POST", "/v2/companies", body(c.text), []string{"Idempotency-Key", c.text}, true}
		},
	}
	names := make([]string, 0, len(places))
	for name := range places {
		names = append(names, name)
	}
	const planted = 10_000
	leaks := map[string]int{}
	for i := range planted {
		name, c := names[i%len(names)], secret(r)
		hidden = c
		up.reply = func() (*http.Response, error) {
			switch i / len(names) % 5 {
			case 0:
				return answer(200, c.text, `{"id":`+quoted(c.text)+`,`+quoted(c.text)+`:1}`)
			case 1:
				return answer(400, c.text, `{"debugIdentifier":`+quoted("https://x/"+c.text)+`,"errorMessages":[{"errorCode":`+quoted(c.text)+`}]}`)
			case 2:
				return nil, &edge.NotSent{Cause: errors.New("dial " + c.text)}
			case 3:
				return nil, fmt.Errorf("read: %s: broken pipe", c.text)
			}
			return answer(500, c.text, c.text)
		}
		q := places[name](c)
		*b.fakes.caller = sandbox
		if q.far {
			*b.fakes.caller = production
		}
		req, err := http.NewRequestWithContext(t.Context(), "GET", "http://airside.test"+q.path, strings.NewReader(q.body))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		req.Method, req.RemoteAddr = q.method, "192.0.2.7:4711"
		req.Header = http.Header{"Authorization": {"Bearer good"}, "X-Forwarded-For": {"192.0.2.7"}}
		if q.body != "" {
			req.Header.Set("Content-Type", "application/json")
		} else {
			req.Body = http.NoBody
			req.ContentLength = 0
		}
		for j := 0; j+1 < len(q.header); j += 2 {
			req.Header.Set(q.header[j], q.header[j+1])
		}
		b.log.Reset()
		b.fakes.acts = nil
		last = nil
		func() {
			defer func() {
				if p := recover(); p != nil && p != http.ErrAbortHandler { //nolint:errorlint // as net/http compares it
					panic(p)
				}
			}()
			b.mux.ServeHTTP(httptest.NewRecorder(), req)
		}()
		if last == nil || b.log.Len() == 0 {
			t.Fatalf("%s: nothing was logged", name)
		}
		kept, _ := json.Marshal(last)
		ocsf, _ := json.Marshal(audit.EventToOCSF(last))
		acts, _ := json.Marshal(b.fakes.acts)
		for where, text := range map[string][]byte{"log": b.log.Bytes(), "explanation": kept, "OCSF": ocsf, "audit": acts} {
			for _, core := range c.core {
				if bytes.Contains(text, []byte(core)) {
					if leaks[name+" in "+where]++; leaks[name+" in "+where] == 1 {
						t.Errorf("%s: %s is in the %s: %s", name, c.text, where, text)
					}
				}
			}
		}
		if i%500 == 0 { // the minute of refusals that are written one by one is over
			if err := b.mux.FlushRefusals(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(leaks) > 0 {
		t.Errorf("%v", leaks)
	}
}
