// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/airside-travel/airside/internal/edge"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/wire"
)

// server is one listener with what serves it.
type server struct {
	http        *http.Server
	listener    net.Listener
	environment string
}

// listen opens a listener; environment is the only one that it serves, "" for whichever the credential is for.
func (a *App) listen(ctx context.Context, address, environment string) (addr string, err error) {
	defer errs.Wrap(&err, "listen on %s", address)
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return "", err
	}
	s := &http.Server{
		Handler: a.mux, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 60 * time.Second, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10, ConnState: wire.State, ErrorLog: slog.NewLogLogger(a.o.Log.Handler(), slog.LevelWarn),
	}
	if environment != "" {
		s.BaseContext = func(net.Listener) context.Context {
			return edge.WithEnvironment(context.WithoutCancel(ctx), environment)
		}
	}
	a.servers = append(a.servers, &server{s, wire.Listen(l, a.mux.NotWellFormed), environment})
	return l.Addr().String(), nil
}

func (s *server) serve(log *slog.Logger) {
	if err := s.http.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
		log.Error("serve", slog.Any("error", err))
	}
}

// Address answers where an environment's own listener is, "" when it has none.
func (a *App) Address(environment string) string {
	for _, s := range a.servers {
		if s.environment == environment && environment != "" {
			return s.listener.Addr().String()
		}
	}
	return ""
}
