// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/contract"
)

// coverage is which operations the scenarios have called with success, and which events each of them caused.
type coverage struct {
	api    *contract.Contract
	mu     sync.Mutex
	caused map[string]map[string]bool // operation to "TRAVELER_V2/UPDATE"
}

// directory is an integration that calls operations by their ids and hears the webhooks they cause.
type directory struct {
	*client
	*coverage
	ids    known // what paths are made of
	events <-chan received
	scim   string // the token of a directory that provisions
}

func (v *coverage) start(t *testing.T) *directory {
	t.Helper()
	d := &directory{client: start(t), coverage: v}
	hook, events := receiver(t)
	d.events = events
	d.subscribe(hook, "TRAVELER_V2", "PNR_V3", "TRIP_DETAILS_V3")
	d.ids = known{"companyId": d.srv.Demo.CompanyID, "legalEntityId": d.srv.Demo.LegalEntityID, "userId": d.srv.Demo.UserID}
	d.settle()
	return d
}

// op calls an operation and expects its success.
func (d *directory) op(operation string, body any, query ...string) object {
	d.t.Helper()
	op := d.api.Operation(operation)
	o := d.status(op.SuccessStatus, operation, body, query...)
	d.settle()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.caused[operation] == nil {
		d.caused[operation] = map[string]bool{}
	}
	for len(d.events) > 0 {
		e := (<-d.events).event
		d.caused[operation][e.str("event_type")+"/"+e.str("operation")] = true
	}
	return o
}

// status calls an operation and expects an answer of that status.
func (d *directory) status(want int, operation string, body any, query ...string) object {
	d.t.Helper()
	op := d.api.Operation(operation)
	if op == nil {
		d.t.Fatalf("no operation %s", operation)
	}
	path := op.Path
	for name, id := range d.ids {
		path = strings.ReplaceAll(path, "{"+name+"}", id)
	}
	values := url.Values{}
	for i := 0; i < len(query); i += 2 {
		values.Add(query[i], query[i+1])
	}
	if len(values) > 0 {
		path += "?" + values.Encode()
	}
	var raw []byte
	if body != nil {
		var err error
		if raw, err = json.Marshal(body); err != nil {
			d.t.Fatal(err)
		}
	}
	req, err := http.NewRequestWithContext(d.t.Context(), op.Method, d.srv.URL+path, bytes.NewReader(raw))
	if err != nil {
		d.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+d.token)
	if strings.Contains(op.Path, "/scim/") {
		req.Header.Set("Authorization", "Bearer "+d.scim)
	}
	if raw != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		d.t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	if res.StatusCode != want {
		d.t.Fatalf("%s answered %d, want %d: %s", operation, res.StatusCode, want, answer)
	}
	var o object
	switch {
	case len(answer) == 0:
	case answer[0] == '[':
		var list []any
		if err := json.Unmarshal(answer, &list); err != nil {
			d.t.Fatalf("%s: %v in %s", operation, err, answer)
		}
		o = object{"list": list}
	default:
		if err := json.Unmarshal(answer, &o); err != nil {
			d.t.Fatalf("%s: %v in %s", operation, err, answer)
		}
	}
	return o
}

// shows reports whether a text, such as an id, is the value of a member of the answer.
func (o object) shows(text string) bool {
	raw, err := json.Marshal(o)
	return err == nil && bytes.Contains(raw, []byte(`"`+text+`"`))
}

// copied is what a document looks like after it has travelled.
func copied(v any) (c doc) {
	raw, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(raw, &c)
	}
	if err != nil {
		panic(err)
	}
	return c
}

// without is a copy of a document that lacks what the pointers name.
func without(o object, pointers ...string) doc {
	c := copied(o)
	for _, p := range pointers {
		at, last := object(c), p[1:]
		if i := strings.LastIndex(p, "/"); i > 0 {
			at, _ = object(c).at(p[1:i]).(map[string]any)
			last = p[i+1:]
		}
		delete(at, last)
	}
	return c
}

// Every operation of these documents is part of a life: made, read, replaced so that an optional field goes, listed,
// ended, and heard of where the contract says that it causes an event, and nowhere else.
func TestDirectoryLives(t *testing.T) {
	t.Parallel()
	api, err := contract.Load()
	if err != nil {
		t.Fatal(err)
	}
	v := &coverage{api: api, caused: map[string]map[string]bool{}}
	t.Run("scenarios", func(t *testing.T) {
		for name, scenario := range map[string]func(*directory){
			"collections": (*directory).liveCollections, "settings": (*directory).liveSettings, "profile": (*directory).liveProfile,
			"users": (*directory).liveUsers, "places of work": (*directory).liveReferences, "features": (*directory).liveFeatures,
			"keys": (*directory).liveKeys, "money": (*directory).liveMoney, "favorites": (*directory).liveFavorites,
			"groups": (*directory).liveGroups, "roles of people": (*directory).liveRoles, "scim": (*directory).liveScim,
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				scenario(v.start(t))
			})
		}
	})
	tested := 0
	for _, op := range api.Operations() {
		if !inDirectory(op) {
			continue
		}
		tested++
		caused, called := v.caused[op.ID]
		if !called {
			t.Errorf("%s is part of no scenario", op.ID)
			continue
		}
		if diff := cmp.Diff(slices.Sorted(slices.Values(op.Webhooks)), slices.Sorted(maps.Keys(caused))); diff != "" {
			t.Errorf("%s causes other events than the contract says (-contract +heard):\n%s", op.ID, diff)
		}
	}
	if tested < 62+27+10+19+9 {
		t.Errorf("only %d operations belong to the directory", tested)
	}
}

// inDirectory: the documents Company, Users, Policy, Access Management and SCIM, told apart by their paths.
func inDirectory(op *contract.Operation) bool {
	for _, prefix := range []string{"/v2/companies", "/v3/companies", "/v2/license/company", "/v2/service-charge", "/v3/tenant-encryption",
		"/v2/users", "/v3/users", "/v3/roles", "/v3/permissions", "/v2/scim/"} {
		if strings.HasPrefix(op.Path, prefix) && !strings.Contains(op.Path, "/trips") {
			return true
		}
	}
	return false
}
