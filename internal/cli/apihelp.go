// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/airside-travel/airside/contract"
)

const helpWidth = 100

// operationHelp shows what an operation does, who may call it and the fields of its body.
func (m *Main) operationHelp(cmd *cobra.Command, op *contract.Operation, depth int) {
	w := cmd.OutOrStdout()
	fmt.Fprintf(w, "%s\n\n", op.Summary)
	if op.Description != "" {
		fmt.Fprintf(w, "%s\n\n", wrap(op.Description, "", helpWidth))
	}
	fmt.Fprintf(w, "  %s %s\n", op.Method, op.Path)
	policy := []string{"effect " + string(op.Effect)}
	if op.Scope != "" {
		policy = append(policy, "scope "+op.Scope)
	}
	if op.Audit != "" {
		policy = append(policy, "audit "+string(op.Audit))
	}
	fmt.Fprintf(w, "  %s\n", strings.Join(policy, ", "))
	if op.Public {
		fmt.Fprintln(w, "  no token needed")
	} else {
		fmt.Fprintf(w, "  roles %s\n", strings.Join(op.Roles, ", "))
	}
	if len(op.Webhooks) > 0 {
		fmt.Fprintf(w, "  causes %s\n", strings.Join(op.Webhooks, ", "))
	}
	if op.Choice != "" {
		fmt.Fprintln(w, wrap("our choice: "+op.Choice, "  ", helpWidth))
	}
	fmt.Fprintf(w, "\n%s", cmd.UsageString())
	if op.Body == nil {
		return
	}
	media := make([]string, 0, 1)
	for name := range op.Body.Content {
		media = append(media, name)
	}
	slices.Sort(media)
	for _, name := range media {
		fmt.Fprintf(w, "\nBody (%s); * marks what is required:\n", name)
		t := tree{w: w, depth: depth}
		t.schema(op.Body.Content[name], 1)
		if t.cut {
			fmt.Fprintf(w, "\n  … stands for fields below: --depth %d --help shows more.\n", depth+1)
		}
	}
}

// tree prints the fields of a schema.
type tree struct {
	w     io.Writer
	depth int
	open  []string // components on the way here, against recursion
	cut   bool     // something was left out
}

// schema prints what stands inside a schema, at a level; level 1 is the body's own fields.
func (t *tree) schema(s *contract.Schema, level int) {
	s = s.Target()
	if s.Name != "" {
		if slices.Contains(t.open, s.Name) {
			t.line(level, "… as above (%s)", s.Name)
			return
		}
		t.open = append(t.open, s.Name)
		defer func() { t.open = t.open[:len(t.open)-1] }()
	}
	if s.Type == "array" && s.Items != nil {
		t.schema(s.Items, level)
		return
	}
	for _, p := range s.Properties {
		if !p.Schema.Target().ReadOnly && !p.Schema.ReadOnly {
			t.property(p, level)
		}
	}
	for _, part := range s.AllOf {
		t.schema(part, level)
	}
	if len(s.OneOf) > 0 {
		t.line(level, "one of:%s", discriminator(s))
		for _, alt := range s.OneOf {
			t.line(level, "- %s", typeOf(alt))
			t.schema(alt, level+1)
		}
	}
	if s.Values != nil && len(s.Properties) == 0 {
		t.line(level, "<any name>  %s", typeOf(s.Values))
	}
}

func discriminator(s *contract.Schema) string {
	if s.Discriminator == nil {
		return ""
	}
	var values []string
	for _, m := range s.Discriminator.Mapping {
		values = append(values, m.Value)
	}
	return " " + s.Discriminator.Property + " says which (" + strings.Join(values, ", ") + ")"
}

func (t *tree) property(p contract.Property, level int) {
	mark := " "
	if p.Required {
		mark = "*"
	}
	text := strings.Repeat("  ", level) + mark + " " + p.Name + "  " + typeOf(p.Schema)
	note := firstSentence(p.Schema.Description)
	if note == "" {
		note = firstSentence(p.Schema.Target().Description)
	}
	if p.Schema.Deprecated || p.Schema.Target().Deprecated {
		note = "deprecated; " + note
	}
	inner := hasFields(p.Schema)
	if inner && (level >= t.depth || recursive(t.open, p.Schema)) {
		text += " …"
		t.cut = t.cut || level >= t.depth
		inner = false
	}
	if note != "" {
		text += "  " + note
	}
	if len(text) > 2*helpWidth {
		text = text[:2*helpWidth-1] + "…"
	}
	fmt.Fprintln(t.w, strings.ToValidUTF8(text, ""))
	if inner {
		t.schema(p.Schema, level+1)
	}
}

func recursive(open []string, s *contract.Schema) bool {
	s = s.Target()
	if s.Items != nil {
		s = s.Items.Target()
	}
	return s.Name != "" && slices.Contains(open, s.Name)
}

func hasFields(s *contract.Schema) bool {
	s = s.Target()
	if s.Items != nil {
		s = s.Items.Target()
	}
	return len(s.Properties) > 0 || len(s.OneOf) > 0 || len(s.AllOf) > 0
}

// typeOf writes a schema's type in a few words: "text (date)", "list of Leg", "ECONOMY | BUSINESS".
func typeOf(s *contract.Schema) string {
	name := s.Ref
	s = s.Target()
	switch {
	case len(s.Enum) > 0:
		const most = 12
		if len(s.Enum) > most {
			return strings.Join(s.Enum[:most], " | ") + fmt.Sprintf(" | … %d more", len(s.Enum)-most)
		}
		return strings.Join(s.Enum, " | ")
	case s.Type == "array" && s.Items != nil:
		return "list of " + typeOf(s.Items)
	case hasFields(s):
		if name == "" {
			return "object"
		}
		return name
	}
	kind := map[string]string{"string": "text", "integer": "whole number", "boolean": "true or false", "": "anything"}[s.Type]
	if kind == "" {
		kind = s.Type
	}
	if s.Format != "" && s.Type != "integer" && s.Type != "number" {
		kind += " (" + s.Format + ")"
	}
	return kind
}

func (t *tree) line(level int, format string, args ...any) {
	fmt.Fprintf(t.w, strings.Repeat("  ", level)+"  "+format+"\n", args...)
}
