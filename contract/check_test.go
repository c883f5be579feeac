// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const anID = "4f0c1a52-7d3b-4c68-9a0e-2b5d8f6e1c37"

// brief is what a test compares: the sentence is compared only where it is the
// point.
type brief struct {
	Pointer, Rule string
	Allowed       []string
}

func briefly(found []Violation) []brief {
	var out []brief
	for _, v := range found {
		out = append(out, brief{v.Pointer, v.Rule, v.Allowed})
	}
	return out
}

func TestBodyViolations(t *testing.T) {
	t.Parallel()
	op := tiny(t).Operation("putThing")
	one := func(pointer, rule string, allowed ...string) []brief { return []brief{{pointer, rule, allowed}} }
	tests := []struct {
		name, body string
		want       []brief
	}{
		{"least", `{"name":"ab"}`, nil},
		{"white space around", " \n{\t\"name\" :\r\"ab\" } ", nil},
		{"unknown key is ignored", `{"name":"ab","new":{"deep":[1]}}`, nil},
		{"readOnly is neither demanded nor checked", `{"name":"ab","id":7}`, nil},
		{"not an object", `[]`, one("", RuleType)},
		{"missing", `{}`, one("/name", RuleRequired)},
		{"null is not absent", `{"name":null}`, one("/name", RuleType)},
		{"null where allowed", `{"name":"ab","maybe":null}`, nil},
		{"wrong type", `{"name":{"a":1}}`, one("/name", RuleType)},
		{"enum", `{"name":"ab","kind":"BLUE"}`, one("/kind", RuleEnum, "RED", "GREEN")},
		{"enum spelled with an escape", `{"name":"ab","kind":"\u0052ED"}`, nil},
		{"format", `{"name":"ab","mail":"nobody"}`, one("/mail", RuleFormat)},
		{"pattern", `{"name":"ab","day":"2027-13-01"}`, one("/day", RulePattern)},
		{"minimum", `{"name":"ab","count":0}`, one("/count", RuleMinimum)},
		{"maximum", `{"name":"ab","rate":5.01}`, one("/rate", RuleMaximum)},
		{"fraction", `{"name":"ab","count":1.0}`, one("/count", RuleType)},
		{"exponent", `{"name":"ab","count":1e2}`, one("/count", RuleType)},
		{"int32", `{"name":"ab","count":2147483648}`, one("/count", RuleFormat)},
		{"largest int32", `{"name":"ab","count":2147483647}`, nil},
		{"double", `{"name":"ab","rate":-1e999}`, one("/rate", RuleFormat)},
		{"number nobody can read", `{"name":"ab","new":1e999}`, one("/new", RuleFormat)},
		{"characters, not bytes", `{"name":"ééééé"}`, nil},
		{"maxLength", `{"name":"éééééé"}`, one("/name", RuleMaxLength)},
		{"escapes count once", `{"name":"\u00e9\ud83d\ude00abc"}`, nil},
		{"minLength", `{"name":"a"}`, one("/name", RuleMinLength)},
		{"minItems", `{"name":"ab","tags":[]}`, one("/tags", RuleMinItems)},
		{"maxItems", `{"name":"ab","tags":["a","b","c","d"]}`, one("/tags", RuleMaxItems)},
		{"uniqueItems", `{"name":"ab","tags":["a","\u0061"]}`, one("/tags/1", RuleUniqueItems)},
		{"map values", `{"name":"ab","labels":{"a":"b","c":1}}`, one("/labels/c", RuleType)},
		{"closed object", `{"name":"ab","sealed":{"x":1}}`, one("/sealed/x", RuleUnknownKey, "a/b")},
		{"pointer escapes", `{"name":"ab","sealed":{"a/b":1}}`, one("/sealed/a~1b", RuleType)},
		{"only the case differs", `{"name":"ab","Kind":"BLUE"}`, one("/Kind", RuleUnknownKey, "kind")},
		{"letter that folds into ASCII", `{"name":"ab","\u212aind":"RED"}`, one("/\u212aind", RuleUnknownKey, "kind")},
		{"duplicate", `{"name":"ab","name":"cd"}`, one("/name", RuleDuplicateKey)},
		{"duplicate by escape", `{"name":"ab","n\u0061me":"cd"}`, one("/name", RuleDuplicateKey)},
		{"duplicate that is unknown", `{"name":"ab","x":1,"x":2}`, one("/x", RuleDuplicateKey)},
		{"duplicate where anything goes", `{"name":"ab","free":{"a":[{"b":1,"b":2}]}}`, one("/free/a/0/b", RuleDuplicateKey)},
		{"discriminator", `{"name":"ab","fee":{"feeType":"TRIP","trip":"x"}}`, nil},
		{"discriminator last", `{"name":"ab","fee":{"amount":1,"new":{"feeType":"TRIP"},"feeType":"FLAT"}}`, nil},
		{"alternative's rules", `{"name":"ab","fee":{"amount":"1","feeType":"FLAT"}}`, one("/fee/amount", RuleType)},
		{"alternative's demands", `{"name":"ab","fee":{"feeType":"TRIP"}}`, one("/fee/trip", RuleRequired)},
		{"other alternative's keys are unknown", `{"name":"ab","fee":{"feeType":"TRIP","trip":"x","amount":"no number"}}`, nil},
		{"discriminator's value", `{"name":"ab","fee":{"feeType":"X"}}`, one("/fee/feeType", RuleDiscriminator, "TRIP", "FLAT")},
		{"discriminator's type", `{"name":"ab","fee":{"feeType":1}}`, one("/fee/feeType", RuleDiscriminator, "TRIP", "FLAT")},
		{"no discriminator", `{"name":"ab","fee":{"trip":"x"}}`, one("/fee/feeType", RuleRequired, "TRIP", "FLAT")},
		{"union key", `{"name":"ab","paper":{"passport":"X1","note":"n"}}`, nil},
		{"no union key", `{"name":"ab","paper":{"note":"n"}}`, one("/paper", RuleOneOf, "passport", "visa")},
		{"two union keys", `{"name":"ab","paper":{"visa":{"number":"1"},"passport":"X1"}}`, one("/paper", RuleOneOf, "passport", "visa")},
		{"union key's rules", `{"name":"ab","paper":{"visa":{}}}`, one("/paper/visa/number", RuleRequired)},
		{"keys pick", `{"name":"ab","leg":{"index":0}}`, nil},
		{"keys pick, and demand", `{"name":"ab","leg":{"from":"LHR"}}`, one("/leg/to", RuleRequired)},
		{"keys of two alternatives", `{"name":"ab","leg":{"to":"LHR","index":0}}`, one("/leg", RuleOneOf, "from", "index", "to")},
		{"several, with their places", `{"name":1,"things":[{"name":"ab"},{"name":"ab","count":"x"}],"kind":2}`, []brief{
			{"/name", RuleType, nil}, {"/things/1/count", RuleType, nil}, {"/kind", RuleType, nil}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, briefly(op.CheckBody("application/json; charset=utf-8", []byte(tt.body)))); diff != "" {
				t.Errorf("%s\n%s", tt.body, diff)
			}
		})
	}
}

