// SPDX-License-Identifier: Apache-2.0

package sample

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"

	"github.com/airside-travel/airside/contract"
)

// text chooses a string: an enum value, else the first candidate that the
// schema accepts.
func (g *generator) text(s *contract.Schema) string {
	if n := len(s.Enum); n > 0 {
		return g.enum(s.Enum)
	}
	if s.Format == "uuid" {
		return uuid(g.entity())
	}
	for _, c := range g.candidates(s) {
		quoted, _ := json.Marshal(c)
		if len(s.Check(quoted)) == 0 {
			return c
		}
	}
	return strings.Repeat("x", max(s.MinLength, 1))
}

// enum takes the first value that says something, or the one Pick turns to.
func (g *generator) enum(values []string) string {
	var good []string
	for _, v := range values {
		if !strings.Contains(v, "UNKNOWN") && !strings.Contains(v, "UNSPECIFIED") && v != "" {
			good = append(good, v)
		}
	}
	if len(good) == 0 {
		good = values
	}
	return good[g.Pick%len(good)]
}

// candidates are texts to try, the best guess first.
func (g *generator) candidates(s *contract.Schema) []string {
	var list []string
	for i := len(g.path) - 1; i >= 0 && i >= len(g.path)-4; i-- {
		if v, ok := g.title(g.path[i]); ok {
			list = append(list, v)
			break
		}
		if v, ok := byName(g.path[i]); ok {
			list = append(list, g.localised(v))
			break
		}
	}
	if s.Pattern == "" && s.Format == "" {
		return append(list, "Example", "1")
	}
	day := g.day()
	return append(list, day, day+"T"+g.hour(), day+"T"+g.hour()+":00Z", g.hour(), "ada.moreau@example.com",
		"https://example.com/airside", "LHR", "GB", "QWlyc2lkZQ==", "P1D", "text", "1")
}

// localised fits a guess to its surroundings: the far end of a journey is
// another city, and an id carries the name of what it identifies.
func (g *generator) localised(v string) string {
	if v == "id-2041" {
		if e := g.entity(); e != "" {
			return e + "-2041"
		}
	}
	if v == cardNumber && !g.near("card") {
		return "2041"
	}
	if v == cardNumber && !g.request {
		return "XXXXXXXXXXXX4242" // an answer never holds the whole of it
	}
	if !g.near("destination", "arriv", "dropoff") {
		return v
	}
	switch v {
	case "LHR":
		return "JFK"
	case "LON":
		return "NYC"
	case "London":
		return "New York"
	case "London Heathrow":
		return "New York John F Kennedy"
	case "GB":
		return "US"
	case "United Kingdom":
		return "United States"
	}
	return v
}

// title names a thing by what stands around it.
func (g *generator) title(leaf string) (string, bool) {
	switch strings.ToLower(leaf) {
	case "name", "displayname", "label", "displaytext":
	default:
		return "", false
	}
	for _, t := range titles() {
		if g.near(t.end) {
			return t.text, true
		}
	}
	return "", false
}

// day guesses a date from the names around it.
func (g *generator) day() string {
	switch {
	case g.near("birth", "dob"):
		return "1990-05-17"
	case g.near("expir", "valid"):
		return "2031-08-31"
	case g.near("issue"):
		return "2021-09-01"
	case g.near("creat", "updat", "booked", "sent", "modif"):
		return "2026-11-02"
	case g.near("arriv", "checkout", "dropoff", "return", "end", "max"):
		return "2027-04-02"
	}
	return "2027-03-31"
}

func (g *generator) hour() string {
	if g.near("arriv", "checkout", "dropoff", "return", "end", "max") {
		return "17:05"
	}
	return "09:30"
}

// near looks for a word in the last few names.
func (g *generator) near(words ...string) bool {
	for _, name := range g.path[max(0, len(g.path)-4):] {
		name = strings.ToLower(name)
		for _, w := range words {
			if strings.Contains(name, w) {
				return true
			}
		}
	}
	return false
}

// entity names what an id belongs to, so that the same thing has the same id in
// a path, a request and its answer.
func (g *generator) entity() string {
	for _, v := range slices.Backward(g.path) {
		name := strings.ToLower(v)
		for _, end := range []string{"s", "id", "ref"} {
			name = strings.TrimSuffix(name, end)
		}
		switch name {
		case "", "entity", "value", "item", "object", "entityidresponse", "idresponse", "response":
			continue
		case "traveler", "userorg", "booker", "registraruser", "created", "primarytraveler", "userinfo", "createdby", "owner", "profileowner":
			return "user"
		case "organization", "org":
			return "company"
		}
		return name
	}
	return ""
}

// uuid derives a version 4 UUID from a name.
func uuid(name string) string {
	h := fnv.New128a()
	h.Write([]byte(name))
	b := h.Sum(nil)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func (g *generator) number(s *contract.Schema) string {
	n := numberByName(strings.ToLower(g.last()))
	if s.Minimum != nil {
		n = max(n, *s.Minimum)
	}
	if s.Maximum != nil {
		n = min(n, *s.Maximum)
	}
	if s.Type == "integer" {
		return strconv.FormatInt(int64(n), 10)
	}
	return strconv.FormatFloat(n, 'f', -1, 64)
}

func numberByName(name string) float64 {
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(name, w) {
				return true
			}
		}
		return false
	}
	switch {
	case has("amount", "price", "cost"):
		return 240.5
	case has("latitude"):
		return 51.47
	case has("longitude"):
		return -0.4543
	case has("index", "idx", "offset", "page"):
		return 0
	case has("expires_in"):
		return 3600
	case has("limit", "size", "maxresults"):
		return 20
	case has("expiryyear"):
		return 2031
	case has("expirymonth"):
		return 8
	case has("countrycode"):
		return 44
	case has("nationalnumber"):
		return 2079460123
	case has("percent"):
		return 10
	case has("age"):
		return 34
	case has("rating"):
		return 4
	case has("status"):
		return 200
	case has("co2", "emission"):
		return 128
	case has("rate"):
		return 1.25
	}
	return 1
}
