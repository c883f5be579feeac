// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/redact"
	"github.com/airside-travel/airside/internal/store"
)

// AddTaskIn is a task that the playbook does not have.
type AddTaskIn struct {
	ID   string `path:"incidentId"`
	Body struct {
		Title string `json:"title"`
		Phase string `json:"phase"`
		Owner string `json:"owner"`
	} `body:"json"`
}

// AddTask is addIncidentTask.
func (s *Service) AddTask(ctx context.Context, in AddTaskIn) (Incident, error) {
	return s.change(ctx, in.ID, func(i *stored, now time.Time) error {
		if len(i.Tasks) >= tasksMax {
			return errs.New(errs.StateForbids, "the incident has %d tasks, which is as many as it may have", tasksMax)
		}
		t := Task{Step: Step{ID: "added-" + strconv.Itoa(len(i.Tasks)+1), Phase: cmp.Or(in.Body.Phase, Respond), CSF: "RS.MA-01", Title: redact.Text(in.Body.Title, lineMax)},
			State: Todo, Owner: redact.Text(in.Body.Owner, lineMax)}
		i.Tasks = append(i.Tasks, t)
		i.add(Entry{At: now, Kind: "TASK", By: by(ctx), Text: "added: " + t.Title})
		return nil
	})
}

// TaskIn says how far a task is.
type TaskIn struct {
	ID   string `path:"incidentId"`
	Task string `path:"taskId"`
	Body struct {
		State string `json:"state"`
		Owner string `json:"owner"`
		Note  string `json:"note"`
	} `body:"json"`
}

// UpdateTask is updateIncidentTask. What is skipped needs a note that says why.
func (s *Service) UpdateTask(ctx context.Context, in TaskIn) (Incident, error) {
	return s.change(ctx, in.ID, func(i *stored, now time.Time) error {
		at := slices.IndexFunc(i.Tasks, func(t Task) bool { return t.ID == in.Task })
		if at < 0 {
			return errs.Missing("task", in.Task)
		}
		t, b := &i.Tasks[at], in.Body
		if b.State == Skipped && b.Note == "" {
			return errs.Invalidf("/note", "required", "say why the task is skipped")
		}
		t.Owner, t.Note = cmp.Or(redact.Text(b.Owner, lineMax), t.Owner), cmp.Or(redact.Block(b.Note, noteMax), t.Note)
		if b.State != "" && b.State != t.State {
			t.State, t.DoneAt, t.DoneBy = b.State, now, by(ctx)
			if t.State == Todo {
				t.DoneAt, t.DoneBy = time.Time{}, ""
			}
			text := b.State + ": " + t.Title
			if b.Note != "" {
				text += " – " + redact.Text(b.Note, lineMax)
			}
			i.add(Entry{At: now, Kind: "TASK", By: by(ctx), Text: text})
			if i.State == Detect && t.Phase == Respond { // the work says it
				i.enter(Respond, now)
				i.add(Entry{At: now, Kind: "STATE", By: by(ctx), Text: "the state is " + Respond})
			}
		}
		return nil
	})
}

// ResolveIn ends an incident.
type ResolveIn struct {
	ID   string `path:"incidentId"`
	Body struct {
		Resolution string     `json:"resolution"`
		RootCause  string     `json:"rootCause"`
		Coding     *Coding    `json:"coding"`
		FollowUps  []FollowUp `json:"followUps"`
	} `body:"json"`
}

// Resolve is resolveIncident: it is closed with what was found, and its alerts are resolved.
// STATE_DOES_NOT_ALLOW while a required task is open.
func (s *Service) Resolve(ctx context.Context, in ResolveIn) (Incident, error) {
	return s.change(ctx, in.ID, func(i *stored, now time.Time) error {
		for _, t := range i.Tasks {
			if t.Required && t.State == Todo {
				return errs.New(errs.StateForbids, "the task %s (%s) is not done", t.ID, t.Title).With("taskId", t.ID).
					Hinting("airside incident task %s %s --state DONE, or SKIPPED with a reason", i.ID, t.ID)
			}
		}
		b := in.Body
		i.Resolution, i.RootCause = redact.Block(b.Resolution, noteMax), redact.Block(b.RootCause, noteMax)
		if b.Coding != nil {
			i.Coding = b.Coding.clean()
		}
		for n, f := range b.FollowUps {
			if _, err := time.Parse(time.DateOnly, f.Due); err != nil {
				return errs.Invalidf("/followUps/"+strconv.Itoa(n)+"/due", "format", "it must be a date such as 2026-12-24")
			}
			i.FollowUps = append(i.FollowUps, FollowUp{"F" + strconv.Itoa(n+1), redact.Text(f.Title, lineMax), redact.Text(f.Owner, lineMax), f.Due, Todo})
		}
		if i.RespondedAt.IsZero() {
			i.RespondedAt = now
		}
		if i.ContainedAt.IsZero() {
			i.ContainedAt = now
		}
		i.State, i.ClosedAt = Closed, now
		i.add(Entry{At: now, Kind: "STATE", By: by(ctx), Text: "closed: " + redact.Text(b.Resolution, lineMax)})
		if err := i.save(store.From(ctx), now); err != nil { // closed first: what its alerts say now is no line of it any more
			return err
		}
		for _, a := range i.Alerts {
			if err := s.o.Alerts.ResolveFor(ctx, i.tenant, a, "the incident "+i.ID+" is closed"); err != nil {
				return err
			}
		}
		return nil
	})
}

func (c *Coding) clean() *Coding {
	out := *c
	for _, p := range []*string{&out.Actor, &out.Discovery, &out.Impact} {
		*p = redact.Text(*p, lineMax)
	}
	for _, list := range []*[]string{&out.Actions, &out.Assets, &out.Attribute} {
		clean := make([]string, len(*list))
		for i, v := range *list {
			clean[i] = redact.Text(v, lineMax)
		}
		*list = clean
	}
	return &out
}
