// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/airside-travel/airside/internal/app"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/config"
)

// check is one finding of the doctor.
type check struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
}

func (m *Main) doctorCmd() *cobra.Command {
	var startup, server, asJSON bool
	cmd := &cobra.Command{
		Use: "doctor", Short: "Check the configuration, the database, the clock and the contract",
		Long: "Doctor holds the configuration to what serve holds it to when it starts, and leaves nothing behind. With\n" +
			"credentials of a server it also looks at its applications, its access reviews and whether everybody can be\n" +
			"called in an incident. A practice that is left off is a warning, with how to turn it on\n" +
			"(docs/practices.md). With --startup it also\n" +
			"starts this program with an empty database of its own and measures it against our gates: ready in\n" +
			"150 ms and 0.2 CPU seconds, at most 64 MB of memory, a binary of at most 45 MB. On a busy machine\n" +
			"measure again. With --server it also asks the server at AIRSIDE_URL, which must run, whether it is\n" +
			"ready.\n\n" +
			"The exit code is 0 when no check fails, whatever is warned of; 1 when one does: something keeps the server from\n" +
			"starting, does not do what is set, or holds a secret where none belongs; 2 for wrong usage. --json prints a\n" +
			"list of name, ok, detail and, where there is something to do, fix; warning marks what is left off, and skipped\n" +
			"what could not be looked at.",
		Example: "  airside doctor\n  airside doctor --json | jq -r '.[] | select(.ok | not) | .fix'\n  airside doctor --startup --json | jq '.[] | select(.ok | not)'",
		Args:    cobra.NoArgs,
		RunE: runs(func(cmd *cobra.Command, _ []string) error {
			checks := []check{m.checkConfig(), m.checkDatabase(), checkClock(), m.checkContract()}
			if server {
				checks = append(checks, m.checkServer(cmd.Context()))
			}
			if startup {
				measured, err := m.measureStart(cmd.Context())
				if err != nil {
					return err
				}
				checks = append(checks, measured...)
			}
			all := append(alone(checks), m.checkContacts(cmd.Context()))
			return m.findings(append(all, m.practices(cmd.Context())...), asJSON)
		}),
	}
	cmd.Flags().BoolVar(&startup, "startup", false, "also start this program and measure it")
	cmd.Flags().BoolVar(&server, "server", false, "also ask the running server at AIRSIDE_URL whether it is ready")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// finding is a check, or a practice that the configuration follows or leaves off.
type finding struct {
	check
	Warning bool   `json:"warning,omitempty"` // left off, but nothing is broken: the exit code stays 0
	Skipped bool   `json:"skipped,omitempty"` // not looked at, so ok says nothing
	Fix     string `json:"fix,omitempty"`     // how it is turned on
}

// mended says what to do about a check that fails.
//
//nolint:gochecknoglobals // constant table
var mended = map[string]string{
	"configuration": "`airside config` lists every setting and what it takes",
	"database":      "AIRSIDE_DATABASE_URL=sqlite:PATH names a file in a folder that is there, or postgres://…",
	"clock":         "set the clock of this machine, and let a time service keep it",
	"contract":      "install the program again: its contract is part of it",
	"server":        "start it, or set AIRSIDE_URL",
	"binary":        "`make build`, or go build with -trimpath -ldflags='-s -w', leaves out debug data",
}

func alone(checks []check) []finding {
	var out []finding
	for _, c := range checks {
		f := finding{check: c}
		if !c.OK {
			f.Fix = mended[c.Name]
		}
		out = append(out, f)
	}
	return out
}

func (m *Main) findings(checks []finding, asJSON bool) error {
	bad := 0
	for _, c := range checks {
		verdict := "ok  "
		switch {
		case c.Warning:
			verdict = "warn"
		case c.Skipped:
			verdict = "skip"
		case !c.OK:
			verdict = "FAIL"
			bad++
		}
		if c.Fix != "" && !asJSON {
			c.Detail += "\n" + c.Fix
		}
		if !asJSON {
			fmt.Fprintf(m.Stdout, "%s  %-17s %s\n", verdict, c.Name, strings.ReplaceAll(c.Detail, "\n", "\n"+strings.Repeat(" ", 24)))
		}
	}
	if asJSON {
		if err := printJSON(m.Stdout, checks); err != nil {
			return err
		}
	}
	if bad > 0 {
		return failf(ExitFailure, "%d of %d checks failed", bad, len(checks))
	}
	return nil
}

func (m *Main) checkConfig() check {
	cfg, err := config.Load(m.Environ)
	if err != nil {
		return check{"configuration", false, err.Error()}
	}
	n := 0
	for _, s := range cfg.Settings() {
		if s.Set {
			n++
		}
	}
	return check{"configuration", true, fmt.Sprintf("%d settings differ from their defaults", n)}
}

// checkDatabase looks at the files without opening the database: opening would lock and migrate it.
func (m *Main) checkDatabase() check {
	const name = "database"
	cfg, err := config.Load(m.Environ)
	if err != nil {
		return check{name, false, "not checked: the configuration is wrong"}
	}
	if cfg.OnPostgres() {
		return check{name, true, "on a PostgreSQL server, which is looked at when the program starts"}
	}
	path, onDisk := strings.CutPrefix(cfg.Database, "sqlite:")
	if !onDisk {
		return check{name, true, "in memory: data go when the process ends"}
	}
	info, err := os.Stat(path)
	if os.IsNotExist(err) {
		dir, err := os.Stat(filepath.Dir(path))
		if err != nil || !dir.IsDir() {
			return check{name, false, filepath.Dir(path) + " does not exist; the database cannot be made there"}
		}
		return check{name, true, path + " does not exist yet; the first start makes it"}
	}
	if err != nil {
		return check{name, false, err.Error()}
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return check{name, false, err.Error()}
	}
	defer f.Close()
	head := make([]byte, 16)
	if _, err := f.Read(head); err != nil || string(head) != "SQLite format 3\x00" {
		return check{name, false, path + " is not a SQLite database"}
	}
	return check{name, true, fmt.Sprintf("%s, %d bytes, readable and writable", path, info.Size())}
}

// checkClock refuses a clock that stands before the program was written to disk: tokens, signatures
// and ticketing deadlines would all be wrong.
func checkClock() check {
	now := clock.System().Now()
	exe, err := os.Executable()
	if err != nil {
		return check{"clock", false, err.Error()}
	}
	info, err := os.Stat(exe)
	if err != nil {
		return check{"clock", false, err.Error()}
	}
	if now.Before(info.ModTime().Add(-time.Hour)) {
		return check{"clock", false, fmt.Sprintf("it is %s here, but the program was made at %s", now.Format(time.RFC3339), info.ModTime().UTC().Format(time.RFC3339))}
	}
	return check{"clock", true, now.Format(time.RFC3339)}
}

func (m *Main) checkContract() check {
	c, err := m.contract()
	if err == nil {
		err = c.Verify()
	}
	if err != nil {
		return check{"contract", false, err.Error()}
	}
	built := app.Routes(c).Built
	n := 0
	for _, op := range c.Operations() {
		if built(op.ID) {
			n++
		}
	}
	return check{"contract", true, fmt.Sprintf("%d operations, %d built; %d schemas", len(c.Operations()), n, len(c.Schemas()))}
}

// serverWait is how long a server may take to say whether it is ready.
const serverWait = 10 * time.Second

// checkServer asks a running server whether it can serve.
func (m *Main) checkServer(ctx context.Context) check {
	const name = "server"
	r, err := m.remote("")
	if err != nil {
		return check{name, false, err.Error()}
	}
	ctx, cancel := context.WithTimeout(ctx, serverWait)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.base+"/v1/airside/ready", http.NoBody)
	if err != nil {
		return check{name, false, err.Error()}
	}
	res, err := r.http.Do(req)
	if err != nil {
		return check{name, false, err.Error()}
	}
	defer res.Body.Close()
	var health struct {
		Status  string   `json:"status"`
		Reasons []string `json:"reasons"`
	}
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err == nil {
		err = json.Unmarshal(raw, &health)
	}
	switch {
	case err != nil || health.Status == "":
		return check{name, false, fmt.Sprintf("%s is not an Airside: it answers %d", r.base, res.StatusCode)}
	case res.StatusCode != http.StatusOK:
		return check{name, false, r.base + " is not ready: " + strings.Join(health.Reasons, "; ")}
	}
	return check{name, true, r.base + " is ready"}
}
