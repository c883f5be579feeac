// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/revision"
	"github.com/airside-travel/airside/internal/telemetry"
)

// condition is what an update demands of what it finds.
type condition struct {
	set  bool // there is an If-Match
	any  bool // it is *: something must be there
	tags []string
}

// present is what an update finds.
type present struct {
	body []byte
	tag  string
	own  bool // the tag is the API's own, which so can compare it, too
}

// safeUpdate looks at what the real API has before an update goes there, where the caller demands that it is what he
// read (If-Match), or may not remove members unsaid. An API that names versions gets the condition as well, and refuses
// what came in between itself; with one that names none, a change between our read and our write stays unseen: that
// narrows the gap from minutes to milliseconds and does not close it.
func (m *Mux) safeUpdate(ctx context.Context, c *call) error {
	c.at = telemetry.Update
	want, err := c.condition()
	whole := c.keepsAll && c.ep.op.Method == http.MethodPut
	if err != nil || c.ep.read == nil || !want.set && !whole {
		return err
	}
	// A call that is repeated was right when it came first; what it named then is gone because of itself.
	if c.r.Header.Get(idempotencyHeader) != "" {
		if err := m.o.Store.Update(ctx, func(ctx context.Context) error { return m.recall(ctx, c) }); err != nil || c.replayed {
			return err
		}
	}
	c.at = telemetry.Update
	now, err := m.readNow(ctx, c)
	if err != nil {
		return m.upstreamFailed(c, err)
	}
	if err := c.meets(want, now); err != nil || now == nil || c.ep.op.Method != http.MethodPut {
		return err // that nothing is there, the API says itself
	}
	if want.set {
		c.event.Decide(telemetry.Update, telemetry.Passed, "If-Match", "")
	}
	slot, err := revision.Parse("")
	if err != nil {
		return err
	}
	revision.Replace(revision.With(ctx, slot), now.body, c.body)
	return m.revise(c, slot)
}

// condition reads If-Match of an update. API_VALIDATION_FAILED when it cannot be read, or there is nothing to compare
// it with.
func (c *call) condition() (want condition, err error) {
	lines := c.r.Header["If-Match"]
	if len(lines) == 0 || c.ep.read == nil && c.ep.op.Method != http.MethodPut {
		return want, nil
	}
	if c.ep.read == nil {
		return want, &errs.Error{Code: errs.ValidationFailed, Message: "the operation knows no versions", Fields: []errs.Field{{
			In: "header", Pointer: "/If-Match", Rule: "unsupported", Message: c.ep.op.ID + " cannot be read back; send it without If-Match"}}}
	}
	text := strings.TrimSpace(strings.Join(lines, ","))
	want = condition{set: true, any: text == "*"}
	if !want.any {
		want.tags, err = revision.Tags(text)
	}
	return want, err
}

// meets compares what is there, nil for nothing, with what is demanded, and settles what the API is told of the
// condition. Tags are compared strongly (RFC 9110). PRECONDITION_FAILED.
func (c *call) meets(want condition, now *present) error {
	switch {
	case !want.set:
		return nil
	case now == nil:
		return errs.New(errs.PreconditionFailed, "there is nothing that If-Match could name").
			Hinting("It is gone, or never was. Send the update without If-Match if it is to be made anew.")
	case !want.any && !slices.Contains(want.tags, now.tag):
		return errs.New(errs.PreconditionFailed, "the resource changed since it was read").
			With("currentVersion", clip(strings.Trim(now.tag, `"`), maxName))
	case !now.own:
		c.r.Header.Del("If-Match") // the tag is ours and means nothing to the API
	case !want.any:
		c.r.Header["If-Match"] = []string{now.tag} // the others of a list are of no use
	}
	return nil
}

// readNow reads the present state; nil when there is none.
func (m *Mux) readNow(ctx context.Context, c *call) (*present, error) {
	reader := *c
	reader.ep = &endpoint{op: c.ep.read}
	reader.r = c.r.Clone(ctx)
	reader.r.Method = http.MethodGet
	reader.body = nil
	r := reader.request(ctx)
	for _, name := range [...]string{"If-Match", "If-None-Match", "Prefer", "Content-Type"} { // they are about the update
		r.Header.Del(name)
	}
	resp, err := c.upstream.Send(r, c.upstream.Timeout())
	if err != nil {
		return nil, err
	}
	if err := plain(resp); err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, err
	case resp.StatusCode == http.StatusNotFound:
		return nil, nil //nolint:nilnil // that is what the comment says
	case resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusServiceUnavailable:
		if wait := resp.Header.Get("Retry-After"); isWait(wait) {
			c.Header().Set("Retry-After", wait)
		}
		return nil, errs.New(errs.UpstreamUnavailable, "the environment %s did not let the present state be read; nothing was sent", c.event.Environment).
			Because(fmt.Errorf("reading the present state was answered %d", resp.StatusCode))
	case resp.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("reading the present state was answered %d", resp.StatusCode)
	case len(body) > maxAnswer:
		return nil, fmt.Errorf("the present state has more than %d bytes", maxAnswer)
	case !json.Valid(body): // a page says nothing of what would be lost
		return nil, errors.New("the present state is not JSON")
	}
	if tag := strong(resp.Header); tag != "" {
		return &present{body, tag, true}, nil
	}
	return &present{body, contentTag(body), false}, nil
}
