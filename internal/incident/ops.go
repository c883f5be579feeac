// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/redact"
	"github.com/airside-travel/airside/internal/store"
)

const (
	lineMax = 300
	noteMax = 10_000
)

// OpenIn is the input of openIncident.
type OpenIn struct {
	Body struct {
		Title       string    `json:"title"`
		Severity    string    `json:"severity"`
		Playbook    string    `json:"playbook"`
		Commander   string    `json:"commander"`
		Environment string    `json:"environment"`
		Clients     []string  `json:"clientIds"`
		Alert       string    `json:"alertId"`
		StartedAt   time.Time `json:"startedAt"`
	} `body:"json"`
}

// Open is openIncident: by hand, or from an alert, from which what is left out is taken.
func (s *Service) Open(ctx context.Context, in OpenIn) (Incident, error) {
	i, err := s.open(ctx, in, false)
	if err != nil {
		return Incident{}, err
	}
	return s.seen(store.Read(ctx), i)
}

// plainID is what may stand in a command that somebody copies: a name of an API user is anybody's text.
//
//nolint:gochecknoglobals // constant pattern
var plainID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// filled puts what is known into the command of a task. Of several API users each has its turn, so none is named.
func (i *stored) filled(command string) string {
	command = strings.ReplaceAll(command, "INCIDENT", i.ID)
	if len(i.Clients) == 1 && plainID.MatchString(i.Clients[0]) {
		command = strings.ReplaceAll(command, "CLIENT", i.Clients[0])
	}
	return command
}

func (s *Service) open(ctx context.Context, in OpenIn, drill bool) (*stored, error) {
	tenant, tx, b := actor.Tenant(ctx), store.From(ctx), in.Body
	now := s.now(tenant)
	i := &stored{tenant: tenant, Incident: Incident{
		ID: ids.UUID(), Title: redact.Text(b.Title, lineMax), Severity: b.Severity, State: Detect, Playbook: b.Playbook, Commander: redact.Text(b.Commander, lineMax),
		Environment: redact.Text(b.Environment, lineMax), Clients: []string{}, Alerts: []string{}, Drill: drill, StartedAt: b.StartedAt.UTC(), OpenedAt: now,
		Tasks: []Task{}, Timeline: []Entry{}, Evidence: []Evidence{}, FollowUps: []FollowUp{},
	}}
	for _, c := range b.Clients {
		i.Clients = append(i.Clients, redact.Text(c, 120))
	}
	if b.Alert != "" {
		if err := s.takeFrom(ctx, i, b.Alert); err != nil {
			return nil, err
		}
	}
	if i.Title == "" {
		return nil, errs.Invalidf("/title", "required", "an incident without an alert needs a title")
	}
	if i.StartedAt.IsZero() || i.StartedAt.After(now) {
		i.StartedAt = now
	}
	var plan *Playbook
	if i.Playbook != "" {
		if plan = s.plan(i.Playbook); plan == nil {
			return nil, errs.OnField(errs.ReferenceNotFound, "/playbook", "reference", "there is no playbook %q", i.Playbook).Allow(s.planIDs()...)
		}
		for _, step := range plan.Tasks {
			step.Command = i.filled(step.Command)
			i.Tasks = append(i.Tasks, Task{Step: step, State: Todo})
		}
		i.Severity = cmp.Or(i.Severity, plan.Severity)
	}
	i.Severity = cmp.Or(i.Severity, "MEDIUM")
	how := "opened by hand"
	if b.Alert != "" {
		how = "opened from alert " + b.Alert
	}
	i.add(Entry{At: now, Kind: "STATE", By: by(ctx), Text: how})
	var err error
	if i.AuditSeen, err = begin(tx, tenant); err != nil {
		return nil, err
	}
	if err := s.collect(tx, i); err != nil {
		return nil, err
	}
	r, err := i.record(now)
	if err != nil {
		return nil, err
	}
	err = tx.Insert(r)
	i.version = r.Version
	return i, err
}

