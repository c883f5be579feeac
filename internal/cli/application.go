// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/airside-travel/airside/internal/application"
)

const applicationsPath = "/v1/airside/applications"

func (m *Main) appCmd() *cobra.Command {
	cmd := group(&cobra.Command{
		Use: "app", Short: "Manage the applications that call through this server",
		Long: "An application is a credential for one program in one environment, with exactly what it may call. What is\n" +
			"not granted is refused. Grants are by operation, scope and effect:\n\n" +
			"  --grant scope:trip:read             every operation of that scope\n" +
			"  --grant getUserInfo,scope:user:read both have to fit: getUserInfo, if it has that scope\n" +
			"  --grant 'scope:air:book effect:purchase'\n" +
			"                                      needed for what spends money in a live environment\n" +
			"  --grant '* effect:read' --reason WHY\n" +
			"                                      everything, and what names effects only, needs a reason",
		Example: "  airside app create --name mailer --owner lena@example.com --env production --grant scope:trip:read\n  airside app list",
	})
	cmd.AddCommand(m.appCreateCmd(), m.appListCmd(), m.appShowCmd(), m.appSetCmd(), m.appApplyCmd(), m.appRotateCmd(), m.appSuspendCmd(),
		m.appActCmd("resume", "End the suspension of an application", "resume"),
		m.appActCmd("end-tokens", "End the tokens of an application; its secret gets new ones", "end-tokens"),
		m.appActCmd("delete", "Remove an application: its secret and tokens are dead at once", ""))
	return cmd
}

// find gives the client id of an application that is named by it or by its name.
func (r *remote) find(ctx context.Context, name string) (string, error) {
	if len(name) == 36 && strings.Count(name, "-") == 4 {
		return name, nil
	}
	var got application.ListOut
	if err := r.read(ctx, applicationsPath+"?"+url.Values{"name": {name}}.Encode(), &got); err != nil {
		return "", err
	}
	if len(got.Applications) == 0 {
		return "", failf(ExitNotFound, "there is no application %q", name).hint("airside app list")
	}
	return got.Applications[0].ClientID, nil
}

func (m *Main) appCreateCmd() *cobra.Command {
	var s application.Settings
	cmd := &cobra.Command{
		Use: "create --name NAME --owner E-MAIL --grant GRANT", Short: "Register an application and print its secret, once",
		Long: "Create registers an application and prints its secret, which nobody can see again. With --secret-ref the server puts\n" +
			"the secret into that vault instead.",
		Example: "  airside app create --name mailer --owner lena@example.com --env production --grant scope:trip:read\n" +
			"  airside app create --name booker --owner lena@example.com --env production --grant 'scope:air:book effect:purchase' \\\n" +
			"    --purchases-per-day 20 --spend-per-day '5000.00 USD' --secret-ref 'vault://secret/apps/booker#secret'\n" +
			"  airside app create --name tests --owner lena@example.com --role TMC_ADMIN --grant '* effect:read' --reason 'reads everything in the sandbox'",
		Args: cobra.NoArgs,
	}
	given := settingsFlagsOf(cmd)
	f := cmd.Flags()
	f.StringVar(&s.Environment, "env", application.Sandbox, "the environment it is for; it never changes")
	f.StringVar(&s.Role, "role", "", "role inside the sandbox: TMC_ADMIN, TMC_AGENT or COMPANY_ADMIN")
	f.StringVar(&s.Company, "company", "", "company of the role COMPANY_ADMIN")
	return m.remoteCmd(cmd, func(ctx context.Context, r *remote, _ []string) ([]byte, func([]byte) error, error) {
		if !f.Changed("grant") {
			return nil, nil, noGrant()
		}
		if err := given.apply(&s); err != nil {
			return nil, nil, err
		}
		body, err := r.send(ctx, http.MethodPost, applicationsPath, s)
		return body, decoded(m.credential), err
	})
}

// credential prints an application with its secret.
func (m *Main) credential(a *application.Shown) error {
	secret := a.ClientSecret
	if secret == "" {
		secret = "in " + a.SecretRef
	}
	fmt.Fprintf(m.Stdout, "application    %s\nenvironment    %s\nclient id      %s\nclient secret  %s\n", a.Name, a.Environment, a.ClientID, secret)
	if !a.PreviousUntil.IsZero() {
		fmt.Fprintf(m.Stdout, "old secret     works until %s\n", a.PreviousUntil.Format(time.RFC3339))
	}
	if a.ClientSecret != "" {
		fmt.Fprintln(m.Stderr, "The secret is shown only now.")
	}
	return nil
}

func parseTime(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, failf(ExitUsage, "%q is no time", text).hint("write 2027-06-30 or 2027-06-30T12:00:00Z")
}

