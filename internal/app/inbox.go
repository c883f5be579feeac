// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/airside-travel/airside/internal/config"
	"github.com/airside-travel/airside/internal/edge"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/identity"
	"github.com/airside-travel/airside/internal/inbox"
	"github.com/airside-travel/airside/internal/outbox"
	"github.com/airside-travel/airside/internal/upstream/hook"
	"github.com/airside-travel/airside/internal/vault"
)

// composeInbox makes an inbox for each environment that configuration gives one, and hands the consumers to the
// outbox. References are read here, so that a literal secret ends the start.
func (a *App) composeInbox(s *services) error {
	var boxes []inbox.Environment
	var consumers []outbox.Owned
	for i := range a.cfg.Upstreams {
		c := &a.cfg.Upstreams[i]
		box := inbox.Environment{Name: c.Name, Tolerance: c.HookAge, Bearer: c.HookBearer}
		refs, sign, err := hookRefs(c)
		if err != nil {
			return err
		}
		if len(refs) > 0 {
			box.Verifier = hook.NewVerifier(a.secrets, refs)
		}
		for _, target := range c.HookTargets {
			o := outbox.Owned{Tenant: identity.Platform, ID: consumerID(c.Name, target), URL: target,
				Name: c.Variable("WEBHOOK_TARGETS"), Signer: hook.NewSigner(a.secrets, sign)}
			if slices.ContainsFunc(consumers, func(other outbox.Owned) bool { return other.ID == o.ID }) {
				return fmt.Errorf("%s names a URL twice", o.Name)
			}
			consumers = append(consumers, o)
			box.Targets = append(box.Targets, inbox.Target{ID: o.ID, URL: target})
		}
		boxes = append(boxes, box)
	}
	if err := s.outbox.Own(consumers); err != nil {
		return err
	}
	s.inbox = inbox.New(inbox.Options{
		Store: a.store, Clock: a.o.Clock, Tenant: identity.Platform, Outbox: s.outbox, Environments: boxes, Log: a.o.Log, Bearer: a.hookSender,
	})
	return nil
}

// hookRefs reads where an environment's webhook secrets are: those that verify, and the one that signs what is passed on.
func hookRefs(c *config.Environment) (verify []vault.Ref, sign vault.Ref, err error) {
	var problems []error
	read := func(setting, text string) (ref vault.Ref) {
		ref, err := vault.ParseRef(strings.TrimSpace(text))
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", c.Variable(setting), err))
		}
		return ref
	}
	for _, text := range c.Hooks {
		verify = append(verify, read("WEBHOOK_SECRETS", text))
	}
	switch {
	case c.HookSign != "":
		sign = read("WEBHOOK_SIGN", c.HookSign)
	case len(c.HookTargets) > 0:
		problems = append(problems, fmt.Errorf("%s: must say where the secret is that signs what is passed on, because %s is set",
			c.Variable("WEBHOOK_SIGN"), c.Variable("WEBHOOK_TARGETS")))
	}
	return verify, sign, errors.Join(problems...)
}

// consumerID names a consumer the same at each start, so that what waits for it is found again.
func consumerID(environment, url string) string {
	sum := sha256.Sum256([]byte("inbox consumer\x00" + environment + "\x00" + url))
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80 // a UUID of version 8: what it is made of is our own affair
	text := hex.EncodeToString(sum[:16])
	return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
}

// hookSender lets an application of the environment send webhooks with a token, as receivers did before
// signatures, if it is granted the operation.
func (a *App) hookSender(ctx context.Context, environment, token, address string) (string, error) {
	s := a.services
	caller, err := gate{s.identity, s.access, s.applications, a.peers}.Authenticate(ctx, token)
	if err != nil {
		return "", err
	}
	addr, err := netip.ParseAddr(address)
	if err != nil || len(caller.Networks) > 0 && !caller.Networks.Contains(addr) {
		return "", edge.OutsideNetworks(address, a.cfg.TrustedHops, edge.ClientList)
	}
	if caller.Application == nil || caller.Application.Environment != environment {
		return "", errs.New(errs.EnvironmentForeign, "webhooks of the environment %s are taken from its own applications only", environment).With("environment", environment)
	}
	if _, err := caller.Application.Permit(a.contract.Operation("receiveWebhook"), addr, a.o.Clock.Now()); err != nil {
		return "", err
	}
	return caller.Actor.ClientID, nil
}

// SettleInbox passes on what is due for the consumers of inboxes, and returns when nothing is.
func (a *App) SettleInbox(ctx context.Context) error {
	_, err := a.services.outbox.Settle(ctx, identity.Platform)
	return err
}