// takeFrom fills what was left out from an alert, and brings its history into the timeline.
func (s *Service) takeFrom(ctx context.Context, i *stored, id string) error {
	a, err := s.o.Alerts.One(ctx, i.tenant, id)
	if errs.Is(err, errs.ResourceNotFound) {
		return errs.OnField(errs.ReferenceNotFound, "/alertId", "reference", "there is no alert %q", id)
	} else if err != nil {
		return err
	}
	if a.Incident != "" {
		return errs.New(errs.StateForbids, "the alert belongs to the incident %s already", a.Incident).With("incidentId", a.Incident)
	}
	i.Title, i.Severity, i.Environment = cmp.Or(i.Title, a.Summary), cmp.Or(i.Severity, a.Severity), cmp.Or(i.Environment, a.Environment)
	if i.StartedAt.IsZero() {
		i.StartedAt = a.StartedAt
	}
	if a.Client != "" && !slices.Contains(i.Clients, a.Client) {
		i.Clients = append(i.Clients, a.Client)
	}
	if p := s.planFor(a.Rule); i.Playbook == "" && p != nil {
		i.Playbook = p.ID
	}
	i.Alerts = append(i.Alerts, a.ID)
	i.add(Entry{At: a.StartedAt, Kind: "ALERT", Text: fmt.Sprintf("%s began: %s; expected: %s; seen: %s", a.Rule, a.Summary, a.Expected, a.Seen), Alert: a.ID})
	for _, e := range a.History {
		text := a.Rule + " " + e.What
		if e.Note != "" {
			text += ": " + e.Note
		}
		i.add(Entry{At: e.At, Kind: "ALERT", By: e.By, Text: text, Alert: a.ID})
	}
	return s.o.Alerts.Link(ctx, i.tenant, a.ID, i.ID)
}

// ListIn filters incidents.
type ListIn struct {
	State  string `query:"state"`
	Offset int    `query:"offset"`
	Limit  int    `query:"limit"`
}

// Brief is an incident in a list.
type Brief struct {
	ID        string    `json:"id"`
	Title     string    `json:"title"`
	Severity  string    `json:"severity"`
	State     string    `json:"state"`
	Playbook  string    `json:"playbook,omitempty"`
	Commander string    `json:"commander,omitempty"`
	Drill     bool      `json:"drill,omitempty"`
	OpenedAt  time.Time `json:"openedAt"`
	ClosedAt  time.Time `json:"closedAt,omitzero"`
	Todo      int       `json:"openTasks"`
	FollowUps int       `json:"openFollowUps"`
}

// ListOut is a page, newest first.
type ListOut struct {
	Incidents  []Brief `json:"incidents"`
	Pagination struct {
		Total int `json:"totalNumResults"`
	} `json:"pagination"`
}

// List is listIncidents.
func (s *Service) List(ctx context.Context, in ListIn) (ListOut, error) {
	out := ListOut{Incidents: []Brief{}}
	r, q := store.Read(ctx), store.Query{Tenant: actor.Tenant(ctx), Kind: kindIncident, Newest: true}
	if in.State != "" {
		q.Field, q.Value = byState, in.State
	}
	var err error
	if out.Pagination.Total, err = r.Count(q); err != nil {
		return out, err
	}
	q.Offset, q.Limit = in.Offset, in.Limit
	for rec, err := range r.List(q) {
		if err != nil {
			return out, err
		}
		i, err := decode(rec)
		if err != nil {
			return out, err
		}
		b := Brief{i.ID, i.Title, i.Severity, i.State, i.Playbook, i.Commander, i.Drill, i.OpenedAt, i.ClosedAt, 0, 0}
		for _, t := range i.Tasks {
			if t.State == Todo {
				b.Todo++
			}
		}
		for _, f := range i.FollowUps {
			if f.State == Todo {
				b.FollowUps++
			}
		}
		out.Incidents = append(out.Incidents, b)
	}
	return out, nil
}

// GetIn names an incident.
type GetIn struct {
	ID string `path:"incidentId"`
}

