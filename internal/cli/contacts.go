// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/airside-travel/airside/internal/incident"
)

const contactsPath = "/v1/airside/contacts"

// contactLine is a part in an incident and who plays it.
type contactLine struct {
	Role, Title, Name, Organisation, Email, Phone, Portal string
	Needed, Filled                                        bool
}

func (m *Main) contactsCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "contacts [ROLE]", Short: "Read the contact book, or say who plays a part", Args: cobra.MaximumNArgs(1),
		Example: "  airside incident contacts\n  airside incident contacts UPSTREAM_INTEGRATION --name 'Integration desk' --email integrations@example.com --portal https://support.example.com",
	}
	f := cmd.Flags()
	fields := map[string]*string{}
	for _, x := range [][3]string{
		{"name", "name", "who it is"}, {"organisation", "organisation", "where he or she works"}, {"email", "email", "mail address"}, {"phone", "phone", "phone number that is answered"},
		{"hours", "hours", "when somebody is there"}, {"portal", "portal", "where a case is opened"}, {"account", "accountReference", "what we are called there"}, {"notes", "notes", "what else helps"},
	} {
		fields[x[1]] = f.String(x[0], "", x[2])
	}
	return m.remoteCmd(cmd, func(ctx context.Context, r *remote, args []string) ([]byte, func([]byte) error, error) {
		line := func(c contactLine) {
			who := strings.Join(strings.Fields(c.Name+" "+c.Organisation+" "+c.Email+" "+c.Phone+" "+c.Portal), " ")
			if !c.Filled && c.Needed {
				who = "NOBODY; somebody is needed"
			} else if !c.Filled {
				who = "nobody"
			}
			fmt.Fprintf(m.Stdout, "%-20s  %-32s  %s\n", c.Role, c.Title, who)
		}
		if len(args) == 0 {
			body, err := r.get(ctx, contactsPath)
			return body, decoded(func(b struct{ Contacts []contactLine }) error {
				for _, c := range b.Contacts {
					line(c)
				}
				return nil
			}), err
		}
		said := map[string]string{}
		for name, value := range fields {
			said[name] = *value
		}
		body, err := r.send(ctx, http.MethodPut, contactsPath+"/"+url.PathEscape(args[0]), given(said))
		return body, decoded(func(c contactLine) error { line(c); return nil }), err
	})
}

func (m *Main) runbooksCmd() *cobra.Command {
	var dir string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "runbooks [PLAYBOOK]", Short: "Print the response plan, or write it as pages", Args: cobra.MaximumNArgs(1),
		Example: "  airside incident runbooks leaked-secret\n  airside incident runbooks --json | jq -r '.[].id'\n  airside incident runbooks --write docs/runbooks",
		RunE: runs(func(_ *cobra.Command, args []string) error {
			plans, err := incident.Playbooks()
			if err != nil {
				return err
			}
			if asJSON {
				return m.runbooksJSON(plans, args)
			}
			found := false
			for _, p := range plans {
				switch {
				case dir != "":
					if err := os.WriteFile(filepath.Join(dir, p.ID+".md"), []byte(p.Runbook()), 0o644); err != nil { //nolint:gosec // documentation is for everybody
						return err
					}
				case len(args) == 0:
					fmt.Fprintf(m.Stdout, "%-20s  %s\n", p.ID, p.Title)
				case args[0] == p.ID:
					fmt.Fprint(m.Stdout, p.Runbook())
				default:
					continue
				}
				found = true
			}
			if !found {
				return failf(ExitNotFound, "there is no playbook %q", args[0])
			}
			return nil
		}),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().StringVar(&dir, "write", "", "folder in which each becomes a page")
	return cmd
}

func (m *Main) runbooksJSON(plans []incident.Playbook, args []string) error {
	if len(args) > 0 {
		plans = slices.DeleteFunc(plans, func(p incident.Playbook) bool { return p.ID != args[0] })
		if len(plans) == 0 {
			return failf(ExitNotFound, "there is no playbook %q", args[0])
		}
	}
	return printJSON(m.Stdout, plans)
}

// checkContacts asks the server, if there are credentials for it, whether everybody who is needed can be called.
func (m *Main) checkContacts(ctx context.Context) finding {
	const name = "contacts"
	r, err := m.remote("")
	if err != nil || r.auth == "" && (r.cfg.ClientID == "" || r.cfg.ClientSecret == "") {
		return finding{check: check{name, true, noServer}, Skipped: true}
	}
	body, err := r.get(ctx, contactsPath)
	if err != nil {
		return finding{check: check{name, true, "not checked: " + firstLine(err)}, Skipped: true}
	}
	var book struct{ Missing []string }
	if err := json.Unmarshal(body, &book); err != nil {
		return finding{check: check{name, false, err.Error()}}
	}
	if len(book.Missing) > 0 {
		return finding{check: check{name, false, "nobody can be called as " + strings.Join(book.Missing, ", ")}, Warning: true,
			Fix: "`airside incident contacts " + book.Missing[0] + " --name … --email …` fills a part"}
	}
	return finding{check: check{name, true, "every part that is needed in an incident is filled"}}
}
