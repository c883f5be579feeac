// SPDX-License-Identifier: Apache-2.0

package export

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/airside-travel/airside/internal/detect"
)

// Sigma writes the rules as Sigma rules and correlations, over the JSON lines of detection events. A
// rule that compares with what is usual keeps its threshold only, and says so.
func Sigma(w io.Writer, set *detect.Set) error {
	var b strings.Builder
	b.WriteString("# Made of Airside's own rules by `airside detect rules --sigma`. The log source is the event lines\n" +
		"# that `airside detect --from` reads.\n")
	var left []string
	for _, r := range set.Rules {
		if r.Disabled {
			continue
		}
		switch r.Method {
		case "match":
			sigmaRule(&b, r, r.ID, r.Title, r.Where, "", r.Severity.String())
		case "count":
			if r.Field != "" {
				left = append(left, r.ID+": it sums up "+r.Field)
				continue
			}
			sigmaRule(&b, r, r.ID+"-events", "Events of "+r.ID, r.Where, "", "informational")
			correlation(&b, r, "event_count", []string{r.ID + "-events"}, r.ID, "    gte: "+number(r.Threshold))
		case "distinct":
			sigmaRule(&b, r, r.ID+"-events", "Events of "+r.ID, r.Where, "", "informational")
			correlation(&b, r, "value_count", []string{r.ID + "-events"}, r.ID, "    field: "+sigmaField(r.Field)+"\n    gte: "+number(r.Threshold))
		case "sequence":
			sigmaRule(&b, r, r.ID+"-events", "Events of "+r.ID, r.Where, "", "informational")
			sigmaRule(&b, r, r.ID+"-then", "What follows in "+r.ID, r.Then, "", "informational")
			correlation(&b, r, "event_count", []string{r.ID + "-events"}, r.ID+"-count", "    gte: "+number(r.Threshold))
			correlation(&b, r, "temporal_ordered", []string{r.ID + "-count", r.ID + "-then"}, r.ID, "")
		default:
			left = append(left, r.ID+": "+r.Method+" is nothing that Sigma can say")
		}
	}
	b.WriteString("---\n# Left to Airside's own alerts:\n")
	for _, l := range left {
		b.WriteString("#   " + l + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func sigmaRule(b *strings.Builder, r *detect.Rule, name, title string, f detect.Filter, note, level string) {
	fmt.Fprintf(b, "---\ntitle: %s\nid: %s\nname: %s\nstatus: stable\n", quote(title), uuid(name), name)
	if level != "informational" {
		fmt.Fprintf(b, "description: %s\n", quote(r.Advice+note))
	}
	b.WriteString("logsource:\n  product: airside\n  service: events\ndetection:\n  selection:\n")
	var not []detect.Cond
	for _, c := range f {
		if c.Not {
			not = append(not, c)
			continue
		}
		condition(b, c)
	}
	for i, c := range not {
		fmt.Fprintf(b, "  filter_%d:\n", i+1)
		condition(b, c)
	}
	b.WriteString("  condition: selection")
	for i := range not {
		fmt.Fprintf(b, " and not filter_%d", i+1)
	}
	fmt.Fprintf(b, "\nlevel: %s\n", level)
}

// condition writes one line or list. The outcome is no field of its own: it is a status.
func condition(b *strings.Builder, c detect.Cond) {
	switch {
	case c.Field == "outcome":
		fmt.Fprintf(b, "    status|%s: 400\n", map[bool]string{true: "gte", false: "lt"}[c.Values[0] == "failure"])
	case c.Field == "self":
		b.WriteString("    subject|fieldref: target\n")
	case c.AtLeast != nil || c.AtMost != nil:
		if c.AtLeast != nil && c.AtMost != nil && *c.AtLeast == *c.AtMost {
			fmt.Fprintf(b, "    %s: %d\n", c.Field, *c.AtLeast)
			return
		}
		if c.AtLeast != nil {
			fmt.Fprintf(b, "    %s|gte: %d\n", c.Field, *c.AtLeast)
		}
		if c.AtMost != nil {
			fmt.Fprintf(b, "    %s|lte: %d\n", c.Field, *c.AtMost)
		}
	case len(c.Values) == 1:
		fmt.Fprintf(b, "    %s: %s\n", c.Field, quote(c.Values[0])) // an ending * is a wildcard there, too
	default:
		fmt.Fprintf(b, "    %s:\n", c.Field)
		for _, v := range c.Values {
			fmt.Fprintf(b, "      - %s\n", quote(v))
		}
	}
}

func correlation(b *strings.Builder, r *detect.Rule, kind string, rules []string, name, condition string) {
	title := r.Title
	if name != r.ID {
		title = "Count of " + r.ID
	}
	note := ""
	if r.Times > 0 {
		note = fmt.Sprintf(" Airside itself also asks for %s times the usual day of the same %s.", number(r.Times), r.By)
	}
	if r.By == "network" || r.Field == "network" {
		note += " Airside itself counts by /24 and /48, not by address."
	}
	fmt.Fprintf(b, "---\ntitle: %s\nid: %s\nname: %s\nstatus: stable\ndescription: %s\ncorrelation:\n  type: %s\n  rules:\n", quote(title), uuid(name), name, quote(r.Advice+note), kind)
	for _, x := range rules {
		fmt.Fprintf(b, "    - %s\n", x)
	}
	if r.By != "all" {
		b.WriteString("  group-by:\n")
		for _, g := range groupBy(r.By) {
			fmt.Fprintf(b, "    - %s\n", g)
		}
	}
	fmt.Fprintf(b, "  timespan: %s\n", timespan(r.Window))
	if condition != "" {
		fmt.Fprintf(b, "  condition:\n%s\n", condition)
	}
	fmt.Fprintf(b, "level: %s\n", map[bool]string{true: r.Severity.String(), false: "informational"}[name == r.ID])
}

// groupBy is which fields make a subject.
func groupBy(by string) []string {
	switch by {
	case "client", "endpoint":
		return []string{"tenant", "environment", by}
	case "subject":
		return []string{"tenant", by}
	}
	return []string{sigmaField(by)}
}

// sigmaField is the field of an event line; a network is not in it.
func sigmaField(name string) string {
	if name == "network" {
		return "address"
	}
	return name
}

func timespan(d time.Duration) string {
	switch {
	case d%(24*time.Hour) == 0:
		return strconv.Itoa(int(d.Hours()/24)) + "d"
	case d%time.Hour == 0:
		return strconv.Itoa(int(d.Hours())) + "h"
	case d%time.Minute == 0:
		return strconv.Itoa(int(d.Minutes())) + "m"
	}
	return strconv.Itoa(int(d.Seconds())) + "s"
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// quote writes a YAML text in double quotes; its escapes are those of JSON.
func quote(s string) string { return strconv.QuoteToASCII(s) }

// uuid is made of the name, so that a rule keeps it. Version 8 is for ids made like this.
func uuid(name string) string {
	h := sha256.Sum256([]byte("airside detection rule " + name))
	h[6], h[8] = h[6]&0x0f|0x80, h[8]&0x3f|0x80
	s := hex.EncodeToString(h[:16])
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}