func TestSentencesNameWhatWasExpectedAndWhatCame(t *testing.T) {
	t.Parallel()
	op := tiny(t).Operation("putThing")
	secret := strings.Repeat("s3cret", 20)
	tests := []struct{ body, want string }{
		{`{"name":5}`, "/name must be a string, but is a number"},
		{`{"name":"ab","kind":"BLUE"}`, `/kind must be one of RED or GREEN, but is "BLUE"`},
		{`{"name":"ab","kind":"` + secret + `"}`, "/kind must be one of RED or GREEN"},
		{`{"name":"ab","mail":"` + secret + `"}`, "/mail must be an email address"},
		{`{"name":"ab","day":"yesterday"}`, "/day must be a date such as 2027-03-31"},
		{`{"name":"ab","tags":[]}`, "/tags must have at least 1 element, but has 0"},
		{`{"name":"ab","paper":{}}`, "/paper needs exactly one of passport or visa"},
		{`{"name":"ab","paper":{"visa":{"number":""},"passport":""}}`, "/paper has visa and passport, which exclude each other"},
		{"{\"name\":\"ab\",\n}", "the body is not JSON: expected a name in double quotes (line 2, column 1)"},
	}
	for _, tt := range tests {
		found := op.CheckBody("application/json", []byte(tt.body))
		if len(found) != 1 || found[0].String() != tt.want {
			t.Errorf("%s: got %q, want %q", tt.body, found, tt.want)
		}
	}
}

