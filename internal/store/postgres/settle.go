// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// proof adds to a transaction what tells later that it was committed, and returns the question. An
// audit entry, as it was sealed, is proof enough; else the process leaves a mark, one row for each tenant.
func (ss *session) proof() command {
	tenants := slices.Sorted(maps.Keys(ss.heads))
	for _, tenant := range tenants {
		if h := ss.heads[tenant]; h.audited != nil {
			return command{text: auditGet, args: []any{tenant, h.auditSeq, h.audited}}
		}
	}
	n := ss.s.marks.Add(1)
	ss.pending = append(ss.pending, command{text: markPut, args: []any{tenants[0], ss.s.node, n, ss.s.clock.Now().UnixMicro()}})
	return command{text: markGet, args: []any{tenants[0], ss.s.node, n}}
}

// settle finds out what became of a commit whose connection was lost: nil when it happened. The old
// connection may still be at work on the server, so the question waits for its locks.
func (s *Store) settle(ss *session, proof command, cause error) error {
	s.writers.purge()
	began := s.clock.Now()
	for pause := pauseMin; ; pause = min(2*pause, pauseMax) {
		committed, err := s.ask(slices.Sorted(maps.Keys(ss.heads)), proof)
		switch {
		case err == nil && committed:
			return nil
		case err == nil:
			return cause
		case s.clock.Now().Sub(began) > patience:
			return errors.Join(fmt.Errorf("%w: %w", ErrUnknown, cause), err)
		}
		if classify(err) == lost {
			s.writers.purge()
		}
		timer := time.NewTimer(pause)
		<-timer.C
	}
}

func (s *Store) ask(tenants []string, proof command) (committed bool, err error) {
	c, err := s.writers.get(context.Background())
	if err != nil {
		return false, err
	}
	defer s.writers.put(c)
	commands := []command{{text: begin}}
	for _, tenant := range tenants {
		// The insert waits for a transaction that is about to make the row, the lock for one that has it.
		commands = append(commands, command{text: headClaim, args: []any{tenant}}, command{text: headLock, args: []any{tenant}})
	}
	asked := len(commands)
	commands = append(commands, proof, command{text: rollback})
	err = c.run(commands, func(i int, _ *row) (bool, error) {
		committed = committed || i == asked
		return true, nil
	})
	if err != nil && c.raw.TxStatus() != 'I' && !c.raw.IsClosed() {
		_ = c.run([]command{{text: rollback}}, nil) // if it fails the connection is closed
	}
	return committed, err
}
