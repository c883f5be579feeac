// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/alert"
	"github.com/airside-travel/airside/internal/audit"
	"github.com/airside-travel/airside/internal/environment"
	"github.com/airside-travel/airside/internal/evidence"
	"github.com/airside-travel/airside/internal/review"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/telemetry"
	"github.com/airside-travel/airside/internal/usage"
)

// composeReview makes access reviews, what they are measured by, and evidence.
func (a *App) composeReview(s *services) {
	a.usage = usage.New(usage.Options{Store: a.store, Log: a.o.Log, Begun: func(ctx context.Context, tenant string) error { return s.review.Begun(ctx, tenant) }})
	s.review = review.New(review.Options{
		Store: a.store, Clock: a.o.Clock, Clocks: a.clocks, Contract: a.contract, Applications: s.applications, APIUsers: s.identity, Roles: s.access,
		Around: surroundings{a}, Audit: trail{a.clocks}, Alerts: s.alert, Flush: a.usage.Flush,
	})
	s.evidence = evidence.New(evidence.Options{Store: a.store, Clock: a.o.Clock, Keeper: s.keeper, Version: a.o.Version, Sources: a.evidenceSources(s)})
}

// Enter writes to the audit chain and answers the number of the entry.
func (t trail) Enter(ctx context.Context, act alert.Act) (int64, error) {
	detail, err := json.Marshal(act.Detail)
	if err != nil {
		return 0, err
	}
	e := &store.AuditEntry{
		Tenant: act.Tenant, At: t.clocks.Base().Now(), Actor: named(actor.From(ctx)), Operation: act.Operation, Target: act.Target, Outcome: act.Outcome,
		RequestID: telemetry.RequestID(ctx), Detail: detail,
	}
	err = audit.Append(store.From(ctx), e)
	return e.Seq, err
}

// surroundings are what a review sees of the whole server.
type surroundings struct{ a *App }

func (n surroundings) Live(name string) bool {
	e, _ := n.a.services.environments.Environment(name)
	return e.Live
}

// Around shows environments, where their secrets are, and the operator's policies; never a secret.
func (n surroundings) Around(ctx context.Context) (review.Snapshot, error) {
	cfg := &n.a.cfg
	out := review.Snapshot{Environments: []review.Environment{}, References: []review.Reference{}, Networks: append([]string{}, cfg.Networks...)}
	list, err := n.a.services.environments.List(ctx, struct{}{})
	if err != nil {
		return out, err
	}
	for _, e := range list.Environments {
		out.Environments = append(out.Environments, review.Environment{Name: e.Name, Live: e.Live || e.Name != environment.Sandbox && n.Live(e.Name), Mode: e.Mode, ClientID: e.ClientID, CredentialSince: e.CredentialSince})
	}
	for i := range cfg.Upstreams {
		e := &cfg.Upstreams[i]
		prefix := "AIRSIDE_ENV_" + strings.ToUpper(strings.ReplaceAll(e.Name, "-", "_")) + "_"
		add := func(setting string, refs ...string) {
			for _, ref := range refs {
				if ref != "" {
					out.References = append(out.References, review.Reference{Setting: prefix + setting, Reference: ref})
				}
			}
		}
		add("SECRET", e.Secret)
		add("ADMIN_SECRET", e.AdminSecret)
		add("WEBHOOK_SECRETS", e.Hooks...)
		add("WEBHOOK_SIGN", e.HookSign)
	}
	if cfg.PolicyFile != "" {
		text, err := os.ReadFile(cfg.PolicyFile)
		if err != nil {
			return out, err
		}
		sum := sha256.Sum256(text)
		out.Policies = &review.Policies{SHA256: hex.EncodeToString(sum[:]), Text: string(text)}
	}
	return out, nil
}
