// SPDX-License-Identifier: Apache-2.0

package forget_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/forget"
)

const ada = "7d1f7a2e-0000-7000-8000-00000000000a"

const profile = `{"id":"` + ada + `","externalId":"E-7","personalInfo":{"name":{"given":"Ada","family1":"Moreau","preferred":"Addie"},
"dob":{"iso8601":"1988-04-12"},"email":"ada.private@example.com","phoneNumbers":[{"rawInput":"+44 20 7946 0001","nationalNumber":2079460001,"countryCode":44}],
"addresses":[{"addressLines":["12 Quay Street"],"locality":"London"}],
"identityDocs":[{"passport":{"docId":"P7654321","issueCountry":"GB","expiryDate":{"iso8601":"2031-01-01"}}}]},
"businessInfo":{"email":"ada@example.com","employeeId":"1001","organizationRef":{"id":"7d1f7a2e-0000-7000-8000-000000000002"}},
"membershipInfo":{"membershipInfos":[{"id":"BA12345678","issuedBy":"BA"}]}}`

func person(t testing.TB) *forget.Person {
	t.Helper()
	p, err := forget.Of(ada, []byte(profile))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestText(t *testing.T) {
	t.Parallel()
	p := person(t)
	for in, want := range map[string]string{
		"Ada Moreau":                          forget.Gone,
		"MOREAU/ADA MS":                       "*** MS",
		"call Addie, or Moreau's office":      "call ***, or ***'s office",
		"Canada is no Ada":                    "Canada is no ***",
		"write to ADA@Example.com today":      "write to *** today",
		"DOCS/P/GB/P7654321/GB/12APR88/F":     "DOCS/P/GB/***/GB/***/F",
		"card BA12345678, employee 1001":      "card ***, employee ***",
		"flight 10012 at 12:00 on 2031-01-01": "",
		"12 Quay Street":                      forget.Gone,
		"+44 20 7946 0001":                    forget.Gone,
		"Straße, ẞ and Ada":                   "strasse", // only checked for being changed
		"":                                    "",
	} {
		got, changed := p.Text(in)
		switch {
		case want == "":
			if changed || got != in {
				t.Errorf("%q became %q", in, got)
			}
		case want == "strasse":
			if !changed || bytes.Contains([]byte(got), []byte("Ada")) {
				t.Errorf("%q became %q", in, got)
			}
		case !changed || got != want:
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func TestDocument(t *testing.T) {
	t.Parallel()
	p := person(t)
	for _, tc := range []struct{ name, in, want string }{
		{"a traveler's section, beside somebody else's",
			`{"pnrTravelers":[{"userId":{"id":"` + ada + `"},"personalInfo":{"name":{"given":"A","family1":"M"},"email":"x@example.com"},"loyalties":[1],
				"businessInfo":{"companyId":"c","employeeId":"9"},"tier":"BASIC"},{"userId":{"id":"other"},"personalInfo":{"email":"x@example.com"}}]}`,
			`{"pnrTravelers":[{"userId":{"id":"` + ada + `"},"personalInfo":{"name":{"family1":"PURGED","given":"PURGED"}},"businessInfo":{"companyId":"c"},"tier":"BASIC"},
				{"userId":{"id":"other"},"personalInfo":{"email":"x@example.com"}}]}`},
		{"money, tickets and dates of travel stay",
			`{"userId":{"id":"` + ada + `"},"tickets":[{"ticketNumber":"1257654321098","amount":2079460001.50}],"departure":{"iso8601":"2026-04-12"}}`,
			`{"userId":{"id":"` + ada + `"},"tickets":[{"ticketNumber":"1257654321098","amount":2079460001.50}],"departure":{"iso8601":"2026-04-12"}}`},
		{"texts anywhere",
			`{"bookerInfo":{"name":"Ada Moreau","email":"ada@example.com","role":"TRAVELER"},"remarks":["for Ada",7],"phone":{"nationalNumber":2079460001,"countryCode":44},
				"birth":{"iso8601":"1988-04-12"},"Last":"MOREAU","origin":"ADA"}`,
			`{"bookerInfo":{"name":"PURGED","role":"TRAVELER"},"remarks":["for ***",7],"phone":{"countryCode":44},"birth":{},"Last":"PURGED","origin":"ADA"}`},
		{"names of places stay", `{"additionalMetadata":{"airportInfo":[{"cityName":"Ada"}]}}`, `{"additionalMetadata":{"airportInfo":[{"cityName":"Ada"}]}}`},
		{"escaped", `{"note":"\u0041da was here"}`, `{"note":"*** was here"}`},
	} {
		out, changed, err := p.Document([]byte(tc.in))
		if err != nil {
			t.Fatal(err)
		}
		var got, want any
		if err := json.Unmarshal(out, &got); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(tc.want), &want); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", tc.name, d)
		}
		if same := tc.in == tc.want; same == changed || same && string(out) != tc.in {
			t.Errorf("%s: changed %t: %s", tc.name, changed, out)
		}
	}
	if _, _, err := p.Document([]byte(`{"a":`)); err == nil {
		t.Error("half a document was taken")
	}
}

// Whatever the document: the result is JSON, has nothing left to take out, and keeps its ids.
func FuzzDocument(f *testing.F) {
	f.Add([]byte(profile))
	f.Add([]byte(`{"a":[{"name":"Ada"},"ada@example.com",2079460001,null]}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		p := person(t)
		if !json.Valid(doc) {
			return
		}
		once, _, err := p.Document(doc)
		if err != nil {
			if bytes.HasPrefix(bytes.TrimSpace(doc), []byte("{")) {
				t.Fatalf("%v in %q", err, doc)
			}
			return
		}
		twice, changed, err := p.Document(once)
		if err != nil || !json.Valid(once) {
			t.Fatalf("%q became %q: %v", doc, once, err)
		}
		if changed && !bytes.Equal(once, twice) {
			t.Fatalf("%q became %q and then %q", doc, once, twice)
		}
	})
}
