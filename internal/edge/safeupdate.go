// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/revision"
)

// safeUpdate makes complete-object updates of the real API safe for applications that asked for it: it reads
// what is there first, and refuses an update that was made from an older state (If-Match) or that loses
// members unsaid. The API has no versions of its own, so a change between our read and our write stays
// unseen: this narrows the gap from minutes to milliseconds and does not close it.
func (m *Mux) safeUpdate(ctx context.Context, c *call) error {
	match := c.r.Header.Get("If-Match")
	if c.ep.op.Method != http.MethodPut || !c.keepsAll && match == "" {
		return nil
	}
	get := m.getOf(c.ep.op)
	if get == nil {
		if match != "" {
			return &errs.Error{Code: errs.ValidationFailed, Message: "the operation knows no versions", Fields: []errs.Field{{
				In: "header", Pointer: "/If-Match", Rule: "unsupported", Message: c.ep.op.ID + " cannot be read back; send it without If-Match"}}}
		}
		return nil
	}
	now, err := m.readNow(ctx, c, get)
	if err != nil {
		return m.upstreamFailed(c, err)
	}
	if now == nil {
		return nil // it is not there: the API says so itself
	}
	slot, err := revision.Parse("")
	if err != nil {
		return err
	}
	if tag := contentTag(now); match != "" && match != "*" && !strings.Contains(match, tag) {
		return errs.New(errs.PreconditionFailed, "the resource changed since it was read").With("currentVersion", tag)
	}
	c.r.Header.Del("If-Match") // ours, not the API's
	revision.Replace(revision.With(ctx, slot), now, c.body)
	return m.revise(c, slot)
}

// getOf is the operation that reads what a PUT replaces.
func (m *Mux) getOf(put *contract.Operation) *contract.Operation {
	for _, op := range m.o.Contract.Operations() {
		if op.Method == http.MethodGet && op.Path == put.Path {
			return op
		}
	}
	return nil
}

// readNow reads the present state; nil when there is none.
func (m *Mux) readNow(ctx context.Context, c *call, get *contract.Operation) ([]byte, error) {
	reader := *c
	reader.ep = &endpoint{op: get}
	reader.r = c.r.Clone(ctx)
	reader.r.Method = http.MethodGet
	reader.body = nil
	r := reader.request(ctx)
	r.Header.Del("If-Match")
	r.Header.Del("Content-Type")
	resp, err := c.upstream.Send(r, c.upstream.Timeout())
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	switch {
	case err != nil:
		return nil, err
	case resp.StatusCode == http.StatusNotFound:
		return nil, nil
	case resp.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("reading the present state was answered %d", resp.StatusCode)
	}
	return body, nil
}

// contentTag is the ETag of a body that has no version: a hash of its bytes.
func contentTag(body []byte) string {
	h := sha256.Sum256(body)
	return `"` + base64.RawURLEncoding.EncodeToString(h[:12]) + `"`
}
