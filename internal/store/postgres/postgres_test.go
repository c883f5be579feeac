// SPDX-License-Identifier: Apache-2.0

//go:build pg

package postgres_test

import (
	"testing"
	"time"

	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/pgtest"
	"github.com/airside-travel/airside/internal/store/postgres"
	"github.com/airside-travel/airside/internal/store/storetest"
)

const tenant = "tenant-a"

var (
	at        = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	masterKey = []byte("0123456789abcdef0123456789abcdef")
)

func TestConformance(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) store.Store { return open(t, database(t)) })
}

func database(t testing.TB) string { t.Helper(); return pgtest.Database(t) }

// query runs SQL behind the store's back.
func query(t testing.TB, url, sql string) [][]string { t.Helper(); return pgtest.Query(t, url, sql) }

// open opens a store that is closed at the end of the test.
func open(t testing.TB, url string) *postgres.Store {
	t.Helper()
	s, err := postgres.Open(t.Context(), postgres.Options{URL: url, MasterKey: masterKey, Writers: 4, Readers: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}
