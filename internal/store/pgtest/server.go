// SPDX-License-Identifier: Apache-2.0

package pgtest

import (
	"os"
	"testing"
)

// Server is where databases are made; test/pg/run starts it.
func Server(t testing.TB) string {
	t.Helper()
	text := os.Getenv("AIRSIDE_TEST_POSTGRES")
	if text == "" {
		t.Fatal("AIRSIDE_TEST_POSTGRES must be the URL of a PostgreSQL server; test/pg/run starts one")
	}
	return text
}

// programs is the folder of PostgreSQL's programs.
func programs(t testing.TB) string {
	t.Helper()
	bin := os.Getenv("AIRSIDE_TEST_POSTGRES_BIN")
	if bin == "" {
		t.Fatal("AIRSIDE_TEST_POSTGRES_BIN must be the folder of PostgreSQL's programs; test/pg/run sets it")
	}
	return bin
}
