// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

const reviewsPath = "/v1/airside/access-reviews"

// accessCmd is the parent of what is about who may do what.
func (m *Main) accessCmd() *cobra.Command {
	cmd := group(&cobra.Command{Use: "access", Short: "Review who may do what, beside what is really used", Example: "  airside access review start --title 'Fourth quarter'"})
	review := group(&cobra.Command{
		Use: "review", Short: "Take a snapshot, decide about each credential, apply the decisions",
		Long:    "A review shows applications, API users, roles, groups, networks and vault references as they are, beside what\nwas used since the last review, and proposes the least that would have sufficed. docs/access-review.md.",
		Example: "  airside access review start --title 'Fourth quarter'\n  airside access review show 0197...",
	})
	review.AddCommand(m.reviewStartCmd(), m.reviewListCmd(), m.reviewShowCmd(), m.reviewDecideCmd(), m.reviewCloseCmd(), m.reviewEvidenceCmd())
	cmd.AddCommand(review)
	return cmd
}

type reviewLine struct {
	ID, Title, State, StartedAt, Since, ObservedSince, ClosedAt, NextDue, EvidenceSHA256 string
	Items, OpenItems, Findings                                                           int
	Snapshot                                                                             struct{ Findings []reviewFinding }
	Access                                                                               []reviewItem
}

type reviewFinding struct{ Code, Detail string }

type reviewItem struct {
	ID, Kind, Name, Status, LastUsedAt, Problem string
	Used                                        []struct{ Operation string }
	Opens                                       int
	Findings                                    []reviewFinding
	Proposal                                    struct {
		Decision, Why string
		Grants        json.RawMessage
	}
	Decision *struct {
		Decision, Reviewer, Reason string
		AuditEntry                 int64
	}
	Result *struct {
		Change     string
		AuditEntry int64
	}
}

func (m *Main) showReview(body []byte) error {
	return decoded(func(v reviewLine) error {
		fmt.Fprintf(m.Stdout, "%s  %s  %d credentials, %d open  %s\n", v.ID, v.State, v.Items, v.OpenItems, inert(v.Title))
		for _, f := range v.Snapshot.Findings {
			fmt.Fprintf(m.Stdout, "  %s: %s\n", f.Code, inert(f.Detail))
		}
		for i := range v.Access {
			m.showReviewItem(&v.Access[i])
		}
		if v.EvidenceSHA256 != "" {
			fmt.Fprintf(m.Stdout, "  evidence  sha256 %s  next review due %s\n", v.EvidenceSHA256, v.NextDue)
		}
		return nil
	})(body)
}

func (m *Main) showReviewItem(i *reviewItem) {
	fmt.Fprintf(m.Stdout, "  %-9s  %s  %-11s  %s  used %d", i.Status, i.ID, i.Kind, inert(i.Name), len(i.Used))
	if i.Opens > 0 {
		fmt.Fprintf(m.Stdout, " of %d operations", i.Opens)
	}
	fmt.Fprintln(m.Stdout)
	for _, f := range i.Findings {
		fmt.Fprintf(m.Stdout, "      %s: %s\n", f.Code, inert(f.Detail))
	}
	fmt.Fprintf(m.Stdout, "      proposed  %s: %s\n", i.Proposal.Decision, inert(i.Proposal.Why))
	if len(i.Proposal.Grants) > 0 {
		fmt.Fprintf(m.Stdout, "                %s\n", inert(string(i.Proposal.Grants)))
	}
	if i.Decision != nil {
		fmt.Fprintf(m.Stdout, "      decided   %s by %s: %s (audit entry %d)\n", i.Decision.Decision, inert(i.Decision.Reviewer), inert(i.Decision.Reason), i.Decision.AuditEntry)
	}
	if i.Result != nil {
		fmt.Fprintf(m.Stdout, "      changed   %s (audit entry %d)\n", inert(i.Result.Change), i.Result.AuditEntry)
	}
	if i.Problem != "" {
		fmt.Fprintf(m.Stdout, "      not done  %s\n", inert(i.Problem))
	}
}

