// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/access"
	"github.com/airside-travel/airside/internal/air"
	"github.com/airside-travel/airside/internal/alert"
	"github.com/airside-travel/airside/internal/application"
	"github.com/airside-travel/airside/internal/audit/keeper"
	"github.com/airside-travel/airside/internal/bodylog"
	"github.com/airside-travel/airside/internal/charge"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/companykey"
	"github.com/airside-travel/airside/internal/config"
	"github.com/airside-travel/airside/internal/directory"
	"github.com/airside-travel/airside/internal/edge"
	"github.com/airside-travel/airside/internal/environment"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/evidence"
	"github.com/airside-travel/airside/internal/identity"
	"github.com/airside-travel/airside/internal/inbox"
	"github.com/airside-travel/airside/internal/incident"
	"github.com/airside-travel/airside/internal/ledger"
	"github.com/airside-travel/airside/internal/logsink"
	"github.com/airside-travel/airside/internal/operator"
	"github.com/airside-travel/airside/internal/outbox"
	"github.com/airside-travel/airside/internal/peers"
	"github.com/airside-travel/airside/internal/personkey"
	"github.com/airside-travel/airside/internal/policy"
	"github.com/airside-travel/airside/internal/purge"
	"github.com/airside-travel/airside/internal/redact"
	"github.com/airside-travel/airside/internal/relay"
	"github.com/airside-travel/airside/internal/review"
	"github.com/airside-travel/airside/internal/schedule"
	"github.com/airside-travel/airside/internal/scim"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/telemetry"
	"github.com/airside-travel/airside/internal/trip"
	"github.com/airside-travel/airside/internal/usage"
	"github.com/airside-travel/airside/internal/vault"
)

// remembered is how many failed requests can be explained after the fact, and an eighth as many that went well.
const remembered = 2048

// worldSeed makes every installation's simulated world the same, so that two people who follow the
// same steps see the same flights.
const worldSeed = 1

// Options are what the process adds to the configuration.
type Options struct {
	Log    *slog.Logger
	Stdout io.Writer // for sinks of events; nil: nothing is written there
	Stderr io.Writer // for events; without LogFormat those that are not OCSF go to Log
	// LogFormat is how Log writes to Stderr, json, text or logsink.Terse, so that events are written there directly.
	LogFormat string
	Version   string
	// Environ is the environment that references of the form env:NAME read, as os.Environ gives it.
	Environ []string
	// Clock is the system's clock; tests give their own.
	Clock clock.Clock
	// Relays are the brokers that webhooks may be relayed to; nil: none. Close closes them.
	Relays *relay.Relays
	// OnViolation is told of own answers that do not fit the contract. In dev they are logged when it is nil.
	OnViolation func(operation string, status int, body []byte, found []contract.Violation)
	// AlertRoots replaces the system's certificate authorities for alert sinks.
	AlertRoots *x509.CertPool
	// Responder takes automatic first steps for alerts; nil: the app does, against its own clients and environments.
	Responder alert.Responder

	contract *contract.Contract // when it is read already
	// open opens a store that others use too, whatever it is; nil: the one that is configured.
	open func(ctx context.Context, cfg config.Config) (store.Store, []byte, error)
}

// App is one running Airside.
type App struct {
	cfg       config.Config
	o         Options
	contract  *contract.Contract
	store     store.Store
	peers     *peers.Peers // nil: no other process can use the store
	clocks    *clock.Tenants
	mux       *edge.Mux
	services  *services
	upstreams upstreams
	servers   []*server
	ready     atomic.Bool
	baseURL   string
	secrets   *vault.Vaults

	stopVaults context.CancelFunc
	started    bool // the workers run, and Close stops them

	logs          *logsink.Sinks
	watch         *watch // nil: the detection is off
	gauges        *gauges
	metricsServer *http.Server
	usage         *usage.Recorder
	declared      declared
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
	inbox     *inbox.Service
	operator  *operator.Service
	scim      *scim.Service
	purge     *purge.Service
	ledger    *ledger.Service
	schedule  *schedule.Schedule

	applications *application.Service
	environments *environment.Service
	keeper       *keeper.Keeper
	alert        *alert.Service
	incident     *incident.Service
	watch        *watch // nil: the detection is off
	review       *review.Service
	evidence     *evidence.Service
	bodies       *bodylog.Service
}

