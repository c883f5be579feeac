// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/airside-travel/airside/internal/detect"
	"github.com/airside-travel/airside/internal/detect/export"
)

func (m *Main) detectCmd() *cobra.Command {
	var from, since, base string
	var rules []string
	var explain, asJSON bool
	cmd := &cobra.Command{
		Use: "detect --from FILE | --since AGE", Short: "Find unusual access in a history of events; show and check the rules",
		Long: "Detect runs the rules over JSON lines of events, as the server does over what happens, and lists the\n" +
			"alerts that it would have opened. With --since it runs them over the audit trail of a server, which has refusals\n" +
			"and acts of administrators, and neither reads nor volumes. docs/detection.md says what stands in a line and in a rule.",
		Example: "  airside detect --from events.jsonl --explain\n  airside detect --since 30d --explain\n  airside detect --from - --json < events.jsonl | jq -r .rule | sort | uniq -c",
		Args:    cobra.NoArgs,
		RunE: runs(func(cmd *cobra.Command, _ []string) error {
			if (from == "") == (since == "") {
				return failf(ExitUsage, "name one history: --from FILE or --since AGE").hint("`airside detect --from events.jsonl`, where - is standard input; `airside detect --since 30d` for a server's audit trail")
			}
			set, err := loadRules(rules)
			if err != nil {
				return err
			}
			if since != "" {
				events, err := m.trail(cmd.Context(), base, days(since))
				if err != nil {
					return err
				}
				return m.detectOver(set, events, explain, asJSON)
			}
			in := m.Stdin
			if from != "-" {
				f, err := os.Open(from)
				if err != nil {
					return &Failure{Exit: ExitNotFound, Err: err}
				}
				defer f.Close()
				in = f
			}
			return m.detectOver(set, detect.ReadLines(in), explain, asJSON)
		}),
	}
	cmd.Flags().StringVar(&from, "from", "", "file of events, one JSON object a line; - for standard input")
	cmd.Flags().StringVar(&since, "since", "", "run over the audit trail of a server, from a time (RFC 3339) or an age such as 30d on")
	cmd.Flags().StringVar(&base, "base-url", "", "server to talk to (default AIRSIDE_URL)")
	cmd.Flags().BoolVar(&explain, "explain", false, "say of each alert what was expected, what was seen, the events, and how to silence it")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one line of JSON for each alert")
	cmd.PersistentFlags().StringArrayVar(&rules, "rules", nil, "file of rules or overlays over the embedded ones; may be repeated")
	cmd.AddCommand(m.detectRulesCmd(&rules), m.detectCheckCmd(), m.detectStatusCmd())
	return cmd
}

// days turns an age in days, which Go does not know, into hours.
func days(age string) string {
	if n, err := strconv.Atoi(strings.TrimSuffix(age, "d")); err == nil && strings.HasSuffix(age, "d") {
		return strconv.Itoa(24*n) + "h"
	}
	return age
}

// loadRules reads the embedded rules with files over them.
func loadRules(names []string) (*detect.Set, error) {
	var files []detect.File
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			return nil, &Failure{Exit: ExitNotFound, Err: err}
		}
		files = append(files, detect.File{Name: name, Data: b})
	}
	set, err := detect.Load(files...)
	if err != nil {
		return nil, &Failure{Exit: ExitFailure, Err: err}
	}
	return set, nil
}

// detectOver runs a history and prints its alerts, in the order in which they opened, each as it ended.
func (m *Main) detectOver(set *detect.Set, events iter.Seq2[detect.Event, error], explain, asJSON bool) error {
	e := detect.New(set, detect.Options{})
	var alerts []detect.Alert
	at := map[string]int{} // where the open one of a key is
	err := detect.History(e, events, func(c detect.Change) {
		if c.What == detect.Opened {
			at[c.Alert.Key] = len(alerts)
			alerts = append(alerts, c.Alert)
		}
		alerts[at[c.Alert.Key]] = c.Alert
	})
	if err != nil {
		if line, ok := errors.AsType[*detect.LineError](err); ok {
			return (&Failure{Exit: ExitFailure, Err: line}).hint("docs/detection.md says what stands in a line; nothing was printed")
		}
		return err
	}
	for _, a := range e.Alerts() { // as they are now
		alerts[at[a.Key]] = a
	}
	if err := m.printAlerts(alerts, explain, asJSON); err != nil {
		return err
	}
	s := e.Stats()
	fmt.Fprintf(m.Stderr, "%d events, %d of them out of time; %d alerts, %d still open\n", s.Seen, s.Late, len(alerts), s.Open)
	return nil
}

