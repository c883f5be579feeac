// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/airside-travel/airside/internal/app"
)

// credentialFile lies beside the database of `dev --data`, readable by its owner only. The store keeps
// a secret as a hash, so without the file a restarted demo could not be used any more.
const credentialFile = "credentials.json"

// remember keeps the secret of a demo that was just made, or finds the one of a demo that was there.
func remember(dir string, d *app.Demo) error {
	file := filepath.Join(dir, credentialFile)
	if d.ClientSecret != "" {
		text, err := json.Marshal(d)
		if err != nil {
			return err
		}
		if err := writeDurably(file, append(text, '\n')); err != nil {
			return fmt.Errorf("keep the demo's credential: %w", err)
		}
		return nil
	}
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var kept app.Demo
	if err == nil {
		err = json.Unmarshal(text, &kept)
	}
	if err != nil {
		return fmt.Errorf("read the demo's credential: %w", err)
	}
	if kept.ClientID == d.ClientID {
		d.ClientSecret = kept.ClientSecret
	}
	return nil
}

// writeDurably replaces a file so that after a power cut it is the old one or the new one, never less.
func writeDurably(file string, text []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(file), ".new-*") // 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close(), os.Remove(f.Name()))
		}
	}()
	if _, err = f.Write(text); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), file); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(file))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close(), f.Close())
}
