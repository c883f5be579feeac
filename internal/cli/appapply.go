// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/airside-travel/airside/internal/app"
	"github.com/airside-travel/airside/internal/application"
)

// applied is what became of one application of a file.
type applied struct {
	Name     string `json:"name"`
	ClientID string `json:"clientId"`
	Outcome  string `json:"outcome"` // REGISTERED, CHANGED or UNCHANGED
	Secret   string `json:"clientSecret,omitempty"`
	Ref      string `json:"secretRef,omitempty"`

	moved bool // its secret is not where Ref says yet
}

// The outcomes.
const (
	registered = "REGISTERED"
	changed    = "CHANGED"
	unchanged  = "UNCHANGED"
)

func (m *Main) appApplyCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "apply FILE", Short: "Make applications be as a file says",
		Long: "Apply reads a JSON file {\"applications\": [settings…]}, in the form that `airside app show` prints, and registers\n" +
			"what is not there and changes what is different, by name. Applications that the file does not name stay. A second\n" +
			"run changes nothing.\n\n" +
			"With \"secretRef\": \"vault://secret/apps/mailer#secret\" in its settings the server puts the secret of an application into\n" +
			"that vault, and nobody sees it. The secrets of other new ones are printed, one line of JSON each, and never again:\n" +
			"send them to a file that only you can read.\n\n" +
			"A server carries the same file out by itself when AIRSIDE_APPLICATIONS_FILE names it.",
		Example: "  airside app apply applications.json\n  (umask 077; airside app apply applications.json > secrets.jsonl)",
		Args:    cobra.ExactArgs(1),
	}
	asJSON := cmd.Flags().Bool("json", false, "print one JSON document: what became of each application")
	return m.onRemote(cmd, func(ctx context.Context, r *remote, args []string) error {
		want, err := m.applicationsIn(args[0])
		if err != nil {
			return err
		}
		var have application.ListOut
		if err := r.read(ctx, applicationsPath, &have); err != nil {
			return err
		}
		defer signal.Reset(syscall.SIGPIPE)
		signal.Ignore(syscall.SIGPIPE) // who reads our output may end early; the secret must not go with it unnoticed
		var done []applied
		for i := range want {
			one, err := r.applyOne(ctx, &want[i], have.Applications)
			if err != nil {
				return fmt.Errorf("application %s: %w", want[i].Name, err)
			}
			done = append(done, one)
			if one.moved {
				m.nextSecret(one.Name, one.Ref)
			}
			if *asJSON || one.Outcome != registered {
				continue
			}
			if err := m.shownOnce(one); err != nil {
				return err
			}
		}
		return m.summary(done, *asJSON)
	})
}

// applicationsIn reads a file as a server does that it is for.
func (m *Main) applicationsIn(name string) ([]application.Settings, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	c, err := m.contract()
	if err != nil {
		return nil, err
	}
	want, err := app.ApplicationsIn(name, text, c)
	if err != nil {
		return nil, failf(ExitUsage, "%w", err).hint("`airside app show NAME` prints settings as they stand in a file, `airside contract --operation createApplication` what each may be")
	}
	return want, nil
}

func (r *remote) applyOne(ctx context.Context, s *application.Settings, have []*application.Application) (applied, error) {
	if s.Environment == "" {
		s.Environment = application.Sandbox
	}
	for _, old := range have {
		if old.Name != s.Name {
			continue
		}
		out := applied{Name: old.Name, ClientID: old.ClientID, Outcome: unchanged, Ref: s.SecretRef}
		if sameJSON(*s, old.Settings) {
			return out, nil
		}
		out.Outcome, out.moved = changed, s.SecretRef != "" && s.SecretRef != old.SecretRef
		_, err := r.send(ctx, http.MethodPut, applicationsPath+"/"+old.ClientID, s)
		return out, err
	}
	body, err := r.send(ctx, http.MethodPost, applicationsPath, s)
	if err != nil {
		return applied{}, err
	}
	var got application.Shown
	if err := json.Unmarshal(body, &got); err != nil {
		return applied{}, fmt.Errorf("read the answer: %w", err)
	}
	return applied{Name: got.Name, ClientID: got.ClientID, Outcome: registered, Secret: got.ClientSecret, Ref: got.SecretRef}, nil
}

// shownOnce prints a new application, with its secret if that is not in a vault.
func (m *Main) shownOnce(a applied) error {
	line := map[string]string{"name": a.Name, "clientId": a.ClientID}
	if a.Secret != "" {
		line["clientSecret"] = a.Secret
	}
	if a.Ref != "" {
		line["secretRef"] = a.Ref
	}
	if err := printLine(m.Stdout, line); err != nil {
		return failf(ExitFailure, "%s is registered, and its secret could not be printed: %w", a.Name, err).
			hint("airside app rotate %s gives it another one; with a secretRef nothing has to be printed", a.Name)
	}
	return nil
}

func (m *Main) summary(done []applied, asJSON bool) error {
	if asJSON {
		if done == nil {
			done = []applied{}
		}
		return printJSON(m.Stdout, map[string][]applied{"applications": done})
	}
	count := map[string]int{}
	for _, a := range done {
		count[a.Outcome]++
	}
	_, err := fmt.Fprintf(m.Stderr, "%d registered, %d changed, %d as they were\n", count[registered], count[changed], count[unchanged])
	return err
}
