// SPDX-License-Identifier: Apache-2.0

package forget_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/forget"
)

const (
	ada    = "7d1f7a2e-0000-7000-8000-00000000000a"
	twin   = "7d1f7a2e-0000-7000-8000-00000000000b"
	senior = "7d1f7a2e-0000-7000-8000-00000000000d" // whom person meets
	guest  = "7d1f7a2e-0000-7000-8000-00000000000c"
)

const profile = `{"id":"` + ada + `","externalId":"E-7","personalInfo":{"name":{"given":"Ada","family1":"Moreau","preferred":"Addie"},
"dob":{"iso8601":"1988-04-12"},"email":"ada.private@example.com","phoneNumbers":[{"rawInput":"+44 20 7946 0001","nationalNumber":2079460001,"countryCode":44}],
"emergencyContact":{"name":"Bea Moreau","email":"bea@example.com","phoneNumbers":[{"rawInput":"+44 20 7946 0009","nationalNumber":2079460009,"countryCode":44}]},
"addresses":[{"addressLines":["12 Quay Street"],"locality":"London","postalCode":"E1 1AA"}],
"identityDocs":[{"passport":{"docId":"P7654321","issueCountry":"GB","expiryDate":{"iso8601":"2031-01-01"}}}]},
"businessInfo":{"email":"ada@example.com","employeeId":"1001","organizationRef":{"id":"7d1f7a2e-0000-7000-8000-000000000002"}},
"membershipInfo":{"membershipInfos":[{"id":"BA12345678","issuedBy":"BA"}]}}`