// New opens the store and composes everything; nothing listens yet.
func New(ctx context.Context, cfg config.Config, o Options) (a *App, err error) {
	defer errs.Wrap(&err, "start")
	if o.Clock == nil {
		o.Clock = clock.System()
	}
	process := o.Log
	o.Log = slog.New(redact.Handler(process.Handler()))
	a = &App{cfg: cfg, o: o, clocks: clock.NewTenants(o.Clock)}
	if a.secrets, err = vault.Open(VaultSettings(cfg, o.Environ, o.Clock)); err != nil {
		return nil, err
	}
	a.gauges = newGauges()
	if err := a.openLogs(ctx, process); err != nil {
		return nil, err
	}
	logs := a.logs // a is nil once New fails
	defer func() {
		if err != nil {
			err = errors.Join(err, logs.Stop(context.WithoutCancel(ctx)))
		}
	}()
	// The contract and the store are independent of each other and each takes a while.
	type loaded struct {
		c   *contract.Contract
		err error
	}
	compiled := make(chan loaded, 1)
	go func() {
		if o.contract != nil {
			compiled <- loaded{c: o.contract}
			return
		}
		c, err := contract.Load()
		compiled <- loaded{c, err}
	}()
	open, shared := openStore, cfg.OnPostgres()
	if o.open != nil {
		open, shared = o.open, true
	}
	st, key, err := open(ctx, cfg)
	c := <-compiled
	if err := errors.Join(err, c.err); err != nil {
		if st != nil {
			err = errors.Join(err, st.Close())
		}
		return nil, err
	}
	a.store, a.contract = personkey.Wrap(companykey.Wrap(st, key)), c.c
	if shared {
		a.peers = peers.New(a.store, cfg.Follow)
		a.store = a.peers
	}
	if err := a.compose(ctx, key); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return a, nil
}

