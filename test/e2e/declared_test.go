// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/airsidetest"
)

const declaredMailer = `{
  "applications": [
    {
      "name": "mailer",
      "owner": "lena.okafor@example.com",
      "role": "TMC_ADMIN",
      "grants": [{"scopes": ["user:read"]}],
      "rate": {"perSecond": 50, "burst": 100},
      "networks": ["127.0.0.0/8"]
    }
  ]
}`

// declared is a server with a file of applications.
type declared struct {
	*client
	file string
}

func startDeclared(t *testing.T, text string, opts ...airsidetest.Option) *declared {
	t.Helper()
	d := &declared{file: filepath.Join(t.TempDir(), "apps.json")}
	d.write(t, text)
	d.client = start(t, append(opts, airsidetest.Setting("AIRSIDE_APPLICATIONS_FILE", d.file))...)
	return d
}

func (d *declared) write(t *testing.T, text string) {
	t.Helper()
	if err := os.WriteFile(d.file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// says lets the server read the file, as it does by itself.
func (d *declared) says(text string) {
	d.t.Helper()
	if err := os.WriteFile(d.file, []byte(text), 0o600); err != nil {
		d.t.Fatal(err)
	}
	if err := d.srv.ReadApplications(d.t); err != nil {
		d.t.Fatal(err)
	}
}

// named is an application by its name.
func (d *declared) named(name string) object {
	d.t.Helper()
	l := d.call(200, "GET", "/v1/airside/applications?name="+name, nil).list("applications")
	if len(l) != 1 {
		d.t.Fatalf("%d applications are called %s", len(l), name)
	}
	return l[0]
}

// acts are the audit entries of what the configuration did.
func (d *declared) acts() (out []string) {
	d.t.Helper()
	for _, e := range d.call(200, "GET", "/v1/airside/audit?actor=configuration", nil).list("entries") {
		change, _ := e["change"].(string)
		out = append(out, strings.TrimSpace(e.str("operation")+" "+e.str("outcome")+" "+change))
	}
	return out
}

// TestApplicationsOfTheConfiguration: a file declares applications; it is carried out once, followed, and audited.
// What it does not name any more is suspended, and what people did in an emergency stays.
func TestApplicationsOfTheConfiguration(t *testing.T) {
	t.Parallel()
	d := startDeclared(t, declaredMailer)
	by := d.call(201, "POST", "/v1/airside/applications", doc{"name": "by hand", "owner": "lena.okafor@example.com", "role": "TMC_ADMIN", "grants": []doc{{"scopes": []string{"user:read"}}}})
	a := d.named("mailer")
	if a.str("managedBy") != "CONFIGURATION" || a.str("state") != "ACTIVE" {
		t.Errorf("it is %v", a)
	}
	path := "/v1/airside/applications/" + a.str("clientId")
	secret := d.call(200, "POST", path+"/rotate-secret", doc{"overlapSeconds": 0}).str("clientSecret")
	token := d.srv.TokenOf(t, a.str("clientId"), secret)
	mailer := &client{t, d.srv, token}
	user := "/v2/users/" + d.srv.Demo.UserID
	mailer.call(200, "GET", user, nil)
	mailer.refuse(403, "OPERATION_NOT_GRANTED", "GET", "/v2/companies", nil)

	d.says(declaredMailer + "\n") // another file that says the same
	if diff := cmp.Diff([]string{"createApplication ALLOWED credential-created"}, d.acts()); diff != "" {
		t.Errorf("a file that says the same did something: %s", diff)
	}
	wider := strings.Replace(declaredMailer, `"user:read"`, `"user:read", "company:read"`, 1)
	d.says(wider)
	mailer.call(200, "GET", "/v2/companies", nil)

	// Somebody widens it by hand, and somebody else throttles and suspends it: the file takes back what is wider only.
	whole := d.call(200, "GET", path, nil)
	whole["grants"], whole["rate"] = []doc{{"operations": []string{"*"}, "reason": "in a hurry"}}, doc{"perSecond": 0.5, "burst": 10}
	d.call(200, "PUT", path, whole)
	d.call(200, "POST", path+"/suspend", doc{"reason": "an incident"})
	d.says(wider + "\n")
	a = d.named("mailer")
	if a.str("state") != "SUSPENDED" || fmt.Sprint(a["rate"]) != "map[burst:10 perSecond:0.5]" || strings.Contains(fmt.Sprint(a["grants"]), "*") {
		t.Errorf("after an emergency it is %v", a)
	}
	mailer.refuse(403, "APPLICATION_SUSPENDED", "GET", user, nil)
	d.call(200, "POST", path+"/resume", nil)
	faster := strings.Replace(wider, `"perSecond": 50`, `"perSecond": 60`, 1)
	d.says(faster) // says something else about the rate, so that counts
	if a = d.named("mailer"); fmt.Sprint(a["rate"]) != "map[burst:100 perSecond:60]" {
		t.Errorf("its rate is %v", a["rate"])
	}

	d.says(`{"applications": []}`)
	mailer.refuse(403, "APPLICATION_SUSPENDED", "GET", user, nil)
	if a = d.named("mailer"); a.str("state") != "SUSPENDED" || !strings.Contains(fmt.Sprint(a["suspension"]), "does not name it") {
		t.Errorf("not named any more, it is %v", a)
	}
	if got := d.named("by%20hand"); got.str("state") != "ACTIVE" || got["managedBy"] != nil || got.str("clientId") != by.str("clientId") {
		t.Errorf("what the file never named is %v", got)
	}
	d.says(faster) // and back, with the secret that it had
	mailer.call(200, "GET", user, nil)
	want := []string{
		"resumeApplication ALLOWED", "suspendApplication ALLOWED", "updateApplication ALLOWED", "updateApplication ALLOWED",
		"updateApplication ALLOWED", "createApplication ALLOWED credential-created",
	}
	if diff := cmp.Diff(want, d.acts()); diff != "" {
		t.Errorf("the trail: %s", diff)
	}
	if v := d.call(200, "GET", "/v1/airside/audit/verify", nil); v["intact"] != true {
		t.Errorf("the chain: %v", v)
	}
}

// TestDeclarationsThatAreRefused: a mistake is named with its line, and nothing of the file is carried out.
func TestDeclarationsThatAreRefused(t *testing.T) {
	t.Parallel()
	d := startDeclared(t, declaredMailer)
	before := d.call(200, "GET", "/v1/airside/applications", nil)
	other := func(with string) string {
		return strings.Replace(declaredMailer, `"applications": [`, `"applications": [
    {"name": "other", "owner": "lena.okafor@example.com", "role": "TMC_ADMIN",
     `+with+`},`, 1)
	}
	for name, tc := range map[string]struct{ text, want string }{
		"no JSON":                      {`{"applications": [`, ":1: unexpected EOF"},
		"more than one value":          {declaredMailer + declaredMailer, "more than one value"},
		"a name that is there twice":   {strings.Replace(declaredMailer, `"role"`, `"owner": "x@example.com", "role"`, 1), ":6: /applications/0/owner: is there twice"},
		"a member nobody knows":        {strings.Replace(declaredMailer, `"role"`, `"scopes": [], "role"`, 1), ":6: /applications/0/scopes: is not known here"},
		"one inside a grant":           {strings.Replace(declaredMailer, `[{"scopes"`, `[{"scope": "x", "scopes"`, 1), ":7: /applications/0/grants/0/scope: is not known here"},
		"one beside them":              {strings.Replace(declaredMailer, `"applications"`, `"version": 1, "applications"`, 1), ":2: /version: is not known here"},
		"a secret":                     {strings.Replace(declaredMailer, `"role"`, `"clientSecret": "aap_x", "role"`, 1), "/applications/0/clientSecret: is not known here"},
		"no list":                      {`{}`, "/applications: is required"},
		"a wrong type":                 {strings.Replace(declaredMailer, `"perSecond": 50`, `"perSecond": "50"`, 1), ":8: /applications/0/rate/perSecond: must be a number"},
		"no owner":                     {strings.Replace(declaredMailer, `"owner": "lena.okafor@example.com",`, "", 1), ":3: /applications/0/owner: is required"},
		"everything without a reason":  {other(`"grants": [{"operations": ["*"]}]`), ":4: /applications/0/grants/0/reason: a grant of every operation needs a reason"},
		"an operation that is none":    {other(`"grants": [{"operations": ["buyAll"]}]`), ":4: /applications/0/grants/0/operations/0: "},
		"a grant that names nothing":   {other(`"grants": [{}]`), ":4: /applications/0/grants/0: "},
		"a network that is none":       {other(`"networks": ["10.0.0.0/40"], "grants": []`), ":4: /applications/0/networks/0: "},
		"an environment that is none":  {other(`"environment": "production", "grants": []`), "allowed: sandbox"},
		"a company of somebody else":   {other(`"companyId": "0190a0b0-0000-7000-8000-00000000dead", "grants": []`), "/applications/0/companyId: "},
		"two of one name":              {strings.Replace(other(`"grants": []`), `"other"`, `"mailer"`, 1), "is the name of /applications/0 too"},
		"a TMC that is not there":      {strings.Replace(declaredMailer, `"applications"`, `"tmcId": "0190a0b0-0000-7000-8000-00000000dead", "applications"`, 1), ":2: /tmcId: there is no TMC"},
		"another role than it has had": {strings.Replace(declaredMailer, "TMC_ADMIN", "TMC_AGENT", 1), ":6: /applications/0/role: a credential keeps"},
	} {
		d.write(t, tc.text)
		err := d.srv.ReadApplications(t)
		if err == nil || !strings.Contains(err.Error(), d.file) || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
	}
	if diff := cmp.Diff(before, d.call(200, "GET", "/v1/airside/applications", nil)); diff != "" {
		t.Errorf("something was carried out: %s", diff)
	}
	d.write(t, strings.Replace(declaredMailer, `"applications"`, `"tmcId": "`+d.srv.Demo.TMCID+`", "applications"`, 1))
	if err := d.srv.ReadApplications(t); err != nil {
		t.Errorf("the TMC by its id: %v", err)
	}
}

// TestDeclarationsSurvive: a restart carries nothing out again, and an application whose access has ended keeps no
// server from starting.
func TestDeclarationsSurvive(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "a.db")
	over := strings.Replace(declaredMailer, `"role"`, `"expiresAt": "2020-01-01T00:00:00Z", "role"`, 1)
	var secret string
	var before []string
	for _, run := range []string{"first", "again"} {
		t.Run(run, func(t *testing.T) {
			d := &declared{file: filepath.Join(t.TempDir(), "apps.json")}
			d.write(t, over)
			srv := airsidetest.Start(t, airsidetest.Database(data), airsidetest.Setting("AIRSIDE_APPLICATIONS_FILE", d.file))
			if secret == "" {
				secret = srv.Demo.ClientSecret
			}
			srv.Demo.ClientSecret = secret
			d.client = &client{t, srv, srv.Token(t)}
			if before == nil {
				before = []string{d.named("mailer").str("clientId"), strings.Join(d.acts(), ",")}
			}
			after := []string{d.named("mailer").str("clientId"), strings.Join(d.acts(), ",")}
			if diff := cmp.Diff(before, after); diff != "" || after[1] != "createApplication ALLOWED credential-created" {
				t.Errorf("%v: %s", after, diff)
			}
		})
	}
}