func (m *Main) reviewStartCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "start", Short: "Take the snapshot of a new review", Args: cobra.NoArgs, Example: "  airside access review start --title 'Fourth quarter'"}
	name := cmd.Flags().String("title", "", "what it is called; the date when left out")
	return m.remoteCmd(cmd, func(ctx context.Context, r *remote, _ []string) ([]byte, func([]byte) error, error) {
		body, err := r.send(ctx, http.MethodPost, reviewsPath, given(map[string]string{"title": *name}))
		return body, m.showReview, err
	})
}

func (m *Main) reviewListCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "List reviews, the newest first", Args: cobra.NoArgs, Example: "  airside access review list"}
	return m.remoteCmd(cmd, func(ctx context.Context, r *remote, _ []string) ([]byte, func([]byte) error, error) {
		body, err := r.get(ctx, reviewsPath)
		return body, decoded(func(page struct{ Reviews []reviewLine }) error {
			for _, v := range page.Reviews {
				fmt.Fprintf(m.Stdout, "%s  %s  %-6s  %3d credentials  %3d open  %3d findings  %s\n", v.StartedAt, v.ID, v.State, v.Items, v.OpenItems, v.Findings, inert(v.Title))
			}
			return nil
		}), err
	})
}

func (m *Main) reviewShowCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "show ID", Short: "Show a review: findings, proposals, decisions, what changed", Args: cobra.ExactArgs(1), Example: "  airside access review show 0197..."}
	return m.remoteCmd(cmd, func(ctx context.Context, r *remote, args []string) ([]byte, func([]byte) error, error) {
		body, err := r.get(ctx, reviewsPath+"/"+url.PathEscape(args[0]))
		return body, m.showReview, err
	})
}

func (m *Main) reviewDecideCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "decide ID CLIENT keep|reduce|revoke|extend", Short: "Decide about a credential", Args: cobra.ExactArgs(3),
		Long: "Decide writes a decision down; nothing changes before the review is closed. reduce takes the proposal unless\n" +
			"--grants names a file with other grants, as JSON; extend needs --until.",
		Example: "  airside access review decide 0197... 5d1f... reduce --reviewer 'Ada Moreau' --reason 'reads only'\n" +
			"  airside access review decide 0197... 77aa... extend --until 2027-06-30T00:00:00Z --reviewer 'Ada Moreau' --reason 'pilot goes on'",
	}
	f := cmd.Flags()
	reviewer, reason, until, grants := f.String("reviewer", "", "who decides: a person"), f.String("reason", "", "why"), f.String("until", "", "new end of access (RFC 3339)"), f.String("grants", "", "file with the grants to keep, as JSON")
	return m.remoteCmd(cmd, func(ctx context.Context, r *remote, args []string) ([]byte, func([]byte) error, error) {
		if *reviewer == "" || *reason == "" {
			return nil, nil, failf(ExitUsage, "a decision has a reviewer and a reason").hint("give --reviewer and --reason")
		}
		ask := given(map[string]string{"decision": strings.ToUpper(args[2]), "reviewer": *reviewer, "reason": *reason, "expiresAt": *until})
		if *grants != "" {
			text, err := os.ReadFile(*grants)
			if err != nil {
				return nil, nil, err
			}
			if !json.Valid(text) {
				return nil, nil, failf(ExitUsage, "%s is not JSON", *grants)
			}
			ask["grants"] = json.RawMessage(text)
		}
		body, err := r.send(ctx, http.MethodPut, reviewsPath+"/"+url.PathEscape(args[0])+"/items/"+url.PathEscape(args[1]), ask)
		return body, decoded(func(i reviewItem) error { m.showReviewItem(&i); return nil }), err
	})
}

