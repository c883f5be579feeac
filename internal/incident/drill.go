// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/alert"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/redact"
	"github.com/airside-travel/airside/internal/store"
)

// ListPlaybooks is listPlaybooks.
func (s *Service) ListPlaybooks(context.Context, struct{}) (PlaybookList, error) {
	return PlaybookList{s.plans}, nil
}

// PlaybookList is its answer.
type PlaybookList struct {
	Playbooks []Playbook `json:"playbooks"`
}

// DrillIn names a playbook.
type DrillIn struct {
	Body struct {
		Playbook string `json:"playbook"`
	} `body:"json"`
}

// Check is one thing that a drill looks at.
type Check struct {
	Name   string `json:"name"`
	Passed bool   `json:"passed"`
	Detail string `json:"detail,omitempty"`
}

// DrillOut is how a drill went (schema DrillResult).
type DrillOut struct {
	Incident string  `json:"incidentId"`
	Playbook string  `json:"playbook"`
	Score    int     `json:"score"` // passed of all, in percent
	Passed   int     `json:"passed"`
	Total    int     `json:"total"`
	Checks   []Check `json:"checks"`
}

// Drill is drillIncident: it plays a playbook on a client of the sandbox that nobody uses, from the alert to the
// report, carries out what contains an attack and takes it back, and says what did not work. It has
// transactions of its own.
func (s *Service) Drill(ctx context.Context, in DrillIn) (out DrillOut, err error) {
	plan := s.plan(in.Body.Playbook)
	if plan == nil {
		return out, errs.OnField(errs.ReferenceNotFound, "/playbook", "reference", "there is no playbook %q", in.Body.Playbook).Allow(s.planIDs()...)
	}
	d := &drill{s: s, tenant: actor.Tenant(ctx), plan: plan, out: DrillOut{Playbook: plan.ID, Checks: []Check{}}}
	d.client = "drill-client"
	if s.o.Range != nil {
		var giveBack func(context.Context) error
		if d.client, giveBack, err = s.o.Range.Borrow(ctx, d.tenant); err != nil {
			return out, err
		}
		defer func() { err = errors.Join(err, giveBack(context.WithoutCancel(ctx))) }()
	}
	if err := d.play(ctx); err != nil {
		return out, err
	}
	d.out.Total = len(d.out.Checks)
	for _, c := range d.out.Checks {
		if c.Passed {
			d.out.Passed++
		}
	}
	d.out.Score = 100 * d.out.Passed / d.out.Total
	return d.out, nil
}

type drill struct {
	s              *Service
	tenant, client string
	plan           *Playbook
	out            DrillOut
}

func (d *drill) check(name string, err error, detail string, args ...any) {
	c := Check{Name: name, Passed: err == nil, Detail: fmt.Sprintf(detail, args...)}
	if err != nil {
		c.Detail = redact.Text(err.Error(), lineMax)
		if e := errs.As(err); e != nil {
			c.Detail = redact.Text(e.Message, lineMax)
		}
	}
	d.out.Checks = append(d.out.Checks, c)
}

func (d *drill) write(ctx context.Context, fn func(ctx context.Context) error) error {
	return d.s.o.Store.Update(ctx, fn)
}

func (d *drill) play(ctx context.Context) error {
	began := d.s.now(d.tenant)
	id, err := d.alarm(ctx, began)
	if err != nil {
		return err
	}
	var in OpenIn
	in.Body.Alert, in.Body.Playbook, in.Body.Commander, in.Body.Title = id, d.plan.ID, by(ctx), "Drill: "+d.plan.Title
	var i *stored
	if err := d.write(ctx, func(ctx context.Context) (err error) { i, err = d.s.open(ctx, in, true); return err }); err != nil {
		return err
	}
	d.out.Incident = i.ID
	d.check("the incident opens from the alert with its timeline", when(len(i.Timeline) < 2, "the timeline has %d lines", len(i.Timeline)), "%d lines", len(i.Timeline))
	if err := d.people(ctx); err != nil {
		return err
	}
	for _, t := range i.Tasks {
		note, state := "", Done
		if t.Act != "" {
			if err := d.contain(ctx, id, t.Step); err != nil {
				note, state = "the act failed: "+redact.Text(err.Error(), lineMax), Skipped
			}
		}
		in := TaskIn{ID: i.ID, Task: t.ID}
		in.Body.State, in.Body.Note = state, note
		if err := d.write(ctx, func(ctx context.Context) error { _, err := d.s.UpdateTask(ctx, in); return err }); err != nil {
			return err
		}
	}
	return d.end(ctx, i.ID)
}

