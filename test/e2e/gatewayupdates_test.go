// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/airsidetest"
	sdk "github.com/airside-travel/airside/client"
	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/cli"
)

// between stands before a real API and changes the versions that its answers have.
type between struct {
	*httptest.Server
	reads atomic.Int64                  // of users
	after atomic.Pointer[func(n int64)] // told of each before its answer goes on
}

// How an API may go about versions.
const (
	ownTags  = "tags of its own"
	weakTags = "weak tags"
	noTags   = "no tags"
	packed   = "no tags and packed answers" // something in front of the API packs them
)

func before(t *testing.T, api, tags string) *between {
	t.Helper()
	target, err := url.Parse(api)
	if err != nil {
		t.Fatal(err)
	}
	b := &between{}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			if tags != ownTags {
				r.Out.Header.Del("If-Match") // an API without versions looks at none
			}
		},
		ModifyResponse: func(res *http.Response) error {
			switch tag := res.Header.Get("Etag"); {
			case tags == noTags || tags == packed:
				res.Header.Del("Etag")
			case tags == weakTags && tag != "":
				res.Header.Set("Etag", "W/"+tag)
			}
			if res.Request.Method == http.MethodGet && strings.HasPrefix(res.Request.URL.Path, "/v2/users/") {
				n := b.reads.Add(1)
				if told := b.after.Load(); told != nil {
					(*told)(n)
				}
			}
			if tags == packed {
				return pack(res)
			}
			return nil
		},
	}
	b.Server = httptest.NewServer(proxy)
	t.Cleanup(b.Close)
	return b
}

