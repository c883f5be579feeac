// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"time"
)

// readyWait is how long the server may take to say that it is there.
const readyWait = 2 * time.Second

var errAbsent = errors.New("the PostgreSQL server does not answer")

// Ready asks the server, on a connection that can write. Only one question is under way: a server that is silent
// for long would otherwise take all connections.
func (s *Store) Ready(ctx context.Context) error {
	if err := s.enter(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, readyWait)
	select {
	case s.asking <- struct{}{}:
	case <-ctx.Done():
		cancel()
		s.leave()
		return errAbsent
	}
	answer := make(chan error, 1)
	go func() {
		defer s.leave()
		defer cancel()
		defer func() { <-s.asking }()
		answer <- s.ping(ctx)
	}()
	<-ctx.Done() // the answer ends it too
	select {
	case err := <-answer:
		if err == nil {
			return nil
		}
	default:
	}
	return errAbsent
}

// ping asks twice, because a connection that was idle while the server was restarted is broken.
func (s *Store) ping(ctx context.Context) error {
	var err error
	for range 2 {
		var c *conn
		if c, err = s.readers.get(ctx); err != nil {
			return err
		}
		err = c.run([]command{{text: `SELECT 1`}}, nil)
		s.readers.put(c)
		if err == nil || classify(err) != lost {
			return err
		}
		s.readers.purge()
	}
	return err
}
