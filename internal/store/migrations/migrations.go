// SPDX-License-Identifier: Apache-2.0

package migrations

import (
	"embed"
	"io/fs"
	"strconv"
	"strings"
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

// Newest is the number of a folder's last migration, which is the version of the schema that it makes.
func Newest(folder fs.FS) int64 {
	names, err := fs.Glob(folder, "*.sql")
	if err != nil {
		panic(err) // only a wrong pattern has one
	}
	var newest int64
	for _, name := range names {
		number, _, _ := strings.Cut(name, "_")
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			panic("migrations: " + name + " has no number") // compiled in
		}
		newest = max(newest, n)
	}
	return newest
}
