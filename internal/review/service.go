// SPDX-License-Identifier: Apache-2.0

package review

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/access"
	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/alert"
	"github.com/airside-travel/airside/internal/application"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/identity"
	"github.com/airside-travel/airside/internal/store"
)

// Every is how often access must be reviewed.
const Every = 90 * 24 * time.Hour

// Applications reads and changes applications in the running transaction; *application.Service does.
type Applications interface {
	List(ctx context.Context, in application.ListIn) (application.ListOut, error)
	Get(ctx context.Context, in application.IDIn) (*application.Application, error)
	Update(ctx context.Context, in application.UpdateIn) (*application.Application, error)
	Delete(ctx context.Context, in application.IDIn) (struct{}, error)
}

// APIUsers reads and revokes API users; *identity.Service does.
type APIUsers interface {
	Inventory(ctx context.Context) ([]identity.UserFacts, error)
	Revoke(ctx context.Context, in identity.ClientIn) (struct{}, error)
}

// Roles lists roles and groups; *access.Service does.
type Roles interface {
	Inventory(ctx context.Context) ([]access.HeldRole, []access.HeldGroup, error)
}

// Surroundings are those of the whole server.
type Surroundings interface {
	Around(ctx context.Context) (Snapshot, error)
	// Live says whether calls in an environment have effects in the world.
	Live(environment string) bool
}

// Auditor writes to the audit trail in the running transaction and answers the entry's number.
type Auditor interface {
	Enter(ctx context.Context, a alert.Act) (int64, error)
}

// Alerts is told of reviews that are overdue; *alert.Service is.
type Alerts interface {
	RaiseIn(ctx context.Context, f alert.Finding) (string, error)
}

// Options are what a Service needs.
type Options struct {
	Store        store.Store
	Clock        clock.Clock // the system's: use does not follow a simulated clock
	Clocks       *clock.Tenants
	Contract     *contract.Contract
	Applications Applications
	APIUsers     APIUsers
	Roles        Roles
	Around       Surroundings
	Audit        Auditor
	Alerts       Alerts
	// Flush writes down what was used until now.
	Flush func(ctx context.Context) error
}

// Service is the whole of access reviews.
type Service struct{ o Options }

// New makes the service.
func New(o Options) *Service { return &Service{o} }

// Fresh has what was used until now written down, ahead of the transaction of a snapshot.
func (s *Service) Fresh(ctx context.Context, _ StartIn) error { return s.o.Flush(ctx) }

func (s *Service) now() time.Time { return s.o.Clock.Now().UTC() }

func sorted(all []*storedItem) []*storedItem {
	slices.SortFunc(all, func(a, b *storedItem) int {
		return cmp.Or(cmp.Compare(b.Kind, a.Kind), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	return all
}

// ListOut are reviews, the newest first.
type ListOut struct {
	Reviews []Review `json:"reviews"`
}

// List is listAccessReviews.
func (s *Service) List(ctx context.Context, _ struct{}) (ListOut, error) {
	out := ListOut{Reviews: []Review{}}
	for rec, err := range store.Read(ctx).List(store.Query{Tenant: actor.Tenant(ctx), Kind: kind, Newest: true}) {
		if err != nil {
			return out, err
		}
		v, err := decodeReview(rec)
		if err != nil {
			return out, err
		}
		out.Reviews = append(out.Reviews, v.Review)
	}
	return out, nil
}

// IDIn names a review.
type IDIn struct {
	ID string `path:"reviewId"`
}

// Get is getAccessReview.
func (s *Service) Get(ctx context.Context, in IDIn) (Detail, error) {
	r, tenant := store.Read(ctx), actor.Tenant(ctx)
	v, err := loadReview(r, tenant, in.ID)
	if err != nil {
		return Detail{}, err
	}
	return detail(r, v)
}

func detail(r store.Reader, v *storedReview) (Detail, error) {
	out := Detail{Review: v.Review, Snapshot: v.Snapshot, Access: []Item{}}
	all, err := items(r, v.tenant, v.ID)
	if err != nil {
		return out, err
	}
	for _, i := range all {
		out.Access = append(out.Access, i.Item)
	}
	return out, nil
}
