// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestQueryViolations(t *testing.T) {
	t.Parallel()
	op := tiny(t).Operation("putThing")
	tests := []struct {
		query string
		want  []brief
	}{
		{"dry=true", nil},
		{"dry=false&limit=100&kinds=RED&kinds=GREEN&codes=LHR,JFK", nil},
		{"", []brief{{"/dry", RuleRequired, nil}}},
		{"dry=yes", []brief{{"/dry", RuleType, nil}}},
		{"dry=true&dry=true", []brief{{"/dry", RuleDuplicateKey, nil}}},
		{"dry=true&limit=ten", []brief{{"/limit", RuleType, nil}}},
		{"dry=true&limit=%2010", []brief{{"/limit", RuleType, nil}}},
		{"dry=true&limit=1e1", []brief{{"/limit", RuleType, nil}}},
		{"dry=true&limit=", []brief{{"/limit", RuleType, nil}}},
		{"dry=true&limit=101", []brief{{"/limit", RuleMaximum, nil}}},
		{"dry=true&limit=-1", []brief{{"/limit", RuleMinimum, nil}}},
		{"dry=true&kinds=RED&kinds=BLUE", []brief{{"/kinds/1", RuleEnum, []string{"RED", "GREEN"}}}},
		{"dry=true&kinds=RED,GREEN", []brief{{"/kinds/0", RuleEnum, []string{"RED", "GREEN"}}}},
		{"dry=true&codes=LHR,jfk", []brief{{"/codes/1", RulePattern, nil}}},
		{"dry=true&codes=LHR,JFK,CDG", []brief{{"/codes", RuleMaxItems, nil}}},
		{"dry=true&kinds=%ff", []brief{{"/kinds/0", RuleSyntax, nil}}},
		{"dry=true&other=1", nil},
	}
	for _, tt := range tests {
		query, err := url.ParseQuery(tt.query)
		if err != nil {
			t.Fatal(err)
		}
		found := op.CheckQuery(query)
		if diff := cmp.Diff(tt.want, briefly(found)); diff != "" {
			t.Errorf("%s\n%s", tt.query, diff)
		}
		for _, v := range found {
			if v.In != InQuery {
				t.Errorf("%s: the fault is said to be in the %s", tt.query, v.In)
			}
		}
	}
}

func TestUnknownQueryParameters(t *testing.T) {
	t.Parallel()
	op := tiny(t).Operation("putThing")
	found := op.CheckUnknownQuery(url.Values{"dry": {"true"}, "a/b": {"1"}})
	want := []brief{{"/a~1b", RuleUnknownParam, []string{"limit", "dry", "kinds", "codes"}}}
	if diff := cmp.Diff(want, briefly(found)); diff != "" {
		t.Error(diff)
	}
}

func TestPathAndHeaderViolations(t *testing.T) {
	t.Parallel()
	op := tiny(t).Operation("putThing")
	give := func(v string) func(string) string { return func(string) string { return v } }
	if found := append(op.CheckPath(give(anID)), op.CheckHeader(give(anID))...); found != nil {
		t.Errorf("good values: %v", found)
	}
	if diff := cmp.Diff([]brief{{"/id", RuleFormat, nil}}, briefly(op.CheckPath(give("7")))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]brief{{"/id", RuleRequired, nil}}, briefly(op.CheckPath(give("")))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]brief{{"/X-Request", RuleFormat, nil}}, briefly(op.CheckHeader(give("7")))); diff != "" {
		t.Error(diff)
	}
}

func TestForms(t *testing.T) {
	t.Parallel()
	op := tiny(t).Operation("postForm")
	tests := []struct {
		form string
		want []brief
	}{
		{"grant=a&count=3", nil},
		{"count=3", []brief{{"/grant", RuleRequired, nil}}},
		{"grant=c", []brief{{"/grant", RuleEnum, []string{"a", "b"}}}},
		{"grant=a&grant=b", []brief{{"/grant", RuleDuplicateKey, nil}}},
		{"grant=a&count=x", []brief{{"/count", RuleType, nil}}},
		{`grant=a&more={"visa":{"number":"1"}}`, nil},
		{`grant=a&more={"visa":{}}`, []brief{{"/more/visa/number", RuleRequired, nil}}},
		{`grant=a&more={`, []brief{{"/more", RuleSyntax, nil}}},
		{"grant=%zz", []brief{{"", RuleSyntax, nil}}},
	}
	for _, tt := range tests {
		found := op.CheckBody("application/x-www-form-urlencoded", []byte(tt.form))
		if diff := cmp.Diff(tt.want, briefly(found)); diff != "" {
			t.Errorf("%s\n%s", tt.form, diff)
		}
	}
}