func TestTextThatIsNotJSON(t *testing.T) {
	t.Parallel()
	op := tiny(t).Operation("putThing")
	for _, body := range []string{
		`{`, `{"name"`, `{"name":`, `{"name":"ab"`, `{"name":"ab",}`, `{"name":"ab"}}`, `{"name":"ab"} x`,
		`{name:"ab"}`, `{'name':'ab'}`, `{"name":"ab" "kind":"RED"}`, `{"name":"a` + "\n" + `b"}`, "{\"name\":\"a\xffb\"}",
		`{"name":"\x"}`, `{"name":"\u12"}`, `{"name":"\ud83d"}`, `{"name":"\ude00\ud83d"}`, `{"name":"ab","rate":01}`,
		`{"name":"ab","rate":1.}`, `{"name":"ab","rate":.5}`, `{"name":"ab","rate":+1}`, `{"name":"ab","rate":1e}`,
		`{"name":"ab","rate":-}`, `{"name":"ab","rate":NaN}`, `{"name":"ab","new":tru}`, `{"name":"ab","tags":["a",]}`,
		`{"name":"ab"}` + "\x00", "\ufeff{}", `nul`, ` `,
	} {
		found := op.CheckBody("application/json", []byte(body))
		if n := len(found); n == 0 || found[n-1].Rule != RuleSyntax {
			t.Errorf("%q: %v, want a fault of syntax", body, found)
		}
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	c := tiny(t)
	c.Limits = Limits{MaxBytes: 1000, MaxDepth: 5}
	op := c.Operation("putThing")
	deep := func(n int) []byte {
		return []byte(`{"name":"ab","free":` + strings.Repeat(`{"a":`, n-1) + "1" + strings.Repeat("}", n-1) + `}`)
	}
	if found := op.CheckBody("application/json", deep(5)); found != nil {
		t.Errorf("at the limit: %v", found)
	}
	if diff := cmp.Diff([]brief{{"/free/a/a/a/a", RuleDepth, nil}}, briefly(op.CheckBody("application/json", deep(6)))); diff != "" {
		t.Error(diff)
	}
	long := []byte(`{"name":"ab"}` + strings.Repeat(" ", 1000))
	if diff := cmp.Diff([]brief{{"", RuleSize, nil}}, briefly(op.CheckBody("application/json", long))); diff != "" {
		t.Error(diff)
	}
}

func TestTheListOfViolationsEnds(t *testing.T) {
	t.Parallel()
	op := tiny(t).Operation("putThing")
	body := `{"name":"ab","things":[` + strings.TrimSuffix(strings.Repeat("{},", 500), ",") + `]}`
	found := op.CheckBody("application/json", []byte(body))
	if n := len(found); n != MaxViolations+1 || found[n-1].Rule != RuleMore {
		t.Errorf("%d violations, the last %v", n, found[n-1])
	}
}

// Duplicates are found among few unknown keys and among many.
func TestManyUnknownKeys(t *testing.T) {
	t.Parallel()
	op := tiny(t).Operation("putThing")
	var b strings.Builder
	b.WriteString(`{"name":"ab"`)
	for i := range 300 {
		fmt.Fprintf(&b, `,"k%d":{"k%d":1}`, i, i)
	}
	if found := op.CheckBody("application/json", []byte(b.String()+"}")); found != nil {
		t.Errorf("no key repeats: %v", found)
	}
	for _, again := range []int{0, 10, 200} {
		body := fmt.Sprintf(`%s,"k%d":0}`, b.String(), again)
		want := []brief{{fmt.Sprintf("/k%d", again), RuleDuplicateKey, nil}}
		if diff := cmp.Diff(want, briefly(op.CheckBody("application/json", []byte(body)))); diff != "" {
			t.Error(diff)
		}
	}
}

func TestMediaTypesAndEmptyBodies(t *testing.T) {
	t.Parallel()
	c := tiny(t)
	put := c.Operation("putThing")
	if diff := cmp.Diff([]brief{{"", RuleContentType, []string{"application/json"}}}, briefly(put.CheckBody("text/plain", []byte("{}")))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]brief{{"", RuleRequired, nil}}, briefly(put.CheckBody("application/json", nil))); diff != "" {
		t.Error(diff)
	}
	if found := c.Operation("deleteThing").CheckBody("text/plain", []byte("x")); found != nil {
		t.Errorf("an operation without a body looks at none: %v", found)
	}
}

func TestResponses(t *testing.T) {
	t.Parallel()
	op := tiny(t).Operation("putThing")
	tests := []struct {
		name   string
		status int
		body   string
		want   []brief
	}{
		{"right", 200, `{"id":"` + anID + `","name":"ab"}`, nil},
		{"readOnly is demanded", 200, `{"name":"ab"}`, []brief{{"/id", RuleRequired, nil}}},
		{"readOnly is checked", 200, `{"name":"ab","id":"1"}`, []brief{{"/id", RuleFormat, nil}}},
		{"no body where one is due", 200, "", []brief{{"", RuleRequired, nil}}},
		{"none due", 204, "", nil},
		{"body where none is due", 204, "{}", []brief{{"", RuleSize, nil}}},
		{"success that is not declared", 201, "{}", []brief{{"", RuleStatus, nil}}},
		{"declared failure", 404, `{}`, []brief{{"/debugIdentifier", RuleRequired, nil}}},
		{"any other failure has the error shape", 503, `{"debugIdentifier":1}`, []brief{{"/debugIdentifier", RuleType, nil}}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, briefly(op.CheckResponse(tt.status, "application/json", []byte(tt.body)))); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}
