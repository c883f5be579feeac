// SPDX-License-Identifier: Apache-2.0

package scim

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/errs"
)

const ada = `{"id":"a1","userName":"Ada@example.com","externalId":"X1","active":true,"title":"Engineer",
	"name":{"familyName":"Moreau","givenName":"Ada"},"meta":{"lastModified":"2026-05-01T10:00:00Z"},
	"emails":[{"value":"ada@example.com","type":"work","primary":true},{"value":"ada@home.example.com","type":"home"}],
	"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"E-1","manager":{"value":"b2"}}}`

func resource(t testing.TB, text string) map[string]any {
	t.Helper()
	var o map[string]any
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		t.Fatal(err)
	}
	return o
}

func TestFilters(t *testing.T) {
	t.Parallel()
	for filter, want := range map[string]bool{
		`userName eq "ada@EXAMPLE.com"`: true, `USERNAME Eq "ada@example.com"`: true, `userName ne "ada@example.com"`: false,
		`externalId eq "x1"`: false, `externalId eq "X1"`: true, `userName co "EXAMPLE"`: true, `userName sw "b"`: false, `userName ew ".com"`: true,
		`title pr`: true, `nickName pr`: false, `not (title pr)`: false, `not(nickName pr)`: true, `nickName eq null`: true,
		`active eq true`: true, `active eq "True"`: true, `active eq false`: false, `active ne false`: true,
		`name.familyName eq "moreau" and active eq true`: true, `name.familyName eq "x" or name.givenName eq "Ada"`: true,
		`title eq "x" and title eq "Engineer" or active eq true`: true, `title eq "x" and (title eq "Engineer" or active eq true)`: false,
		`emails eq "ada@home.example.com"`: true, `emails.value ew "home.example.com"`: true, `emails.type eq "other"`: false,
		`emails[type eq "work" and value co "home"]`: false, `emails[type eq "home"].value co "home"`: true,
		`emails[type eq "work"] and active eq true`: true, `emails[type eq "work" and primary eq "True"]`: true,
		`meta.lastModified gt "2026-04-30T23:00:00-02:00"`: true, `meta.lastModified lt "2026-05-01T10:00:00Z"`: false, `meta.lastModified le "2026-05-01T12:00:00+02:00"`: true,
		`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber eq "e-1"`: true,
		`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq "b2"`:   true,
		`urn:ietf:params:scim:schemas:core:2.0:User:userName sw "ada"`:                       true,
		`userName eq "a\"b"`: false, `title eq "Engin\u0065er"`: true,
	} {
		f, err := parseFilter(filter, nil)
		if err != nil {
			t.Errorf("%s: %v", filter, err)
			continue
		}
		if got := f.match(resource(t, ada)); got != want {
			t.Errorf("%s: %v", filter, got)
		}
	}
	for _, filter := range []string{
		`userName`, `userName eq`, `userName is "a"`, `eq "a"`, `userName eq a`, `userName eq "a`, `(userName pr`, `userName pr)`, `userName pr and`,
		`emails[type eq "work"`, `emails[size eq 1]`, `title[type eq "work"]`, `name.nope eq "a"`, `and`, `userName eq "a" userName`,
	} {
		if _, err := parseFilter(filter, nil); errs.As(err) == nil || errs.As(err).Fields[0].Rule != "invalidFilter" {
			t.Errorf("%s was taken: %v", filter, err)
		}
	}
}

func FuzzFilter(f *testing.F) {
	f.Add(`userName eq "a" and not (emails[type eq "work"].value co "x" or active eq true)`)
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := parseFilter(text, nil)
		if err != nil {
			if errs.As(err) == nil {
				t.Fatalf("%q: %v is no answer to a caller", text, err)
			}
			return
		}
		parsed.match(resource(t, ada))
	})
}

