// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/airside-travel/airside/internal/store"
)

// ErrUnknown says that the connection was lost during a commit, and the server could not be asked
// within patience whether it happened.
var ErrUnknown = errors.New("postgres: the connection was lost during the commit, and its outcome could not be found out")

// errAgain makes a transaction run again: it needs a tenant that another one is using.
var errAgain = errors.New("postgres: the transaction must run again")

// trouble is what an error asks for.
type trouble int

const (
	final    trouble = iota // an error for the caller
	conflict                // with another transaction: run again
	lost                    // the connection: run again on another one
	taken                   // a key was taken that was believed free: run again and look first
)

// explain is the error of a transaction that is given up, for the caller of Update.
func explain(err error) error {
	cause := fmt.Errorf("postgres: %w", err)
	var e *pgconn.PgError
	switch {
	case errors.Is(err, ErrUnknown):
		return store.Doubtful(cause)
	case classify(err) == lost || classify(err) == conflict, errors.As(err, &e) && strings.HasPrefix(e.Code, "53"): // resources
		return store.Unavailable(cause)
	}
	return cause
}

func classify(err error) trouble {
	if errors.Is(err, errAgain) {
		return conflict
	}
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		var parse *pgconn.ParseConfigError
		if errors.As(err, &parse) || errors.Is(err, errTenant) {
			return final
		}
		return lost // whatever the network says
	}
	switch e.Code {
	case "40001", "40P01", "55P03": // serialization failure, deadlock, lock not available
		return conflict
	case "23505": // unique violation
		return taken
	case "25006", "25P03", "26000", "0A000", "53300", "40003":
		// On a standby; idle for too long; a statement is gone or has another result, after a change of the
		// schema or behind a connection pooler; too many connections; completion unknown.
		return lost
	}
	switch {
	case strings.HasPrefix(e.Code, "08"), strings.HasPrefix(e.Code, "57P"): // connection; shutdown, crash, start
		return lost
	case strings.HasPrefix(e.Code, "28"), strings.HasPrefix(e.Code, "3D"): // wrong password, no such database
		return final
	case e.SeverityUnlocalized == "FATAL", e.SeverityUnlocalized == "PANIC":
		return lost // the session is over, and a commit may have happened before
	}
	return final
}
