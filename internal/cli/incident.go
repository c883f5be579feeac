// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

const incidentsPath = "/v1/airside/incidents"

func (m *Main) incidentCmd() *cobra.Command {
	cmd := group(&cobra.Command{
		Use: "incident", Short: "Lead an incident from the alert to the report, and practise it",
		Long:    "An incident has a commander, tasks from a playbook, and a timeline into which alerts and audited acts flow\nby themselves. docs/incidents.md is the response plan.",
		Example: "  airside incident contacts\n  airside incident drill leaked-secret\n  airside incident open --alert 0197... --commander 'Ada Moreau'",
	})
	cmd.AddCommand(m.incidentOpenCmd(), m.incidentListCmd(), m.incidentShowCmd(), m.incidentUpdateCmd(), m.incidentNoteCmd(), m.incidentTaskCmd(), m.incidentAttachCmd(),
		m.incidentResolveCmd(), m.incidentReportCmd(), m.incidentDrillCmd(), m.contactPackCmd(), m.contactsCmd(), m.runbooksCmd())
	return cmd
}

func incidentPath(id string, rest ...string) string {
	parts := []string{incidentsPath, url.PathEscape(id)}
	for _, p := range rest {
		parts = append(parts, url.PathEscape(p))
	}
	return strings.Join(parts, "/")
}

type incidentLine struct {
	ID, Title, Severity, State, Playbook, Commander, OpenedAt string
	OpenTasks, OpenFollowUps                                  int
	Drill                                                     bool
	Tasks                                                     []struct {
		ID, Phase, Title, State, Owner, Note, Command string
		Required                                      bool
	}
	Timeline []struct{ At, Kind, By, Text string }
	Evidence []struct{ ID, Name, SHA256 string }
}

func (m *Main) showIncident(body []byte) error {
	return decoded(func(i incidentLine) error {
		fmt.Fprintf(m.Stdout, "%s  %s  %s  %s\n", i.ID, i.Severity, i.State, i.Title)
		if i.Commander != "" {
			fmt.Fprintf(m.Stdout, "  led by %s\n", i.Commander)
		}
		for _, t := range i.Tasks {
			need := " "
			if t.Required {
				need = "*"
			}
			fmt.Fprintf(m.Stdout, "  %-7s %s %-10s %-9s %s\n", t.State, need, t.ID, t.Phase, t.Title)
			if t.State == "TODO" && t.Command != "" {
				fmt.Fprintf(m.Stdout, "            %s\n", t.Command)
			}
		}
		for _, e := range i.Evidence {
			fmt.Fprintf(m.Stdout, "  evidence  %s  %s  sha256 %s\n", e.ID, e.Name, e.SHA256)
		}
		for _, e := range i.Timeline {
			fmt.Fprintf(m.Stdout, "  %s  %-8s  %s  %s\n", e.At, e.Kind, e.By, strings.ReplaceAll(e.Text, "\n", "\n      "))
		}
		return nil
	})(body)
}

func (m *Main) incidentOpenCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "open", Short: "Open an incident, by hand or from an alert", Args: cobra.NoArgs,
		Example: "  airside incident open --alert 0197... --commander 'Ada Moreau'\n  airside incident open --title 'A secret in a repository' --playbook leaked-secret --client 5d1f...",
	}
	f := cmd.Flags()
	alert, name, playbook := f.String("alert", "", "alert it comes from; what is left out is taken from it"), f.String("title", "", "what it is"), f.String("playbook", "", "plan to follow")
	severity, commander, environment := f.String("severity", "", "INFO, LOW, MEDIUM, HIGH or CRITICAL"), f.String("commander", "", "who leads"), f.String("environment", "", "where it happens")
	started := f.String("started-at", "", "when it began (RFC 3339)")
	clients := f.StringSlice("client", nil, "API users it is about, separated by commas")
	return m.remoteCmd(cmd, func(ctx context.Context, r *remote, _ []string) ([]byte, func([]byte) error, error) {
		ask := given(map[string]string{"alertId": *alert, "title": *name, "playbook": *playbook, "severity": *severity, "commander": *commander, "environment": *environment, "startedAt": *started})
		if len(*clients) > 0 {
			ask["clientIds"] = *clients
		}
		body, err := r.send(ctx, http.MethodPost, incidentsPath, ask)
		return body, m.showIncident, err
	})
}

