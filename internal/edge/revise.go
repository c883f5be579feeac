// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/revision"
	"github.com/airside-travel/airside/internal/telemetry"
)

// removesHeader is ours: it names what a complete-object update leaves out on purpose, as JSON
// pointers separated by commas, or * for whatever it is.
const removesHeader = "Airside-Removes"

// revise applies what the handler learned about the version of its resource: the ETag of the answer,
// a condition that the operation cannot check, and members that a complete-object update left out.
// Errors: API_VALIDATION_FAILED, LOSSY_UPDATE; both undo the write.
func (m *Mux) revise(c *call, slot *revision.Slot) error {
	c.etag, c.removed, c.values = slot.ETag(), nil, slot.Values()
	if c.ep.op.Effect == contract.Read {
		return nil
	}
	if slot.Ignored() {
		return &errs.Error{Code: errs.ValidationFailed, Message: "the operation knows no versions", Fields: []errs.Field{{
			In: "header", Pointer: "/If-Match", Rule: "unsupported",
			Message: c.ep.op.ID + " cannot check a version; send it without If-Match"}}}
	}
	if c.ep.op.Method != http.MethodPut {
		return nil
	}
	if c.removed = slot.Removed(); len(c.removed) == 0 {
		return nil
	}
	c.event.Decide(telemetry.Update, telemetry.Lossy, "complete-object update", strings.Join(c.removed, " "))
	if !c.keepsAll {
		return nil
	}
	meant := strings.Split(c.r.Header.Get(removesHeader), ",")
	for i := range meant {
		meant[i] = strings.TrimSpace(meant[i])
	}
	e := errs.New(errs.LossyUpdate, "the update leaves out members that are stored")
	for _, pointer := range c.removed {
		if !slices.Contains(meant, pointer) && !slices.Contains(meant, "*") {
			e.Fields = append(e.Fields, errs.Field{In: "body", Pointer: pointer, Rule: "removed",
				Message: fmt.Sprintf("%s is stored and would be gone", pointer)})
		}
	}
	if len(e.Fields) == 0 {
		return nil
	}
	return e
}

// lost is what the audit trail keeps of removed members: enough to see what a client forgets.
func (c *call) lost() string {
	const most = 40
	list := c.removed
	if len(list) <= most {
		return strings.Join(list, " ")
	}
	return strings.Join(list[:most], " ") + fmt.Sprintf(" and %d more", len(list)-most)
}