func (m *Main) reviewCloseCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "close ID", Short: "Apply the decisions and close the review", Args: cobra.ExactArgs(1), Example: "  airside access review close 0197...",
		Long: "Close applies each decision by itself. A credential that changed since the snapshot is left alone, and the review\nstays open until it is decided again; the exit code is 1 then.",
	}
	return m.remoteCmd(cmd, func(ctx context.Context, r *remote, args []string) ([]byte, func([]byte) error, error) {
		body, err := r.send(ctx, http.MethodPost, reviewsPath+"/"+url.PathEscape(args[0])+"/close", nil)
		return body, func(body []byte) error {
			if err := m.showReview(body); err != nil {
				return err
			}
			return decoded(func(v reviewLine) error {
				if v.State != "CLOSED" {
					return failf(ExitConflict, "%d credentials changed since the snapshot and were left alone", v.OpenItems).hint("decide again about those in CONFLICT, then close")
				}
				return nil
			})(body)
		}, err
	})
}

// fileAnswer is a file in an answer.
type fileAnswer struct{ FileName, ContentBase64, SHA256 string }

// save writes it where it is wanted and says so.
func (m *Main) save(f fileAnswer, out string, force bool) error {
	raw, err := base64.StdEncoding.DecodeString(f.ContentBase64)
	if err != nil {
		return err
	}
	if sum := sha256.Sum256(raw); hex.EncodeToString(sum[:]) != f.SHA256 {
		return failf(ExitFailure, "the file arrived damaged: its SHA-256 is not %s", f.SHA256)
	}
	if out == "-" {
		_, err := m.Stdout.Write(raw)
		return err
	}
	if _, err := os.Stat(out); !force && !errors.Is(err, fs.ErrNotExist) {
		return failf(ExitConflict, "%s exists", out).hint("--force writes over it")
	}
	if err := os.WriteFile(out, raw, 0o600); err != nil {
		return err
	}
	fmt.Fprintf(m.Stderr, "%s  %d bytes  sha256 %s\n", out, len(raw), f.SHA256)
	return nil
}

func (m *Main) reviewEvidenceCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "evidence ID", Short: "Get the evidence file of a review", Args: cobra.ExactArgs(1), Example: "  airside access review evidence 0197... --format markdown --out q4.md"}
	format, out := cmd.Flags().String("format", "json", "json or markdown"), cmd.Flags().String("out", "-", "file to write; - is the standard output")
	force := cmd.Flags().Bool("force", false, "write over a file that exists")
	return m.remoteCmd(cmd, func(ctx context.Context, r *remote, args []string) ([]byte, func([]byte) error, error) {
		body, err := r.get(ctx, reviewsPath+"/"+url.PathEscape(args[0])+"/evidence?format="+url.QueryEscape(strings.ToUpper(*format)))
		return body, decoded(func(f fileAnswer) error { return m.save(f, *out, *force) }), err
	})
}

func (m *Main) evidenceCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "evidence", Short: "Build one archive of what an auditor asks for about a period", Args: cobra.NoArgs,
		Long: "Evidence builds a zip file: the audit trail with its proof, access reviews, ages of credentials, alert\n" +
			"statistics, incidents, configuration without secrets, and what of it is evidence for which control\n" +
			"(docs/compliance.md). `airside audit verify FILE.zip` verifies it where nothing else is at hand.",
		Example: "  airside evidence --period 2026Q4 --out q4.zip\n  airside audit verify q4.zip --key audit.key",
	}
	period, out := cmd.Flags().String("period", "", "a year, a quarter or a month: 2026, 2026Q4, 2026-11"), cmd.Flags().String("out", "", "file to write (default airside-evidence-PERIOD.zip); - is the standard output")
	force := cmd.Flags().Bool("force", false, "write over a file that exists")
	return m.remoteCmd(cmd, func(ctx context.Context, r *remote, _ []string) ([]byte, func([]byte) error, error) {
		if *period == "" {
			return nil, nil, failf(ExitUsage, "name the period").hint("for example --period 2026Q4")
		}
		body, err := r.send(ctx, http.MethodPost, "/v1/airside/evidence", map[string]string{"period": *period})
		return body, decoded(func(f fileAnswer) error {
			if *out == "" {
				*out = filepath.Base(f.FileName)
			}
			return m.save(f, *out, *force)
		}), err
	})
}
