// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/app"
)

// route is one line of `airside routes --json`.
type route struct {
	ID         string              `json:"id"`
	Method     string              `json:"method"`
	Path       string              `json:"path"`
	Effect     contract.Effect     `json:"effect"`
	Scope      string              `json:"scope"`
	Permission string              `json:"permission"`
	Audit      contract.AuditClass `json:"audit"`
	Roles      []string            `json:"roles"`
	Public     bool                `json:"public"`
	Built      bool                `json:"built"`
}

func (m *Main) routesCmd() *cobra.Command {
	var missing, asJSON bool
	cmd := &cobra.Command{
		Use: "routes", Short: "List every operation with its policy",
		Long: "Routes prints id, method, path, effect, scope, audit class, permission and roles of every operation,\n" +
			"sorted by id. One of the roles opens it, or a grant of the permission that holds for the company at\n" +
			"hand (@TMC: for the TMC itself; @CLIENT: grants do not count). GLOBAL_ADMIN is implied everywhere.\n" +
			"`public` stands for roles where no token is asked for.",
		Example: "  airside routes\n  airside routes --missing\n  airside routes --json | jq '.[] | select(.effect == \"purchase\") | .id'",
		Args:    cobra.NoArgs,
		RunE: runs(func(*cobra.Command, []string) error {
			c, err := m.contract()
			if err != nil {
				return err
			}
			built := app.Routes(c).Built
			list := []route{}
			for _, op := range c.Operations() {
				r := route{op.ID, op.Method, op.Path, op.Effect, op.Scope, permission(op), op.Audit, op.Roles, op.Public, built(op.ID)}
				if !missing || !r.Built {
					list = append(list, r)
				}
			}
			if asJSON {
				return printJSON(m.Stdout, list)
			}
			for _, r := range list {
				roles := strings.Join(r.Roles, ",")
				if r.Public {
					roles = "public"
				}
				// The widths are fixed, so that a changed line changes no other.
				fmt.Fprintf(m.Stdout, "%-44s %-6s %-80s %-8s %-15s %-8s %-39s %s\n",
					r.ID, r.Method, r.Path, r.Effect, orDash(r.Scope), orDash(string(r.Audit)), orDash(r.Permission), orDash(roles))
			}
			if missing {
				fmt.Fprintf(m.Stderr, "%d of %d operations are not built yet\n", len(list), len(c.Operations()))
			}
			return nil
		}),
	}
	cmd.Flags().BoolVar(&missing, "missing", false, "only operations that answer 501 in this version")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// permission writes COMPANY_MANAGEMENT:WRITE, with @TMC or @CLIENT where it is not about one company.
func permission(op *contract.Operation) string {
	p := op.Permission
	if p.Name == "" {
		return ""
	}
	text := p.Name + ":" + p.Action
	if p.Over != contract.OverCompany {
		text += "@" + string(p.Over)
	}
	return text
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func (m *Main) contractCmd() *cobra.Command {
	var id string
	cmd := &cobra.Command{
		Use: "contract", Short: "Print the API's description as OpenAPI 3.1",
		Long: "Contract prints the whole API as one OpenAPI 3.1 document with its policy (x-effect, x-scope,\n" +
			"x-roles, x-audit, x-webhooks). With --operation it prints the path item of one operation.",
		Example: "  airside contract > openapi.json\n  airside contract | jq '.paths | length'\n  airside contract --operation createUser",
		Args:    cobra.NoArgs,
		RunE: runs(func(*cobra.Command, []string) error {
			c, err := m.contract()
			if err != nil {
				return err
			}
			if id == "" {
				_, err = m.Stdout.Write(c.Document())
				return err
			}
			op := c.Operation(id)
			if op == nil {
				return noOperation(c, id)
			}
			doc, err := describe(c, op)
			if err != nil {
				return err
			}
			return printJSON(m.Stdout, doc)
		}),
	}
	cmd.Flags().StringVar(&id, "operation", "", "print only the operation with this id")
	return cmd
}
