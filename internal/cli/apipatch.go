// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"encoding/json"

	"github.com/spf13/cobra"

	"github.com/airside-travel/airside/client"
	"github.com/airside-travel/airside/contract"
)

// patchHelp is what --patch says of itself.
const patchHelp = "change the stored object instead of replacing it: a JSON merge patch (RFC 7396), @FILE, or -"

// runPatch reads the object that the operation replaces, merges the patch into it, and writes it back
// under the condition that nobody changed it meanwhile.
func (m *Main) runPatch(cmd *cobra.Command, op *contract.Operation, f *apiFlags) error {
	if f.body != "" {
		return failf(ExitUsage, "--patch and --body exclude each other")
	}
	text, err := m.body(f.patch)
	if err != nil {
		return err
	}
	patch, err := client.ParseObject(text)
	if err != nil {
		return failf(ExitUsage, "the patch must be a JSON object: %w", err)
	}
	r, err := m.remote(f.base)
	if err != nil {
		return err
	}
	if r.cfg.Token == "" && (r.cfg.ClientID == "" || r.cfg.ClientSecret == "") {
		return noCredentials()
	}
	params := client.Params{}
	for i := range op.Params {
		p := &op.Params[i]
		if values := *f.params[p.In+" "+p.Name]; len(values) > 0 {
			params[p.Name] = values
		}
	}
	if found := op.CheckPath(params.Get); len(found) > 0 {
		return violations(op, found)
	}
	c, err := m.contract()
	if err != nil {
		return err
	}
	api := client.With(client.Options{
		BaseURL: r.base, ClientID: r.cfg.ClientID, ClientSecret: r.cfg.ClientSecret, Token: r.cfg.Token, UserAgent: "airside-cli/" + build().Version,
	}, c)
	var merged []byte
	err = api.Update(cmd.Context(), op.ID, params, func(o client.Object) error {
		before := o.Copy()
		o.Merge(patch)
		if merged, err = json.Marshal(o); err != nil {
			return err
		}
		if found := op.CheckBody("application/json", merged); len(found) > 0 && !f.noCheck {
			return violations(op, found)
		}
		if f.dryRun {
			o.Become(before)
		}
		return nil
	})
	if err != nil {
		return refusal(err)
	}
	return printBody(m.Stdout, merged)
}
