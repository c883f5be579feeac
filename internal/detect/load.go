// SPDX-License-Identifier: Apache-2.0

package detect

import (
	"embed"
	"io/fs"
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

//go:embed rules/*.yaml
var builtin embed.FS

// File is one file of rules or of overlays.
type File struct {
	Name string
	Data []byte
}

// maxFile bounds a file of rules, in bytes, and maxRules how many rules are on together.
const (
	maxFile  = 1 << 20
	maxRules = 500
)

// Builtin is the rules that come with the program. They are tested with it.
func Builtin() *Set {
	s, err := Load()
	if err != nil {
		panic("the embedded rules: " + err.Error()) // a test loads them
	}
	return s
}

// Load reads the embedded rules and, over them, files with rules of one's own (`rules:`) and changes of
// others (`overlay:`), in the order given. An error is Problems, all of them; then there is no set, and
// whoever asked keeps the one it has.
func Load(files ...File) (*Set, error) {
	var own []File
	names, err := fs.Glob(builtin, "rules/*.yaml")
	for _, name := range names {
		b, e := builtin.ReadFile(name)
		if e != nil {
			err = e
		}
		own = append(own, File{name, b})
	}
	if err != nil {
		return nil, err
	}
	return LoadOnly(append(own, files...)...)
}

// LoadOnly reads files without the embedded rules.
func LoadOnly(files ...File) (*Set, error) {
	set := &Set{}
	var problems Problems
	var overlays []func()
	for _, f := range files {
		r := &reader{file: Clean(f.Name)}
		root := r.parse(f.Data)
		for _, m := range root {
			switch m.key.Value {
			case "rules":
				for _, n := range r.list(m.value, "rules") {
					if rule := r.rule(n); rule != nil {
						if old := set.Rule(rule.ID); old != nil {
							r.bad(n, "the rule "+rule.ID+" exists already, in "+old.file, "give it another id, or change the other one with `overlay`")
						}
						set.Rules = append(set.Rules, rule)
					}
				}
			case "overlay":
				overlays = append(overlays, func() {
					for _, n := range r.list(m.value, "overlay") {
						r.overlay(n, set)
					}
					problems = append(problems, r.problems...)
				})
			}
		}
		if len(set.Rules) > maxRules {
			r.problems = append(r.problems, Problem{r.file, 1, 1, "there are more than " + strconv.Itoa(maxRules) + " rules", ""})
		}
		problems = append(problems, r.problems...)
		r.problems = nil
	}
	for _, o := range overlays { // when all rules are known, so that the order of files does not matter
		o()
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return set, nil
}

var syntax = regexp.MustCompile(`line (\d+): (.*)`)

func (r *reader) parse(data []byte) []member {
	if len(data) > maxFile {
		r.problems = append(r.problems, Problem{r.file, 1, 1, "the file is larger than 1 MiB", "split it"})
		return nil
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		p := Problem{r.file, 1, 1, strings.TrimPrefix(Clean(err.Error()), "yaml: "), "the file is not YAML"}
		if m := syntax.FindStringSubmatch(err.Error()); m != nil {
			p.Line, _ = strconv.Atoi(m[1]) //nolint:errcheck // they are digits
			p.Message = Clean(m[2])
		}
		r.problems = append(r.problems, p)
		return nil
	}
	if doc.Kind == 0 {
		r.problems = append(r.problems, Problem{r.file, 1, 1, "the file is empty", "it needs `rules:` or `overlay:`"})
		return nil
	}
	if n := alias(&doc); n != nil {
		r.bad(n, "anchors and aliases are not read", "write the value out")
		return nil
	}
	return r.members(doc.Content[0], "the file", []string{"rules", "overlay"})
}

func alias(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		return n
	}
	for _, c := range n.Content {
		if found := alias(c); found != nil {
			return found
		}
	}
	return nil
}

var (
	ruleID   = regexp.MustCompile(`^[a-z][a-z0-9-]{2,47}$`)
	ruleKeys = []string{ //nolint:gochecknoglobals // a constant table
		"id", "title", "what", "advice", "severity", "method", "where", "of", "then", "by", "field", "window",
		"threshold", "share", "times", "learn", "quiet", "freeze", "tests",
	}
)

func (r *reader) rule(n *yaml.Node) *Rule {
	before := len(r.problems)
	rule := &Rule{file: r.file, line: n.Line, Quiet: 30 * time.Minute}
	given := map[string]bool{}
	for _, m := range r.members(n, "a rule", ruleKeys) {
		k, v := m.key.Value, m.value
		given[k] = true
		switch k {
		case "id":
			if rule.ID = r.text(v, k); !ruleID.MatchString(rule.ID) {
				r.bad(v, "an id has 3 to 48 small letters, digits and -, a letter first", "")
			}
		case "title":
			rule.Title = r.text(v, k)
		case "what":
			rule.What = r.text(v, k)
		case "advice":
			rule.Advice = r.text(v, k)
		case "method":
			rule.Method = r.oneOf(v, k, methods)
		case "where":
			rule.Where = r.filter(v)
		case "of":
			rule.Of = r.filter(v)
		case "then":
			rule.Then = r.filter(v)
		case "by":
			rule.By = r.oneOf(v, k, scopes)
		case "field":
			rule.Field = r.oneOf(v, k, append(append([]string{}, valueFields...), sumFields...))
		case "freeze":
			rule.Freeze = r.truth(v, k)
		case "tests":
			rule.Tests = r.cases(v)
		default:
			r.setting(rule, k, v)
		}
	}
	if !given["freeze"] {
		rule.Freeze = rule.learns()
	}
	r.complete(n, rule, given)
	if len(r.problems) > before {
		return nil
	}
	rule.compile()
	return rule
}

// setting reads what an overlay may change, too.
func (r *reader) setting(rule *Rule, k string, v *yaml.Node) {
	switch k {
	case "severity":
		_ = rule.Severity.UnmarshalText([]byte(r.oneOf(v, k, severities))) //nolint:errcheck // oneOf reported it
	case "window":
		rule.Window = r.duration(v, k, time.Second, 7*24*time.Hour)
	case "threshold":
		rule.Threshold = r.number(v, k, 1, 1e12)
	case "share":
		rule.Share = r.number(v, k, 0.001, 1)
	case "times":
		rule.Times = r.number(v, k, 1, 1000)
	case "learn":
		rule.Learn = r.duration(v, k, 0, 90*24*time.Hour)
	case "quiet":
		rule.Quiet = r.duration(v, k, time.Minute, 30*24*time.Hour)
	}
}

func (r *Rule) compile() {
	if r.Field != "" {
		r.get, r.sum = textField(r.Field), numberField(r.Field)
	}
}
