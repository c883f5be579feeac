// SPDX-License-Identifier: Apache-2.0

package peers

import (
	"context"

	"github.com/airside-travel/airside/internal/store"
)

type recorderKey struct{}

// recorder counts the changes of one transaction.
type recorder struct {
	peers *Peers
	noted map[[2]string]int64
	err   error // the transaction fails with it
}

// note counts a change, once for a transaction, and returns its number.
func (r *recorder) note(ctx context.Context, tenant, name string) int64 {
	k := [2]string{tenant, name}
	n, ok := r.noted[k]
	if ok || r.err != nil {
		return n
	}
	if n, r.err = store.From(ctx).Change(tenant, name); r.err != nil {
		return 0
	}
	if r.noted == nil {
		r.noted = map[[2]string]int64{}
	}
	r.noted[k] = n
	return n
}

// Note tells the other processes, in the transaction that changes a thing, that it did. Once that is durable,
// remember has this process know it: n is the number of the change, 0 for a process that has the
// store to itself. It returns n.
func Note(ctx context.Context, tenant, name string, remember func(n int64)) int64 {
	rec, _ := ctx.Value(recorderKey{}).(*recorder)
	if rec == nil {
		store.From(ctx).AfterCommit(func() { remember(0) })
		return 0
	}
	n := rec.note(ctx, tenant, name)
	store.From(ctx).AfterCommit(func() {
		rec.peers.own(tenant, name, n)
		remember(n)
	})
	return n
}
