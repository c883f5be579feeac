// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/redact"
	"github.com/airside-travel/airside/internal/store"
)

// lookBack is how far before an incident begins acts belong to it, and backMax how many entries of the audit
// trail are looked at for that.
const (
	lookBack = time.Hour
	backMax  = 5000
)

// begin says from which entry of the audit trail on an incident looks.
func begin(r store.Reader, tenant string) (int64, error) {
	last, err := r.LastAudit(tenant)
	if err != nil || last == nil {
		return 0, err
	}
	return max(0, last.Seq-backMax), nil
}

// collect adds the audited acts that concern the incident and were not looked at yet. Its own notes and alerts
// are lines of their own already.
func (s *Service) collect(r store.Reader, i *stored) error {
	ahead := s.o.Clocks.Now(i.tenant).Sub(s.o.Clocks.Base().Now()) // the trail has the system's time, incidents have the tenant's
	for e, err := range r.Audit(i.tenant, i.AuditSeen+1) {
		if err != nil {
			return err
		}
		i.AuditSeen = e.Seq
		at := e.At.Add(ahead).UTC()
		if at.Before(i.StartedAt.Add(-lookBack)) || !i.concerns(e) {
			continue
		}
		var d struct{ Class, IP, Code string }
		_ = json.Unmarshal(e.Detail, &d) // details of other writers have other members
		text := strings.Join(slices.DeleteFunc([]string{e.Operation, e.Target, e.Outcome, d.Code}, func(p string) bool { return p == "" }), " ")
		if d.IP != "" {
			text += " from " + d.IP
		}
		i.add(Entry{At: at, Kind: "AUDIT", By: redact.Text(e.Actor, 120), Text: redact.Text(text, 300), AuditSeq: e.Seq, AuditHash: hex.EncodeToString(e.Hash)})
	}
	return nil
}

func (i *stored) concerns(e *store.AuditEntry) bool {
	if strings.HasPrefix(e.Operation, "alert.") || strings.HasPrefix(e.Operation, "incident.") || strings.Contains(e.Operation, "Incident") || strings.HasSuffix(e.Operation, "Alert") {
		return false
	}
	actor, _, _ := strings.Cut(e.Actor, " ") // "CLIENT for user USER"
	if slices.Contains(i.Clients, actor) {
		return true
	}
	for part := range strings.FieldsSeq(e.Target) { // "clientId=…", or an id by itself
		if _, value, ok := strings.Cut(part, "="); ok {
			part = value
		}
		if slices.Contains(i.Clients, part) || slices.Contains(i.Alerts, part) {
			return true
		}
	}
	return false
}

// inOrder sorts the timeline by time for showing; what came at the same moment stays in the order it came.
func (i *stored) inOrder() {
	slices.SortStableFunc(i.Timeline, func(a, b Entry) int { return a.At.Compare(b.At) })
}

// seen is the incident as it is shown: with what the audit trail has to say up to now.
func (s *Service) seen(r store.Reader, i *stored) (Incident, error) {
	if i.State != Closed {
		if err := s.collect(r, i); err != nil {
			return i.Incident, err
		}
	}
	i.inOrder()
	return i.Incident, nil
}

func ignoreMissing(err error) error {
	if errs.Is(err, errs.ResourceNotFound) {
		return nil
	}
	return err
}