func (m *Main) printAlerts(alerts []detect.Alert, explain, asJSON bool) error {
	switch {
	case asJSON:
		for i := range alerts {
			if err := printLine(m.Stdout, &alerts[i]); err != nil {
				return err
			}
		}
	case explain:
		for i := range alerts {
			fmt.Fprintln(m.Stdout, alerts[i].Text())
		}
	default:
		w := tabwriter.NewWriter(m.Stdout, 0, 0, 2, ' ', 0)
		for i := range alerts {
			a := &alerts[i]
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", a.Opened.UTC().Format(time.RFC3339), a.Severity, a.Rule, a.Subject.Name(), a.Seen)
		}
		return w.Flush()
	}
	return nil
}

func (m *Main) detectRulesCmd(files *[]string) *cobra.Command {
	var sigma, prometheus, asJSON bool
	cmd := &cobra.Command{
		Use: "rules", Short: "List the rules, or write them for Sigma or Prometheus",
		Example: "  airside detect rules\n  airside detect rules --sigma > airside.sigma.yml\n  airside detect rules --prometheus --rules ours.yaml > airside.rules.yml",
		Args:    cobra.NoArgs,
		RunE: runs(func(*cobra.Command, []string) error {
			set, err := loadRules(*files)
			if err != nil {
				return err
			}
			switch {
			case sigma && prometheus, asJSON && (sigma || prometheus):
				return failf(ExitUsage, "--sigma, --prometheus and --json write different things; ask for one")
			case sigma:
				return export.Sigma(m.Stdout, set)
			case prometheus:
				return export.Prometheus(m.Stdout, set)
			case asJSON:
				return rulesJSON(m.Stdout, set)
			}
			return listRules(m.Stdout, set)
		}),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&sigma, "sigma", false, "write Sigma rules and correlations")
	cmd.Flags().BoolVar(&prometheus, "prometheus", false, "write a rule file for Prometheus")
	return cmd
}

func listRules(out io.Writer, set *detect.Set) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "RULE\tSEVERITY\tMETHOD\tBY\tTITLE")
	for _, r := range set.Rules {
		title := r.Title
		if r.Changed != "" {
			title += " [" + r.Changed + "]"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", r.ID, r.Severity, r.Method, r.By, title)
	}
	return w.Flush()
}

func rulesJSON(out io.Writer, set *detect.Set) error {
	type line struct {
		ID       string `json:"id"`
		Severity string `json:"severity"`
		Method   string `json:"method"`
		By       string `json:"by"`
		Title    string `json:"title"`
		Disabled bool   `json:"disabled,omitempty"`
		Changed  string `json:"changed,omitempty"` // by which overlay, and why
	}
	list := make([]line, 0, len(set.Rules))
	for _, r := range set.Rules {
		list = append(list, line{r.ID, fmt.Sprint(r.Severity), r.Method, r.By, r.Title, r.Disabled, r.Changed})
	}
	return printJSON(out, list)
}

// checked is what `airside detect check --json` prints.
type checked struct {
	Rules  int            `json:"rules"` // that are on
	Tests  int            `json:"tests"`
	Failed []detectFailed `json:"failed"`
}

type detectFailed struct {
	Rule    string `json:"rule"`
	Test    string `json:"test"`
	Problem string `json:"problem"`
}

func (m *Main) detectCheckCmd() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "check FILE...", Short: "Check files of rules and run the tests in them",
		Long:    "Check reads the files as a server would, over the embedded rules, names every mistake with its line and\ncolumn, and runs the tests that stand beside their rules. A server with a wrong file keeps the rules it has.",
		Example: "  airside detect check ours.yaml\n  airside detect check ours.yaml --json | jq .failed",
		Args:    cobra.MinimumNArgs(1),
		RunE: runs(func(_ *cobra.Command, args []string) error {
			set, err := loadRules(args)
			if err != nil {
				return err
			}
			verdicts := set.Test(args...)
			out := checked{Rules: on(set), Tests: len(verdicts), Failed: []detectFailed{}}
			for _, v := range verdicts {
				if v.Problem != "" {
					out.Failed = append(out.Failed, detectFailed(v))
				}
			}
			if err := m.printChecked(&out, asJSON); err != nil {
				return err
			}
			if failed := len(out.Failed); failed > 0 {
				return failf(ExitFailure, "%d of %d tests failed", failed, out.Tests)
			}
			return nil
		}),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func (m *Main) printChecked(out *checked, asJSON bool) error {
	if asJSON {
		return printJSON(m.Stdout, out)
	}
	for _, f := range out.Failed {
		fmt.Fprintf(m.Stdout, "FAIL  %s: %s\n      %s\n", f.Rule, f.Test, f.Problem)
	}
	if len(out.Failed) == 0 {
		fmt.Fprintf(m.Stdout, "ok: %d rules are on, %d tests passed\n", out.Rules, out.Tests)
	}
	return nil
}

func on(set *detect.Set) int {
	n := 0
	for _, r := range set.Rules {
		if !r.Disabled {
			n++
		}
	}
	return n
}
