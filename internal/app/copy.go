// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/airside-travel/airside/internal/store/postgres"
	"github.com/airside-travel/airside/internal/store/sqlite"
	"github.com/airside-travel/airside/internal/store/transfer"
)

// ErrNotEmpty says that there are rows where a copy is to go.
var ErrNotEmpty = postgres.ErrNotEmpty

// Copy moves everything from a SQLite file that no server uses to an empty PostgreSQL database. keyFile is the
// master key of both; empty for the one beside the file. tell may be nil.
func Copy(ctx context.Context, path, url, keyFile string, tell func(transfer.Progress)) (_ transfer.Report, err error) {
	if _, err := os.Stat(path); err != nil { // opening it would make it
		return transfer.Report{}, fmt.Errorf("the database to copy: %w", err)
	}
	if keyFile == "" {
		keyFile = path + ".key"
	}
	key, err := readKey(keyFile)
	if err != nil {
		return transfer.Report{}, err
	}
	from, err := sqlite.Open(ctx, sqlite.Options{Path: path, MasterKey: key})
	if err != nil {
		return transfer.Report{}, err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	to, err := postgres.Open(ctx, postgres.Options{URL: url, MasterKey: key})
	if err != nil {
		return transfer.Report{}, err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	return transfer.Copy(ctx, from, to, tell)
}
