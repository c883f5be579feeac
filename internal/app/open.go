// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/airside-travel/airside/internal/config"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/postgres"
	"github.com/airside-travel/airside/internal/store/sqlite"
)

// masterKeySize is the length of the key that seals the tenants' data keys, in bytes.
const masterKeySize = 32

// openStore opens the configured database and answers the master key it is sealed with.
func openStore(ctx context.Context, cfg config.Config) (store.Store, []byte, error) {
	if cfg.Database == "memory:" {
		key := ids.Bytes(masterKeySize)
		st, err := sqlite.Open(ctx, sqlite.Options{Memory: true, MasterKey: key})
		return st, key, err
	}
	if cfg.OnPostgres() {
		key, err := readKey(cfg.MasterKey)
		if err != nil {
			return nil, nil, err
		}
		st, err := postgres.Open(ctx, postgres.Options{URL: cfg.Database, MasterKey: key})
		if err != nil {
			return nil, nil, err
		}
		return st, key, nil
	}
	path := strings.TrimPrefix(cfg.Database, "sqlite:")
	keyFile := cfg.MasterKey
	if keyFile == "" {
		keyFile = path + ".key"
	}
	key, err := masterKey(keyFile, path)
	if err != nil {
		return nil, nil, err
	}
	st, err := sqlite.Open(ctx, sqlite.Options{Path: path, MasterKey: key})
	if err != nil {
		return nil, nil, err
	}
	return st, key, nil
}

// masterKey reads the key file, or makes it for a database that does not exist yet. A database whose
// key is gone is never given a new one: nothing in it could be read.
func masterKey(file, database string) ([]byte, error) {
	key, err := readKey(file)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if _, err := os.Stat(database); err == nil {
		return nil, fmt.Errorf("the database %s exists but its master key %s does not; set AIRSIDE_MASTER_KEY_FILE", database, file)
	}
	key = ids.Bytes(masterKeySize)
	return key, writeSynced(file, base64.StdEncoding.EncodeToString(key)+"\n")
}

func readKey(file string) ([]byte, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != masterKeySize {
		return nil, fmt.Errorf("master key %s: must hold %d bytes in base64", file, masterKeySize)
	}
	return key, nil
}

// writeSynced writes a new file readable by its owner only, and waits until it is on disk: a key
// that is lost in a power cut takes the database with it.
func writeSynced(path, text string) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("master key: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err = f.WriteString(text); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path)) // the name of the file is in the folder, which has a cache of its own
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
