// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"strings"

	"github.com/airside-travel/airside/internal/app"
	"github.com/airside-travel/airside/internal/vault"
)

// partSecrets is the practice that a literal secret breaks, whatever part of the configuration it stands in.
const partSecrets = "secrets"

// remedies say how to mend what keeps a server from starting.
//
//nolint:gochecknoglobals // constant table
var remedies = map[string]string{
	app.PartVault:        "AIRSIDE_VAULT_ADDRESS=https://…, and AIRSIDE_VAULT_CREDENTIAL says where the login is; `airside vault get REF --check` tries both",
	app.PartSealKey:      "AIRSIDE_SEAL_KEY_FILE names a key file; `airside vault seal --file FILE --new-key` makes one",
	app.PartMasterKey:    "AIRSIDE_MASTER_KEY_FILE names the key that the database was made with; for a new one on PostgreSQL `openssl rand -base64 32` makes it",
	app.PartLog:          "AIRSIDE_LOG_SINKS=stderr, or another form of docs/logs.md",
	app.PartPolicies:     "mend the file that AIRSIDE_POLICY_FILE names (docs/gateway.md)",
	app.PartEnvironments: "`airside config` lists the settings of an environment and what each takes",
	app.PartSeparation:   "give each environment an API user of its own",
	app.PartOperations:   "`airside routes` lists operations, scopes and effects",
	app.PartInbox:        "AIRSIDE_ENV_<NAME>_WEBHOOK_SECRETS and …_WEBHOOK_SIGN say where secrets are, and targets are https",
	app.PartSinks:        "mend the file that AIRSIDE_ALERT_SINKS_FILE names (docs/alerts.md)",
	app.PartDetection:    "mend the file that AIRSIDE_DETECT_RULES names (docs/detection.md)",
	app.PartApplications: "mend the file that AIRSIDE_APPLICATIONS_FILE names (docs/gateway.md)",
	app.PartStart:        "`airside config` lists the settings and what each takes",
	partBrokers:          "mend the file that AIRSIDE_BROKERS_FILE names (docs/webhooks.md)",
	partSecrets:          "name a place: vault://mount/path#field, aws-sm://name#field, file:path#field or env:NAME",
}

const partBrokers = "brokers"

// start holds the configuration to what `serve` holds it to.
func (m *Main) start(ctx context.Context, p *practised) {
	relays, err := m.relays(*p.cfg)
	if err != nil {
		p.troubles = append(p.troubles, app.Trouble{Part: partBrokers, Err: err})
	}
	if relays != nil {
		defer relays.Close()
	}
	p.troubles = append(p.troubles, app.Preflight(ctx, *p.cfg, p.contract, app.Options{Environ: m.Environ, Relays: relays})...)
	for _, t := range p.troubles {
		part, fix := t.Part, remedies[t.Part]
		switch {
		case errors.Is(t.Err, vault.ErrLiteral):
			part, fix = partSecrets, remedies[partSecrets]
		case part == app.PartEnvironments && strings.Contains(t.Err.Error(), "URL"):
			fix = "AIRSIDE_ENV_<NAME>_BASE_URL=https://…; `airside dev` takes http:// on this machine (docs/gateway.md)"
		}
		p.fail(part, t.Err.Error(), fix)
	}
	if len(p.troubles) == 0 {
		p.ok(app.PartStart, "a server with this configuration starts")
	}
}