// alarm raises a burst and sees that it is one alert.
func (d *drill) alarm(ctx context.Context, now time.Time) (string, error) {
	rule := "drill"
	if len(d.plan.Rules) > 0 {
		rule = d.plan.Rules[0]
	}
	once := ids.UUID()
	var burst []alert.Finding
	for n := range 20 {
		burst = append(burst, alert.Finding{
			Rule: rule, Severity: d.plan.Severity, Tenant: d.tenant, Environment: d.s.o.Environment, Client: d.client, Drill: true,
			// Every drill is an alert of its own, also right after another one.
			Group: d.plan.ID + "|" + once, Summary: "Drill: " + d.plan.Title,
			Expected: "none of it", Seen: fmt.Sprintf("%d made-up events", n+1), Events: []string{fmt.Sprintf("drill-event-%d", n+1)}, Started: now, Last: now,
		})
	}
	raised, err := d.s.o.Alerts.Raise(ctx, burst...)
	if err != nil {
		return "", err
	}
	for _, id := range raised {
		if id != raised[0] {
			err = errs.New(errs.InternalError, "20 findings became more than one alert")
		}
	}
	d.check("20 findings become one alert", err, "alert %s", raised[0])
	return raised[0], nil
}

// people looks whether somebody would be there.
func (d *drill) people(ctx context.Context) error {
	return d.s.o.Store.View(ctx, func(ctx context.Context) error {
		b, err := book(store.Read(ctx), d.tenant)
		for _, c := range b.Contacts {
			for _, role := range d.plan.Contacts {
				if c.Role == role {
					d.check("somebody can be called: "+c.Title, when(!c.Filled, "the contact book has nobody; `airside incident contacts %s --name … --email …` fills the part", c.Role), "%s", strings.TrimSpace(c.Name+" "+c.Organisation))
				}
			}
		}
		return err
	})
}

// contain carries an act out and takes it back.
func (d *drill) contain(ctx context.Context, alertID string, t Step) error {
	target := alert.Target{Tenant: d.tenant, Environment: d.s.o.Environment, Client: d.client, Alert: alertID, Reason: "drill of " + d.plan.ID, Key: alertID + "-" + t.ID}
	undo, err := alert.Do(ctx, d.s.o.Responder, t.Act, target)
	d.check("the act works: "+t.Act, err, "%s", t.Title)
	if err != nil {
		return err
	}
	err = alert.Undo(ctx, d.s.o.Responder, t.Act, target, undo)
	d.check("its undo works: "+t.Act, err, "taken back")
	if d.s.o.Audit == nil {
		return nil
	}
	return d.write(ctx, func(ctx context.Context) error {
		return d.s.o.Audit.RecordAct(ctx, alert.Act{Tenant: d.tenant, Operation: "drill.respond", Target: "alert=" + alertID + " client=" + d.client, Outcome: "ALLOWED",
			Detail: map[string]string{"class": "security", "code": t.Act}})
	})
}

// end attaches evidence, closes the incident and makes what would be sent.
func (d *drill) end(ctx context.Context, id string) error {
	attach := AttachIn{ID: id}
	attach.Body.Name, attach.Body.MediaType, attach.Body.Content = "drill.json", "application/json", `{"made":"up"}`
	var e Evidence
	if err := d.write(ctx, func(ctx context.Context) (err error) { e, err = d.s.Attach(ctx, attach); return err }); err != nil {
		return err
	}
	resolve := ResolveIn{ID: id}
	resolve.Body.Resolution, resolve.Body.RootCause = "The drill is over.", "A drill."
	err := d.write(ctx, func(ctx context.Context) error { _, err := d.s.Resolve(ctx, resolve); return err })
	d.check("the incident can be closed", err, "every required task has an answer")
	return d.s.o.Store.View(ctx, func(ctx context.Context) error {
		x, err := d.s.GetEvidence(ctx, EvidenceIn{ID: id, Evidence: e.ID})
		d.check("evidence stays as it was attached", errors.Join(err, when(err == nil && !x.Intact, "its hash is another one")), "SHA-256 %.16s…", e.SHA256)
		pack, err := d.s.ContactPack(ctx, GetIn{ID: id})
		d.check("the contact pack names requests and clients", errors.Join(err, when(err == nil && (len(pack.Requests) == 0 || len(pack.Clients) == 0), "it is empty")), "%d requests", len(pack.Requests))
		for _, format := range []string{"MARKDOWN", "PDF"} {
			r, err := d.s.Report(ctx, ReportIn{ID: id, Format: format})
			d.check("the report is made: "+format, errors.Join(err, when(err == nil && len(r.Content) < 1000, "it has %d bytes", len(r.Content))), "%s", r.FileName)
		}
		return nil
	})
}

// when is an error if something is so.
func when(bad bool, format string, args ...any) error {
	if !bad {
		return nil
	}
	return errs.New(errs.StateForbids, format, args...)
}