// Get is getIncident. RESOURCE_NOT_FOUND.
func (s *Service) Get(ctx context.Context, in GetIn) (Incident, error) {
	i, err := load(store.Read(ctx), actor.Tenant(ctx), in.ID)
	if err != nil {
		return Incident{}, err
	}
	return s.seen(store.Read(ctx), i)
}

// change loads an open incident, lets fn change it, and stores it with what the audit trail had to say meanwhile.
func (s *Service) change(ctx context.Context, id string, fn func(i *stored, now time.Time) error) (Incident, error) {
	tenant, tx := actor.Tenant(ctx), store.From(ctx)
	i, err := open(tx, tenant, id)
	if err != nil {
		return Incident{}, err
	}
	now := s.now(tenant)
	if err := s.collect(tx, i); err != nil {
		return Incident{}, err
	}
	if err := fn(i, now); err != nil {
		return Incident{}, err
	}
	if err := i.save(tx, now); err != nil {
		return Incident{}, err
	}
	i.inOrder()
	return i.Incident, nil
}

// UpdateIn changes what is given.
type UpdateIn struct {
	ID   string `path:"incidentId"`
	Body struct {
		Title     string `json:"title"`
		Severity  string `json:"severity"`
		Commander string `json:"commander"`
		State     string `json:"state"`
	} `body:"json"`
}

// Update is updateIncident.
func (s *Service) Update(ctx context.Context, in UpdateIn) (Incident, error) {
	return s.change(ctx, in.ID, func(i *stored, now time.Time) error {
		b := in.Body
		set := func(what string, at *string, to string) {
			if to = redact.Text(to, lineMax); to != "" && to != *at {
				*at = to
				i.add(Entry{At: now, Kind: "STATE", By: by(ctx), Text: what + " is " + to})
			}
		}
		set("the title", &i.Title, b.Title)
		set("the severity", &i.Severity, b.Severity)
		set("the commander", &i.Commander, b.Commander)
		if b.State != "" && b.State != i.State {
			i.enter(b.State, now)
			i.add(Entry{At: now, Kind: "STATE", By: by(ctx), Text: "the state is " + b.State})
		}
		return nil
	})
}

// enter moves between the open states; one may have to go back.
func (i *stored) enter(state string, now time.Time) {
	i.State = state
	if state != Detect && i.RespondedAt.IsZero() {
		i.RespondedAt = now
	}
	if state == Recover {
		i.ContainedAt = now
	}
}

// NoteIn is a note.
type NoteIn struct {
	ID   string `path:"incidentId"`
	Body struct {
		Text string    `json:"text"`
		At   time.Time `json:"at"`
	} `body:"json"`
}

// Note is addIncidentNote; at says when what it tells happened.
func (s *Service) Note(ctx context.Context, in NoteIn) (Incident, error) {
	return s.change(ctx, in.ID, func(i *stored, now time.Time) error {
		if len(i.Timeline) >= timelineMax {
			return errs.New(errs.StateForbids, "the timeline has %d lines, which is as many as it may have", timelineMax)
		}
		at := in.Body.At.UTC()
		if at.IsZero() || at.After(now) {
			at = now
		}
		i.add(Entry{At: at, Kind: "NOTE", By: by(ctx), Text: redact.Block(in.Body.Text, noteMax)})
		return nil
	})
}

// LinkIn names an alert to join.
type LinkIn struct {
	ID   string `path:"incidentId"`
	Body struct {
		Alert string `json:"alertId"`
	} `body:"json"`
}

// LinkAlert is linkIncidentAlert. REFERENCE_NOT_FOUND, STATE_DOES_NOT_ALLOW for an alert of another incident.
func (s *Service) LinkAlert(ctx context.Context, in LinkIn) (Incident, error) {
	return s.change(ctx, in.ID, func(i *stored, _ time.Time) error {
		if slices.Contains(i.Alerts, in.Body.Alert) {
			return nil
		}
		if len(i.Alerts) >= alertsMax {
			return errs.New(errs.StateForbids, "the incident has %d alerts, which is as many as it may have", alertsMax)
		}
		return s.takeFrom(ctx, i, in.Body.Alert)
	})
}
