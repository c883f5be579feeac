// SPDX-License-Identifier: Apache-2.0

package app

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/detect"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/operator"
)

// History turns entries of an audit trail into the events that they are about. A trail has refusals and acts of
// administrators; it has no reads, no tokens that were given out and no volumes, so rules about those find nothing.
type History struct{ m *mapper }

// NewHistory makes one.
func NewHistory(c *contract.Contract) *History {
	return &History{newMapper(c, func(string) string { return "" })}
}

// countedMax bounds the events that one entry stands for.
const countedMax = 1000

// Events gives the events behind an entry, with the tenant left out: all of a trail are of one.
func (h *History) Events(e *operator.AuditEntry, give func(detect.Event)) {
	a, known := h.m.acts[e.Operation]
	if e.Operation != "" && !known {
		return // an act of Airside itself
	}
	client, user, _ := strings.Cut(e.Actor, " for user ")
	addr, _ := netip.ParseAddr(e.SourceIP) // the zero address is none
	if block, err := netip.ParsePrefix(client); err == nil {
		client, addr = "", block.Addr()
	}
	code, _, _ := strings.Cut(e.Detail, " ")
	ev := detect.Event{
		ID: e.RequestID, At: e.At, Kind: detect.Request, Client: client, Subject: user, Address: addr, Operation: e.Operation, Status: 200,
		Change: e.Change, Target: e.Resource,
	}
	if e.Outcome != "ALLOWED" {
		ev.Status, ev.Code, ev.Reason = 403, code, reasonOf(code, e.Reason)
		if code == string(errs.TokenInvalid) {
			ev.Status = 401
		}
	}
	if ev.ID == "" {
		ev.ID = fmt.Sprintf("audit-%d", e.Sequence)
	}
	switch {
	case a.token:
		ev.Kind = detect.Token
	case a.admin && client != "":
		ev.Kind = detect.Admin
		if ev.Subject == "" {
			ev.Subject = client
		}
		if _, id, ok := strings.Cut(ev.Target, "userId="); ok {
			ev.Target = id
		}
		for change := range strings.SplitSeq(e.Change, ",") {
			ev.Change = change
			give(ev)
		}
		return
	}
	for range min(max(e.Count, 1), countedMax) {
		give(ev)
	}
}
