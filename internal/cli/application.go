// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
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
			"  --grant '* effect:read' --reason WHY",
		Example: "  airside app create --name mailer --owner lena@example.com --env production --grant scope:trip:read\n  airside app list",
	})
	cmd.AddCommand(m.appCreateCmd(), m.appListCmd(), m.appShowCmd(), m.appApplyCmd(), m.appRotateCmd(), m.appSuspendCmd(),
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
	var grants []string
	var reason, expires string
	cmd := &cobra.Command{
		Use: "create --name NAME --owner E-MAIL --grant GRANT", Short: "Register an application and print its secret, once",
		Example: "  airside app create --name mailer --owner lena@example.com --env production --grant scope:trip:read\n" +
			"  airside app create --name tests --owner lena@example.com --role TMC_ADMIN --grant '* effect:read' --reason 'reads everything in the sandbox'",
		Args: cobra.NoArgs,
	}
	f := cmd.Flags()
	f.StringVar(&s.Name, "name", "", "unique name")
	f.StringVar(&s.Owner, "owner", "", "e-mail address of whoever answers for it")
	f.StringVar(&s.Environment, "env", application.Sandbox, "the environment it is for; it never changes")
	f.StringVar(&s.Role, "role", "", "role inside the sandbox: TMC_ADMIN, TMC_AGENT or COMPANY_ADMIN")
	f.StringVar(&s.Company, "company", "", "company of the role COMPANY_ADMIN")
	f.StringArrayVar(&grants, "grant", nil, "what it may call (see `airside app --help`); may be given several times")
	f.StringVar(&reason, "reason", "", "why it needs a grant of *")
	f.StringSliceVar(&s.Networks, "network", nil, "CIDR block it may call from; may be given several times")
	f.IntVar(&s.RequestsPerDay, "per-day", 0, "calls a day; 0 for no quota")
	f.StringVar(&expires, "expires", "", "date or time at which its access ends, such as 2027-06-30")
	return m.remoteCmd(cmd, func(ctx context.Context, r *remote, _ []string) (_ []byte, _ func([]byte) error, err error) {
		if s.Grants, err = parseGrants(grants, reason); err != nil {
			return nil, nil, err
		}
		if s.ExpiresAt, err = parseTime(expires); err != nil {
			return nil, nil, err
		}
		body, err := r.send(ctx, http.MethodPost, applicationsPath, s)
		return body, decoded(m.credential), err
	})
}

// credential prints an application with its secret.
func (m *Main) credential(a *application.Shown) error {
	fmt.Fprintf(m.Stdout, "application    %s\nenvironment    %s\nclient id      %s\nclient secret  %s\n", a.Name, a.Environment, a.ClientID, a.ClientSecret)
	if !a.PreviousUntil.IsZero() {
		fmt.Fprintf(m.Stdout, "old secret     works until %s\n", a.PreviousUntil.Format(time.RFC3339))
	}
	fmt.Fprintln(m.Stderr, "The secret is shown only now.")
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
	cmd := &cobra.Command{Use: "show NAME", Short: "Print everything about an application except its secret", Example: "  airside app show mailer", Args: cobra.ExactArgs(1)}
	return m.onApplication(cmd, func(ctx context.Context, r *remote, path, _ string) error {
		body, err := r.get(ctx, path)
		if err != nil {
			return err
		}
		return printBody(m.Stdout, body)
	})
}

func (m *Main) appApplyCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "apply FILE", Short: "Make applications be as a file says",
		Long: "Apply reads a JSON file {\"applications\": [settings…]}, in the form that `airside app show` prints, and registers\n" +
			"what is not there and changes what is different, by name. Applications that the file does not name stay. The\n" +
			"secrets of new ones are printed, one line of JSON each; keep them in a vault. A second run changes nothing. A\n" +
			"server carries the same file out by itself when AIRSIDE_APPLICATIONS_FILE names it.",
		Example: "  airside app apply applications.json | airside vault put 'vault://secret/apps/mailer#secret' -",
		Args:    cobra.ExactArgs(1),
	}
	return m.onRemote(cmd, func(ctx context.Context, r *remote, args []string) error {
		text, err := os.ReadFile(args[0])
		if err != nil {
			return err
		}
		var file struct {
			TMC          string                    `json:"tmcId"`        // of AIRSIDE_APPLICATIONS_FILE; here the credential decides
			Applications []application.Application `json:"applications"` // what only the server sets may stand there, and is not read
		}
		if err := strictJSON(text, &file); err != nil {
			return failf(ExitUsage, "%s: %w", args[0], err)
		}
		var have application.ListOut
		if err := r.read(ctx, applicationsPath, &have); err != nil {
			return err
		}
		want := make([]application.Settings, len(file.Applications))
		for i := range file.Applications {
			want[i] = file.Applications[i].Settings
		}
		return m.apply(ctx, r, want, have.Applications)
	})
}

func (m *Main) apply(ctx context.Context, r *remote, want []application.Settings, have []*application.Application) error {
	made, changed, same := 0, 0, 0
	for i := range want {
		s := &want[i]
		if s.Environment == "" {
			s.Environment = application.Sandbox
		}
		var old *application.Application
		for _, a := range have {
			if a.Name == s.Name {
				old = a
			}
		}
		switch {
		case old == nil:
			body, err := r.send(ctx, http.MethodPost, applicationsPath, s)
			if err != nil {
				return fmt.Errorf("application %s: %w", s.Name, err)
			}
			err = decoded(func(got application.Shown) error {
				return printLine(m.Stdout, map[string]string{"name": got.Name, "clientId": got.ClientID, "clientSecret": got.ClientSecret})
			})(body)
			if err != nil {
				return err
			}
			made++
		case sameJSON(*s, old.Settings):
			same++
		default:
			if _, err := r.send(ctx, http.MethodPut, applicationsPath+"/"+old.ClientID, s); err != nil {
				return fmt.Errorf("application %s: %w", s.Name, err)
			}
			changed++
		}
	}
	fmt.Fprintf(m.Stderr, "%d registered, %d changed, %d as they were\n", made, changed, same)
	return nil
}

func (m *Main) appRotateCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "rotate NAME", Short: "Give an application a new secret and print it, once",
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
	return m.onApplication(cmd, func(ctx context.Context, r *remote, path, name string) error {
		if _, err := r.send(ctx, http.MethodPost, path+"/suspend", map[string]string{"reason": *reason}); err != nil {
			return err
		}
		_, err := fmt.Fprintf(m.Stdout, "%s is suspended; `airside app resume %s` ends it\n", name, name)
		return err
	})
}

// appActCmd is a command without more to say than the application's name.
func (m *Main) appActCmd(use, short, act string) *cobra.Command {
	cmd := &cobra.Command{Use: use + " NAME", Short: short, Example: "  airside app " + use + " mailer", Args: cobra.ExactArgs(1)}
	return m.onApplication(cmd, func(ctx context.Context, r *remote, path, name string) error {
		method := http.MethodDelete
		if act != "" {
			method, path = http.MethodPost, path+"/"+act
		}
		if _, err := r.send(ctx, method, path, nil); err != nil {
			return err
		}
		_, err := fmt.Fprintf(m.Stdout, "done: %s %s\n", use, name)
		return err
	})
}
