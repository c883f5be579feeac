// SPDX-License-Identifier: Apache-2.0

package application

import (
	"cmp"
	"context"
	"errors"

	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/vault"
)

// A secret that is put into a vault never passes here: what does is its digest. A new application's is current in the
// vault before the application is registered. If the process dies between the two, or the transaction fails, the next
// attempt finds a secret of ours that nobody has, and adopts it. A rotation stages the new secret, registers it, and
// makes it current then, so that whoever reads the vault always reads one that works. If the process dies after the
// first step, the next rotation replaces what is staged; after the second, it finds the registered secret staged and
// makes it current.

// Vault is where client secrets can be put; its errors are package vault's.
type Vault interface {
	Traces(ctx context.Context, ref vault.Ref, prefix string) (vault.Traces, error)
	Issue(ctx context.Context, ref vault.Ref, prefix string) (vault.Trace, error)
	Promote(ctx context.Context, ref vault.Ref, token string) error
	Restore(ctx context.Context, ref vault.Ref) error
}

// checkRef refuses a reference that no application, or not this one, can have.
func (s *Service) checkRef(in *Settings, was *Application) error {
	if in.SecretRef == "" {
		return nil
	}
	bad := func(format string, args ...any) error {
		return errs.Invalidf("/secretRef", "reference", format, args...)
	}
	ref, err := vault.ParseRef(in.SecretRef)
	if err != nil {
		return bad("a secret is named, never written here: vault://mount/path#field, aws-sm://name#field or file:path#field")
	}
	if ref.Scheme == vault.SchemeEnv {
		return bad("nothing can be put into the environment of a process; name a vault: vault://mount/path#field, aws-sm://name#field or file:path#field")
	}
	if s.d.Reserved != nil {
		if by := s.d.Reserved(ref); by != "" {
			return bad("%s uses it; give the application a place of its own", by)
		}
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	for id, l := range s.live {
		other, err := vault.ParseRef(l.SecretRef)
		if err == nil && other.Overlaps(ref) && (was == nil || id != was.ClientID) {
			return bad("another application has its secret there; give each a place of its own")
		}
	}
	return nil
}

type secretKey struct{}

// prepared is what was done in a vault ahead of a transaction.
type prepared struct {
	digest   []byte
	holder   string // of the name, when it is taken: nothing was done
	finished bool   // an earlier rotation is complete now, and no other is to follow
}

func with(ctx context.Context, p prepared) context.Context {
	return context.WithValue(ctx, secretKey{}, p)
}

// provided is the digest of the secret that was put where the settings say; nil when they do not.
func provided(ctx context.Context, in *Settings) ([]byte, error) {
	if in.SecretRef == "" {
		return nil, nil
	}
	p := preparedIn(ctx)
	if p.digest == nil { // the reference came between our look and the transaction
		return nil, errs.New(errs.VersionConflict, "the application changed meanwhile")
	}
	return p.digest, nil
}

func preparedIn(ctx context.Context) prepared {
	p, _ := ctx.Value(secretKey{}).(prepared)
	return p
}

// BeforeCreate puts a secret where the settings say, once it is known that nothing else keeps the application from
// being registered. API_VALIDATION_FAILED, VAULT_UNAVAILABLE, VERSION_CONFLICT.
func (s *Service) BeforeCreate(ctx context.Context, in SettingsIn) (context.Context, func(context.Context) error, error) {
	if in.Body.SecretRef == "" {
		return ctx, nil, nil
	}
	var there *Application
	err := s.d.Store.View(ctx, func(ctx context.Context) (err error) {
		if there, _, err = s.called(ctx, in.Body.Name); err != nil || there != nil {
			return err
		}
		return cmp.Or(s.check(ctx, &in.Body, nil), s.ends(&in.Body))
	})
	if err != nil {
		return ctx, nil, err
	}
	if there != nil { // refused in the transaction, where a repeated request is known
		return with(ctx, prepared{holder: there.ClientID}), nil, nil
	}
	ctx, err = s.provide(ctx, in.Body.SecretRef)
	return ctx, nil, err
}

// BeforeUpdate looks into the vault that the settings name anew: it must not hold what is somebody else's.
// API_VALIDATION_FAILED, VAULT_UNAVAILABLE.
func (s *Service) BeforeUpdate(ctx context.Context, in UpdateIn) (context.Context, func(context.Context) error, error) {
	if in.Body.SecretRef == "" {
		return ctx, nil, nil
	}
	var a *Application
	err := s.d.Store.View(ctx, func(ctx context.Context) (err error) {
		if a, _, err = s.own(ctx, in.ClientID); err != nil {
			return err
		}
		return s.check(ctx, &in.Body, a)
	})
	if err != nil || a.SecretRef == in.Body.SecretRef {
		return ctx, nil, err
	}
	ref, t, err := s.look(ctx, in.Body.SecretRef)
	if err == nil {
		_, err = s.replaceable(ctx, ref, t.Current, a.ClientID)
	}
	return ctx, nil, atReference(err)
}

// BeforeRotate stages a new secret where the application's is kept; what follows the transaction makes it current.
// RESOURCE_NOT_FOUND, ROTATION_REFUSED, VAULT_UNAVAILABLE.
func (s *Service) BeforeRotate(ctx context.Context, in RotateIn) (context.Context, func(context.Context) error, error) {
	var a *Application
	err := s.d.Store.View(ctx, func(ctx context.Context) (err error) {
		a, _, err = s.own(ctx, in.ClientID)
		return err
	})
	if err != nil || a.SecretRef == "" {
		return ctx, nil, err
	}
	ref, t, err := s.look(ctx, a.SecretRef)
	if err != nil {
		return ctx, nil, rotationRefused(err)
	}
	done, err := s.finish(ctx, ref, t.Pending, a.ClientID)
	switch {
	case err != nil:
		return ctx, nil, rotationRefused(err)
	case done && in.Body.OverlapSeconds > 0:
		return with(ctx, prepared{finished: true}), nil, nil
	case !done:
		if _, err := s.replaceable(ctx, ref, t.Current, a.ClientID); err != nil {
			return ctx, nil, rotationRefused(err)
		}
	}
	next, err := s.d.Vault.Issue(ctx, ref, ids.ApplicationSecret)
	if err != nil {
		return ctx, nil, rotationRefused(err)
	}
	return with(ctx, prepared{digest: next.Digest}), func(ctx context.Context) error {
		if err := s.d.Vault.Promote(ctx, ref, next.Token); err != nil {
			return errs.New(errs.VaultUnavailable, "the new secret counts and is staged in %s, but it is not the current one there yet; rotate again to finish", ref).Because(err)
		}
		return nil
	}, nil
}

// Provide does for an application of a file what BeforeCreate does for one that somebody registers. Of one that is there
// already it completes what was interrupted, and says whether the vault holds its secret.
func (s *Service) Provide(ctx context.Context, in Settings) (_ context.Context, held bool, err error) {
	if in.SecretRef == "" {
		return ctx, true, nil
	}
	var a *Application
	if err := s.d.Store.View(ctx, func(ctx context.Context) (err error) {
		a, _, err = s.called(ctx, in.Name)
		return err
	}); err != nil {
		return ctx, false, err
	}
	if a == nil {
		ctx, err = s.provide(ctx, in.SecretRef)
		return ctx, err == nil, err
	}
	ref, t, err := s.look(ctx, in.SecretRef)
	if err != nil {
		return ctx, false, atReference(err)
	}
	held, err = s.settle(ctx, ref, t, a.ClientID)
	return ctx, held, atReference(err)
}

// settle makes the secret that counts the current one, if the vault has it at all.
func (s *Service) settle(ctx context.Context, ref vault.Ref, t vault.Traces, client string) (bool, error) {
	if done, err := s.finish(ctx, ref, t.Pending, client); done || err != nil {
		return done, err
	}
	if works, err := s.counts(ctx, t.Current, client); works || err != nil {
		return works, err
	}
	// Two processes that registered it at once: the second one's secret took the place of the first one's, which counts.
	works, err := s.counts(ctx, t.Previous, client)
	if err != nil || !works || t.Current == nil || !t.Current.Ours {
		return false, err
	}
	if known, err := s.replaceable(ctx, ref, t.Current, client); known || err != nil {
		return false, err
	}
	return true, s.d.Vault.Restore(ctx, ref)
}

// provide puts a secret into a vault for a new application: the one that is there, when it is ours and nobody's.
func (s *Service) provide(ctx context.Context, text string) (context.Context, error) {
	ref, t, err := s.look(ctx, text)
	if err != nil {
		return ctx, atReference(err)
	}
	known, err := s.replaceable(ctx, ref, t.Current, "")
	if err != nil {
		return ctx, atReference(err)
	}
	if t.Current != nil && !known {
		return with(ctx, prepared{digest: t.Current.Digest}), nil
	}
	next, err := s.d.Vault.Issue(ctx, ref, ids.ApplicationSecret)
	if err == nil {
		err = s.d.Vault.Promote(ctx, ref, next.Token)
	}
	return with(ctx, prepared{digest: next.Digest}), atReference(err)
}

func (s *Service) look(ctx context.Context, text string) (vault.Ref, vault.Traces, error) {
	ref, err := vault.ParseRef(text)
	if err != nil {
		return ref, vault.Traces{}, err
	}
	t, err := s.d.Vault.Traces(ctx, ref, ids.ApplicationSecret)
	return ref, t, err
}

// replaceable refuses to touch what is no secret of ours, or works for somebody else than client. known says that the
// secret is, or was, somebody's.
func (s *Service) replaceable(ctx context.Context, ref vault.Ref, t *vault.Trace, client string) (known bool, err error) {
	if t == nil {
		return false, nil
	}
	if !t.Ours {
		return false, errs.Invalidf("/secretRef", "occupied", "%s holds something that is no client secret of this server", ref).
			Hinting("Name a place where nothing is, or remove what is there: nothing is overwritten that was not made here.")
	}
	holder, works, err := s.holder(ctx, t)
	if err == nil && works && holder != client {
		err = errs.Invalidf("/secretRef", "occupied", "%s holds the secret of another application or API user", ref).Hinting("Give each a place of its own.")
	}
	return holder != "", err
}

func (s *Service) holder(ctx context.Context, t *vault.Trace) (id string, works bool, err error) {
	err = s.d.Store.View(ctx, func(ctx context.Context) (err error) {
		id, works, err = s.d.Credentials.Holder(ctx, t.Digest)
		return err
	})
	return id, works, err
}

// counts reports whether a secret opens the application.
func (s *Service) counts(ctx context.Context, t *vault.Trace, client string) (bool, error) {
	if t == nil {
		return false, nil
	}
	id, works, err := s.holder(ctx, t)
	return works && id == client, err
}

// finish makes a staged secret current that counts already.
func (s *Service) finish(ctx context.Context, ref vault.Ref, pending *vault.Trace, client string) (bool, error) {
	if works, err := s.counts(ctx, pending, client); err != nil || !works {
		return false, err
	}
	return true, s.d.Vault.Promote(ctx, ref, pending.Token)
}

// atReference gives an error of a vault the place in the settings that names it.
func atReference(err error) error {
	v, ok := errors.AsType[*vault.Error](err)
	switch {
	case !ok:
		return err
	case errors.Is(err, vault.ErrUnavailable):
		return errs.New(errs.VaultUnavailable, "%s; nothing was registered or changed", v).Because(err)
	case errors.Is(err, vault.ErrConflict):
		return errs.New(errs.VersionConflict, "%s", v).Because(err)
	case errors.Is(err, vault.ErrNotFound):
		return errs.Invalidf("/secretRef", "reference", "%s", v).Hinting("`airside vault seal` makes a sealed file; a server puts secrets into one that is there.").Because(err)
	}
	return errs.Invalidf("/secretRef", "reference", "%s", v).Hinting("`airside vault put REF` on the server's machine shows what it may write; `airside config` how vaults are reached.").Because(err)
}

// rotationRefused is atReference for a call that names no reference.
func rotationRefused(err error) error {
	if errors.Is(err, vault.ErrUnavailable) {
		return errs.New(errs.VaultUnavailable, "%s; nothing was rotated", err).Because(err)
	}
	if v, ok := errors.AsType[*vault.Error](err); ok {
		return errs.New(errs.RotationRefused, "%s", v).Because(err)
	}
	if e := errs.As(err); e != nil && len(e.Fields) > 0 {
		return errs.New(errs.RotationRefused, "%s", e.Fields[0].Message).Hinting("%s", e.Hint)
	}
	return err
}
