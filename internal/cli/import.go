// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/airside-travel/airside/client"
	"github.com/airside-travel/airside/internal/hrfeed"
)

const importLong = `Import brings the people of a company to what a CSV file of the HR system says.

Columns are recognised by their names: employeeId, email, givenName, familyName, jobTitle, department,
costCenter, office, legalEntity, manager and others, in the usual spellings; --map COLUMN=FIELD helps
where they are not. Departments, cost centers, offices, legal entities and grades may be ids, external
ids or names, managers employee ids or e-mails. An empty cell leaves a value as it is, - takes it away.

A person is recognised by employee id, else by business e-mail. The column ACTION may say CREATE,
UPDATE or DEACTIVATE; without it people are created, updated or reactivated as needed. Only what
differs is written: the same file does nothing the second time.

A row that is wrong is refused as a whole and reported with its line and column, as CSV on standard
output; the others are carried out. An import that is interrupted goes on where it stopped when it is
started again. With --watch a folder is looked at again and again: files go to done/ or failed/,
with their report beside them.`

type importFlags struct {
	base, company, report, state, watch string
	mapping                             []string
	dryRun, json, once                  bool
	workers                             int
	every                               time.Duration
}

func (m *Main) importCmd() *cobra.Command {
	cmd := group(&cobra.Command{Use: "import", Short: "Bring data in from files", Example: "  airside import users people.csv --dry-run"})
	cmd.AddCommand(m.importUsersCmd())
	return cmd
}

func (m *Main) importUsersCmd() *cobra.Command {
	var f importFlags
	cmd := &cobra.Command{
		Use: "users [FILE.csv]", Short: "Keep the users of a company in step with an HR system", Long: importLong,
		Example: "  airside import users people.csv --dry-run\n  airside import users people.csv --map 'Kst.=costCenter'\n" +
			"  airside import users --watch /var/spool/hr --every 1m",
		Args: cobra.MaximumNArgs(1),
	}
	flags := cmd.Flags()
	base := remoteFlag(cmd)
	flags.StringVar(&f.company, "company", "", "id, external id with X in front, or name of the company (default: the only one there is)")
	flags.StringArrayVar(&f.mapping, "map", nil, "COLUMN=FIELD for a header that is not recognised; COLUMN= ignores it")
	flags.BoolVar(&f.dryRun, "dry-run", false, "change nothing, say what would happen")
	flags.BoolVar(&f.json, "json", false, "print counts and errors as one JSON document")
	flags.StringVar(&f.report, "report", "", "file for the report of refused rows (default standard output)")
	flags.StringVar(&f.state, "state", "", "file that remembers what is done (default FILE.csv.state)")
	flags.IntVar(&f.workers, "workers", 16, "rows carried out at a time")
	flags.StringVar(&f.watch, "watch", "", "folder to look into for .csv files, until interrupted")
	flags.DurationVar(&f.every, "every", 10*time.Second, "how often to look into the folder")
	flags.BoolVar(&f.once, "once", false, "with --watch: carry out what is there and end")
	cmd.RunE = runs(func(cmd *cobra.Command, args []string) error {
		f.base = *base
		if (len(args) == 0) == (f.watch == "") {
			return failf(ExitUsage, "give a file, or a folder with --watch").hint("airside import users --help")
		}
		if f.workers < 1 || f.workers > 256 {
			return failf(ExitUsage, "--workers must be between 1 and 256")
		}
		for _, name := range append(args, f.watch) { // before a server is asked
			if _, err := os.Stat(name); name != "" && err != nil {
				return err
			}
		}
		o, err := m.importOptions(cmd.Context(), &f)
		if err != nil {
			return err
		}
		if f.watch != "" {
			return m.watchFolder(cmd.Context(), &f, *o)
		}
		return m.importFile(cmd.Context(), args[0], &f, *o)
	})
	return cmd
}

// importOptions connects to the server and finds the company.
func (m *Main) importOptions(ctx context.Context, f *importFlags) (*hrfeed.Options, error) {
	c, err := m.contract()
	if err != nil {
		return nil, err
	}
	r, err := m.remote(f.base)
	if err != nil {
		return nil, err
	}
	if r.cfg.Token == "" && (r.cfg.ClientID == "" || r.cfg.ClientSecret == "") {
		return nil, noCredentials()
	}
	api := client.With(client.Options{
		BaseURL: r.base, ClientID: r.cfg.ClientID, ClientSecret: r.cfg.ClientSecret, Token: r.cfg.Token, UserAgent: "airside-cli/" + build().Version,
		Attempts: 20, // an import is patient
	}, c)
	o := &hrfeed.Options{API: api, Contract: c, DryRun: f.dryRun, Workers: f.workers, Map: map[string]string{}}
	for _, pair := range f.mapping {
		name, field, ok := strings.Cut(pair, "=")
		if !ok {
			return nil, failf(ExitUsage, "--map %q must be COLUMN=FIELD", pair).hint("fields are %s", strings.Join(hrfeed.Fields(), ", "))
		}
		o.Map[name] = field
	}
	o.Company, err = companyID(ctx, api, f.company)
	return o, refusal(err)
}