func (m *Main) incidentListCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "List incidents, the newest first", Args: cobra.NoArgs, Example: "  airside incident list --state RESPOND"}
	state := cmd.Flags().String("state", "", "only this state: DETECT, RESPOND, RECOVER or CLOSED")
	limit := cmd.Flags().Int("limit", 100, "how many to show at most, up to 1000")
	return m.remoteCmd(cmd, func(ctx context.Context, r *remote, _ []string) ([]byte, func([]byte) error, error) {
		query := filters(map[string]string{"limit": strconv.Itoa(*limit), "state": *state})
		body, err := r.get(ctx, incidentsPath+"?"+query.Encode())
		return body, decoded(func(page struct{ Incidents []incidentLine }) error {
			for _, i := range page.Incidents {
				kind := ""
				if i.Drill {
					kind = "  (drill)"
				}
				fmt.Fprintf(m.Stdout, "%s  %s  %-8s  %-7s  %2d tasks open  %2d follow-ups  %s%s\n", i.OpenedAt, i.ID, i.Severity, i.State, i.OpenTasks, i.OpenFollowUps, i.Title, kind)
			}
			return nil
		}), err
	})
}

func (m *Main) incidentShowCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "show ID", Short: "Show an incident: tasks, evidence, timeline", Args: cobra.ExactArgs(1), Example: "  airside incident show 0197..."}
	return m.remoteCmd(cmd, func(ctx context.Context, r *remote, args []string) ([]byte, func([]byte) error, error) {
		body, err := r.get(ctx, incidentPath(args[0]))
		return body, m.showIncident, err
	})
}

func (m *Main) incidentUpdateCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "update ID", Short: "Change state, severity, commander or title", Args: cobra.ExactArgs(1), Example: "  airside incident update 0197... --state RECOVER"}
	f := cmd.Flags()
	state, severity := f.String("state", "", "DETECT, RESPOND or RECOVER"), f.String("severity", "", "INFO, LOW, MEDIUM, HIGH or CRITICAL")
	commander, name := f.String("commander", "", "who leads"), f.String("title", "", "what it is")
	return m.remoteCmd(cmd, func(ctx context.Context, r *remote, args []string) ([]byte, func([]byte) error, error) {
		body, err := r.send(ctx, http.MethodPatch, incidentPath(args[0]), given(map[string]string{"state": *state, "severity": *severity, "commander": *commander, "title": *name}))
		return body, m.showIncident, err
	})
}

func (m *Main) incidentNoteCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "note ID TEXT", Short: "Write a line into the timeline", Args: cobra.ExactArgs(2), Example: "  airside incident note 0197... 'The partner confirms an old secret in the deploy.'"}
	at := cmd.Flags().String("at", "", "when it happened (RFC 3339); now when left out")
	return m.remoteCmd(cmd, func(ctx context.Context, r *remote, args []string) ([]byte, func([]byte) error, error) {
		body, err := r.send(ctx, http.MethodPost, incidentPath(args[0], "notes"), given(map[string]string{"text": args[1], "at": *at}))
		return body, m.showIncident, err
	})
}