// pack gives an answer the encoding that nobody asked for.
func pack(res *http.Response) error {
	body, err := io.ReadAll(res.Body)
	if err != nil || len(body) == 0 {
		return err
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(body); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	res.Body, res.ContentLength = io.NopCloser(&b), int64(b.Len())
	res.Header.Set("Content-Length", strconv.Itoa(b.Len()))
	res.Header.Set("Content-Encoding", "gzip")
	return nil
}

// fronted is a gateway before a real API, and an application that may change users there.
type fronted struct {
	*client  // the application, at the gateway
	real     *client
	api      *between
	id, pass string
	user     string // of the real API
}

func front(t *testing.T, tags string, scopes ...string) *fronted {
	t.Helper()
	real := start(t)
	f := &fronted{real: real, api: before(t, real.srv.URL, tags)}
	g := start(t, airsidetest.Upstream("production", f.api.URL, real.srv.Demo.ClientID, real.srv.Demo.ClientSecret))
	a := g.call(201, "POST", "/v1/airside/applications", doc{"name": "hr", "owner": "lena.okafor@example.com", "environment": "production",
		"grants": []doc{{"scopes": append([]string{"user:read"}, scopes...)}}})
	f.id, f.pass = a.str("clientId"), a.str("clientSecret")
	f.client = &client{t, g.srv, g.srv.TokenOf(t, f.id, f.pass)}
	f.user = real.call(201, "POST", "/v2/users", fullUser(real.srv)).str("id")
	return f
}

// somebody else changes the user at the real API itself.
func (f *fronted) somebody(member, value string) {
	f.t.Helper()
	user := f.real.call(200, "GET", "/v2/users/"+f.user, nil)
	user.at("businessInfo").(map[string]any)[member] = value
	f.real.call(200, "PUT", "/v2/users/"+f.user, user)
}

// between has somebody change a member after the n-th read from now on.
func (f *fronted) between(n int64, member, value string) {
	from := f.api.reads.Load()
	told := func(at int64) {
		if at == from+n {
			f.somebody(member, value)
		}
	}
	f.api.after.Store(&told)
}

// TestGatewayConditions: the ETag of a read is what If-Match of an update takes, whether the real API has versions of
// its own, weak ones, or none.
func TestGatewayConditions(t *testing.T) {
	t.Parallel()
	for _, tags := range []string{ownTags, weakTags, noTags, packed} {
		t.Run(tags, func(t *testing.T) {
			t.Parallel()
			f := front(t, tags, "user:write")
			path := "/v2/users/" + f.user
			_, own, _ := f.real.with("GET", path, "")
			status, tag, body := f.with("GET", path, "")
			if status != 200 || !strings.HasPrefix(tag, `"`) || (tag == own) != (tags == ownTags) {
				t.Fatalf("a read: %d, ETag %q, and the real API's is %q", status, tag, own)
			}
			if _, again, _ := f.with("GET", path, ""); again != tag {
				t.Errorf("the same state has the ETags %q and %q", tag, again)
			}
			for name, tc := range map[string]struct {
				match  string
				status int
				says   string
			}{
				"another version": {`"999"`, 412, strings.Trim(tag, `"`)},
				"a weak one":      {"W/" + tag, 412, "Read it again"},
				"others":          {`"a,b", "c"`, 412, "PRECONDITION_FAILED"},
				"part of it":      {tag[:len(tag)-1] + `x"`, 412, "PRECONDITION_FAILED"},
				"no tag":          {strings.Trim(tag, `"`), 400, "/If-Match"},
				"half a list":     {tag + ",", 400, "/If-Match"},
			} {
				if status, _, answer := f.with("PUT", path, body, "If-Match", tc.match); status != tc.status || !strings.Contains(answer, tc.says) {
					t.Errorf("If-Match with %s: %d %s", name, status, answer)
				}
			}
			if _, now, _ := f.real.with("GET", path, ""); now != own {
				t.Errorf("a refused update was written: version %s", now)
			}

			status, next, answer := f.with("PUT", path, strings.Replace(body, "E-2001", "E-2002", 1), "If-Match", `"a,b", `+tag)
			if status != 200 {
				t.Fatalf("If-Match with the ETag of the read: %d %s", status, answer)
			}
			if status, _, answer := f.with("PUT", path, body, "If-Match", tag); status != 412 || !strings.Contains(answer, "Read it again") {
				t.Errorf("If-Match with the ETag of the state before: %d %s", status, answer)
			}
			_, tag, body = f.with("GET", path, "") // as the hint says
			if want := map[string]string{ownTags: tag}[tags]; next != want {
				t.Errorf("the update was answered with ETag %q, want %q", next, want)
			}
			for _, match := range []string{tag, "*"} {
				if status, _, answer := f.with("PUT", path, body, "If-Match", match); status != 200 {
					t.Errorf("If-Match %s: %d %s", match, status, answer)
				}
			}
			f.somebody("designation", "Lead")
			if status, _, answer := f.with("DELETE", path, "", "If-Match", tag); status != 412 {
				t.Errorf("deleting what somebody changed: %d %s", status, answer)
			}
			_, tag, _ = f.with("GET", path, "")
			if status, _, answer := f.with("DELETE", path, "", "If-Match", tag); status != 204 {
				t.Errorf("deleting what was read: %d %s", status, answer)
			}
			if status, _, answer := f.with("PUT", path, body, "If-Match", "*"); status != 412 || !strings.Contains(answer, "without If-Match") {
				t.Errorf("changing what is gone: %d %s", status, answer)
			}
		})
	}
}

// TestGatewayLostRaces: `api --patch` and the Go client's Update make their change anew when somebody was faster.
func TestGatewayLostRaces(t *testing.T) {
	t.Parallel()
	for _, tags := range []string{ownTags, weakTags, noTags} {
		t.Run(tags, func(t *testing.T) {
			t.Parallel()
			f := front(t, tags, "user:write")
			moments := map[string]int64{"nobody": -1, "before the gateway looked": 1}
			if tags == ownTags {
				moments["after the gateway looked"] = 2 // there the real API refuses itself
			}
			for when, n := range moments {
				f.between(n, "accountingCode", "by the command line's rival, "+when)
				exit, out, errs := f.patch(`{"businessInfo":{"designation":"Lead ` + when + `"}}`)
				if exit != 0 || !strings.Contains(out, "Lead "+when) {
					t.Errorf("%s: --patch: exit %d: %s%s", when, exit, out, errs)
				}
				f.check(when, n, "by the command line's rival, ", "Lead ")

				f.between(n, "accountingCode", "by the client's rival, "+when)
				runs := 0
				err := f.sdk(t).UpdateUser(t.Context(), f.user, func(u *sdk.User) error {
					runs++
					u.Set("Head "+when, "businessInfo", "designation")
					return nil
				})
				if want := map[bool]int{true: 2, false: 1}[n > 0]; err != nil || runs != want {
					t.Errorf("%s: Update: %v after %d runs, want %d", when, err, runs, want)
				}
				f.check(when, n, "by the client's rival, ", "Head ")
			}
		})
	}
}

func (f *fronted) patch(text string) (exit int, stdout, stderr string) {
	var out, errs bytes.Buffer
	m := cli.Main{
		Args: []string{"api", "updateUser", "--userId", f.user, "--patch", text}, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs,
		Environ: []string{"AIRSIDE_URL=" + f.srv.URL, "AIRSIDE_CLIENT_ID=" + f.id, "AIRSIDE_CLIENT_SECRET=" + f.pass},
	}
	return m.Run(f.t.Context()), out.String(), errs.String()
}

func (f *fronted) sdk(t *testing.T) *sdk.Client {
	t.Helper()
	out, err := sdk.New(sdk.Options{BaseURL: f.srv.URL, ClientID: f.id, ClientSecret: f.pass})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// check that the change is there, and that of somebody who was faster.
func (f *fronted) check(when string, n int64, rival, own string) {
	f.t.Helper()
	f.api.after.Store(nil)
	user := f.real.call(200, "GET", "/v2/users/"+f.user, nil)
	if got := user.str("businessInfo/designation"); got != own+when {
		f.t.Errorf("%s: the designation is %q", when, got)
	}
	if got := user.str("businessInfo/accountingCode"); n > 0 && got != rival+when {
		f.t.Errorf("%s: somebody else's change is lost: %q", when, got)
	}
}

// TestGatewayTagsWhatCanBeUpdated: only reads that the application may send back get an ETag, and answers that are too
// large to be looked at whole pass as they are.
func TestGatewayTagsWhatCanBeUpdated(t *testing.T) {
	t.Parallel()
	g := startGateway(t)
	_, writer := g.application(nil)
	_, reader := g.application(doc{"grants": []doc{{"scopes": []string{"company:read"}}}})
	const one = "/v2/companies/0190a0b0-0000-7000-8000-000000000001"
	large := strings.Replace(company, "Quay", strings.Repeat("Quay ", 60_000), 1)
	says := func(status int, tag, body string, length bool) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			if tag != "" {
				w.Header().Set("Etag", tag)
			}
			if length {
				w.Header().Set("Content-Length", fmt.Sprint(len(body)))
			}
			answerJSON(w, status, body)
		}
	}
	for name, tc := range map[string]struct {
		token, path string
		far         http.HandlerFunc
		tagged      bool
		want        string // the ETag, when it is not ours
	}{
		"no tag":                           {writer, one, says(200, "", company, true), true, ""},
		"of unknown length":                {writer, one, says(200, "", company, false), true, ""},
		"a weak tag":                       {writer, one, says(200, `W/"5"`, company, true), true, ""},
		"a tag without quotes":             {writer, one, says(200, `5`, company, true), true, ""},
		"a tag of its own":                 {writer, one, says(200, `"5"`, company, true), false, `"5"`},
		"too large":                        {writer, one, says(200, "", large, true), false, ""},
		"too large, of unknown length":     {writer, one, says(200, "", large, false), false, ""},
		"too large, with a weak tag":       {writer, one, says(200, `W/"5"`, large, true), false, ""},
		"too large, with one of its own":   {writer, one, says(200, `"5"`, large, true), false, `"5"`},
		"an error":                         {writer, one, says(403, "", `{"debugIdentifier":"d","errorMessages":[]}`, true), false, ""},
		"nothing takes it back":            {writer, "/v2/companies", says(200, "", `{"length":0,"elements":[]}`, true), false, ""},
		"the application may not":          {reader, one, says(200, "", company, true), false, ""},
		"the application may not, weak":    {reader, one, says(200, `W/"5"`, company, true), false, `W/"5"`},
		"a parameter the update lacks":     {writer, "/v2/companies/0190a0b0-0000-7000-8000-000000000001/white-label-config?companyRole=ORG&applicationId=0190a0b0-0000-7000-8000-000000000002", says(200, "", `{}`, true), false, ""},
		"parameters that the update knows": {writer, "/v2/companies/0190a0b0-0000-7000-8000-000000000001/white-label-config?companyRole=ORG", says(200, "", `{}`, true), true, ""},
	} {
		g.far.does(tc.far)
		got := g.send(tc.token, "GET", tc.path, nil, "")
		tag := got.header.Get("Etag")
		if ours := len(tag) == 18 && tag[0] == '"'; ours != tc.tagged || !ours && tag != tc.want {
			t.Errorf("%s: ETag %q of %d %.200s", name, tag, got.status, got.body)
		}
		rec := httptest.NewRecorder()
		tc.far(rec, nil)
		if got.status != rec.Code || !bytes.Equal(got.body, rec.Body.Bytes()) {
			t.Errorf("%s: %d with %d bytes, of %d", name, got.status, len(got.body), rec.Body.Len())
		}
	}
	g.far.does(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		answerJSON(w, 200, `{"half":`)
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
	if got := g.send(writer, "GET", one, nil, ""); got.status != 502 || got.code() != "UPSTREAM_ANSWER_BROKEN" || got.header.Get("Etag") != "" {
		t.Errorf("an answer that broke off while nothing was passed on: %d %s", got.status, got.body)
	}
}

// TestGatewayRepeatsUpdates: an update that is repeated with its Idempotency-Key is answered from the record, although
// what If-Match names is gone by then.
func TestGatewayRepeatsUpdates(t *testing.T) {
	t.Parallel()
	f := front(t, noTags, "user:write")
	path := "/v2/users/" + f.user
	_, tag, body := f.with("GET", path, "")
	body = strings.Replace(body, "E-2001", "E-2002", 1)
	var answers []string
	for range 2 {
		status, _, answer := f.with("PUT", path, body, "If-Match", tag, "Idempotency-Key", "k-1")
		answers = append(answers, fmt.Sprint(status, " ", answer))
	}
	if diff := cmp.Diff(answers[0], answers[1]); diff != "" || !strings.HasPrefix(answers[0], "200") {
		t.Errorf("first and again: %s", diff)
	}
	if status, _, answer := f.with("PUT", path, strings.Replace(body, "E-2002", "E-2003", 1), "If-Match", tag, "Idempotency-Key", "k-1"); status != 409 && status != 422 || !strings.Contains(answer, "IDEMPOTENCY_KEY_REUSED") {
		t.Errorf("another body under the key: %d %s", status, answer)
	}
}

// companyNow is company as an update sends it.
const companyNow = `{"id":{"id":"0190a0b0-0000-7000-8000-000000000001"},"name":"Quay Instruments","billingCurrency":"USD","companyRoles":["ORG"]}`

// TestGatewayRereads: what the real API says to the read before an update reaches the caller, and nothing is written.
func TestGatewayRereads(t *testing.T) {
	t.Parallel()
	g := startGateway(t)
	_, token := g.application(nil)
	const one = "/v2/companies/0190a0b0-0000-7000-8000-000000000001"
	var wrote atomic.Bool
	far := func(status int, wait string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodGet {
				wrote.Store(true)
			}
			if r.Header.Get("If-None-Match") != "" {
				t.Error("the condition for the update was sent with the read")
			}
			if wait != "" {
				w.Header().Set("Retry-After", wait)
			}
			answerJSON(w, status, company)
		}
	}
	for name, tc := range map[string]struct {
		far    http.HandlerFunc
		status int
		code   string
		wait   string
	}{
		"slow down": {far(429, "7"), 503, "UPSTREAM_UNAVAILABLE", "7"},
		"down":      {far(503, "7"), 503, "UPSTREAM_UNAVAILABLE", "7"},
		"no access": {far(403, ""), 502, "UPSTREAM_ANSWER_BROKEN", ""},
		"changed":   {far(200, ""), 412, "PRECONDITION_FAILED", ""},
	} {
		g.far.does(tc.far)
		got := g.send(token, "PUT", one, http.Header{"If-Match": {`"a"`}, "If-None-Match": {`"b"`}}, companyNow)
		if got.status != tc.status || got.code() != tc.code || got.header.Get("Retry-After") != tc.wait {
			t.Errorf("%s: %d, Retry-After %q: %s", name, got.status, got.header.Get("Retry-After"), got.body)
		}
	}
	if wrote.Load() {
		t.Error("something was written all the same")
	}
	_, token = g.application(doc{"grants": []doc{{"scopes": []string{"event:write"}}}})
	body := string(contract.Example("updateCustomFieldResponses").Request.Body)
	if got := g.send(token, "PUT", "/v2/events/1234567890/custom-field-responses", http.Header{"If-Match": {`"a"`}}, body); got.status != 400 || !strings.Contains(string(got.body), "cannot be read back") {
		t.Errorf("If-Match for what cannot be read: %d %s", got.status, got.body)
	}
	if wrote.Load() {
		t.Error("it was written all the same")
	}
}
