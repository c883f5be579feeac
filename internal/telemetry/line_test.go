// SPDX-License-Identifier: Apache-2.0

package telemetry_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/airside-travel/airside/internal/telemetry"
)

// Lines are those of the standard handlers, byte by byte, whatever an event holds.
func TestLinesAreThoseOfSlog(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e := event(t)
		var text, json bytes.Buffer
		for _, h := range []slog.Handler{slog.NewTextHandler(&text, nil), slog.NewJSONHandler(&json, nil)} {
			if err := h.Handle(context.Background(), e.Record()); err != nil {
				t.Fatal(err)
			}
		}
		if d := cmp.Diff(json.String(), string(e.AppendJSON(nil))+"\n"); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff(text.String(), string(e.AppendText(nil))+"\n"); d != "" {
			t.Error(d)
		}
	})
}

func event(t *rapid.T) *telemetry.Event {
	words := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "a b", `"`, `\`, "a=b", "\x7f", "\x00", "\xff", "\u2028", "<&>", "é", "\t\r\n\b\f"}))
	e := &telemetry.Event{
		ID: words.Draw(t, "id"), At: time.Unix(rapid.Int64Range(0, 1<<33).Draw(t, "s"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns")).UTC(),
		Method: words.Draw(t, "method"), Path: words.Draw(t, "path"), Operation: words.Draw(t, "operation"),
		Status: rapid.SampledFrom([]int{0, 200, 404, 501, 503}).Draw(t, "status"), ClientIP: words.Draw(t, "ip"), ClientID: words.Draw(t, "client"),
		Tenant: words.Draw(t, "tenant"), Environment: words.Draw(t, "environment"), UserID: words.Draw(t, "user"), UserAgent: words.Draw(t, "agent"),
		BytesIn: rapid.Int().Draw(t, "in"), BytesOut: rapid.Int().Draw(t, "out"), Took: time.Duration(rapid.Int64Range(0, 1<<40).Draw(t, "took")),
		Effect: words.Draw(t, "effect"), Object: words.Draw(t, "object"), Company: words.Draw(t, "company"), Reason: words.Draw(t, "reason"), Bodies: words.Draw(t, "bodies"),
		AmountMinor: rapid.Int64().Draw(t, "amount"), Currency: words.Draw(t, "currency"), Internal: words.Draw(t, "internal"),
	}
	verdicts := rapid.SampledFrom([]telemetry.Verdict{telemetry.Passed, telemetry.Done, telemetry.Counted, telemetry.Broken})
	for range rapid.IntRange(0, 20).Draw(t, "decisions") {
		e.Decide(telemetry.Stage(rapid.IntRange(0, int(telemetry.Audit)).Draw(t, "stage")), verdicts.Draw(t, "verdict"), words.Draw(t, "rule"), words.Draw(t, "detail"))
	}
	if rapid.Bool().Draw(t, "failed") {
		e.ErrorCode, e.Message = words.Draw(t, "code"), words.Draw(t, "message")
		e.Decide(telemetry.Permit, telemetry.Refused, words.Draw(t, "deciding"), "")
		e.Decide(telemetry.Audit, telemetry.Written, "", "") // what comes behind the refusal is not what refused
	}
	if rapid.Bool().Draw(t, "received") {
		e.Webhook = &telemetry.Webhook{
			Result: words.Draw(t, "result"), Receipt: words.Draw(t, "receipt"), ID: words.Draw(t, "webhook"), EventType: words.Draw(t, "type"),
			Operation: words.Draw(t, "did"), Secret: words.Draw(t, "reference"), Client: words.Draw(t, "sender"), Attempts: 2,
		}
	}
	if rapid.Bool().Draw(t, "forwarded") {
		e.Upstream = &telemetry.Upstream{
			Status: 200, RequestID: words.Draw(t, "far"), Debug: words.Draw(t, "debug"), Took: time.Duration(rapid.Int64Range(0, 1<<40).Draw(t, "far took")),
			Attempts: 2, Drift: rapid.SampledFrom([][]string{nil, {}, {"/a required", "/b \"type\""}}).Draw(t, "drift"),
		}
	}
	return e
}

// A line says what each stage decided, in their order; of a stage that decided twice the last.
func TestStagesInALine(t *testing.T) {
	t.Parallel()
	var e telemetry.Event
	if got := string(e.AppendStages(nil)); got != "null" {
		t.Errorf("of none: %s", got)
	}
	e.Decide(telemetry.Address, telemetry.Passed, "everybody", "")
	e.Decide(telemetry.Permit, telemetry.Passed, `policy "night"`, "not logged")
	e.Decide(telemetry.Audit, telemetry.Written, "INTENT", "")
	e.Decide(telemetry.Handle, telemetry.Done, "", "")
	e.Decide(telemetry.Audit, telemetry.Written, "ALLOWED", "")
	const want = `{"address":"passed everybody","permit":"passed policy \"night\"","handle":"done","audit":"written ALLOWED"}`
	if d := cmp.Diff(want, string(e.AppendStages(nil))); d != "" {
		t.Error(d)
	}
	if line := string(e.AppendText(nil)); !strings.Contains(line, ` stages.address="passed everybody" stages.permit="passed policy \"night\"" stages.handle=done stages.audit="written ALLOWED"`) {
		t.Error(line)
	}
}

// TestTerse is what somebody reads along: of what went well nothing but what was unusual, of an error where it ended.
func TestTerse(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	made := func(status int, more func(e *telemetry.Event)) *telemetry.Event {
		e := &telemetry.Event{
			ID: "4bf92f35", At: began, Took: 3 * time.Millisecond, Method: "GET", Path: "/v2/companies/6f0c", Operation: "readCompany",
			Status: status, ClientIP: "192.0.2.7", ClientID: "c", Tenant: "t", Environment: "sandbox", UserAgent: "go/1.26", Effect: "read",
		}
		e.Decide(telemetry.Address, telemetry.Passed, "everybody", "")
		e.Decide(telemetry.Authenticate, telemetry.Passed, "bearer token", "")
		e.Decide(telemetry.Networks, telemetry.None, "", "")
		more(e)
		e.Decide(telemetry.Audit, telemetry.Written, "ALLOWED", "")
		return e
	}
	const all = "requestId=4bf92f35 method=GET path=/v2/companies/6f0c operation=readCompany "
	const who = "took=3ms in=0 out=0 ip=192.0.2.7 client=c tenant=t agent=go/1.26 environment=sandbox "
	for _, tc := range []struct {
		event *telemetry.Event
		want  string
	}{
		{made(200, func(e *telemetry.Event) { e.Decide(telemetry.Handle, telemetry.Done, "read", "") }),
			"time=2026-05-01T12:00:00.003Z level=INFO msg=request " + all + "status=200 " + who + "effect=read"},
		{made(200, func(e *telemetry.Event) { e.Decide(telemetry.Replay, telemetry.Replayed, "", "") }),
			"time=2026-05-01T12:00:00.003Z level=INFO msg=request " + all + "status=200 " + who + "stages.replay=replayed effect=read"},
		{made(400, func(e *telemetry.Event) {
			e.Decide(telemetry.Validate, telemetry.Refused, "required", "")
			e.ErrorCode, e.Message = "API_VALIDATION_FAILED", "name is required"
		}), "time=2026-05-01T12:00:00.003Z level=WARN msg=request " + all + "status=400 " + who +
			`effect=read code=API_VALIDATION_FAILED message="name is required" stage=validate rule=required`},
		{made(403, func(e *telemetry.Event) {
			e.Decide(telemetry.Authorise, telemetry.Passed, "x-roles", "")
			e.Decide(telemetry.Permit, telemetry.Refused, `policy "night"`, "")
			e.ErrorCode, e.Message = "POLICY_FORBIDS", "not at night"
		}), "time=2026-05-01T12:00:00.003Z level=WARN msg=request " + all + "status=403 " + who +
			`effect=read code=POLICY_FORBIDS message="not at night" stage=permit rule="policy \"night\""`},
		{made(409, func(e *telemetry.Event) { // what failed besides is not lost behind the end
			e.Decide(telemetry.Recovery, telemetry.Failed, "", "")
			e.Decide(telemetry.Handle, telemetry.Refused, "unknown", "")
			e.ErrorCode, e.Message = "OUTCOME_UNKNOWN", "nobody knows"
		}), "time=2026-05-01T12:00:00.003Z level=WARN msg=request " + all + "status=409 " + who +
			`stages.recovery=failed effect=read code=OUTCOME_UNKNOWN message="nobody knows" stage=handle rule=unknown`},
		{made(503, func(e *telemetry.Event) { e.Decide(telemetry.Send, telemetry.Repeated, "2", "") }), // an answer of the real API
			"time=2026-05-01T12:00:00.003Z level=ERROR msg=request " + all + "status=503 " + who + `stages.send="repeated 2" effect=read`},
	} {
		if d := cmp.Diff(tc.want, string(tc.event.AppendTerse(nil))); d != "" {
			t.Error(d)
		}
		if text := string(tc.event.AppendText(nil)); !strings.Contains(text, ` stages.address="passed everybody" `) {
			t.Errorf("the text of every other sink lost its stages: %s", text)
		}
	}
}
