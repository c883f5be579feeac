// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/store"
)

// ReportIn names an incident and a form.
type ReportIn struct {
	ID     string `path:"incidentId"`
	Format string `query:"format"`
}

// ReportOut is the report as a file.
type ReportOut struct {
	FileName  string `json:"fileName"`
	MediaType string `json:"mediaType"`
	Content   string `json:"contentBase64"`
	SHA256    string `json:"sha256"`
}

// Report is getIncidentReport, as Markdown or PDF. It can be made at any time; before the end it says so.
func (s *Service) Report(ctx context.Context, in ReportIn) (ReportOut, error) {
	r := store.Read(ctx)
	i, err := load(r, actor.Tenant(ctx), in.ID)
	if err != nil {
		return ReportOut{}, err
	}
	if _, err := s.seen(r, i); err != nil {
		return ReportOut{}, err
	}
	lines := s.report(i)
	out := ReportOut{FileName: "incident-" + i.ID + ".md", MediaType: "text/markdown"}
	content := markdown(lines)
	if in.Format == "PDF" {
		out.FileName, out.MediaType = "incident-"+i.ID+".pdf", "application/pdf"
		content = pdf(i.Title, lines)
	}
	sum := sha256.Sum256(content)
	out.Content, out.SHA256 = base64.StdEncoding.EncodeToString(content), hex.EncodeToString(sum[:])
	return out, nil
}

// style is how a line of the report looks.
type style int

const (
	body style = iota
	title
	heading
	item
	fact // name and value
)

type line struct {
	style style
	name  string // of a fact
	text  string
}

const stamp = "2006-01-02 15:04:05 UTC"

// report is the whole report, in an order that a reader needs: what it was, how long it took, what was found,
// then the proof.
func (s *Service) report(i *stored) []line {
	var out []line
	add := func(st style, format string, args ...any) {
		out = append(out, line{st, "", fmt.Sprintf(format, args...)})
	}
	set := func(name, value string) {
		if value != "" {
			out = append(out, line{fact, name, value})
		}
	}
	add(title, "%s", i.Title)
	if i.State != Closed {
		add(body, "The incident is still open: this is how it stood when the report was made.")
	}
	if i.Drill {
		add(body, "This was a drill on sandbox data.")
	}
	add(heading, "Summary")
	for _, f := range [][2]string{
		{"Incident", i.ID}, {"Severity", i.Severity}, {"State", i.State}, {"Commander", i.Commander}, {"Environment", i.Environment},
		{"Clients", strings.Join(i.Clients, ", ")}, {"Playbook", i.Playbook}, {"Began", at(i.StartedAt)}, {"Opened", at(i.OpenedAt)},
		{"Response began", at(i.RespondedAt)}, {"Contained", at(i.ContainedAt)}, {"Closed", at(i.ClosedAt)},
		{"Time to detect", span(i.StartedAt, i.OpenedAt)}, {"Time to contain", span(i.OpenedAt, i.ContainedAt)}, {"Time to close", span(i.OpenedAt, i.ClosedAt)},
	} {
		set(f[0], f[1])
	}
	if i.Resolution != "" {
		add(heading, "What was done")
		add(body, "%s", i.Resolution)
	}
	if i.RootCause != "" {
		add(heading, "Cause")
		add(body, "%s", i.RootCause)
	}
	if c := i.Coding; c != nil {
		add(heading, "Coding (VERIS)")
		set("Actor", c.Actor)
		set("Actions", strings.Join(c.Actions, ", "))
		set("Assets", strings.Join(c.Assets, ", "))
		set("Attributes", strings.Join(c.Attribute, ", "))
		set("Discovery", c.Discovery)
		set("Impact", c.Impact)
	}
	if len(i.FollowUps) > 0 {
		add(heading, "Follow-ups")
		for _, f := range i.FollowUps {
			add(item, "%s – %s, until %s: %s", f.Title, f.Owner, f.Due, f.State)
		}
	}
	add(heading, "Tasks")
	for _, t := range i.Tasks {
		text := fmt.Sprintf("[%s] %s (%s)", t.State, t.Title, t.CSF)
		if t.DoneBy != "" {
			text += fmt.Sprintf(" – %s, %s", t.DoneBy, at(t.DoneAt))
		}
		if t.Note != "" {
			text += ": " + t.Note
		}
		add(item, "%s", text)
	}
	add(heading, "Timeline")
	for _, e := range i.Timeline {
		text := fmt.Sprintf("%s %s %s", at(e.At), e.Kind, e.Text)
		if e.By != "" {
			text += " (" + e.By + ")"
		}
		if e.AuditSeq > 0 {
			text += fmt.Sprintf(" [audit %d, %.16s…]", e.AuditSeq, e.AuditHash)
		}
		add(item, "%s", text)
	}
	if len(i.Evidence) > 0 {
		add(heading, "Evidence")
		for _, e := range i.Evidence {
			add(item, "%s (%s, %d bytes), attached %s by %s, SHA-256 %s", e.Name, e.MediaType, e.Bytes, at(e.AddedAt), e.AddedBy, e.SHA256)
		}
	}
	return out
}

func at(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(stamp)
}

func span(from, to time.Time) string {
	if from.IsZero() || to.IsZero() {
		return ""
	}
	return to.Sub(from).Round(time.Second).String()
}

// markdown writes the lines so that text of the incident cannot become markup.
func markdown(lines []line) []byte {
	inert := strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", "&lt;", ">", "&gt;", "#", `\#`, "|", `\|`, "\n", "  \n  ")
	var b strings.Builder
	last := body
	for n, l := range lines {
		text := inert.Replace(l.text)
		if n > 0 && (l.style != last || l.style != item && l.style != fact) {
			b.WriteString("\n")
		}
		switch l.style {
		case title:
			fmt.Fprintf(&b, "# %s\n", text)
		case heading:
			fmt.Fprintf(&b, "## %s\n", text)
		case item:
			fmt.Fprintf(&b, "- %s\n", text)
		case fact:
			fmt.Fprintf(&b, "- **%s:** %s\n", l.name, text)
		default:
			fmt.Fprintf(&b, "%s\n", text)
		}
		last = l.style
	}
	return []byte(b.String())
}
