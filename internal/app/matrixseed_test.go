// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/config"
	"github.com/airside-travel/airside/internal/edge"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/telemetry"
)

// stage is a whole system with two TMCs, and an edge in front of it whose writes are thrown away, so
// that every call of the matrix meets the same data.
type stage struct {
	t      *testing.T
	app    *App
	keep   http.Handler // writes stay
	dry    http.Handler // writes are rolled back
	actors map[string]*actor.Actor
	own    *place // the company of the subjects
	other  *place // another client of their TMC
	alien  *place // a client of another TMC
	tmc    string
}

// place is a company with what calls are about.
type place struct {
	tmc, company, entity, user, arranger, trip, role, group, subscription string
}

// Authenticate takes the name of an actor for a token; a user's rights are read as for any other token.
func (s *stage) Authenticate(ctx context.Context, token string) (*edge.Caller, error) {
	a := s.actors[token]
	if a == nil {
		return nil, errs.New(errs.TokenInvalid, "no such actor")
	}
	a, err := s.app.services.access.Complete(ctx, a)
	return &edge.Caller{Actor: a}, err
}

// rollback runs writes and undoes them.
type rollback struct{ edge.Transactor }

var errUndo = errors.New("undone")

func (r rollback) Update(ctx context.Context, fn func(ctx context.Context) error) error {
	err := r.Transactor.Update(ctx, func(ctx context.Context) error {
		if err := fn(ctx); err != nil {
			return err
		}
		return errUndo
	})
	if errors.Is(err, errUndo) {
		return nil
	}
	return err
}

