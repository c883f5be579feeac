// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/spf13/cobra"

	"github.com/airside-travel/airside/internal/audit/trailfile"
	"github.com/airside-travel/airside/internal/clock"
)

// exportPage is how many entries are asked for at once.
const exportPage = 5000

// moment reads a time or an age; the zero time for nothing.
func moment(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	ago, err := time.ParseDuration(text)
	if err != nil || ago < 0 {
		return time.Time{}, failf(ExitUsage, "%q is neither a time such as 2026-11-01T00:00:00Z nor an age such as 24h", text)
	}
	return clock.System().Now().Add(-ago).UTC(), nil
}

// period is what of a trail is wanted.
type period struct{ from, to time.Time }

func (m *Main) auditExportCmd() *cobra.Command {
	var since, until, tenant string
	var local, force bool
	cmd := &cobra.Command{
		Use: "export FILE", Short: "Write the trail to one file that verifies offline",
		Long: "Export writes entries, hashes, signed checkpoints and the key that verifies them as lines of JSON, then\n" +
			"verifies the file. A name that ends in .gz or .zst is compressed; - is the standard output. As a file ends\n" +
			"at checkpoints on both sides, it may hold some more than the period. --local reads the database that\n" +
			"the environment names instead of asking a server; with it, --tenant may be any tenant, and `platform`, the\n" +
			"trail of callers whose tenant nobody knows.",
		Example: "  airside audit export trail.jsonl.zst\n  airside audit export --since 2026-10-01T00:00:00Z october.jsonl.gz\n" +
			"  airside audit export --local --tenant platform strangers.jsonl",
		Args: cobra.ExactArgs(1),
	}
	base := remoteFlag(cmd)
	flags := cmd.Flags()
	flags.StringVar(&since, "since", "", "not before: a time (RFC 3339) or an age such as 24h")
	flags.StringVar(&until, "until", "", "before: a time or an age")
	flags.BoolVar(&local, "local", false, "read the database; for SQLite, stop the server first")
	flags.StringVar(&tenant, "tenant", "", "whose trail, with --local")
	flags.BoolVar(&force, "force", false, "write over a file that exists")
	cmd.MarkFlagsRequiredTogether("local", "tenant")
	cmd.RunE = runs(func(cmd *cobra.Command, args []string) error {
		var p period
		var err1, err2 error
		p.from, err1 = moment(since)
		p.to, err2 = moment(until)
		if err := errors.Join(err1, err2); err != nil {
			return failf(ExitUsage, "%w", err)
		}
		from := m.remoteTrail(*base)
		if local {
			from = m.localTrail(tenant)
		}
		return m.exportTo(cmd.Context(), args[0], force, func(w *trailfile.Writer) error { return from(cmd.Context(), p, w) })
	})
	return cmd
}

// source writes a trail.
type source func(ctx context.Context, p period, w *trailfile.Writer) error

// remoteTrail asks a server.
func (m *Main) remoteTrail(base string) source {
	return func(ctx context.Context, p period, w *trailfile.Writer) error {
		r, err := m.remote(base)
		if err != nil {
			return err
		}
		body := map[string]time.Time{}
		if !p.from.IsZero() {
			body["from"] = p.from
		}
		if !p.to.IsZero() {
			body["to"] = p.to
		}
		raw, err := r.send(ctx, http.MethodPost, "/v1/airside/audit/exports", body)
		if err != nil {
			return err
		}
		var plan struct {
			Header, Checkpoint string
			First, Last        int64
		}
		if err := json.Unmarshal(raw, &plan); err != nil {
			return err
		}
		if err := w.Add([]byte(plan.Header)); err != nil {
			return err
		}
		for next := plan.First; next > 0 && next <= plan.Last; {
			query := url.Values{"first": {strconv.FormatInt(next, 10)}, "last": {strconv.FormatInt(plan.Last, 10)}, "limit": {strconv.Itoa(exportPage)}}
			if raw, err = r.get(ctx, "/v1/airside/audit/exports/lines?"+query.Encode()); err != nil {
				return err
			}
			var page struct {
				Lines []string
				Next  int64
			}
			if err := json.Unmarshal(raw, &page); err != nil {
				return err
			}
			for _, l := range page.Lines {
				if err := w.Add([]byte(l)); err != nil {
					return err
				}
			}
			if page.Next > 0 && page.Next <= next {
				return errors.New("the server does not go on with the export")
			}
			next = page.Next
		}
		if plan.Checkpoint != "" {
			err = w.Add([]byte(plan.Checkpoint))
		}
		return errors.Join(err, w.End())
	}
}

// localTrail opens the configured database.
func (m *Main) localTrail(tenant string) source {
	return func(ctx context.Context, p period, w *trailfile.Writer) (err error) {
		cfg, err := m.config()
		if err != nil {
			return err
		}
		a, err := m.open(ctx, cfg)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, a.Close(ctx)) }()
		return a.ExportAudit(ctx, tenant, p.from, p.to, w)
	}
}

// exportTo writes a file and verifies it. It has its name only when it is whole.
func (m *Main) exportTo(ctx context.Context, name string, force bool, write func(*trailfile.Writer) error) (err error) {
	if name == "-" {
		out := bufio.NewWriter(m.Stdout)
		return errors.Join(write(trailfile.NewWriter(out)), out.Flush())
	}
	if _, err := os.Stat(name); !force && !errors.Is(err, fs.ErrNotExist) {
		return failf(ExitConflict, "%s exists", name).hint("--force writes over it")
	}
	part := name + ".part"
	f, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(part) // it tells nobody anything
		}
	}()
	z := compressor(name, f)
	out := bufio.NewWriter(z)
	if err := errors.Join(write(trailfile.NewWriter(out)), out.Flush(), z.Close(), f.Sync(), f.Close()); err != nil {
		return err
	}
	report, err := verifyFile(part, name, trailfile.Options{})
	if err != nil {
		return err
	}
	if !report.Intact {
		return failf(ExitFailure, "what was written does not verify: %s", report.Problems[0])
	}
	if err := os.Rename(part, name); err != nil {
		return err
	}
	fmt.Fprintf(m.Stderr, "%d entries and %d checkpoints in %s, verified\n", report.Entries, report.Checkpoints, name)
	return nil
}

// compressor is what the name of a file asks for.
func compressor(name string, w io.Writer) io.WriteCloser {
	switch {
	case strings.HasSuffix(name, ".gz"):
		return gzip.NewWriter(w)
	case strings.HasSuffix(name, ".zst"):
		if z, err := zstd.NewWriter(w); err == nil { // fails for options only, and there are none
			return z
		}
	}
	return plain{w}
}

type plain struct{ io.Writer }

func (plain) Close() error { return nil }

// verifyFile reads a file that was named so.
func verifyFile(path, name string, o trailfile.Options) (trailfile.Report, error) {
	f, err := os.Open(path)
	if err != nil {
		return trailfile.Report{}, err
	}
	defer f.Close()
	in := io.Reader(f)
	switch {
	case strings.HasSuffix(name, ".gz"):
		z, err := gzip.NewReader(f)
		if err != nil {
			return damaged(err), nil
		}
		in = z
	case strings.HasSuffix(name, ".zst"):
		z, err := zstd.NewReader(f)
		if err != nil {
			return damaged(err), nil
		}
		defer z.Close()
		in = z
	}
	return trailfile.Verify(in, o)
}

func damaged(err error) trailfile.Report {
	return trailfile.Report{Problems: []trailfile.Problem{{Kind: trailfile.Altered, What: "file", About: "it cannot be unpacked: " + err.Error()}}}
}
