// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"encoding/json"
	"log/slog"
	"time"

	"github.com/airside-travel/airside/internal/telemetry"
)

// The objects that only requests have.
type (
	// OCSFResponse is what the call was told.
	OCSFResponse struct {
		Code    int    `json:"code"`
		Error   string `json:"error,omitempty"`
		Message string `json:"message,omitempty"`
	}
	// OCSFHTTPRequest is the call on the wire.
	OCSFHTTPRequest struct {
		Method string  `json:"http_method"`
		URL    OCSFURL `json:"url"`
		Agent  string  `json:"user_agent,omitempty"`
		Length int     `json:"length,omitempty"`
	}
	// OCSFURL is a path; queries are not kept.
	OCSFURL struct {
		Path string `json:"path"`
	}
	// OCSFHTTPResponse is the answer on the wire.
	OCSFHTTPResponse struct {
		Code   int `json:"code"`
		Length int `json:"length,omitempty"`
	}
)

const severityMedium = 3

func ofClass(activity int, at time.Time) OCSF {
	return OCSF{
		ActivityID: activity, CategoryUID: ocsfCategory, ClassUID: ocsfClass, TypeUID: ocsfClass*100 + activity, Time: at.UnixMilli(),
		SeverityID: severityInformational, StatusID: statusSuccess,
		Metadata: OCSFMetadata{Version: OCSFVersion, Product: OCSFProduct{"Airside", "Airside"}},
	}
}

// EventToOCSF maps the event of a request.
func EventToOCSF(e *telemetry.Event) OCSF {
	out := ofClass(activityOf(e.Operation), e.At.Add(e.Took))
	if e.Level() >= slog.LevelWarn {
		out.SeverityID, out.StatusID, out.StatusCode = severityLow, statusFailure, e.ErrorCode
	}
	if e.Level() >= slog.LevelError {
		out.SeverityID = severityMedium
	}
	out.Metadata.UID, out.Metadata.Tenant = e.ID, e.Tenant
	out.Message, out.Duration = e.Message, e.Took.Milliseconds()
	out.Actor.App = e.ClientID
	if e.UserID != "" {
		out.Actor.User = &OCSFUser{e.UserID}
	}
	out.API = OCSFAPI{Operation: e.Operation, Request: &OCSFRequest{e.ID}, Response: &OCSFResponse{e.Status, e.ErrorCode, e.Message}}
	if e.ClientIP != "" {
		out.Source = &OCSFEndpoint{e.ClientIP}
	}
	out.Request = &OCSFHTTPRequest{e.Method, OCSFURL{e.Path}, e.UserAgent, e.BytesIn}
	out.Response = &OCSFHTTPResponse{e.Status, e.BytesOut}
	if e.Object != "" {
		out.Resources = []OCSFResource{{e.Object}}
	}
	more := map[string]any{}
	for name, v := range map[string]string{"environment": e.Environment, "effect": e.Effect, "company": e.Company, "reason": e.Reason, "bodies": e.Bodies, "currency": e.Currency} {
		if v != "" {
			more[name] = v
		}
	}
	if e.Currency != "" {
		more["amountMinor"] = e.AmountMinor
	}
	if len(e.Stages) > 0 {
		more["stages"] = json.RawMessage(e.AppendStages(nil))
	}
	if w := e.Webhook; w != nil {
		more["webhook"] = w
	}
	if u := e.Upstream; u != nil {
		more["upstream"] = u
	}
	if len(more) > 0 {
		out.Unmapped = more
	}
	return out
}

// DroppedToOCSF says that events are missing.
func DroppedToOCSF(at time.Time, n int64) OCSF {
	out := ofClass(activityOther, at)
	out.SeverityID, out.StatusID, out.Message, out.Count = severityMedium, statusFailure, "events were dropped", int(n)
	return out
}