func person(t testing.TB, others ...string) *forget.Person {
	t.Helper()
	p, err := forget.Of(ada, []byte(profile))
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range others {
		if err := p.Meet(senior, []byte(o)); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func TestText(t *testing.T) {
	t.Parallel()
	p := person(t)
	for _, tc := range []struct{ in, shared, alone string }{ // "" where the text stays
		{"Ada Moreau", forget.Gone, forget.Gone},
		{"ada  moreau called", "*** called", "*** called"},
		{"MOREAU/ADA MS", "*** MS", "*** MS"},
		{"Moreau, Addie", forget.Gone, forget.Gone},
		{"call Addie, or Moreau's office", "", "call ***, or ***'s office"},
		{"Canada is no Ada", "", "Canada is no ***"},
		{"Ada Moreaux and Nada Moreau", "", "*** Moreaux and Nada ***"},
		{"write to ADA@Example.com today", "write to *** today", "write to *** today"},
		{"nada@example.com, ada@example.com.br, ada-ada@example.com", "", "nada@example.com, ***@example.com.br, ***-***@example.com"},
		{"DOCS/P/GB/P7654321/GB/12APR88/F", "DOCS/P/GB/***/GB/12APR88/F", "DOCS/P/GB/***/GB/***/F"},
		{"card BA12345678, employee 1001", "card ***, employee 1001", "card ***, employee ***"},
		{"flight 10012 at 12:00 on 2031-01-01", "", ""},
		{"12 Quay Street", forget.Gone, forget.Gone},
		{"+44 20 7946 0001", forget.Gone, forget.Gone},
		{"call 00442079460001 or (020) 7946-0001, not +33 2079460001 7", "call *** or ***, not +33 *** 7", "call *** or ***, not +33 *** 7"},
		{"Straße, ẞ and Ada Moreau", "Straße, ẞ and ***", "Straße, ẞ and ***"},
		{"", "", ""},
	} {
		for _, alone := range []bool{false, true} {
			want := tc.shared
			if alone {
				want = tc.alone
			}
			got, changed := p.Text(tc.in, alone)
			if want == "" && (changed || got != tc.in) || want != "" && (!changed || got != want) {
				t.Errorf("%q, alone %t, became %q, want %q", tc.in, alone, got, want)
			}
		}
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Ada Moreau, ADA@example.com, +44 20 7946 0001": "Ada Moreau, ***, ***",
		"Addie, born 12APR88":                           "Addie, born 12APR88",
		"ada@example.com":                               forget.Gone,
	} {
		if got, changed := person(t).Numbers(in); got != want || changed != (in != want) {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

// Nothing but an id and what is one person's alone ties a document to a person.
func TestIn(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		doc    string
		others []string
		want   bool
	}{
		{`{"userId":{"id":"` + strings.ToUpper(ada) + `"}}`, nil, true},
		{`{"bookerInfo":{"name":"x","email":"ADA@example.com"}}`, nil, true},
		{`{"email":"\u0061da@example.com"}`, nil, true},
		{`{"phone":{"countryCode":44,"nationalNumber":2079460001}}`, nil, true},
		{`{"phone":{"rawInput":"+442079460001"}}`, nil, true},
		{`{"remark":"her number is +44 20 7946 0001"}`, nil, true},
		{`{"docs":[{"passport":{"docId":"p7654321"}}]}`, nil, true},
		{`{"loyalty":"BA12345678"}`, nil, true},
		{`{"remark":"her number is +44 (0)20-79 46 00 01"}`, nil, true},
		{`{"x":"A\u0026B \ud83d\ude00","remark":"her number is +44 (0)20-79 46 00 01"}`, nil, true},
		{`{"loyalty":"\u0042A12345678"}`, nil, true},
		{`{"userId":"\u0037` + ada[1:] + `"}`, nil, true},
		{`{"x":"A\u0026B \ud83d \u12","note":"\\u0061da@example.com"}`, nil, false},
		{`{"note":"see\n\/ada@example.com"}`, nil, true},
		{`{"phone":{"countryCode":1,"nationalNumber":2079460001}}`, nil, false},
		{`{"amount":2079460001}`, nil, false},
		{`{"name":"Ada Moreau","dob":{"iso8601":"1988-04-12"},"text":"Ada, 12APR88, 1001, 12 Quay Street, bea@example.com"}`, nil, false},
		{`{"email":"nada@example.com"}`, nil, false},
		{`{"email":"ada@example.com"}`, []string{`{"personalInfo":{"email":"ada@example.com"}}`}, false},
		{`{"phone":{"rawInput":"+44 20 7946 0001"}}`, []string{`{"businessInfo":{"phoneNumbers":[{"countryCode":44,"nationalNumber":2079460001}]}}`}, false},
	} {
		if got := person(t, tc.others...).In([]byte(tc.doc)); got != tc.want {
			t.Errorf("%s: %t", tc.doc, got)
		}
	}
}

func TestRedact(t *testing.T) {
	t.Parallel()
	// Another Ada Moreau, whose sections and texts stay hers.
	p := person(t, `{"personalInfo":{"name":{"given":"ADA","family1":"Moreau"},"dob":{"iso8601":"1950-01-31"},"email":"ada.senior@example.com"}}`)
	const other = `{"userId":{"id":"` + twin + `"},"personalInfo":{"name":{"given":"Ada","family1":"Moreau"},"dob":{"iso8601":"1988-04-12"},"email":"ada.senior@example.com",
		"emergencyContact":{"name":"Ada Moreau"}},"remarks":"Ada Moreau, 12APR88, 12 Quay Street"}`
	for _, tc := range []struct {
		name, in, want string
		alone          bool
	}{
		{"a traveler's section, beside somebody else's",
			`{"pnrTravelers":[{"userId":{"id":"` + ada + `"},"personalInfo":{"name":{"given":"A","family1":"M"},"email":"x@example.com"},"loyalties":[1],
				"businessInfo":{"companyId":"c","employeeId":"9","companyInfo":{"name":"Moreau & Ada Moreau"}},"tier":"BASIC"},` + other + `]}`,
			`{"pnrTravelers":[{"userId":{"id":"` + ada + `"},"personalInfo":{"name":{"family1":"PURGED","given":"PURGED"}},
				"businessInfo":{"companyId":"c","companyInfo":{"name":"Moreau & Ada Moreau"}},"tier":"BASIC"},` + other + `]}`, false},
		{"money, tickets and dates of travel stay",
			`{"userId":{"id":"` + ada + `"},"tickets":[{"ticketNumber":"1257654321098","amount":2079460001.50}],"departure":{"iso8601":"1988-04-12"},"total":2079460001}`,
			`{"userId":{"id":"` + ada + `"},"tickets":[{"ticketNumber":"1257654321098","amount":2079460001.50}],"departure":{"iso8601":"1988-04-12"},"total":2079460001}`, true},
		{"names, telephones and addresses anywhere",
			`{"bookerInfo":{"name":"Ada Moreau","email":"ada@example.com","role":"TRAVELER"},"remarks":["for Ada Moreau","for Ada",7],
				"phone":{"nationalNumber":2079460001,"countryCode":44},"guestName":{"given":"Ada","family1":"Moreau","suffix":"x"},"toEmails":["ada@example.com","b@example.com"],
				"birth":{"iso8601":"1988-04-12"},"Last":"MOREAU","origin":"ADA","pickup":{"addressLines":["12 Quay Street"],"postalCode":"E1 1AA"}}`,
			`{"bookerInfo":{"name":"PURGED","role":"TRAVELER"},"remarks":["for ***","for Ada",7],"phone":{"countryCode":44},"guestName":{"given":"PURGED","family1":"PURGED"},
				"toEmails":["b@example.com"],"birth":{"iso8601":"1988-04-12"},"Last":"MOREAU","origin":"ADA","pickup":{"addressLines":["PURGED"],"postalCode":"E1 1AA"}}`, false},
		{"a booking of the person's alone",
			`{"airPnrRemarks":[{"remarkString":"Ada likes the aisle, born 12APR88"}],"hotelInfo":{"name":"Hotel Ada"},"policy":{"description":"Ada may change"}}`,
			`{"airPnrRemarks":[{"remarkString":"*** likes the aisle, born ***"}],"hotelInfo":{"name":"Hotel Ada"},"policy":{"description":"Ada may change"}}`, true},
		{"what an own entry was told",
			`{"travelerInfos":[{"userId":{"id":"` + ada + `"},"ssr":[{"customText":"Ada 12APR88"}]},{"userId":{"id":"` + twin + `"},"ssr":[{"customText":"Ada 12APR88"}]}]}`,
			`{"travelerInfos":[{"userId":{"id":"` + ada + `"},"ssr":[{"customText":"PURGED"}]},{"userId":{"id":"` + twin + `"},"ssr":[{"customText":"Ada 12APR88"}]}]}`, false},
		{"a namesake who booked, by the address", `{"bookerInfo":{"name":"Ada Moreau","email":"Ada.Senior@example.com"}}`, `{"bookerInfo":{"name":"Ada Moreau","email":"Ada.Senior@example.com"}}`, false},
		{"somebody of the name and another day of birth", `{"user":{"name":{"given":"Ada","family1":"Moreau"},"dob":{"iso8601":"1999-01-01"}}}`,
			`{"user":{"name":{"given":"Ada","family1":"Moreau"},"dob":{"iso8601":"1999-01-01"}}}`, false},
		{"a guest who is the person, under an id of the booking",
			`{"pnrTravelers":[{"userId":{"id":"` + guest + `"},"persona":"ADHOC","personalInfo":{"name":{"given":"Ada","family1":"Moreau"},"email":"x@example.com","dob":{"iso8601":"1988-04-12"}}}],
				"airPnr":{"travelerInfos":[{"userId":{"id":"` + guest + `"},"ssr":[{"customText":"Ada"}]}]}}`,
			`{"pnrTravelers":[{"userId":{"id":"` + guest + `"},"persona":"ADHOC","personalInfo":{"name":{"given":"PURGED","family1":"PURGED"}}}],
				"airPnr":{"travelerInfos":[{"userId":{"id":"` + guest + `"},"ssr":[{"customText":"PURGED"}]}]}}`, false},
		{"a companion who was reached by the person's address",
			`{"pnrTravelers":[{"userId":{"id":"` + guest + `"},"persona":"ADHOC","personalInfo":{"name":{"given":"Bea","family1":"Moreau"},"email":"ada@example.com","dob":{"iso8601":"1988-04-12"}}}]}`,
			`{"pnrTravelers":[{"userId":{"id":"` + guest + `"},"persona":"ADHOC","personalInfo":{"name":{"given":"Bea","family1":"Moreau"},"dob":{"iso8601":"1988-04-12"}}}]}`, false},
		{"a name before a marriage, by the address", `{"bookerInfo":{"name":"Ada Brown","email":"ada@example.com"}}`, `{"bookerInfo":{"name":"PURGED"}}`, false},
		{"the trip of a namesake, for whom the person booked",
			`{"bookerInfo":{"name":"Ada Moreau","email":"ada@example.com"},"remarks":["Ada Moreau sits in front"],"pnrTravelers":[{"userId":{"id":"` + senior + `"}}]}`,
			`{"bookerInfo":{"name":"PURGED"},"remarks":["Ada Moreau sits in front"],"pnrTravelers":[{"userId":{"id":"` + senior + `"}}]}`, false},
		{"names of places stay", `{"additionalMetadata":{"airportInfo":[{"cityName":"Ada Moreau"}]}}`, `{"additionalMetadata":{"airportInfo":[{"cityName":"Ada Moreau"}]}}`, true},
		{"what is the person's alone goes from what a company says, and its name stays",
			`{"vendorRemarks":"write Ada Moreau to ada@example.com","departmentEmail":"ada@example.com","airline":"Ada Moreau","companyName":"Moreau"}`,
			`{"vendorRemarks":"write Ada Moreau to ***","airline":"Ada Moreau","companyName":"Moreau"}`, false},
		{"escaped", `{"note":"\u0041da Moreau was here"}`, `{"note":"*** was here"}`, false},
		{"a list", `[{"label":"desk","name":"Ada Moreau"}]`, `[{"label":"desk","name":"PURGED"}]`, false},
	} {
		out, changed, err := p.Redact([]byte(tc.in), tc.alone, false)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(parsed(t, tc.want), parsed(t, string(out))); d != "" {
			t.Errorf("%s: %s", tc.name, d)
		}
		if same := tc.in == tc.want; same == changed || same && string(out) != tc.in {
			t.Errorf("%s: changed %t: %s", tc.name, changed, out)
		}
	}
	contacts := `[{"name":"Ada Moreau","email":"x@example.com"},{"name":"Ada Moreau","email":"ada@example.com"}]`
	out, _, err := p.Redact([]byte(contacts), false, true)
	if want := `[{"name":"Ada Moreau","email":"x@example.com"},{"name":"PURGED"}]`; err != nil || string(out) != want {
		t.Errorf("contacts of a namesake's trip became %s: %v", out, err)
	}
	if _, _, err := p.Redact([]byte(`{"a":`), false, false); err == nil {
		t.Error("half a document was taken")
	}
}

// Whoever answers to a name that the person answers to is a namesake.
func TestNamesakes(t *testing.T) {
	t.Parallel()
	const full = `{"personalInfo":{"name":{"given":"Ada","middle":"Lou","family1":"Moreau","family2":"Diaz","preferred":"Addie"}}}`
	for name, want := range map[string]bool{
		`{"given":"Ada","family1":"Moreau"}`:                         true,
		`{"given":"ADDIE","family1":"Moreau"}`:                       true,
		`{"given":"Adeline","preferred":"ada","family1":"Moreau"}`:   true,
		`{"given":"Ada  Lou","family1":"Moreau-Diaz"}`:               true,
		`{"given":"Ada","family1":"Moreau","family2":"Quint"}`:       true,
		`{"given":"Lou","family1":"Moreau"}`:                         false,
		`{"given":"Ada","family1":"Diaz"}`:                           false,
		`{"given":"Bea","middle":"Ada","family1":"Moreau"}`:          false,
		`{"given":"","family1":"Moreau","preferred":"","middle":""}`: false,
	} {
		p, err := forget.Of(ada, []byte(full))
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Meet(senior, []byte(`{"personalInfo":{"name":`+name+`}}`)); err != nil {
			t.Fatal(err)
		}
		if p.Namesake([]byte(`{"userId":"`+senior+`"}`)) != want {
			t.Errorf("%s: a namesake is %t", name, !want)
		}
	}
}

// An address that a namesake has as well tells nothing, whoever was met first.
func TestAddressSharedWithNamesake(t *testing.T) {
	t.Parallel()
	const colleague = `{"personalInfo":{"name":{"given":"Bea","family1":"Quint"},"email":"ada@example.com"}}`
	const namesake = `{"personalInfo":{"name":{"given":"Ada","family1":"Moreau"},"email":"ada@example.com"}}`
	for _, others := range [][]string{{namesake}, {colleague, namesake}, {namesake, colleague}} {
		in := `{"opener":"` + ada + `","bookerInfo":{"name":"Ada Moreau","email":"ada@example.com"}}`
		out, _, err := person(t, others...).Redact([]byte(in), false, false)
		if err != nil {
			t.Fatal(err)
		}
		if want := `{"opener":"` + ada + `","bookerInfo":{"name":"PURGED"}}`; string(out) != want {
			t.Errorf("%s", out)
		}
	}
}

// However a profile is written: what both have is found, and read only for that.
func TestMeetEscaped(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ doc, other string }{
		{`{"email":"ada@example.com"}`, `{"businessInfo":{"email":"ADA\u0040example.com"}}`},
		{`{"phone":{"rawInput":"+44 20 7946 0001"}}`, `{"personalInfo":{"phoneNumbers":[{"rawInput":"0044 (20) 7946\u00a00001"}]}}`},
		{`{"docs":[{"passport":{"docId":"P7654321"}}]}`, `{"personalInfo":{"identityDocs":[{"passport":{"docId":" p7654321"}}]}}`},
	} {
		if p := person(t); !p.In([]byte(tc.doc)) {
			t.Errorf("%s is not the person's", tc.doc)
		}
		if p := person(t, tc.other); p.In([]byte(tc.doc)) {
			t.Errorf("%s is the person's alone, beside %s", tc.doc, tc.other)
		}
	}
	p := person(t, `{"personalInfo":{"name":{"given":"\u0041da","family1":"M\u006freau"}}}`)
	if !p.Namesake([]byte(senior)) {
		t.Error("a name was not read")
	}
}

// bookingOf is a booking of usual length that has nothing to do with the person.
func bookingOf(text string) []byte {
	leg := `{"a":"An airline's text","c":{"iso8601":"2026-03-10T09:00"},"d":"0161234567890","e":"Changes for a fee before departure of the first flight"},`
	return []byte(`{"legs":[` + strings.Repeat(leg, 50) + `{"x":"` + text + `"}]}`)
}

func BenchmarkIn(b *testing.B) {
	p := person(b)
	for name, text := range map[string]string{"plain": "B+B", "escaped": `B\u0026B`} {
		doc := bookingOf(text)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				p.In(doc)
			}
		})
	}
}