func (m *Main) appListCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "List applications", Example: "  airside app list --env production", Args: cobra.NoArgs}
	env := cmd.Flags().String("env", "", "only those of this environment")
	return m.remoteCmd(cmd, func(ctx context.Context, r *remote, _ []string) ([]byte, func([]byte) error, error) {
		body, err := r.get(ctx, applicationsPath+"?"+filters(map[string]string{"environment": *env}).Encode())
		return body, decoded(func(got application.ListOut) error {
			w := tabwriter.NewWriter(m.Stdout, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "NAME\tENVIRONMENT\tSTATE\tOWNER\tENDS\tLAST CALL\tCLIENT ID")
			for _, a := range got.Applications {
				ends := "never"
				if !a.ExpiresAt.IsZero() {
					ends = a.ExpiresAt.Format(time.DateOnly)
				}
				last := "-"
				if !a.LastCallAt.IsZero() {
					last = a.LastCallAt.Format(time.DateOnly)
				}
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", a.Name, a.Environment, a.State, a.Owner, ends, last, a.ClientID)
			}
			return w.Flush()
		}), err
	})
}

// onApplication makes a command about the application that its first argument names.
func (m *Main) onApplication(cmd *cobra.Command, do func(ctx context.Context, r *remote, path, name string) error) *cobra.Command {
	return m.onRemote(cmd, func(ctx context.Context, r *remote, args []string) error {
		id, err := r.find(ctx, args[0])
		if err != nil {
			return err
		}
		return do(ctx, r, applicationsPath+"/"+url.PathEscape(id), args[0])
	})
}

func (m *Main) appShowCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "show NAME", Short: "Print everything about an application except its secret", Example: "  airside app show mailer\n  airside app show mailer --json | jq .grants", Args: cobra.ExactArgs(1)}
	cmd.Flags().Bool("json", false, "print JSON, as it does anyway: settings have no other form")
	return m.onApplication(cmd, func(ctx context.Context, r *remote, path, _ string) error {
		body, err := r.get(ctx, path)
		if err != nil {
			return err
		}
		return printBody(m.Stdout, body)
	})
}

func (m *Main) appRotateCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "rotate NAME", Short: "Give an application a new secret and print it, once",
		Long: "Rotate makes a new secret. The one before goes on working for the overlap. Of an application with a secretRef the new\n" +
			"secret becomes the current one in that vault and is not printed; if that was interrupted, a second run completes it.",
		Example: "  airside app rotate mailer --overlap 24h", Args: cobra.ExactArgs(1),
	}
	overlap := cmd.Flags().Duration("overlap", 24*time.Hour, "how long the old secret goes on working; 0 ends it and all tokens at once")
	return m.remoteCmd(cmd, func(ctx context.Context, r *remote, args []string) ([]byte, func([]byte) error, error) {
		id, err := r.find(ctx, args[0])
		if err != nil {
			return nil, nil, err
		}
		body, err := r.send(ctx, http.MethodPost, applicationsPath+"/"+url.PathEscape(id)+"/rotate-secret", map[string]int{"overlapSeconds": int(*overlap / time.Second)})
		return body, decoded(m.credential), err
	})
}

func (m *Main) appSuspendCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "suspend NAME --reason WHY", Short: "Refuse every call of an application until it is resumed",
		Example: "  airside app suspend mailer --reason 'secret seen in a public repository'", Args: cobra.ExactArgs(1),
	}
	reason := cmd.Flags().String("reason", "", "why, for whoever finds it suspended")
	cmd.PreRunE = runs(func(*cobra.Command, []string) error {
		if *reason == "" {
			return failf(ExitUsage, "say why, with --reason")
		}
		return nil
	})
	return m.actOn(cmd, func(ctx context.Context, r *remote, path, name string) ([]byte, string, error) {
		body, err := r.send(ctx, http.MethodPost, path+"/suspend", map[string]string{"reason": *reason})
		return body, fmt.Sprintf("%s is suspended; `airside app resume %s` ends it", name, name), err
	})
}

// appActCmd is a command without more to say than the application's name.
func (m *Main) appActCmd(use, short, act string) *cobra.Command {
	cmd := &cobra.Command{Use: use + " NAME", Short: short, Example: "  airside app " + use + " mailer", Args: cobra.ExactArgs(1)}
	return m.actOn(cmd, func(ctx context.Context, r *remote, path, name string) ([]byte, string, error) {
		method := http.MethodDelete
		if act != "" {
			method, path = http.MethodPost, path+"/"+act
		}
		body, err := r.send(ctx, method, path, nil)
		return body, "done: " + use + " " + name, err
	})
}

// actOn makes a command that does something to the application that its first argument names, and says a sentence
// about it; as JSON it prints the answer, and the client id where there is none.
func (m *Main) actOn(cmd *cobra.Command, do func(ctx context.Context, r *remote, path, name string) ([]byte, string, error)) *cobra.Command {
	return m.remoteCmd(cmd, func(ctx context.Context, r *remote, args []string) ([]byte, func([]byte) error, error) {
		id, err := r.find(ctx, args[0])
		if err != nil {
			return nil, nil, err
		}
		body, said, err := do(ctx, r, applicationsPath+"/"+url.PathEscape(id), args[0])
		if err == nil && len(body) == 0 {
			body, err = json.Marshal(map[string]string{"clientId": id, "done": cmd.Name()})
		}
		return body, func([]byte) error { _, err := fmt.Fprintln(m.Stdout, said); return err }, err
	})
}
