// SPDX-License-Identifier: Apache-2.0

package incident_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/alert"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/incident"
)

func openFrom(alertID string) (in incident.OpenIn) {
	in.Body.Alert = alertID
	return in
}

func texts(i incident.Incident, kind string) (out []string) {
	for _, e := range i.Timeline {
		if e.Kind == kind {
			out = append(out, e.Text)
		}
	}
	return out
}

// From alert to report: what happens to alerts and what the client does flows in by itself, and nothing else does.
func TestLife(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.acted(client, "searchBefore", "") // two hours before: not part of it
	r.pass(2 * time.Hour)
	r.acted(client, "listUsersV3", "companyId=1")
	id := r.raise(alert.Finding{Rule: "auth-revoked-secret", Severity: alert.High, Client: client, Environment: "production", Summary: "A rotated secret was used", Events: []string{"req-1", "req-2"}})
	r.pass(time.Minute)
	i := must(r, r.Open, openFrom(id))
	if i.Playbook != "leaked-secret" || i.Severity != "HIGH" || i.Title != "A rotated secret was used" || !slices.Equal(i.Clients, []string{client}) || len(i.Tasks) != 8 {
		t.Fatalf("taken from the alert: %+v", i)
	}
	for task, command := range map[string]string{
		"rotate": `airside api rotateClientSecret --body '{"clientId": "` + client + `"}'`, "tell": "airside incident contact-pack " + i.ID,
	} {
		if at := slices.IndexFunc(i.Tasks, func(t incident.Task) bool { return t.ID == task }); i.Tasks[at].Command != command {
			t.Errorf("%s: %s", task, i.Tasks[at].Command)
		}
	}
	r.acted(client, "createTrip", "")
	r.acted("somebody-else", "createTrip", "")
	r.acted("somebody-else", "rotateClientSecret", "clientId="+client)
	r.acted(client+"0", "createTrip", "") // another client, whose id begins the same
	second := r.raise(alert.Finding{Rule: "scan", Severity: alert.Medium, Client: client, Summary: "Many 404s"})
	r.raise(alert.Finding{Rule: "scan", Severity: alert.Medium, Client: "another", Summary: "Not ours"})
	if err := r.store.Update(r.admin(), func(ctx context.Context) error {
		_, err := r.alerts.Acknowledge(ctx, alert.ActIn{ID: id})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	note := incident.NoteIn{ID: i.ID}
	note.Body.Text = "The partner says\nit was debugIdentifier: https://api.example.com/trace/abc, webhook-id: wh_77\x1b[2J"
	i = must(r, r.Note, note)
	if d := cmp.Diff([]string{"listUsersV3 companyId=1 ALLOWED from 192.0.2.7", "createTrip ALLOWED from 192.0.2.7", "rotateClientSecret clientId=" + client + " ALLOWED from 192.0.2.7"}, texts(i, "AUDIT")); d != "" {
		t.Error(d)
	}
	for _, e := range i.Timeline {
		if e.Kind == "AUDIT" && (e.AuditSeq == 0 || len(e.AuditHash) != 64) {
			t.Errorf("not tied to the trail: %+v", e)
		}
	}
	if got := strings.Join(texts(i, "ALERT"), "\n"); !strings.Contains(got, "scan OPENED") || !strings.Contains(got, "auth-revoked-secret ACKNOWLEDGED") || strings.Contains(got, "Not ours") {
		t.Errorf("alerts: %s", got)
	}
	if !slices.Equal(i.Alerts, []string{id, second}) {
		t.Errorf("alerts %v", i.Alerts)
	}
	if got := texts(i, "NOTE")[0]; !strings.Contains(got, "\n") || strings.Contains(got, "\x1b") {
		t.Errorf("note %q", got)
	}
	// Reading shows what nobody has written yet.
	r.acted(client, "deleteTrip", "")
	if got := texts(must(r, r.Get, incident.GetIn{ID: i.ID}), "AUDIT"); len(got) != 4 {
		t.Errorf("read: %v", got)
	}

	_, err := do(r, r.Resolve, resolve(i.ID))
	if !errs.Is(err, errs.StateForbids) || !strings.Contains(err.Error(), "confirm") {
		t.Errorf("closed with open tasks: %v", err)
	}
	task := incident.TaskIn{ID: i.ID, Task: "confirm"}
	task.Body.State = incident.Skipped
	if _, err := do(r, r.UpdateTask, task); !errs.Is(err, errs.ValidationFailed) {
		t.Errorf("skipped without a word: %v", err)
	}
	for _, one := range i.Tasks {
		task := incident.TaskIn{ID: i.ID, Task: one.ID}
		task.Body.State, task.Body.Note = incident.Done, "done"
		i = must(r, r.UpdateTask, task)
	}
	if i.State != incident.Respond {
		t.Errorf("the work says that it is responded to: %s", i.State)
	}
	attach := incident.AttachIn{ID: i.ID}
	attach.Body.Name, attach.Body.MediaType, attach.Body.Content = "requests.json", "application/json", `[{"debugIdentifier":"https://api.example.com/trace/def"}]`
	e := must(r, r.Attach, attach)
	attach.Body.Content = "not JSON"
	if _, err := do(r, r.Attach, attach); !errs.Is(err, errs.ValidationFailed) {
		t.Error(err)
	}
	pack := must(r, r.ContactPack, incident.GetIn{ID: i.ID})
	if d := cmp.Diff([]string{"https://api.example.com/trace/abc", "https://api.example.com/trace/def"}, pack.DebugIdentifiers); d != "" {
		t.Error(d)
	}
	if !slices.Equal(pack.Requests, []string{"req-1", "req-2"}) || len(pack.Webhooks) != 1 || !strings.Contains(pack.Text, "2026-03-02T11:00:00Z to ") {
		t.Errorf("%+v", pack)
	}
	i = must(r, r.Resolve, resolve(i.ID))
	if i.State != incident.Closed || len(i.FollowUps) != 1 {
		t.Errorf("%+v", i)
	}
	for _, id := range i.Alerts {
		if a := must(r, r.alerts.Get, alert.GetIn{ID: id}); a.State != alert.Resolved || a.Incident != i.ID {
			t.Errorf("alert %s is %s, of incident %s", id, a.State, a.Incident)
		}
	}
	if _, err := do(r, r.Note, note); !errs.Is(err, errs.StateForbids) {
		t.Errorf("a closed incident changes: %v", err)
	}
	if x := must(r, r.GetEvidence, incident.EvidenceIn{ID: i.ID, Evidence: e.ID}); !x.Intact {
		t.Error("evidence does not verify")
	}
	follow := incident.FollowUpIn{ID: i.ID, FollowUp: "F1"}
	follow.Body.State = incident.Done
	if i = must(r, r.UpdateFollowUp, follow); i.FollowUps[0].State != incident.Done {
		t.Errorf("%+v", i.FollowUps)
	}
	report := string(r.report(i.ID, "MARKDOWN"))
	for _, want := range []string{"# A rotated secret was used", "**Time to detect:** 1m0s", "Somebody pasted it \\*here\\*", "rotateClientSecret", "SHA-256 " + e.SHA256, "\\[DONE\\] Rotate the secret", "Error handling"} {
		if !strings.Contains(report, want) {
			t.Errorf("the report lacks %q:\n%s", want, report)
		}
	}
}

func resolve(id string) (in incident.ResolveIn) {
	in.ID = id
	in.Body.Resolution, in.Body.RootCause = "Rotated.", "Somebody pasted it *here*"
	in.Body.Coding = &incident.Coding{Actor: "internal", Actions: []string{"Error handling"}}
	in.Body.FollowUps = []incident.FollowUp{{Title: "A scanner", Owner: "Ada", Due: "2026-04-01"}}
	return in
}

func (r *rig) report(id, format string) []byte {
	r.t.Helper()
	out := must(r, r.Report, incident.ReportIn{ID: id, Format: format})
	raw, err := base64.StdEncoding.DecodeString(out.Content)
	if err != nil {
		r.t.Fatal(err)
	}
	return raw
}

// The PDF is one that readers can open: every object begins where its table says, and every line fits.
func TestPDF(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var in incident.OpenIn
	in.Body.Title, in.Body.Playbook = "Zwölf (12) \\ Löcher – "+strings.Repeat("unbreakable", 30), "vault-down"
	i := must(r, r.Open, in)
	for n := range 120 {
		note := incident.NoteIn{ID: i.ID}
		note.Body.Text = fmt.Sprintf("line %d )( \\ 東京 %s", n, strings.Repeat("word ", 30))
		must(r, r.Note, note)
	}
	doc := r.report(i.ID, "PDF")
	m := regexp.MustCompile(`startxref\n(\d+)\n%%EOF\n$`).FindSubmatch(doc)
	if m == nil {
		t.Fatal("no end")
	}
	table, _ := strconv.Atoi(string(m[1]))
	if !bytes.HasPrefix(doc[table:], []byte("xref\n")) {
		t.Fatal("startxref points elsewhere")
	}
	for n, row := range regexp.MustCompile(`(\d{10}) 00000 n `).FindAllSubmatch(doc[table:], -1) {
		at, _ := strconv.Atoi(string(row[1]))
		if want := fmt.Sprintf("%d 0 obj\n", n+1); !bytes.HasPrefix(doc[at:], []byte(want)) {
			t.Errorf("object %d does not begin at %d", n+1, at)
		}
	}
	if pages := bytes.Count(doc, []byte("/Type /Page ")); pages < 5 {
		t.Errorf("%d pages", pages)
	}
	for _, s := range regexp.MustCompile(`\((.*)\) Tj`).FindAllSubmatch(doc, -1) {
		if plain := regexp.MustCompile(`\\[0-7]{3}|\\.`).ReplaceAll(s[1], []byte("x")); bytes.ContainsAny(plain, "()\\") || len(plain) > 140 {
			t.Errorf("line %s", s[1])
		}
	}
}

// Every playbook can be drilled; what it contains is really done and taken back, and what is missing costs points.
func TestDrills(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	plans := must(r, r.ListPlaybooks, struct{}{}).Playbooks
	for _, want := range []string{"leaked-secret", "stolen-token", "webhook-forgery", "data-exposure", "upstream-breach", "duplicate-purchases", "vault-down", "audit-gap"} {
		if !slices.ContainsFunc(plans, func(p incident.Playbook) bool { return p.ID == want }) {
			t.Errorf("no playbook %s", want)
		}
	}
	drill := func(id string) incident.DrillOut {
		var in incident.DrillIn
		in.Body.Playbook = id
		out, err := r.Drill(r.admin(), in)
		if err != nil {
			t.Fatalf("%s: %v", id, err)
		}
		return out
	}
	if out := drill("leaked-secret"); out.Score == 100 || out.Total-out.Passed != 3 {
		t.Errorf("an empty contact book costs nothing: %+v", out)
	}
	for _, c := range must(r, r.ListContacts, struct{}{}).Contacts {
		in := incident.ContactIn{Role: c.Role}
		in.Body.Name, in.Body.Phone = "Ada Moreau", "+44 20 7946 0000"
		must(r, r.UpdateContact, in)
	}
	if missing := must(r, r.ListContacts, struct{}{}).Missing; len(missing) != 0 {
		t.Errorf("missing %v", missing)
	}
	for _, p := range plans {
		r.responder.calls = nil
		out := drill(p.ID)
		if out.Score != 100 {
			t.Errorf("%s: %+v", p.ID, out)
		}
		var acts int
		for _, s := range p.Tasks {
			if s.Act != "" {
				acts++
			}
		}
		if len(r.responder.calls) != 2*acts {
			t.Errorf("%s: %v", p.ID, r.responder.calls)
		}
		i := must(r, r.Get, incident.GetIn{ID: out.Incident})
		if !i.Drill || i.State != incident.Closed {
			t.Errorf("%s: %+v", p.ID, i)
		}
	}
	r.responder.broken = "undo suspend"
	if out := drill("data-exposure"); out.Total-out.Passed != 1 {
		t.Errorf("an undo that does not work: %+v", out)
	}
	r.responder.broken = "suspend"
	if out := drill("data-exposure"); out.Total-out.Passed != 1 || out.Score >= 100 {
		t.Errorf("an act that does not work: %+v", out)
	}
}

// The runbooks in docs are what the playbooks say.
func TestRunbooks(t *testing.T) {
	t.Parallel()
	plans, err := incident.Playbooks()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range plans {
		page, err := os.ReadFile(filepath.Join("../../docs/runbooks", p.ID+".md"))
		if err != nil || string(page) != p.Runbook() {
			t.Errorf("docs/runbooks/%s.md is not what the playbook says (%v); run `make gen`", p.ID, err)
		}
	}
}

// A command is for copying: what is not plainly an id is not put into one, nor is one of several.
func TestCommandsHoldIDsOnly(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, clients := range [][]string{nil, {"a", "b"}, {"$(reboot)"}, {"'; reboot"}, {"--help"}} {
		var in incident.OpenIn
		in.Body.Title, in.Body.Playbook, in.Body.Clients = "x", "leaked-secret", clients
		i := must(r, r.Open, in)
		if at := slices.IndexFunc(i.Tasks, func(t incident.Task) bool { return t.ID == "used" }); i.Tasks[at].Command != "airside api listAuditEntries --actor CLIENT" {
			t.Errorf("%q: %s", clients, i.Tasks[at].Command)
		}
	}
}