func BenchmarkMeet(b *testing.B) {
	p := person(b)
	stranger := []byte(strings.NewReplacer("Ada", "Bea", "ada", "bea", "Moreau", "Quint", "7946", "7947", "2079460", "2079470", "1001", "1002", "E-7", "E-8",
		"P7654321", "P7654322", "BA12345678", "BA12345679", "12 Quay", "14 Quay", "E1 1AA", "E1 1AB").Replace(profile))
	for b.Loop() {
		if err := p.Meet(senior, stranger); err != nil {
			b.Fatal(err)
		}
	}
}

func parsed(t *testing.T, s string) (v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(s), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// A name of a letter or two is in many texts by chance.
func TestShortNames(t *testing.T) {
	t.Parallel()
	p, err := forget.Of(ada, []byte(`{"personalInfo":{"name":{"given":"O","family1":"K"}},"businessInfo":{"email":"o.k@example.com"}}`))
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{"that is O K": "that is O K", "O K": forget.Gone, "K/O": forget.Gone, "vitamin K": "vitamin K", "o.k@example.com": forget.Gone} {
		if got, _ := p.Text(in, true); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
	nameless, err := forget.Of(ada, []byte(`{"personalInfo":{"name":{"given":"","family1":"Moreau"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if got, changed := nameless.Text("Moreau Moreau", false); changed {
		t.Errorf("half a name took %q", got)
	}
}

func TestTravels(t *testing.T) {
	t.Parallel()
	p := person(t)
	entry := func(id string) string { return `{"userId":{"id":"` + id + `"}}` }
	for _, tc := range []struct {
		doc    string
		at     []int
		others bool
	}{
		{`{"pnrTravelers":[` + entry(ada) + `]}`, []int{0}, false},
		{`{"pnrTravelers":[` + entry(twin) + `,` + entry(ada) + `]}`, []int{1}, true},
		{`{"pnrTravelers":[` + entry(ada) + `,` + entry(twin) + `],"airPnr":{"travelerInfos":[` + entry(twin) + `,{"travelerIdx":1,"userId":{"id":"` + ada + `"}}]}}`, []int{1}, true},
		{`{"travelers":[{"user":{"name":{"given":"Ada","family1":"Moreau"}}}]}`, []int{0}, false},
		{`{"pnrTravelers":[` + entry(ada) + `],"airPnr":{"travelerInfos":[{"travelerIdx":0,"booking":{}}]}}`, []int{0}, false},
		{`{"pnrTravelers":[` + entry(ada) + `],"airPnr":{"travelerInfos":[{"booking":{}}]}}`, []int{0}, false},
		{`{"pnrTravelers":[` + entry(twin) + `,` + entry(ada) + `],"airPnr":{"travelerInfos":[{"travelerIdx":1},{"travelerIdx":0}]}}`, []int{1}, true},
		{`{"pnrTravelers":[` + entry(twin) + `,` + entry(ada) + `],"airPnr":{"travelerInfos":[{"travelerIdx":0}]}}`, nil, true},
		{`{"pnrTravelers":[` + entry(ada) + `],"airPnr":{"travelerInfos":[{"booking":{}},` + entry(ada) + `]}}`, []int{1}, false},
		{`{"pnrTravelers":[` + entry(twin) + `]}`, nil, true},
		{`{}`, nil, false},
	} {
		if at, others := p.Travels([]byte(tc.doc)); !slices.Equal(at, tc.at) || others != tc.others {
			t.Errorf("%s: %v, %t", tc.doc, at, others)
		}
	}
}

func TestOrder(t *testing.T) {
	t.Parallel()
	p := person(t)
	for name, want := range map[[2]string]bool{{"ADA", "MOREAU"}: true, {"Addie", "moreau"}: true, {"Ada", "Brown"}: false, {"", "Moreau"}: false} {
		if p.Called(name[0], name[1]) != want {
			t.Errorf("called %v: %t", name, !want)
		}
	}
	for number, want := range map[string]bool{"ba12345678": true, "BA1": false, "1001": false, "ada@example.com": false} {
		if p.Member(number) != want {
			t.Errorf("a member by %s: %t", number, !want)
		}
	}
	for pnr, want := range map[string]bool{
		`{"pnrTravelers":[{"personalInfo":{"name":{"given":"Addie","family1":"Moreau"}}}]}`: true,
		`{"travelers":[{},{"user":{"name":{"given":"Ada","family1":"Moreau"}}}]}`:           true,
		`{"pnrTravelers":[{"personalInfo":{"name":{"given":"Bea","family1":"Moreau"}}}]}`:   false,
		`[`: false,
	} {
		if p.Listed([]byte(pnr)) != want {
			t.Errorf("%s: %t", pnr, !want)
		}
	}
}

// Whatever the document: the result is JSON, has nothing left to take out, and keeps its ids.
func FuzzRedact(f *testing.F) {
	f.Add([]byte(profile))
	f.Add([]byte(`{"a":[{"name":"Ada Moreau"},"ada@example.com",2079460001,null]}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		p := person(t)
		if !json.Valid(doc) {
			return
		}
		p.In(doc)
		p.Travels(doc)
		once, _, err := p.Redact(doc, true, false)
		if err != nil {
			if bytes.HasPrefix(bytes.TrimSpace(doc), []byte("{")) {
				t.Fatalf("%v in %q", err, doc)
			}
			return
		}
		twice, changed, err := p.Redact(once, true, false)
		if err != nil || !json.Valid(once) {
			t.Fatalf("%q became %q: %v", doc, once, err)
		}
		if changed && !bytes.Equal(once, twice) {
			t.Fatalf("%q became %q and then %q", doc, once, twice)
		}
	})
}
