// SPDX-License-Identifier: Apache-2.0

package migrations

import (
	"embed"
	"io/fs"
)

//go:embed sqlite/*.sql postgres/*.sql
var files embed.FS

// SQLite is the folder for the embedded engine.
func SQLite() fs.FS { return folder("sqlite") }

// Postgres is the folder for the engine of a cluster.
func Postgres() fs.FS { return folder("postgres") }

func folder(name string) fs.FS {
	sub, err := fs.Sub(files, name)
	if err != nil {
		panic(err) // the folders are compiled in
	}
	return sub
}
