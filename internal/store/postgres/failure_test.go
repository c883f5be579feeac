// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"fmt"
	"io"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

func TestClassify(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]trouble{
		"40001": conflict, "40P01": conflict, "55P03": conflict, "23505": taken, "57P01": lost, "57P03": lost, "08006": lost,
		"25006": lost, "40003": lost, "53300": lost, "0A000": lost, "42P01": final, "53100": final, "22021": final, "XX001": final,
	} {
		if got := classify(fmt.Errorf("commit: %w", &pgconn.PgError{Code: code})); got != want {
			t.Errorf("%s is %d, want %d", code, got, want)
		}
	}
	if got := classify(fmt.Errorf("read: %w", io.ErrUnexpectedEOF)); got != lost {
		t.Errorf("a broken connection is %d, want %d", got, lost)
	}
	if got := classify(fmt.Errorf("tenant: %w", errAgain)); got != conflict {
		t.Errorf("errAgain is %d, want %d", got, conflict)
	}
}