func (m *Main) incidentTaskCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "task ID [TASK]", Short: "Say how far a task is, or add one", Args: cobra.RangeArgs(1, 2),
		Example: "  airside incident task 0197... rotate --state DONE --note 'at 09:42'\n  airside incident task 0197... --add 'Call the partner' --owner 'Ada Moreau'",
	}
	f := cmd.Flags()
	state, owner, note := f.String("state", "", "TODO, DONE or SKIPPED; skipping needs a note"), f.String("owner", "", "who does it"), f.String("note", "", "what came of it")
	add, phase := f.String("add", "", "title of a task to add"), f.String("phase", "", "when an added one is done: DETECT, RESPOND, RECOVER or IMPROVE")
	return m.remoteCmd(cmd, func(ctx context.Context, r *remote, args []string) (body []byte, _ func([]byte) error, err error) {
		switch {
		case (len(args) == 2) == (*add != ""):
			return nil, nil, failf(ExitUsage, "name a task, or --add one").hint("airside incident show %s lists the tasks", args[0])
		case *add != "":
			body, err = r.send(ctx, http.MethodPost, incidentPath(args[0], "tasks"), given(map[string]string{"title": *add, "phase": *phase, "owner": *owner}))
		default:
			body, err = r.send(ctx, http.MethodPut, incidentPath(args[0], "tasks", args[1]), given(map[string]string{"state": *state, "owner": *owner, "note": *note}))
		}
		return body, m.showIncident, err
	})
}

func (m *Main) incidentAttachCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "attach ID FILE", Short: "Keep text or JSON as evidence, with its hash", Args: cobra.ExactArgs(2),
		Long: "Attach takes a file of text or JSON, or - for standard input, up to 1 MB.", Example: "  airside api listAuditEntries --actor 5d1f... | airside incident attach 0197... - --name acts.json",
	}
	name := cmd.Flags().String("name", "", "how to call it (default: the file's name)")
	return m.remoteCmd(cmd, func(ctx context.Context, r *remote, args []string) ([]byte, func([]byte) error, error) {
		var content []byte
		var err error
		if args[1] == "-" {
			content, err = io.ReadAll(io.LimitReader(m.Stdin, 1<<20+1))
		} else {
			content, err = os.ReadFile(args[1])
		}
		if err != nil {
			return nil, nil, err
		}
		if *name == "" {
			*name = filepath.Base(args[1])
		}
		media := "text/plain"
		if json.Valid(content) {
			media = "application/json"
		}
		body, err := r.send(ctx, http.MethodPost, incidentPath(args[0], "evidence"), map[string]string{"name": *name, "mediaType": media, "content": string(content)})
		return body, decoded(func(e struct{ ID, Name, SHA256 string }) error {
			_, err := fmt.Fprintf(m.Stdout, "%s  %s  sha256 %s\n", e.ID, e.Name, e.SHA256)
			return err
		}), err
	})
}

func (m *Main) incidentResolveCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "resolve ID", Short: "Close an incident with what was done and what remains", Args: cobra.ExactArgs(1),
		Example: "  airside incident resolve 0197... --resolution 'Rotated.' --cause 'Pasted into a ticket.' --follow-up 'Add a scanner;Ada Moreau;2027-04-30'",
	}
	f := cmd.Flags()
	resolution, cause := f.String("resolution", "", "what was done"), f.String("cause", "", "why it happened")
	who, actions, lost := f.String("actor", "", "for statistics: EXTERNAL, INTERNAL, PARTNER or UNKNOWN"), f.StringSlice("action", nil, "hacking, error, misuse, social, malware, physical, environmental"), f.StringSlice("attribute", nil, "what was lost: CONFIDENTIALITY, INTEGRITY, AVAILABILITY")
	follow := f.StringArray("follow-up", nil, "what remains: TITLE;OWNER;DATE (repeat it for more)")
	return m.remoteCmd(cmd, func(ctx context.Context, r *remote, args []string) ([]byte, func([]byte) error, error) {
		ask := given(map[string]string{"resolution": *resolution, "rootCause": *cause})
		coding := given(map[string]string{"actor": *who})
		if len(*actions) > 0 {
			coding["actions"] = *actions
		}
		if len(*lost) > 0 {
			coding["attributes"] = *lost
		}
		if len(coding) > 0 {
			ask["coding"] = coding
		}
		var all []map[string]string
		for _, text := range *follow {
			p := strings.Split(text, ";")
			if len(p) != 3 {
				return nil, nil, failf(ExitUsage, "%q is not TITLE;OWNER;DATE", text)
			}
			all = append(all, map[string]string{"title": strings.TrimSpace(p[0]), "owner": strings.TrimSpace(p[1]), "due": strings.TrimSpace(p[2])})
		}
		if len(all) > 0 {
			ask["followUps"] = all
		}
		body, err := r.send(ctx, http.MethodPost, incidentPath(args[0], "resolve"), ask)
		return body, m.showIncident, err
	})
}