// compose makes the services and binds them.
func (a *App) compose(ctx context.Context, master []byte) error {
	networks, err := a.cfg.Prefixes()
	if err != nil {
		return err
	}
	open, err := a.cfg.HookPrefixes()
	if err != nil {
		return err
	}
	var relays outbox.Relays
	if a.o.Relays != nil { // or the interface would not be nil
		relays = a.o.Relays
	}
	ring := telemetry.NewRing(remembered)
	s := &services{}
	a.services = s
	a.gauges.Collect(a.collectAlerts)
	a.gauges.Collect(a.collectWatch)
	a.gauges.Collect(a.collectUpstreams)
	s.outbox = outbox.New(outbox.Options{
		Store: a.store, Clocks: a.clocks, Companies: owners{s}, Log: a.o.Log,
		AllowInsecure: a.cfg.Dev, AllowNetworks: open, Relays: relays, Timeout: a.cfg.HookTimeout, Shared: a.peers != nil, Attempted: a.gauges.webhook,
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
	w := places()
	s.air = air.New(air.Deps{
		Supplier: simulatedFlights(w), Trips: bookings{s.trip}, Travelers: travelers{s.directory},
		Keys: tokenKeys{master}, Atlas: newAtlas(w), Clocks: a.clocks, Policies: airPolicies{s, w},
	})
	s.charge = charge.New(a.clocks, debtors{s.directory, s.trip})
	s.keys = companykey.New(master, a.clocks, debtors{s.directory, s.trip}, recordAbove)
	permits, err := permits(a.contract, a.cfg)
	if err != nil {
		return err
	}
	s.environments = environment.New(environment.Deps{
		Clock: a.o.Clock, Specs: specs(a.cfg), Tenant: identity.Platform,
		Status: a.upstreamStatus, Rotate: a.rotate, Changed: func() { s.applications.Recompile() },
	})
	s.applications = application.New(application.Deps{
		Clock: a.o.Clock, Store: a.store, Credentials: s.identity, Environments: s.environments, Companies: people{s.directory}, Permits: permits, Uses: uses{},
		Vault: a.secrets, Reserved: reserved(a.cfg),
	})
	who := gate{s.identity, s.access, s.applications, a.peers}
	s.identity.Admit(who.admit)
	if err := a.openUpstreams(ctx); err != nil {
		return err
	}
	if err := a.composeInbox(s); err != nil {
		return err
	}
	s.keeper = keeper.New(keeper.Options{
		Store: a.store, Clock: a.o.Clock, Log: a.o.Log, Owner: identity.Platform, Interval: a.cfg.AuditInterval, Keep: a.cfg.AuditKeep,
		Dir: a.cfg.AuditDir, URL: a.cfg.AuditURL, Archive: a.cfg.AuditArchive,
		Failed: a.auditFailed,
		Before: func(ctx context.Context) error { return errors.Join(a.mux.FlushRefusals(ctx), s.inbox.Tidy(ctx)) },
	})
	if err := a.composeResponse(s); err != nil {
		return err
	}
	if a.watch, err = a.openWatch(s, ring, master); err != nil {
		return err
	}
	s.watch = a.watch
	a.composeReview(s)
	s.schedule = schedule.New(a.store, a.clocks, settlers{s.outbox, s.alert}, a.o.Log)
	for kind, job := range s.alert.Jobs() {
		s.schedule.Register(kind, job)
	}
	s.purge = purge.New(a.clocks, profiles{s.directory}, purgeParts(s)...)
	s.schedule.Register(identity.JobExpire, s.identity.Expire)
	s.schedule.Register(companykey.JobReseal, s.keys.Reseal)
	s.schedule.Register(air.JobOrder, s.air.RunJob)
	objects, err := objectKey(master)
	if err != nil {
		return err
	}
	s.schedule.Register(review.JobRemind, s.review.Remind)
	a.composeBodies(s)
	a.mux = edge.NewMux(edge.Options{
		ObjectKey: objects,
		Contract:  a.contract, Auth: who, Store: a.store, Audit: trail{a.clocks}, AuditReads: a.cfg.AuditReads, TenantOf: s.identity.TenantOf, Replay: replays{a.clocks}, Ledger: issued{s.ledger},
		Clock: a.o.Clock, Log: a.o.Log, Ring: ring, MaxBody: a.cfg.MaxBody, TrustedHops: a.cfg.TrustedHops, Allow: networks,
		Rate:      edge.Rate{PerSecond: a.cfg.Rate, Burst: a.cfg.Burst},
		TokenRate: edge.Rate{PerSecond: a.cfg.TokenRate, Burst: a.cfg.TokenBurst},
		Books:     books{s.applications}, Upstreams: a.upstreams, EnvironmentOf: who.environmentOf(context.WithoutCancel(ctx)),
		BaseURL: a.BaseURL, Dev: a.cfg.Dev, Shared: a.peers != nil, OnViolation: a.violation(), Emit: a.logs.Emit, Done: a.done, Change: s.changes, Bodies: keepBodies(s.bodies),
	})
	s.operator = operator.New(operator.Options{
		Contract: a.contract, Clocks: a.clocks, Mover: s.schedule, Ring: ring, StatusOf: edge.StatusOf, Built: a.mux.Built,
		Version: a.o.Version, Ready: a.notReady, Keeper: s.keeper,
	})
	routes(a.mux, s)
	if _, err := s.keeper.VerifierKey(ctx); err != nil { // made at the first start, so that it can be copied away
		return err
	}
	if a.peers != nil {
		return a.meet(ctx)
	}
	return a.store.View(ctx, func(ctx context.Context) error {
		return errors.Join(s.schedule.Load(ctx), s.identity.Load(ctx), s.outbox.Load(ctx), s.air.LoadLedger(ctx), s.environments.Load(ctx), s.applications.Load(ctx))
	})
}

// meet has the services follow other processes, and reads what they remember of each tenant for the first time.
func (a *App) meet(ctx context.Context) error {
	s := a.services
	a.peers.Register(peers.Credentials, s.identity.Follow)
	a.peers.Register(peers.Rights, s.access.Follow)
	a.peers.Register(peers.Clock, s.schedule.Follow)
	a.peers.RegisterLate(peers.Seats, s.air.Follow)
	a.peers.Register(peers.Applications, s.applications.Follow)
	a.peers.Register(peers.Environments, s.environments.Follow)
	s.identity.Share(a.store, a.peers)
	s.schedule.Share(a.peers)
	var tenants []string
	err := a.store.View(ctx, func(ctx context.Context) (err error) {
		if tenants, err = store.Read(ctx).Tenants(); err != nil {
			return err
		}
		return s.outbox.Load(ctx)
	})
	for _, tenant := range append(tenants, identity.Platform) {
		if err != nil {
			break
		}
		err = a.peers.Refresh(ctx, tenant)
	}
	return err
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

// Start listens and serves until Close; it answers the address. An address that cannot be had is an error that
// names it, and leaves nothing running but what Close ends.
func (a *App) Start(ctx context.Context) (addr string, err error) {
	if err := a.startDeclared(ctx); err != nil {
		return "", err
	}
	addr, err = a.listen(ctx, a.cfg.Listen, "")
	if err != nil {
		return "", err
	}
	a.baseURL = a.cfg.BaseURL
	if a.baseURL == "" {
		a.baseURL = "http://" + addr
	}
	for i := range a.cfg.Upstreams {
		if e := &a.cfg.Upstreams[i]; e.Listen != "" {
			if _, err := a.listen(ctx, e.Listen, e.Name); err != nil {
				return "", err
			}
		}
	}
	if err := a.serveMetrics(ctx); err != nil {
		return "", err
	}
	a.started = true // nothing fails from here on
	a.services.outbox.Start(context.WithoutCancel(ctx))
	a.services.alert.Start()
	a.services.schedule.Start()
	a.watch.start(ctx)
	a.upstreams.start()
	vaults, stop := context.WithCancel(context.WithoutCancel(ctx))
	var comparing sync.WaitGroup
	a.stopVaults = func() {
		stop()
		comparing.Wait()
	}
	go a.secrets.Run(vaults)
	comparing.Go(func() { a.keepSeparate(vaults) })
	for _, s := range a.servers {
		go s.serve(a.o.Log)
	}
	a.services.keeper.Start(context.WithoutCancel(ctx))
	a.usage.Start(context.WithoutCancel(ctx))
	a.services.bodies.Start(context.WithoutCancel(ctx))
	a.ready.Store(true)
	return addr, nil
}

// Close stops in order: not ready, no new requests, running ones finish, workers stop, the store
// closes. What is still pending in the outbox is sent after the next start.
func (a *App) Close(ctx context.Context) error {
	a.ready.Store(false)
	a.stopDeclared()
	var problems []error
	if a.started {
		ctx, cancel := context.WithTimeout(ctx, a.cfg.Shutdown)
		defer cancel()
		for _, s := range a.servers {
			if err := s.http.Shutdown(ctx); err != nil {
				problems = append(problems, fmt.Errorf("requests did not finish within %s: %w", a.cfg.Shutdown, err), s.http.Close())
			}
		}
		problems = append(problems, a.watch.close(ctx))
		a.services.schedule.Stop()
		a.services.outbox.Stop()
		problems = append(problems, a.upstreams.stop(ctx))
		a.stopVaults()
		a.services.keeper.Stop(context.WithoutCancel(ctx))
		a.usage.Stop(context.WithoutCancel(ctx))
		problems = append(problems, a.services.applications.GiveBack(context.WithoutCancel(ctx)))
	} else {
		for _, s := range a.servers {
			problems = append(problems, s.listener.Close())
		}
	}
	a.services.bodies.Stop(context.WithoutCancel(ctx))
	if a.metricsServer != nil {
		problems = append(problems, a.metricsServer.Close())
	}
	a.services.alert.Stop()
	if a.o.Relays != nil {
		a.o.Relays.Close()
	}
	lctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.cfg.Shutdown)
	defer cancel()
	return errors.Join(append(problems, a.logs.Stop(lctx), a.store.Close())...)
}

// BaseURL is where clients reach this server.
func (a *App) BaseURL() string { return a.baseURL }

// Mux is the bound contract.
func (a *App) Mux() *edge.Mux { return a.mux }

// Handler serves requests without a listener, for tests in process.
func (a *App) Handler() http.Handler { return a.mux }

// Contract is the compiled contract.
func (a *App) Contract() *contract.Contract { return a.contract }

func (a *App) notReady(ctx context.Context) []string {
	if !a.ready.Load() {
		return []string{"starting or stopping"}
	}
	if err := a.store.Ready(ctx); err != nil {
		return []string{err.Error()}
	}
	return nil
}

// Routes binds the operations of a contract without a store behind them, to list what is built.
func Routes(c *contract.Contract) *edge.Mux {
	m := edge.NewMux(edge.Options{Contract: c, Clock: clock.System()})
	routes(m, &services{
		identity: new(identity.Service), directory: new(directory.Service), access: new(access.Service), policy: new(policy.Service), charge: new(charge.Service), keys: new(companykey.Service), trip: new(trip.Service), air: new(air.Service),
		applications: new(application.Service), environments: new(environment.Service), purge: new(purge.Service),
		outbox: new(outbox.Service), inbox: new(inbox.Service), operator: new(operator.Service), scim: new(scim.Service), ledger: new(ledger.Service), alert: new(alert.Service), incident: new(incident.Service),
		review: new(review.Service), evidence: new(evidence.Service), bodies: new(bodylog.Service),
	})
	return m
}
