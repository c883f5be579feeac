// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"fmt"
	"net/http"
	"path"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/redact"
	"github.com/airside-travel/airside/internal/telemetry"
)

// begin opens the wide event of the request.
func (m *Mux) begin(w http.ResponseWriter, r *http.Request) *call {
	now := m.o.Clock.Now()
	c := &call{
		ResponseWriter: w, r: r, ctx: r.Context(), actor: &actor.Actor{}, started: now, at: telemetry.Route,
		event: &telemetry.Event{
			ID: ids.Trace(), At: now, Method: r.Method, Path: clip(r.URL.Path, maxPath),
			UserAgent: clip(r.UserAgent(), 4*maxAgent),
		},
	}
	c.Header()["X-Request-Id"] = []string{c.event.ID}
	return c
}

// finish logs the event and keeps it for explanations.
func (m *Mux) finish(c *call) {
	c.event.Took = m.o.Clock.Now().Sub(c.started)
	if up := c.event.Upstream; up != nil && up.Attempts > 1 {
		c.event.Decide(telemetry.Send, telemetry.Repeated, strconv.Itoa(up.Attempts-1), "")
	}
	m.about(c)
	m.clean(c)
	m.keepBodies(c)
	if m.o.Emit != nil {
		m.o.Emit(c.event)
	} else {
		c.event.Log(c.ctx, m.o.Log)
	}
	if m.o.Ring != nil {
		m.o.Ring.Add(c.event)
	}
	if m.o.Done != nil {
		m.o.Done(c.event)
	}
}

// recovered turns a panic into INTERNAL_ERROR; the stack goes to the log only.
func (m *Mux) recovered(c *call) {
	if p := recover(); p != nil {
		if p == http.ErrAbortHandler {
			panic(p)
		}
		err := fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		if c.sent { // an envelope now would be read as more of the answer
			_ = m.explain(c, c.at, err)
			panic(http.ErrAbortHandler)
		}
		m.fail(c, c.at, err)
	}
}

// unrouted is 405 with Allow when the path exists under other methods, else 404.
func (m *Mux) unrouted(c *call) error {
	var methods []string
	for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
		r := *c.r
		r.Method = method
		if _, pattern := m.routes.Handler(&r); pattern != "/" && pattern != "" {
			methods = append(methods, method)
		}
	}
	if len(methods) > 0 {
		allow := strings.Join(methods, ", ")
		c.Header().Set("Allow", allow)
		return errs.New(errs.MethodNotAllowed, "%s is not a method of this path; it has %s", redact.Text(c.r.Method, maxName), allow)
	}
	return errs.New(errs.RouteNotFound, "no operation has the path %s", redact.Text(c.r.URL.Path, maxPath))
}

// canonical reports whether a path is as clients write it. ServeMux would answer others with a
// redirect in HTML, which no client of an API follows.
func canonical(p string) bool {
	c := path.Clean(p)
	return c == p || (c != "/" && c+"/" == p)
}

func clip(s string, n int) string {
	if len(s) > n {
		return s[:n] + "…"
	}
	return s
}