func TestPatchDialects(t *testing.T) {
	t.Parallel()
	const ext = enterpriseURN
	for name, tc := range map[string]struct{ ops, path, want string }{
		"capital and boolean text": {`[{"op":"Replace","path":"active","value":"False"}]`, "active", `false`},
		"no path":                  {`[{"op":"replace","value":{"active":false,"schemas":["x"],"id":"a1"}}]`, "active", `false`},
		"dotted key":               {`[{"op":"add","value":{"name.givenName":"Eva"}}]`, "name", `{"familyName":"Moreau","givenName":"Eva"}`},
		"add to an object":         {`[{"op":"add","path":"name","value":{"middleName":"B"}}]`, "name", `{"familyName":"Moreau","givenName":"Ada","middleName":"B"}`},
		"replace an object":        {`[{"op":"replace","path":"name","value":{"familyName":"B"}}]`, "name", `{"familyName":"B"}`},
		"remove":                   {`[{"op":"remove","path":"title"}]`, "title", `null`},
		"null removes":             {`[{"op":"replace","path":"title","value":null}]`, "title", `null`},
		"value filter": {`[{"op":"replace","path":"emails[type eq \"home\"].value","value":"x@example.com"}]`, "emails",
			`[{"value":"ada@example.com","type":"work","primary":true},{"value":"x@example.com","type":"home"}]`},
		"replace what is not there": {`[{"op":"replace","path":"phoneNumbers[type eq \"mobile\"].value","value":"1"}]`, "phoneNumbers", `[{"type":"mobile","value":"1"}]`},
		"remove by filter": {`[{"op":"remove","path":"emails[type eq \"home\"]"}]`, "emails",
			`[{"value":"ada@example.com","type":"work","primary":true}]`},
		"remove the value of an element": {`[{"op":"remove","path":"emails[type eq \"home\"].value"}]`, "emails",
			`[{"value":"ada@example.com","type":"work","primary":true}]`},
		"a new primary": {`[{"op":"add","path":"emails","value":{"value":"n@example.com","type":"other","primary":"True"}}]`, "emails",
			`[{"value":"ada@example.com","type":"work"},{"value":"ada@home.example.com","type":"home"},{"value":"n@example.com","type":"other","primary":true}]`},
		"add twice":        {`[{"op":"add","path":"roles","value":[{"value":"r"}]},{"op":"add","path":"roles","value":[{"value":"r"}]}]`, "roles", `[{"value":"r"}]`},
		"manager as text":  {`[{"op":"add","path":"` + ext + `:manager","value":"c3"}]`, ext, `{"employeeNumber":"E-1","manager":{"value":"c3"}}`},
		"manager as list":  {`[{"op":"add","path":"` + ext + `:manager","value":[{"value":"c3"}]}]`, ext, `{"employeeNumber":"E-1","manager":{"value":"c3"}}`},
		"manager.value":    {`[{"op":"replace","path":"` + ext + `:manager.value","value":"c3"}]`, ext, `{"employeeNumber":"E-1","manager":{"value":"c3"}}`},
		"no manager":       {`[{"op":"remove","path":"` + ext + `:manager"}]`, ext, `{"employeeNumber":"E-1"}`},
		"extension object": {`[{"op":"add","path":"` + ext + `","value":{"division":"D"}}]`, ext, `{"division":"D","employeeNumber":"E-1","manager":{"value":"b2"}}`},
		"no extension":     {`[{"op":"remove","path":"` + ext + `"}]`, ext, `null`},
	} {
		var ops []operation
		if err := json.Unmarshal([]byte(tc.ops), &ops); err != nil {
			t.Fatal(err)
		}
		o := resource(t, ada)
		if err := patch(o, ops); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var want any
		if err := json.Unmarshal([]byte(tc.want), &want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, o[tc.path]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func FuzzPatch(f *testing.F) {
	f.Add(`[{"op":"Add","path":"emails[type eq \"work\"].value","value":"a"},{"op":"remove","path":"name.givenName"},{"op":"replace","value":{"active":"x"}}]`)
	f.Fuzz(func(t *testing.T, text string) {
		var ops []operation
		if json.Unmarshal([]byte(text), &ops) != nil {
			return
		}
		if err := patch(resource(t, ada), ops); err != nil && errs.As(err) == nil {
			t.Fatalf("%s: %v is no answer to a caller", text, err)
		}
	})
}
