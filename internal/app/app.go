// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/access"
	"github.com/airside-travel/airside/internal/air"
	"github.com/airside-travel/airside/internal/charge"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/companykey"
	"github.com/airside-travel/airside/internal/config"
	"github.com/airside-travel/airside/internal/directory"
	"github.com/airside-travel/airside/internal/edge"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/identity"
	"github.com/airside-travel/airside/internal/ledger"
	"github.com/airside-travel/airside/internal/operator"
	"github.com/airside-travel/airside/internal/outbox"
	"github.com/airside-travel/airside/internal/policy"
	"github.com/airside-travel/airside/internal/schedule"
	"github.com/airside-travel/airside/internal/scim"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/telemetry"
	"github.com/airside-travel/airside/internal/trip"
	"github.com/airside-travel/airside/internal/world"
	"github.com/airside-travel/airside/internal/world/airline"
)

// remembered is how many requests can be explained after the fact.
const remembered = 4096

// worldSeed makes every installation's simulated world the same, so that two people who follow the
// same steps see the same flights.
const worldSeed = 1

// Options are what the process adds to the configuration.
type Options struct {
	Log     *slog.Logger
	Version string
	// Clock is the system's clock; tests give their own.
	Clock clock.Clock
	// OnViolation is told of own answers that do not fit the contract. In dev they are logged when it is nil.
	OnViolation func(operation string, status int, body []byte, found []contract.Violation)
}

// App is one running Airside.
type App struct {
	cfg      config.Config
	o        Options
	contract *contract.Contract
	store    store.Store
	clocks   *clock.Tenants
	mux      *edge.Mux
	services *services
	server   *http.Server
	listener net.Listener
	ready    atomic.Bool
	baseURL  string
}

// services is what routes.go binds.
type services struct {
	identity  *identity.Service
	directory *directory.Service
	access    *access.Service
	policy    *policy.Service
	charge    *charge.Service
	keys      *companykey.Service
	trip      *trip.Service
	air       *air.Service
	outbox    *outbox.Service
	operator  *operator.Service
	scim      *scim.Service
	ledger    *ledger.Service
	schedule  *schedule.Schedule
}

// New opens the store and composes everything; nothing listens yet.
func New(ctx context.Context, cfg config.Config, o Options) (a *App, err error) {
	defer errs.Wrap(&err, "start")
	if o.Clock == nil {
		o.Clock = clock.System()
	}
	a = &App{cfg: cfg, o: o, clocks: clock.NewTenants(o.Clock)}
	// The contract, the world and the store are independent of each other and each takes a while.
	type loaded struct {
		c   *contract.Contract
		w   *world.World
		err error
	}
	facts := make(chan loaded, 1)
	go func() {
		w, err := world.Load()
		facts <- loaded{w: w, err: err}
	}()
	compiled := make(chan loaded, 1)
	go func() {
		c, err := contract.Load()
		compiled <- loaded{c: c, err: err}
	}()
	st, key, err := openStore(ctx, cfg)
	f, c := <-facts, <-compiled
	if err := errors.Join(err, f.err, c.err); err != nil {
		if st != nil {
			err = errors.Join(err, st.Close())
		}
		return nil, err
	}
	a.store, a.contract = companykey.Wrap(st, key), c.c
	if err := a.compose(ctx, f.w, key); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return a, nil
}

// compose makes the services and binds them.
func (a *App) compose(ctx context.Context, w *world.World, master []byte) error {
	networks, err := a.cfg.Prefixes()
	if err != nil {
		return err
	}
	ring := telemetry.NewRing(remembered)
	s := &services{}
	a.services = s
	s.outbox = outbox.New(outbox.Options{
		Store: a.store, Clocks: a.clocks, Companies: owners{s}, Log: a.o.Log,
		AllowInsecure: a.cfg.Dev, Timeout: a.cfg.HookTimeout, Shared: a.cfg.OnPostgres(),
	})
	s.policy = policy.New(a.clocks, rulebook{s})
	s.directory = directory.New(a.clocks, s.outbox, s.policy)
	s.access = access.New(a.clocks, a.store, members{s.directory})
	s.directory.Tell(s.access)
	var jwks *identity.JWKS
	if a.cfg.JWKS != "" {
		jwks = identity.NewJWKS(a.cfg.JWKS, a.o.Clock, a.o.Log)
	}
	s.identity = identity.New(a.clocks, people{s.directory}, jwks)
	s.ledger = ledger.New(a.clocks)
	s.scim = scim.New(provisioning{s.directory}, a.clocks, a.BaseURL)
	s.trip = trip.New(trip.Options{Clocks: a.clocks, Directory: travelers{s.directory}, Announcer: s.outbox, Agency: agency{s.directory}})
	s.air = air.New(air.Deps{
		Supplier: airline.New(w, worldSeed), Trips: bookings{s.trip}, Travelers: travelers{s.directory},
		Keys: tokenKeys{master}, Atlas: newAtlas(w), Clocks: a.clocks, Policies: airPolicies{s, w},
	})
	s.charge = charge.New(a.clocks, debtors{s.directory, s.trip})
	s.keys = companykey.New(master, a.clocks, debtors{s.directory, s.trip})
	s.schedule = schedule.New(a.store, a.clocks, s.outbox, a.o.Log)
	s.schedule.Register(identity.JobExpire, s.identity.Expire)
	s.schedule.Register(air.JobOrder, s.air.RunJob)
	a.mux = edge.NewMux(edge.Options{
		Contract: a.contract, Auth: gate{s.identity, s.access}, Store: a.store, Audit: trail{a.clocks}, Replay: replays{a.clocks}, Ledger: issued{s.ledger},
		Clock: a.o.Clock, Log: a.o.Log, Ring: ring, MaxBody: a.cfg.MaxBody, TrustedHops: a.cfg.TrustedHops, Allow: networks,
		Rate:      edge.Rate{PerSecond: a.cfg.Rate, Burst: a.cfg.Burst},
		TokenRate: edge.Rate{PerSecond: a.cfg.TokenRate, Burst: a.cfg.TokenBurst},
		BaseURL:   a.BaseURL, Dev: a.cfg.Dev, OnViolation: a.violation(),
	})
	s.operator = operator.New(operator.Options{
		Contract: a.contract, Clocks: a.clocks, Mover: s.schedule, Ring: ring, StatusOf: edge.StatusOf, Built: a.mux.Built,
		Version: a.o.Version, Ready: a.notReady,
	})
	routes(a.mux, s)
	return a.store.View(ctx, func(ctx context.Context) error {
		return errors.Join(s.schedule.Load(ctx), s.identity.Load(ctx), s.outbox.Load(ctx), s.air.LoadLedger(ctx))
	})
}

