// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"strings"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/telemetry"
)

// ExplainIn names a request by the last part of its debugIdentifier.
type ExplainIn struct {
	RequestID string `path:"requestId"`
}

// Explanation is why a request ended as it did.
type Explanation struct {
	RequestID string    `json:"requestId"`
	Operation string    `json:"operation,omitempty"`
	Method    string    `json:"method,omitempty"`
	Path      string    `json:"path,omitempty"`
	Status    int       `json:"status"`
	ErrorCode string    `json:"errorCode,omitempty"`
	Hint      string    `json:"hint,omitempty"`
	At        time.Time `json:"at"`
	ClientID  string    `json:"clientId,omitempty"`
	Stages    []Stage   `json:"stages"`
	Bodies    string    `json:"bodies,omitempty"`
}

// Stage is what one stage of the pipeline made of it.
type Stage struct {
	Name     string `json:"stage"`
	Decision string `json:"decision"`
	Rule     string `json:"rule,omitempty"`
	Detail   string `json:"detail,omitempty"`
}

// ExplainRequest tells the stages and decisions of a recent request of the caller's own tenant, or
// of nobody's. RESOURCE_NOT_FOUND when it is too long ago.
func (s *Service) ExplainRequest(ctx context.Context, in ExplainIn) (Explanation, error) {
	e := s.o.Ring.Get(in.RequestID)
	a := actor.From(ctx)
	if e == nil || (e.Tenant != "" && a.Tenant != "" && e.Tenant != a.Tenant) {
		return Explanation{}, errs.Missing("request", in.RequestID)
	}
	out := Explanation{
		RequestID: e.ID, Operation: e.Operation, Method: e.Method, Status: e.Status, ErrorCode: e.ErrorCode, Hint: e.Hint,
		At: e.At, ClientID: e.ClientID, Stages: []Stage{}, Bodies: strings.ToUpper(e.Bodies),
	}
	if op := s.o.Contract.Operation(e.Operation); op != nil {
		out.Path = op.Path
	}
	for i, d := range e.Stages {
		verdict := "PASSED"
		if d.Verdict == telemetry.Refused {
			verdict = "REFUSED"
		}
		out.Stages = append(out.Stages, Stage{d.Stage.String(), verdict, d.Rule, detailOf(e, i)})
	}
	return out, nil
}

// detailOf is what is said of a decision besides what decided. What follows from the event itself is not kept with it.
func detailOf(e *telemetry.Event, i int) string {
	switch d := e.Stages[i]; {
	case d.Stage == telemetry.Authenticate && d.Verdict == telemetry.Passed:
		return e.ClientID
	case d.Stage == telemetry.Authorise && d.Verdict == telemetry.None && e.Upstream != nil:
		return "the real API decides by the environment's own credential"
	}
	return e.Detail(i)
}