func newStage(t *testing.T) *stage {
	t.Helper()
	cfg, err := config.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Listen, cfg.Database, cfg.Dev, cfg.Rate, cfg.TokenRate = "127.0.0.1:0", "memory:", true, 0, 0
	o := Options{Log: slog.New(slog.DiscardHandler), Version: "test"}
	o.OnViolation = func(op string, status int, body []byte, found []contract.Violation) {
		t.Errorf("%s answered %d outside the contract: %v\n%.2000s", op, status, found, body)
	}
	a, err := New(t.Context(), cfg, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(context.Background()); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	a.baseURL = "http://airside.example.com" // nothing listens
	s := &stage{t: t, app: a, actors: map[string]*actor.Actor{}}
	mux := func(st edge.Transactor) http.Handler {
		m := edge.NewMux(edge.Options{
			Contract: a.contract, Auth: s, Store: st, Audit: trail{a.clocks}, Replay: replays{a.clocks}, Clock: a.o.Clock, Log: o.Log,
			Ring: telemetry.NewRing(16), MaxBody: cfg.MaxBody, BaseURL: a.BaseURL, Dev: true, OnViolation: o.OnViolation,
		})
		routes(m, a.services)
		return m
	}
	s.keep, s.dry = mux(a.store), mux(rollback{a.store})
	s.tmc = s.newTMC("admin", "Meridian Travel")
	s.own, s.other = s.place("admin", "Acme"), s.place("admin", "Globex")
	s.newTMC("alien", "Southbound Travel")
	s.alien = s.place("alien", "Initech")
	return s
}

func (s *stage) newTMC(name, title string) string {
	s.t.Helper()
	tmc, err := s.app.CreateTMC(s.t.Context(), title)
	if err != nil {
		s.t.Fatal(err)
	}
	s.actors[name] = &actor.Actor{Tenant: tmc.ID, ClientID: tmc.ClientID, Roles: []string{actor.TMCAdmin}}
	s.actors["global "+name] = &actor.Actor{Tenant: tmc.ID, ClientID: tmc.ClientID, Roles: []string{actor.GlobalAdmin}}
	return tmc.ID
}

// answer is what a call came to.
type answer struct {
	status int
	code   string
	field  bool // the error is about a member of the body, so the caller was let in
	gate   bool // the operation as such is not for the caller
	body   []byte
}

func send(h http.Handler, token, method, path string, body []byte) answer {
	r := httptest.NewRequest(method, path, strings.NewReader(string(body)))
	r.Header.Set("Authorization", "Bearer "+token)
	if len(body) > 0 {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	out := answer{status: w.Code, body: w.Body.Bytes()}
	var e struct {
		Messages []struct {
			Code   string                         `json:"errorCode"`
			Params []struct{ Name, Value string } `json:"errorParameters"`
		} `json:"errorMessages"`
		Detail string `json:"detail"` // of SCIM, whose errors have no codes
	}
	if json.Unmarshal(out.body, &e) != nil {
		return out
	}
	out.gate = out.status == http.StatusForbidden && strings.Contains(e.Detail, " needs one of the roles ")
	if len(e.Messages) > 0 {
		out.code = e.Messages[0].Code
		for _, p := range e.Messages[0].Params {
			out.field = out.field || p.Name == "in" && p.Value == "body"
			out.gate = out.gate || p.Name == "operation" && out.code == "ACCESS_DENIED"
		}
	}
	return out
}

// make creates something for good and answers its id.
func (s *stage) make(token, method, path, format string, args ...any) string {
	s.t.Helper()
	a := send(s.keep, token, method, path, fmt.Appendf(nil, format, args...))
	if a.status >= 300 {
		s.t.Fatalf("%s %s: %d %s", method, path, a.status, a.body)
	}
	var out struct{ ID string }
	if len(a.body) > 0 {
		if err := json.Unmarshal(a.body, &out); err != nil {
			s.t.Fatalf("%s %s: %v in %s", method, path, err, a.body)
		}
	}
	return out.ID
}

func (s *stage) user(token, company, entity, name string) string {
	s.t.Helper()
	return s.make(token, "POST", "/v2/users", `{"persona":"EMPLOYEE","personalInfo":{"name":{"given":%q,"family1":"Lindqvist"}},
		"businessInfo":{"organizationRef":{"id":%q},"legalEntityRef":{"id":%q}}}`, name, company, entity)
}

func (s *stage) place(token, name string) *place {
	s.t.Helper()
	p := &place{tmc: s.actors[token].Tenant}
	p.company = s.make(token, "POST", "/v2/companies", `{"name":%q,"billingCurrency":"EUR","companyRoles":["ORG"]}`, name)
	p.entity = s.entity(token, p.company)
	p.user = s.user(token, p.company, p.entity, "Ada")
	p.arranger = s.user(token, p.company, p.entity, "Tomas")
	s.make(token, "PUT", "/v2/users/"+p.arranger+"/roles", `{"roles":[{"roleType":"COMPANY_TRAVEL_ARRANGER"}]}`)
	p.trip = s.make(token, "POST", "/v2/trips", `{"tripName":"Lyon","userId":{"id":%q}}`, p.user)
	p.role = s.make(token, "POST", "/v3/roles", `{"name":"Reader","description":"","isPlatformRole":false,"companyId":%q,
		"permissions":[{"permission":"ACCESS_MANAGEMENT","actions":["READ"]}]}`, p.company)
	p.group = s.make(token, "POST", "/v3/companies/"+p.company+"/user-groups", `{"name":"Readers","description":""}`)
	p.subscription = s.make(token, "POST", "/v3/webhooks/subscriptions", `{"subscriberId":%q,"name":"Feed","url":"https://example.com/hook","eventTypes":["PNR_V3"],
		"eventSource":{"scopes":[{"predicates":[{"type":"COMPANY","comparator":"IN","values":[%q]}]}]}}`, p.company, p.company)
	return p
}

func (s *stage) entity(token, company string) string {
	s.t.Helper()
	return s.make(token, "POST", "/v2/companies/"+company+"/legal-entities",
		`{"name":"Main","address":{"addressLines":["1 rue de la Paix"],"regionCode":"FR"},"billingCurrency":"EUR"}`)
}

// holder makes a user of a company who is in a group with one role.
func (s *stage) holder(company, entity, name, role, scope string) {
	s.t.Helper()
	user := s.user("admin", company, entity, name)
	group := s.make("admin", "POST", "/v3/companies/"+company+"/user-groups", `{"name":%q,"description":""}`, name)
	groups := "/v3/companies/" + company + "/user-groups/" + group
	s.make("global admin", "PATCH", groups+"/roles", `{"rolesToAdd":[{"roleId":%q,"scope":%s}]}`, role, scope)
	s.make("global admin", "POST", groups+"/members/add", `{"userIds":[%q]}`, user)
	s.actors[name] = &actor.Actor{Tenant: s.tmc, ClientID: s.actors["admin"].ClientID, UserID: user}
}
