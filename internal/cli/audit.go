// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode"

	"github.com/spf13/cobra"
)

func (m *Main) auditCmd() *cobra.Command {
	cmd := group(&cobra.Command{
		Use: "audit", Short: "List, export and verify the audit trail",
		Long: "The audit trail of a TMC is a chain of entries that nobody can change unnoticed: each carries the hash of\n" +
			"the one before, and a Merkle tree over them is signed every few seconds. docs/audit.md says more.",
		Example: "  airside audit list --since 24h --outcome REFUSED\n  airside audit export trail.jsonl.zst\n  airside audit verify trail.jsonl.zst",
	})
	cmd.AddCommand(m.auditListCmd(), m.auditExportCmd(), m.auditVerifyCmd(), m.auditKeyCmd(), m.auditCheckpointCmd(), m.auditRetainCmd())
	return cmd
}

func (m *Main) auditListCmd() *cobra.Command {
	var since, until string
	fields := map[string]*string{}
	var limit, offset int
	cmd := &cobra.Command{
		Use: "list", Short: "List entries, the newest first",
		Long: "List shows who did what, and what was refused. All filters must fit. Reading the trail leaves an entry in\n" +
			"it.",
		Example: "  airside audit list --since 24h --outcome REFUSED\n  airside audit list --actor 0199a0c4-5d1e-7c33-9a41-2f6c1e0b7d11 --limit 1000 --json",
		Args:    cobra.NoArgs,
	}
	flags := cmd.Flags()
	for flag, f := range map[string][2]string{
		"actor": {"actor", "only acts of this client or person"}, "operation": {"operation", "only this operation"},
		"outcome": {"outcome", "only this outcome: ALLOWED, REFUSED or FAILED"}, "target": {"resource", "only about this resource"},
		"class": {"auditClass", "only this class: read, change, money or security"},
	} {
		fields[f[0]] = flags.String(flag, "", f[1])
	}
	flags.StringVar(&since, "since", "", "not before: a time (RFC 3339) or an age such as 24h")
	flags.StringVar(&until, "until", "", "not after: a time or an age")
	flags.IntVar(&limit, "limit", 100, "how many to show at most, up to 1000")
	flags.IntVar(&offset, "offset", 0, "how many to leave out")
	return m.remoteCmd(cmd, func(ctx context.Context, r *remote, _ []string) ([]byte, func([]byte) error, error) {
		said := map[string]string{"limit": strconv.Itoa(limit), "offset": strconv.Itoa(offset)}
		for name, value := range fields {
			said[name] = *value
		}
		query := filters(said)
		for name, text := range map[string]string{"from": since, "to": until} {
			if err := setTime(query, name, text); err != nil {
				return nil, nil, err
			}
		}
		body, err := r.get(ctx, "/v1/airside/audit?"+query.Encode())
		return body, func(body []byte) error { return m.printEntries(body, offset) }, err
	})
}

func setTime(query url.Values, name, text string) error {
	t, err := moment(text)
	if err == nil && !t.IsZero() {
		query.Set(name, t.Format("2006-01-02T15:04:05.999999Z07:00"))
	}
	return err
}

func (m *Main) printEntries(body []byte, offset int) error {
	var page struct {
		Entries []struct {
			Sequence                                                  int64
			At, Actor, SourceIP, Operation, Outcome, Resource, Detail string
		}
		Pagination struct{ TotalNumResults int }
	}
	if err := json.Unmarshal(body, &page); err != nil {
		return err
	}
	w := tabwriter.NewWriter(m.Stdout, 0, 0, 2, ' ', 0)
	for _, e := range page.Entries {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t%s %s\n", e.Sequence, e.At, e.Outcome, inert(e.Operation), orDash(inert(e.Actor)), orDash(e.SourceIP),
			inert(e.Resource), inert(e.Detail))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if shown := offset + len(page.Entries); shown < page.Pagination.TotalNumResults {
		fmt.Fprintf(m.Stderr, "%d of %d; --offset %d shows more\n", len(page.Entries), page.Pagination.TotalNumResults, shown)
	}
	return nil
}

// inert shows what a stranger may have written, so that a terminal does not act on it.
func inert(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(s)
	}
	return s
}

// auditPost makes a command that is one call without a body.
func (m *Main) auditPost(use, short, long, method, path string, show func(body []byte) error) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: short, Long: long, Example: "  airside audit " + use, Args: cobra.NoArgs}
	return m.remoteCmd(cmd, func(ctx context.Context, r *remote, _ []string) ([]byte, func([]byte) error, error) {
		body, err := r.send(ctx, method, path, nil)
		return body, show, err
	})
}

func (m *Main) auditKeyCmd() *cobra.Command {
	return m.auditPost("key", "Print the key that verifies checkpoints",
		"Key prints the public key under which checkpoints are signed. Keep it somewhere else than the server, and\n"+
			"give it to `airside audit verify --key`.",
		http.MethodGet, "/v1/airside/audit/key", decoded(func(got struct{ VerifierKey string }) error {
			_, err := fmt.Fprintln(m.Stdout, got.VerifierKey)
			return err
		}))
}

func (m *Main) auditCheckpointCmd() *cobra.Command {
	return m.auditPost("checkpoint", "Sign a checkpoint and print it",
		"Checkpoint signs what the trail holds now and prints the signed note. Kept somewhere else, it shows later\n"+
			"that nothing was changed or cut off: `airside audit verify --checkpoint FILE`.",
		http.MethodPost, "/v1/airside/audit/checkpoints", decoded(func(got struct{ Checkpoint string }) error {
			_, err := fmt.Fprintln(m.Stdout, got.Checkpoint)
			return err
		}))
}

func (m *Main) auditRetainCmd() *cobra.Command {
	return m.auditPost("retain", "Drop what is older than the policy keeps",
		"Retain does now what the server does every hour: entries older than AIRSIDE_AUDIT_KEEP are dropped, after\n"+
			"they were written to AIRSIDE_AUDIT_ARCHIVE_DIR if that is set. The rest still verifies.",
		http.MethodPost, "/v1/airside/audit/retention", decoded(func(got struct {
			Dropped, FirstKept int64
			Archive            string
		}) error {
			fmt.Fprintf(m.Stdout, "%d dropped; the trail begins with entry %d\n", got.Dropped, got.FirstKept)
			if got.Archive != "" {
				fmt.Fprintf(m.Stdout, "archive %s\n", got.Archive)
			}
			return nil
		}))
}