func (m *Main) incidentReportCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "report ID", Short: "Write the report, as Markdown or PDF", Args: cobra.ExactArgs(1),
		Example: "  airside incident report 0197...\n  airside incident report 0197... --format pdf --out report.pdf",
	}
	format := cmd.Flags().String("format", "markdown", "markdown or pdf")
	out := cmd.Flags().String("out", "", "file to write; standard output when left out")
	return m.remoteCmd(cmd, func(ctx context.Context, r *remote, args []string) ([]byte, func([]byte) error, error) {
		body, err := r.get(ctx, incidentPath(args[0], "report")+"?format="+url.QueryEscape(strings.ToUpper(*format)))
		return body, decoded(func(f struct{ ContentBase64, SHA256 string }) error {
			raw, err := base64.StdEncoding.DecodeString(f.ContentBase64)
			if err != nil {
				return fmt.Errorf("read the answer: %w", err)
			}
			if *out == "" {
				_, err = m.Stdout.Write(raw)
				return err
			}
			if err := os.WriteFile(*out, raw, 0o600); err != nil {
				return err
			}
			_, err = fmt.Fprintf(m.Stdout, "%s  sha256 %s\n", *out, f.SHA256)
			return err
		}), err
	})
}

func (m *Main) incidentDrillCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "drill PLAYBOOK", Short: "Practise a playbook on sandbox data and score it", Args: cobra.ExactArgs(1),
		Long: "Drill plays a playbook on an API user that it makes for that and takes away again: the alert, the incident,\nwhat contains an attack and its undo, evidence, contacts, report. The exit code is 1 when a check fails.", Example: "  airside incident drill leaked-secret",
	}
	return m.remoteCmd(cmd, func(ctx context.Context, r *remote, args []string) ([]byte, func([]byte) error, error) {
		body, err := r.send(ctx, http.MethodPost, incidentsPath+"/drill", map[string]string{"playbook": args[0]})
		return body, decoded(func(d struct {
			IncidentID           string
			Score, Passed, Total int
			Checks               []drillCheck
		}) error {
			for _, c := range d.Checks {
				verdict := "FAIL"
				if c.Passed {
					verdict = "ok  "
				}
				fmt.Fprintf(m.Stdout, "%s  %s: %s\n", verdict, c.Name, c.Detail)
			}
			fmt.Fprintf(m.Stdout, "%d of 100, incident %s\n", d.Score, d.IncidentID)
			if d.Passed < d.Total {
				return failf(ExitFailure, "%d of %d checks failed", d.Total-d.Passed, d.Total)
			}
			return nil
		}), err
	})
}

// drillCheck is a check of a drill.
type drillCheck struct {
	Name, Detail string
	Passed       bool
}

func (m *Main) contactPackCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "contact-pack ID", Short: "Put together what the upstream's integration team needs", Args: cobra.ExactArgs(1), Example: "  airside incident contact-pack 0197..."}
	return m.remoteCmd(cmd, func(ctx context.Context, r *remote, args []string) ([]byte, func([]byte) error, error) {
		body, err := r.get(ctx, incidentPath(args[0], "contact-pack"))
		return body, decoded(func(p struct{ Text string }) error { _, err := fmt.Fprint(m.Stdout, p.Text); return err }), err
	})
}
