// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/mod/sumdb/note"

	"github.com/airside-travel/airside/internal/audit/checkpoint"
	"github.com/airside-travel/airside/internal/audit/trailfile"
	"github.com/airside-travel/airside/internal/evidence"
)

func (m *Main) auditVerifyCmd() *cobra.Command {
	var keyText string
	var checkpoints []string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "verify [FILE]", Short: "Verify a file, or the trail of a server",
		Long: "Verify finds and names every entry that was altered, taken out, moved, added or cut off. With a FILE it\n" +
			"needs nothing else: no server, no network. A FILE that ends in .zip is an archive of `airside evidence`, of\n" +
			"which every file is verified. Without one it lets the server check what it stores, and then\n" +
			"checks a fresh export itself.\n\n" +
			"A file carries its own key. That it is the right one, and that the end was not cut off together with its\n" +
			"checkpoints, only shows with what was kept elsewhere: --key (text, or a file with it) and --checkpoint (a\n" +
			"file with one checkpoint or many, as in AIRSIDE_AUDIT_CHECKPOINT_DIR). Exit code 1 when anything is wrong.",
		Example: "  airside audit verify trail.jsonl.zst --key audit.key --checkpoint copies/0199….checkpoints\n  airside audit verify q4.zip\n  airside audit verify",
		Args:    cobra.MaximumNArgs(1),
	}
	base := remoteFlag(cmd)
	flags := cmd.Flags()
	flags.StringVar(&keyText, "key", "", "key that must have signed, or a file with it")
	flags.StringSliceVar(&checkpoints, "checkpoint", nil, "file with checkpoints from elsewhere")
	flags.BoolVar(&asJSON, "json", false, "print JSON")
	cmd.RunE = runs(func(cmd *cobra.Command, args []string) error {
		o, err := trusted(keyText, checkpoints)
		if err != nil {
			return err
		}
		if len(args) == 1 && strings.HasSuffix(args[0], ".zip") {
			return m.verifyArchive(args[0], o, asJSON)
		}
		var report trailfile.Report
		if len(args) == 1 {
			report, err = verifyFile(args[0], args[0], o)
		} else {
			report, err = m.verifyServer(cmd.Context(), *base, o)
		}
		if err != nil {
			return err
		}
		if asJSON {
			err = printJSON(m.Stdout, report)
		} else {
			err = m.printVerdict(&report)
		}
		if err == nil && !report.Intact {
			err = failf(ExitFailure, "the audit trail does not verify: %d problems", int64(len(report.Problems))+report.More)
		}
		return err
	})
	return cmd
}

// trusted reads what was kept elsewhere.
func trusted(keyText string, files []string) (o trailfile.Options, err error) {
	if keyText != "" {
		if text, err := os.ReadFile(keyText); err == nil {
			keyText = string(text)
		}
		if o.Key, err = note.NewVerifier(strings.TrimSpace(keyText)); err != nil {
			return o, failf(ExitUsage, "--key is neither a key nor a file with one").hint("`airside audit key` prints one")
		}
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			return o, err
		}
		found := checkpoint.Scan(string(text) + "\n\n")
		if len(found) == 0 {
			return o, failf(ExitUsage, "%s holds no checkpoint", name)
		}
		o.Checkpoints = append(o.Checkpoints, found...)
	}
	return o, nil
}

// verifyServer asks the server about what it stores, and verifies what it gives out.
func (m *Main) verifyServer(ctx context.Context, base string, o trailfile.Options) (trailfile.Report, error) {
	r, err := m.remote(base)
	if err != nil {
		return trailfile.Report{}, err
	}
	body, err := r.get(ctx, "/v1/airside/audit/verify")
	if err != nil {
		return trailfile.Report{}, err
	}
	var stored struct {
		Intact   bool
		BrokenAt int64
		Reason   string
	}
	if err := json.Unmarshal(body, &stored); err != nil {
		return trailfile.Report{}, err
	}
	in, out := io.Pipe()
	written := make(chan error, 1)
	go func() {
		buffered := bufio.NewWriter(out)
		err := m.remoteTrail(base)(ctx, period{}, trailfile.NewWriter(buffered))
		if err == nil {
			err = buffered.Flush()
		}
		_ = out.CloseWithError(err) // never fails
		written <- err
	}()
	report, err := trailfile.Verify(in, o)
	_ = in.Close() // so that the writer ends, when reading ended before it; never fails
	if failed := <-written; failed != nil && !errors.Is(failed, io.ErrClosedPipe) {
		return report, failed
	}
	if err == nil && !stored.Intact {
		report.Intact = false
		report.Problems = append(report.Problems, trailfile.Problem{
			Kind: trailfile.Altered, What: fmt.Sprintf("entry %d in the store", stored.BrokenAt), Seq: stored.BrokenAt, About: stored.Reason,
		})
	}
	return report, err
}

func (m *Main) printVerdict(r *trailfile.Report) error {
	w := bufio.NewWriter(m.Stdout)
	for _, p := range r.Problems {
		fmt.Fprintln(w, inert(p.String()))
	}
	if r.More > 0 {
		fmt.Fprintf(w, "and %d more\n", r.More)
	}
	if r.Intact {
		fmt.Fprintf(w, "intact       tenant %s, entries %d to %d\n", inert(r.Tenant), r.First, r.Last)
		if r.Checkpoints > 0 {
			fmt.Fprintf(w, "checkpoints  %d signed and in place, the last of %s\n", r.Checkpoints, r.At.UTC().Format(time.RFC3339))
		}
		if r.Trusted > 0 {
			fmt.Fprintf(w, "from outside %d checkpoints fit\n", r.Trusted)
		}
		fmt.Fprintf(w, "key          %s\n", inert(r.Key))
		if !r.KeyGiven {
			fmt.Fprintln(m.Stderr, "The key is the file's own: compare it with one that was kept elsewhere, or give --key.")
		}
	}
	return w.Flush()
}

// verifyArchive reads an archive of evidence.
func (m *Main) verifyArchive(name string, o trailfile.Options, asJSON bool) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	report := evidence.Verify(f, info.Size(), o)
	if asJSON {
		err = printJSON(m.Stdout, report)
	} else {
		for _, p := range report.Problems {
			fmt.Fprintln(m.Stdout, inert(p))
		}
		if report.Intact {
			fmt.Fprintf(m.Stdout, "archive      %s of tenant %s, built %s, %d files as listed and signed\n", inert(report.Manifest.Name), inert(report.Manifest.Tenant),
				report.Manifest.BuiltAt.UTC().Format(time.RFC3339), len(report.Manifest.Files))
			err = m.printVerdict(&report.Trail)
		}
	}
	if err == nil && !report.Intact {
		err = failf(ExitFailure, "the archive does not verify: %d problems", len(report.Problems))
	}
	return err
}
