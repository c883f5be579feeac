// SPDX-License-Identifier: Apache-2.0

package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"time"

	"github.com/airside-travel/airside/contract"
)

// conflicts is how often an update is made anew because somebody else was faster.
const conflicts = 50

// Update changes a complete object: it reads it with the GET of the operation's path, lets edit change
// it, and sends it with operation, a PUT, under the condition that it is still the same version. When
// somebody else changed it meanwhile, all of that happens again, so edit may run more than once. An
// edit that changes nothing sends nothing. Where the server names no versions the condition is left out.
func (c *Client) Update(ctx context.Context, operation string, params Params, edit func(Object) error) error {
	put := c.contract.Operation(operation)
	if put == nil || put.Method != http.MethodPut {
		return fmt.Errorf("client: %s is not an operation that replaces an object", operation)
	}
	var get *contract.Operation
	for _, op := range c.contract.Operations() {
		if op.Path == put.Path && op.Method == http.MethodGet {
			get = op
		}
	}
	if get == nil {
		return fmt.Errorf("client: what %s replaces cannot be read", operation)
	}
	for attempt := range conflicts {
		done, err := c.tryUpdate(ctx, get, put, params, edit)
		if done || err != nil {
			return err
		}
		if err := c.o.Wait(ctx, aside(attempt)); err != nil {
			return err
		}
	}
	return fmt.Errorf("client: %s: others changed the object %d times while it was being changed", operation, conflicts)
}

// aside is how long to step aside after losing to somebody: differently long each time, because two
// who change the same object in the same rhythm would meet again and again, and longer as it goes on.
func aside(attempt int) time.Duration {
	const golden = 0.6180339887
	_, part := math.Modf(float64(attempt+1) * golden)
	return time.Duration(part * float64(min(attempt+1, 40)) * float64(5*time.Millisecond))
}

func (c *Client) tryUpdate(ctx context.Context, get, put *contract.Operation, params Params, edit func(Object) error) (done bool, err error) {
	read, err := c.Do(ctx, Request{Operation: get.ID, Params: known(get, params)})
	if err != nil {
		return false, err
	}
	object, err := ParseObject(read.Body)
	if err != nil {
		return false, err
	}
	before, err := json.Marshal(object)
	if err != nil {
		return false, err
	}
	if err := edit(object); err != nil {
		return false, err
	}
	after, err := json.Marshal(object)
	if err != nil {
		return false, fmt.Errorf("client: the changed object: %w", err)
	}
	if bytes.Equal(before, after) {
		return true, nil
	}
	q := Request{Operation: put.ID, Params: known(put, params), Body: json.RawMessage(after)}
	if tag := read.ETag(); tag != "" {
		q.Header = http.Header{"If-Match": {tag}}
	}
	_, err = c.Do(ctx, q)
	if HasStatus(err, http.StatusPreconditionFailed) || HasCode(err, "VERSION_CONFLICT") {
		return false, nil
	}
	return err == nil, err
}

// known are the parameters that an operation has; read and write may differ in them.
func known(op *contract.Operation, params Params) Params {
	out := Params{}
	for i := range op.Params {
		if v, ok := params[op.Params[i].Name]; ok {
			out[op.Params[i].Name] = v
		}
	}
	return out
}

// User is a user's profile, whole.
type User struct{ Object }

// Company is a company, whole.
type Company struct{ Object }

// UpdateUser changes the profile of a user; see Update.
func (c *Client) UpdateUser(ctx context.Context, userID string, edit func(*User) error) error {
	return c.Update(ctx, "updateUser", Params{"userId": {userID}}, func(o Object) error { return edit(&User{o}) })
}

// UpdateCompany changes a company; see Update.
func (c *Client) UpdateCompany(ctx context.Context, companyID string, edit func(*Company) error) error {
	return c.Update(ctx, "updateCompany", Params{"companyId": {companyID}}, func(o Object) error { return edit(&Company{o}) })
}
