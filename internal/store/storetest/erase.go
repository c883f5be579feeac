// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"errors"
	"testing"

	"github.com/airside-travel/airside/internal/store"
)

// erase changes what lies on disk, never what is read.
func erase(t *testing.T, s store.Store) {
	keep, gone := user("1", "a@example.com"), user("2", "b@example.com")
	write(t, s, func(tx store.Tx) error { return errors.Join(tx.Insert(keep), tx.Insert(gone)) })
	undo := errors.New("undo")
	is(t, "undone", try(t, s, func(tx store.Tx) error {
		return errors.Join(tx.Erase(), tx.Remove(tenant, "user", "1"), undo)
	}), undo)
	write(t, s, func(tx store.Tx) error { return errors.Join(tx.Erase(), tx.Remove(tenant, "user", "2")) })
	read(t, s, func(r store.Reader) error {
		if _, err := r.Get(tenant, "user", "1"); err != nil {
			return err
		}
		_, err := r.Get(tenant, "user", "2")
		is(t, "erased", err, store.ErrNotFound)
		return nil
	})
	write(t, s, func(tx store.Tx) error { return tx.Insert(user("3", "b@example.com")) })
}
