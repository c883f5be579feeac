// SPDX-License-Identifier: Apache-2.0

package hrfeed

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/airside-travel/airside/client"
	"github.com/airside-travel/airside/contract"
)

// action is what the ACTION cell asks for.
type action string

const (
	create     action = "CREATE"
	update     action = "UPDATE"
	deactivate action = "DEACTIVATE"
	upsert     action = "UPSERT" // also when there is no ACTION
)

func actionOf(text string) (action, bool) {
	switch enum("action", text) {
	case "", "UPSERT", "ACTIVE", "MERGE", "SYNC":
		return upsert, true
	case "CREATE", "ADD", "NEW", "HIRE", "INSERT", "I", "A":
		return create, true
	case "UPDATE", "CHANGE", "MODIFY", "U":
		return update, true
	case "DEACTIVATE", "DELETE", "REMOVE", "TERMINATE", "TERMINATED", "INACTIVE", "D":
		return deactivate, true
	}
	return "", false
}

// decide carries out one row. The error ends the run; faults end the row.
func (r *run) decide(ctx context.Context, in *reader, w *row, last bool) (outcome, []Fault, error) {
	did, err := r.row(ctx, w)
	var cell *cellError
	var refused *client.Error
	switch {
	case w.fault != nil:
		return failed, []Fault{*w.fault}, nil
	case err == nil:
		return did, nil, nil
	case errors.Is(err, errNobody) && !last:
		return deferred, nil, nil
	case errors.As(err, &cell):
		return failed, []Fault{*in.fault(w, cell.field, cell.code, cell.message)}, nil
	case errors.As(err, &refused) && refused.Status != http.StatusUnauthorized && refused.Status != http.StatusForbidden && refused.Status < 500 && refused.Status != http.StatusTooManyRequests:
		return failed, r.refusal(in, w, refused), nil
	}
	return "", nil, err
}

// refusal are the server's messages about the row, at the cells that they are about.
func (r *run) refusal(in *reader, w *row, e *client.Error) []Fault {
	var out []Fault
	for _, m := range e.Messages {
		f := in.fault(w, fieldAt(m.Pointer), m.Code, m.Text)
		if f.Column == 0 && m.Pointer != "" && !strings.Contains(m.Text, m.Pointer) {
			f.Message = m.Pointer + ": " + m.Text
		}
		out = append(out, *f)
	}
	if len(out) == 0 {
		out = []Fault{*in.fault(w, "", e.Code, e.Error())}
	}
	return out
}

func (r *run) row(ctx context.Context, w *row) (outcome, error) {
	if w.fault != nil {
		return failed, nil
	}
	act, ok := actionOf(w.cells["action"])
	if !ok {
		return failed, &cellError{"action", "ACTION", "must be CREATE, UPDATE or DEACTIVATE, or empty"}
	}
	who, err := r.find(ctx, w)
	there := err == nil
	if err != nil && !errors.Is(err, errUnknown) {
		return failed, err
	}
	switch {
	case act == deactivate && !there, act == update && !there:
		return failed, &cellError{r.key(w), "UNKNOWN_PERSON", errUnknown.Error()}
	case act == deactivate && !who.Active:
		return unchanged, nil
	case act == deactivate:
		return deactivated, r.write(ctx, client.Request{Operation: "deleteUser", Params: client.Params{"userId": {who.ID}}})
	case there:
		return r.change(ctx, w, who, act)
	}
	return r.create(ctx, w)
}

// errUnknown says that the person of the row does not exist.
var errUnknown = errors.New("the company has nobody with this employee id or e-mail")

// key is the field by which the row's person is recognised.
func (r *run) key(w *row) string {
	if w.cells["employeeId"] != "" {
		return "employeeId"
	}
	return "email"
}

func (r *run) find(ctx context.Context, w *row) (summary, error) {
	key := r.key(w)
	if text := w.cells[key]; text == "" || text == clearing {
		return summary{}, &cellError{key, "REQUIRED", "a row needs an employee id or a business e-mail"}
	}
	who, err := r.lookup.user(ctx, key, w.cells[key])
	if errors.Is(err, errNobody) {
		err = errUnknown
	}
	return who, err
}

func (r *run) create(ctx context.Context, w *row) (outcome, error) {
	user := client.Object{"persona": "EMPLOYEE"}
	user.Set(r.o.Company, "businessInfo", "organizationRef", "id")
	if w.cells["legalEntity"] == "" {
		id := r.lookup.only(ctx, "legalEntity")
		if id == "" {
			return failed, &cellError{"legalEntity", "REQUIRED", "a new person needs a legal entity, because the company has not exactly one"}
		}
		user.Set(id, "businessInfo", "legalEntityRef", "id")
	}
	if _, err := w.apply(ctx, r.lookup, user); err != nil {
		return failed, err
	}
	err := r.write(ctx, client.Request{Operation: "createUser", Body: user})
	if err == nil && r.o.DryRun {
		r.lookup.imagine(w.cells["employeeId"], w.cells["email"])
	}
	return created, err
}

// change brings a person to what the row says: back into service first, then the profile.
func (r *run) change(ctx context.Context, w *row, who summary, act action) (outcome, error) {
	params := client.Params{"userId": {who.ID}}
	read, err := r.o.API.Do(ctx, client.Request{Operation: "getUserInfo", Params: client.Params{"userId": {who.ID}, "includeInactive": {"true"}}})
	if err != nil {
		return failed, err
	}
	user, err := client.ParseObject(read.Body)
	if err != nil {
		return failed, err
	}
	changed, err := w.apply(ctx, r.lookup, user)
	if err != nil {
		return failed, err
	}
	if act == create && changed && who.Active {
		return failed, &cellError{r.key(w), "EXISTS", "the person exists already, with other values; use UPDATE"}
	}
	did := unchanged
	if !who.Active {
		if err := r.write(ctx, client.Request{Operation: "activateUser", Params: params}); err != nil {
			return failed, err
		}
		did = reactivated
	}
	if !changed {
		return did, nil
	}
	if did == unchanged {
		did = updated
	}
	if r.o.DryRun {
		return did, r.write(ctx, client.Request{Operation: "updateUser", Params: params, Body: user})
	}
	err = r.o.API.Update(ctx, "updateUser", params, func(o client.Object) error {
		_, err := w.apply(ctx, r.lookup, o)
		return err
	})
	if err != nil && did == reactivated { // nothing half done: out of service again
		return failed, errors.Join(err, r.write(context.WithoutCancel(ctx), client.Request{Operation: "deleteUser", Params: params}))
	}
	return did, err
}

// write sends a change; a dry run holds it to the contract instead.
func (r *run) write(ctx context.Context, q client.Request) error {
	if !r.o.DryRun {
		_, err := r.o.API.Do(ctx, q)
		return err
	}
	op := r.o.Contract.Operation(q.Operation)
	if op == nil || op.Body == nil {
		return nil
	}
	body, err := json.Marshal(q.Body)
	if err != nil {
		return err
	}
	found := op.CheckBody("application/json", body)
	if len(found) == 0 {
		return nil
	}
	return violations(op, found)
}

// violations are what the server would answer.
func violations(op *contract.Operation, found []contract.Violation) *client.Error {
	e := &client.Error{Operation: op.ID, Status: http.StatusBadRequest, Code: "API_VALIDATION_FAILED"}
	for _, v := range found {
		e.Messages = append(e.Messages, client.Message{Code: e.Code, Text: v.Beside(), Pointer: v.Pointer})
	}
	return e
}
