// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"bytes"
	"embed"
	"fmt"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/airside-travel/airside/internal/alert"
)

//go:embed playbooks/*.yaml
var plans embed.FS

// Playbook is a plan for one sort of incident (schema Playbook).
type Playbook struct {
	ID       string   `json:"id" yaml:"id"`
	Title    string   `json:"title" yaml:"title"`
	When     string   `json:"when" yaml:"when"`
	Severity string   `json:"severity" yaml:"severity"`
	Rules    []string `json:"rules" yaml:"rules"` // of alerts that call for it
	Contacts []string `json:"contacts" yaml:"contacts"`
	Tasks    []Step   `json:"tasks" yaml:"tasks"`
}

// Step is one task of a playbook.
type Step struct {
	ID       string `json:"id" yaml:"id"`
	Phase    string `json:"phase" yaml:"phase"`
	CSF      string `json:"csf" yaml:"csf"` // subcategory of the NIST CSF 2.0
	Title    string `json:"title" yaml:"title"`
	Do       string `json:"do" yaml:"do"`
	Command  string `json:"command,omitempty" yaml:"command"`
	Act      string `json:"act,omitempty" yaml:"act"` // a containment that can be executed
	Required bool   `json:"required" yaml:"required"`
}

// The phases, in order. The last is what the incident teaches.
const (
	Detect  = "DETECT"
	Respond = "RESPOND"
	Recover = "RECOVER"
	Improve = "IMPROVE"
)

// Playbooks reads the plans that are part of the program, sorted by id. An error is a mistake in one of
// them, with its line.
func Playbooks() ([]Playbook, error) {
	files, err := plans.ReadDir("playbooks")
	if err != nil {
		return nil, err
	}
	var out []Playbook
	for _, f := range files {
		text, err := plans.ReadFile(path.Join("playbooks", f.Name()))
		if err != nil {
			return nil, err
		}
		p, err := readPlaybook(text)
		if err != nil {
			return nil, fmt.Errorf("playbook %s: %w", f.Name(), err)
		}
		out = append(out, p)
	}
	return out, nil
}

func readPlaybook(text []byte) (Playbook, error) {
	var p Playbook
	in := yaml.NewDecoder(bytes.NewReader(text))
	in.KnownFields(true)
	if err := in.Decode(&p); err != nil {
		return p, err
	}
	phases, acts, seen := []string{Detect, Respond, Recover, Improve}, []string{"", alert.Throttle, alert.RequireReauth, alert.SuspendClient, alert.RotateCredential, alert.ReadOnly}, map[string]bool{}
	last := 0
	for _, s := range p.Tasks {
		at := slices.Index(phases, s.Phase)
		switch {
		case s.ID == "" || s.Title == "" || s.Do == "" || s.CSF == "":
			return p, fmt.Errorf("task %q: id, title, do and csf are needed", s.ID)
		case seen[s.ID]:
			return p, fmt.Errorf("task %q stands there twice", s.ID)
		case at < last:
			return p, fmt.Errorf("task %q: phase %s is unknown or out of order", s.ID, s.Phase)
		case !slices.Contains(acts, s.Act):
			return p, fmt.Errorf("task %q: there is no act %s", s.ID, s.Act)
		}
		seen[s.ID], last = true, at
	}
	for _, role := range p.Contacts {
		if !slices.ContainsFunc(roles, func(r part) bool { return r.id == role }) {
			return p, fmt.Errorf("there is no contact role %s", role)
		}
	}
	return p, nil
}

// Runbook is the plan as a page.
func (p *Playbook) Runbook() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n", p.Title)
	fmt.Fprintf(&b, "Made of the playbook `%s` by `make gen`; change it there.\n\n", p.ID)
	fmt.Fprintf(&b, "**When.** %s\n\n**Severity** to begin with: %s.\n\n", p.When, p.Severity)
	fmt.Fprintf(&b, "**Open it:** `airside incident open --playbook %s --severity %s --title \"…\"`, or from an alert with `--alert ID`.", p.ID, p.Severity)
	fmt.Fprintf(&b, " **Practise it:** `airside incident drill %s`.\n\n", p.ID)
	var names []string
	for _, c := range p.Contacts {
		names = append(names, roleTitle(c))
	}
	fmt.Fprintf(&b, "**Call:** %s (`airside incident contacts`).\n", strings.Join(names, ", "))
	titles := map[string]string{Detect: "Detect", Respond: "Respond", Recover: "Recover", Improve: "Learn"}
	phase, n := "", 0
	for _, s := range p.Tasks {
		if s.Phase != phase {
			phase = s.Phase
			fmt.Fprintf(&b, "\n## %s\n\n", titles[phase])
		}
		n++
		need := ""
		if !s.Required {
			need = " (where it applies)"
		}
		fmt.Fprintf(&b, "%d. **%s**%s. %s *%s*\n", n, s.Title, need, s.Do, s.CSF)
		if s.Act != "" {
			fmt.Fprintf(&b, "   Can be done for you: `%s`.\n", s.Act)
		}
		if s.Command != "" {
			fmt.Fprintf(&b, "   `%s`\n", s.Command)
		}
	}
	return b.String()
}