// companyID finds the company by what was given: an id, X and the external id, a name, or nothing where
// there is only one.
func companyID(ctx context.Context, api *client.Client, given string) (string, error) {
	var ids, names []string
	for raw, err := range api.Pages(ctx, "listCompanies", client.Params{"companyRole": {"ORG"}}, nil) {
		if err != nil {
			return "", err
		}
		var one struct{ ID, Name string }
		if err := json.Unmarshal(raw, &one); err != nil {
			return "", err
		}
		if given == one.ID || given != "" && strings.EqualFold(given, one.Name) {
			return one.ID, nil
		}
		ids, names = append(ids, one.ID), append(names, fmt.Sprintf("%s (%s)", one.ID, one.Name))
	}
	if strings.HasPrefix(given, "X") {
		var one struct{ ID struct{ ID string } }
		if err := api.Call(ctx, "readCompany", client.Params{"companyId": {given}}, nil, &one); err == nil {
			return one.ID.ID, nil
		}
	}
	switch {
	case given != "":
		return "", failf(ExitNotFound, "there is no company %q", given)
	case len(ids) == 1:
		return ids[0], nil
	case len(ids) == 0:
		return "", failf(ExitNotFound, "there is no company yet").hint("airside api createCompany --help")
	}
	return "", failf(ExitUsage, "there are %d companies; say which with --company", len(ids)).hint("%s", strings.Join(names[:min(len(names), 8)], ", "))
}

// refusal gives an error of the client its exit code.
func refusal(err error) error {
	var e *client.Error
	var f *Failure
	switch {
	case err == nil || errors.As(err, &f):
		return err
	case errors.As(err, &e):
		return &Failure{Exit: exitFor(e.Status, e.Code), Err: err}
	case errors.Is(err, context.Canceled):
		return &Failure{Exit: ExitFailure, Err: errors.New("interrupted")}
	}
	return err
}

// importFile carries out one file and prints its report.
func (m *Main) importFile(ctx context.Context, file string, f *importFlags, o hrfeed.Options) error {
	o.Journal = f.state
	if o.Journal == "" {
		o.Journal = file + ".state"
	}
	bar := newBar(m.Stderr)
	o.Progress = bar.show
	report, err := hrfeed.Run(ctx, file, o)
	bar.end()
	if err != nil {
		f, ok := errors.AsType[*Failure](refusal(err))
		if !ok {
			f = failf(ExitFailure, "%w", err)
		}
		if report != nil && report.Done() > 0 && !o.DryRun {
			f.hint("%d of %d rows are done; the same command goes on from there", report.Done(), report.Rows)
		}
		return f
	}
	if err := m.printReport(report, f); err != nil {
		return err
	}
	if report.Failed > 0 {
		return failf(ExitFailure, "%d of %d rows were refused", report.Failed, report.Rows)
	}
	return nil
}

func (m *Main) printReport(r *hrfeed.Report, f *importFlags) (err error) {
	if len(r.Ignored) > 0 {
		fmt.Fprintf(m.Stderr, "columns not read: %s\n", strings.Join(r.Ignored, ", "))
	}
	out := m.Stdout
	if f.report != "" {
		file, err := os.Create(f.report)
		if err != nil {
			return failf(ExitUsage, "%w", err)
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		out = file
	}
	if f.json {
		return printJSON(out, r)
	}
	fmt.Fprintln(m.Stderr, summary(r))
	if len(r.Faults) == 0 {
		return nil
	}
	return r.WriteCSV(out)
}

func summary(r *hrfeed.Report) string {
	text := fmt.Sprintf("%d rows: %d created, %d updated, %d reactivated, %d deactivated, %d unchanged, %d refused",
		r.Rows, r.Created, r.Updated, r.Reactivated, r.Deactivated, r.Unchanged, r.Failed)
	if r.Resumed > 0 {
		text += fmt.Sprintf(" (%d by the run before)", r.Resumed)
	}
	if r.DryRun {
		text = "dry run, nothing was written; " + text
	}
	return text
}
