// SPDX-License-Identifier: Apache-2.0

package application

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store"
)

// Configuration is who manages applications that a file declares, and the actor of what it does.
const Configuration = "configuration"

const managed = "CONFIGURATION"

// Done is what was done to a declared application; Operation is empty when it was as the file says.
type Done struct {
	Name, ClientID, Operation string
	Before                    *Application // nil when it was registered
	SecretRef                 string       // where the secret of a new one is
}

// Declarable holds the settings of a declared application to the rules, and changes nothing but defaults.
// API_VALIDATION_FAILED, REFERENCE_NOT_FOUND.
func (s *Service) Declarable(ctx context.Context, in *Settings) error {
	a, _, err := s.called(ctx, in.Name)
	if err != nil {
		return err
	}
	return s.check(ctx, in, a)
}

// called reads the application of a name; nil when there is none.
func (s *Service) called(ctx context.Context, name string) (*Application, *store.Record, error) {
	r, err := store.Read(ctx).Find(actor.Tenant(ctx), kind, byName, name)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil, nil
	} else if err != nil {
		return nil, nil, err
	}
	a, err := read(r)
	return a, r, err
}

// Declare makes one application be as a file says, in the running transaction, after Provide; the actor is
// Configuration. One that
// is there by its name already is managed by the file from now on. Nobody learns the secret of a new one before
// it is rotated. What people did in an emergency stays: a suspension, and a rate that is lower than the file's
// until the file says something else. API_VALIDATION_FAILED for what never changes.
func (s *Service) Declare(ctx context.Context, in Settings) (Done, error) {
	a, r, err := s.called(ctx, in.Name)
	if err != nil {
		return Done{}, err
	}
	if err := s.check(ctx, &in, a); err != nil {
		return Done{}, err
	}
	said, err := json.Marshal(in)
	if err != nil {
		return Done{}, err
	}
	if a == nil {
		return s.declareNew(ctx, in, said)
	}
	was := *a
	done := Done{Name: in.Name, ClientID: a.ClientID, Operation: "updateApplication", Before: &was}
	if err := a.keeps(&in); err != nil {
		return done, err
	}
	if bytes.Equal(a.declared, said) && a.Rate != nil && (in.Rate == nil || a.Rate.PerSecond < in.Rate.PerSecond) {
		in.Rate = a.Rate
	}
	a.Settings, a.ManagedBy, a.declared = in, managed, said
	if a.State == Suspended && a.Suspension.By == Configuration {
		a.State, a.Suspension, done.Operation = Active, nil, "resumeApplication"
	}
	if same, err := a.same(&was); err != nil || same {
		done.Operation = ""
		return done, err
	}
	return done, s.write(ctx, a, r.Version)
}

func (s *Service) declareNew(ctx context.Context, in Settings, said []byte) (Done, error) {
	digest, err := provided(ctx, &in)
	if err != nil {
		return Done{}, err
	}
	id, _, err := s.d.Credentials.IssueApplication(ctx, in.Company, in.Role, digest)
	if err != nil {
		return Done{}, err
	}
	now := s.d.Clock.Now()
	a := &Application{ClientID: id, Settings: in, State: Active, ManagedBy: managed, CreatedAt: now, UpdatedAt: now, SecretRotatedAt: now,
		tenant: actor.Tenant(ctx), declared: said}
	if err := named(store.From(ctx).Insert(a.record())); err != nil {
		return Done{}, err
	}
	s.keep(ctx, a)
	return Done{Name: in.Name, ClientID: id, Operation: "createApplication", SecretRef: in.SecretRef}, nil
}

// same reports whether nothing of an application changed.
func (a *Application) same(was *Application) (bool, error) {
	x, err := json.Marshal(stored{a, a.declared})
	if err != nil {
		return false, err
	}
	y, err := json.Marshal(stored{was, was.declared})
	return bytes.Equal(x, y), err
}

// Declared lists the client ids of the active applications that a file manages, with their names.
func (s *Service) Declared(ctx context.Context) (map[string]string, error) {
	out := map[string]string{}
	for r, err := range store.Read(ctx).List(store.Query{Tenant: actor.Tenant(ctx), Kind: kind}) {
		if err != nil {
			return nil, err
		}
		a, err := read(r)
		if err != nil {
			return nil, err
		}
		if a.ManagedBy == managed && a.State != Suspended {
			out[a.ClientID] = a.Name
		}
	}
	return out, nil
}

// Withdraw suspends an application that no file declares any more; its settings and its secret stay. The actor is
// Configuration.
func (s *Service) Withdraw(ctx context.Context, clientID string) (Done, error) {
	a, r, err := s.own(ctx, clientID)
	if errs.Is(err, errs.ResourceNotFound) {
		return Done{}, nil // somebody was quicker
	} else if err != nil {
		return Done{}, err
	}
	was := *a
	done := Done{Name: a.Name, ClientID: a.ClientID, Operation: "suspendApplication", Before: &was}
	if a.ManagedBy != managed || a.State == Suspended {
		done.Operation = ""
		return done, nil
	}
	a.State = Suspended
	a.Suspension = &Suspension{Reason: "the configuration does not name it any more", By: Configuration, At: s.d.Clock.Now()}
	return done, s.write(ctx, a, r.Version)
}
