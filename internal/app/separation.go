// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/airside-travel/airside/internal/upstream"
	"github.com/airside-travel/airside/internal/vault"
)

// separate refuses environments that share a credential, by its reference or by its value in sealed files and variables.
// What cannot be read is no reason here: the first call says so.
func separate(ctx context.Context, secrets *vault.Vaults, all []upstream.Environment) error {
	if err := upstream.ValidateAll(all); err != nil || secrets == nil {
		return err
	}
	found, _ := upstream.Compare(ctx, secrets, all, false)
	var problems []error
	for _, s := range found {
		problems = append(problems, s)
	}
	return errors.Join(problems...)
}

// How often credentials are compared: soon again while a vault does not give one, and then, since somebody may put
// another one there.
const (
	compareSoon  = time.Minute
	compareAgain = time.Hour
)

// keepSeparate compares credentials of which one is in a vault behind a network, which a start does not wait for.
func (a *App) keepSeparate(ctx context.Context) {
	var all []upstream.Environment
	for i := range a.cfg.Upstreams {
		e, err := UpstreamOf(&a.cfg.Upstreams[i], a.cfg.Dev)
		if err != nil {
			return // the start has read it
		}
		all = append(all, e)
	}
	if !upstream.Remote(all) {
		return
	}
	for ctx.Err() == nil {
		wait := time.NewTimer(a.compare(ctx, all))
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
		}
	}
}

// compare tells once what two environments share, and of each environment when that is over; next is when to come again.
func (a *App) compare(ctx context.Context, all []upstream.Environment) (next time.Duration) {
	found, err := upstream.Compare(ctx, a.secrets, all, true)
	for _, s := range found {
		for i, name := range s.Environments {
			if i == 0 || name != s.Environments[0] {
				a.upstreamEvent(ctx, upstream.Event{Environment: name, Kind: upstream.EventShared, Detail: s.Error()})
			}
		}
	}
	if err != nil {
		a.o.Log.DebugContext(ctx, "not every credential could be compared", slog.Any("error", err))
		return compareSoon
	}
	for i := range all {
		if !slices.ContainsFunc(found, func(s *upstream.Shared) bool { return slices.Contains(s.Environments[:], all[i].Name) }) {
			a.upstreamFound(upstream.Event{Environment: all[i].Name, Kind: upstream.EventSeparate})
		}
	}
	return compareAgain
}
