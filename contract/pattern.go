// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
)

// A pattern is matched over and over with few texts, so the frequent ones are
// written out by hand; a test holds them to the expression they stand for.
const (
	patternDate       = `^\d{4}-(0[1-9]|1[012])-(0[1-9]|[12][0-9]|3[01])$`
	patternTime       = `^([01][0-9]|2[0-4]):([0-5][0-9])(:([0-5][0-9]))?$`
	patternDateTime   = `^\d{4}-(0[1-9]|1[012])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-4]):([0-5][0-9])(:([0-5][0-9]))?$`
	patternDateOffset = `^\d{4}-(0[1-9]|1[012])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-4]):([0-5][0-9])(:([0-5][0-9]))?(Z|([+-](0[0-9]|1[0-4]):([0-5][0-9])))$`
	patternThree      = `^[A-Z]{3}$`
	patternTwo        = `^[A-Z]{2}$`
)

// matcher is a compiled pattern with what to say when it does not match.
type matcher struct {
	match func([]byte) bool
	want  string
}

func written(pattern string) *matcher {
	switch pattern {
	case patternDate:
		return &matcher{func(b []byte) bool { return date(b) == len(b) && len(b) > 0 }, "a date such as 2027-03-31"}
	case patternTime:
		return &matcher{func(b []byte) bool { return clock(b) == len(b) && len(b) > 0 }, "a time such as 09:30 or 09:30:00"}
	case patternDateTime:
		return &matcher{func(b []byte) bool { n := dateTime(b); return n > 0 && n == len(b) },
			"a local date and time such as 2027-03-31T09:30"}
	case patternDateOffset:
		return &matcher{func(b []byte) bool { n := dateTime(b); return n > 0 && offset(b[n:]) },
			"a date and time with its offset such as 2027-03-31T09:30:00Z"}
	case patternThree:
		return &matcher{func(b []byte) bool { return len(b) == 3 && capitals(b) }, "three capital letters"}
	case patternTwo:
		return &matcher{func(b []byte) bool { return len(b) == 2 && capitals(b) }, "two capital letters"}
	}
	return nil
}

// inWords describes a pattern that is left to a regular expression.
func inWords(pattern string) string {
	switch {
	case pattern == `\S`:
		return "text that is not blank"
	case strings.HasPrefix(pattern, "^P("):
		return "an ISO 8601 duration such as P1D or PT90M"
	}
	return "text that matches " + pattern
}

// patternSet shares equal patterns.
type patternSet struct {
	mu     sync.Mutex
	byText map[string]*matcher
}

func (p *patternSet) get(pattern string) (*matcher, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if m := p.byText[pattern]; m != nil {
		return m, nil
	}
	m := written(pattern)
	if m == nil {
		re, err := regexp.Compile(pattern)
		if err != nil {
			return nil, fmt.Errorf("pattern: %w", err)
		}
		m = &matcher{re.Match, inWords(pattern)}
	}
	if p.byText == nil {
		p.byText = map[string]*matcher{}
	}
	p.byText[pattern] = m
	return m, nil
}

func digit(c byte) bool { return c-'0' < 10 }

// two reads two digits, -1 if there are none.
func two(b []byte) int {
	if len(b) < 2 || !digit(b[0]) || !digit(b[1]) {
		return -1
	}
	return int(b[0]-'0')*10 + int(b[1]-'0')
}

// date returns the length of a date at the start of b, 0 if there is none. As
// the contract has it, every month may have 31 days.
func date(b []byte) int {
	if len(b) < 10 || two(b) < 0 || two(b[2:]) < 0 || b[4] != '-' || b[7] != '-' {
		return 0
	}
	month, day := two(b[5:]), two(b[8:])
	if month < 1 || month > 12 || day < 1 || day > 31 {
		return 0
	}
	return 10
}

// clock returns the length of a time of day at the start of b. As the contract
// has it, hour 24 may have minutes.
func clock(b []byte) int {
	hour := two(b)
	if hour < 0 || hour > 24 || len(b) < 5 || b[2] != ':' || !sixty(b[3:]) {
		return 0
	}
	if len(b) >= 8 && b[5] == ':' && sixty(b[6:]) {
		return 8
	}
	return 5
}

func sixty(b []byte) bool { n := two(b); return n >= 0 && n < 60 }

func dateTime(b []byte) int {
	n := date(b)
	if n == 0 || len(b) == n || b[n] != 'T' {
		return 0
	}
	m := clock(b[n+1:])
	if m == 0 {
		return 0
	}
	return n + 1 + m
}

func offset(b []byte) bool {
	if len(b) == 1 {
		return b[0] == 'Z'
	}
	if len(b) != 6 || b[0] != '+' && b[0] != '-' || b[3] != ':' {
		return false
	}
	hours := two(b[1:])
	return hours >= 0 && hours <= 14 && sixty(b[4:])
}

func capitals(b []byte) bool {
	for _, c := range b {
		if c < 'A' || c > 'Z' {
			return false
		}
	}
	return true
}