// violation is who hears of own answers outside the contract.
func (a *App) violation() func(string, int, []byte, []contract.Violation) {
	if a.o.OnViolation != nil || !a.cfg.Dev {
		return a.o.OnViolation
	}
	return func(op string, status int, _ []byte, found []contract.Violation) {
		a.o.Log.Error("our own answer does not fit the contract; please report this",
			slog.String("operation", op), slog.Int("status", status), slog.String("violation", found[0].String()))
	}
}

// Start listens and serves until Close; it answers the address.
func (a *App) Start(ctx context.Context) (addr string, err error) {
	defer errs.Wrap(&err, "listen on %s", a.cfg.Listen)
	var lc net.ListenConfig
	a.listener, err = lc.Listen(ctx, "tcp", a.cfg.Listen)
	if err != nil {
		return "", err
	}
	addr = a.listener.Addr().String()
	a.baseURL = a.cfg.BaseURL
	if a.baseURL == "" {
		a.baseURL = "http://" + addr
	}
	a.server = &http.Server{
		Handler: a.mux, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 60 * time.Second, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(a.o.Log.Handler(), slog.LevelWarn),
	}
	a.services.outbox.Start(context.WithoutCancel(ctx))
	a.services.schedule.Start()
	go func() {
		if err := a.server.Serve(a.listener); !errors.Is(err, http.ErrServerClosed) {
			a.o.Log.Error("serve", slog.Any("error", err))
		}
	}()
	a.ready.Store(true)
	return addr, nil
}

// Close stops in order: not ready, no new requests, running ones finish, workers stop, the store
// closes. What is still pending in the outbox is sent after the next start.
func (a *App) Close(ctx context.Context) error {
	a.ready.Store(false)
	var problems []error
	if a.server != nil {
		ctx, cancel := context.WithTimeout(ctx, a.cfg.Shutdown)
		defer cancel()
		if err := a.server.Shutdown(ctx); err != nil {
			problems = append(problems, fmt.Errorf("requests did not finish within %s: %w", a.cfg.Shutdown, err), a.server.Close())
		}
		a.services.schedule.Stop()
		a.services.outbox.Stop()
	}
	return errors.Join(append(problems, a.store.Close())...)
}

// BaseURL is where clients reach this server.
func (a *App) BaseURL() string { return a.baseURL }

// Mux is the bound contract.
func (a *App) Mux() *edge.Mux { return a.mux }

// Handler serves requests without a listener, for tests in process.
func (a *App) Handler() http.Handler { return a.mux }

// Contract is the compiled contract.
func (a *App) Contract() *contract.Contract { return a.contract }

func (a *App) notReady() []string {
	if !a.ready.Load() {
		return []string{"starting or stopping"}
	}
	return nil
}

// Routes binds the operations of a contract without a store behind them, to list what is built.
func Routes(c *contract.Contract) *edge.Mux {
	m := edge.NewMux(edge.Options{Contract: c, Clock: clock.System()})
	routes(m, &services{
		identity: new(identity.Service), directory: new(directory.Service), access: new(access.Service), policy: new(policy.Service), charge: new(charge.Service), keys: new(companykey.Service), trip: new(trip.Service), air: new(air.Service),
		outbox: new(outbox.Service), operator: new(operator.Service), scim: new(scim.Service), ledger: new(ledger.Service),
	})
	return m
}
