// SPDX-License-Identifier: Apache-2.0

package edge_test

import (
	"bytes"
	"context"
	"encoding/json"
	"mime/multipart"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/edge"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/revision"
)

const (
	someUser = "/v2/users/0190a0b0-0000-7000-8000-000000000001"
	userBody = `{"persona":"EMPLOYEE","externalId":"E-1","businessInfo":{"organizationRef":{"id":"0190a0b0-0000-7000-8000-000000000002"},` +
		`"legalEntityRef":{"id":"0190a0b0-0000-7000-8000-000000000003"}}}`
)

// versioned binds a user at version 7 that has a designation, and one operation that knows no versions.
func versioned(t *testing.T) *bundle {
	t.Helper()
	b := setup(t, nil)
	edge.Handle(b.mux, "getUserInfo", func(ctx context.Context, _ struct{}) (json.RawMessage, error) {
		revision.Answer(ctx, 7)
		return json.RawMessage(`{"externalId":"E-1"}`), nil
	})
	edge.Handle(b.mux, "updateUser", func(ctx context.Context, in struct {
		Raw json.RawMessage `body:"raw"`
	}) (struct{}, error) {
		b.fakes.runs++
		if err := revision.Demand(ctx, 7); err != nil {
			return struct{}{}, err
		}
		revision.Replace(ctx, []byte(`{"externalId":"E-1","businessInfo":{"designation":"Engineer"}}`), in.Raw)
		revision.Answer(ctx, 8)
		return struct{}{}, nil
	})
	edge.Handle(b.mux, "activateUser", func(context.Context, struct{}) (struct{}, error) { return struct{}{}, nil })
	return b
}

func TestVersions(t *testing.T) {
	t.Parallel()
	b := versioned(t)
	if res, _, _ := b.do(t, "GET", someUser, ""); res.StatusCode != 200 || res.Header.Get("ETag") != `"7"` {
		t.Errorf("read: %d with ETag %s", res.StatusCode, res.Header.Get("ETag"))
	}
	for _, tc := range []struct {
		method, path, body, match string
		status                    int
		code, etag                string
	}{
		{"PUT", someUser, userBody, `"7"`, 200, "", `"8"`},
		{"PUT", someUser, userBody, "", 200, "", `"8"`},
		{"PUT", someUser, userBody, `"6"`, 412, "PRECONDITION_FAILED", ""},
		{"PUT", someUser, userBody, `6`, 400, "API_VALIDATION_FAILED", ""},
		{"POST", someUser + "/activate", "", `"7"`, 400, "API_VALIDATION_FAILED", ""},
	} {
		res, e, raw := b.do(t, tc.method, tc.path, tc.body, "If-Match", tc.match)
		if res.StatusCode != tc.status || res.Header.Get("ETag") != tc.etag || (tc.code != "" && e.ErrorMessages[0].ErrorCode != tc.code) {
			t.Errorf("%s %s If-Match %s: %d, ETag %s, %s", tc.method, tc.path, tc.match, res.StatusCode, res.Header.Get("ETag"), raw)
		}
	}
}

func TestLossyUpdateIsNotedAndCanBeRefused(t *testing.T) {
	t.Parallel()
	const gone = "/businessInfo/designation"
	b := versioned(t)
	if res, _, raw := b.do(t, "PUT", someUser, userBody); res.StatusCode != 200 {
		t.Fatalf("%d %s", res.StatusCode, raw)
	}
	if got := b.fakes.acts[len(b.fakes.acts)-1].Detail["removed"]; got != gone {
		t.Errorf("the audit keeps %q, want %q", got, gone)
	}
	b.fakes.caller.KeepsAll = true
	res, e, raw := b.do(t, "PUT", someUser, userBody)
	if res.StatusCode != 409 || e.ErrorMessages[0].ErrorCode != "LOSSY_UPDATE" || !strings.Contains(raw, gone) {
		t.Errorf("refusal: %d %s", res.StatusCode, raw)
	}
	for _, meant := range []string{gone, "/a, " + gone, "*"} {
		if res, _, raw := b.do(t, "PUT", someUser, userBody, "Airside-Removes", meant); res.StatusCode != 200 {
			t.Errorf("removing %s on purpose: %d %s", meant, res.StatusCode, raw)
		}
	}
	if res, _, _ := b.do(t, "PUT", someUser, userBody, "Airside-Removes", "/other"); res.StatusCode != 409 {
		t.Errorf("removing something else on purpose: %d", res.StatusCode)
	}
}

func TestMultipart(t *testing.T) {
	t.Parallel()
	type upload struct {
		Kind string `form:"vendorType"`
		Data []byte `file:"file"`
		Name string `file:"file,name"`
		Type string `file:"file,type"`
	}
	b := setup(t, nil)
	var got upload
	edge.Handle(b.mux, "uploadCompanyPreferences", func(_ context.Context, in upload) (struct{}, error) {
		got = in
		return struct{}{}, nil
	})
	send := func(kind string, file bool) (int, string) {
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		if kind != "" {
			_ = w.WriteField("vendorType", kind)
		}
		if file {
			f, _ := w.CreateFormFile("file", "hotels.csv")
			_, _ = f.Write([]byte("a,b\n"))
		}
		_ = w.Close()
		res, _, raw := b.do(t, "POST", "/v2/companies/0190a0b0-0000-7000-8000-000000000001/vendor-preferences", body.String(), "Content-Type", w.FormDataContentType())
		return res.StatusCode, raw
	}
	c, err := loadContract()
	if err != nil {
		t.Fatal(err)
	}
	op := c.Operation("uploadCompanyPreferences")
	if status, raw := send("HOTEL", true); status != op.SuccessStatus {
		t.Fatalf("%s %s: %d %s", op.Method, op.Path, status, raw)
	}
	want := upload{"HOTEL", []byte("a,b\n"), "hotels.csv", "application/octet-stream"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if status, raw := send("BOAT", true); status != 400 || !strings.Contains(raw, "/vendorType") {
		t.Errorf("another vendor: %d %s", status, raw)
	}
	if status, raw := send("", true); status != 400 || !strings.Contains(raw, "/vendorType") {
		t.Errorf("no vendor: %d %s", status, raw)
	}
}

func TestScimErrorsHaveTheirOwnShape(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.fakes.caller.Actor.Roles = []string{actor.CompanyAdmin}
	var fail error
	edge.Handle(b.mux, "createScimUser", func(context.Context, struct{}) (json.RawMessage, error) { return nil, fail })
	for _, tc := range []struct {
		err    error
		status int
		kind   string
	}{
		{errs.OnField(errs.DuplicateValue, "/userName", "unique", "is taken"), 409, "uniqueness"},
		{errs.Invalidf("/filter", "invalidFilter", "cannot be read"), 400, "invalidFilter"},
		{errs.Invalidf("/emails", "format", "is no address"), 400, "invalidValue"},
		{errs.New(errs.AccessDenied, "no"), 403, ""},
		{errs.New(errs.MediaUnsupported, "no"), 415, ""},
		{errs.New(errs.InternalError, "no"), 500, ""},
	} {
		fail = tc.err
		res, _, raw := b.do(t, "POST", "/v2/scim/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"a"}`,
			"Content-Type", "application/scim+json; charset=utf-8")
		var body struct {
			Schemas                  []string
			Status, ScimType, Detail string
		}
		if err := json.Unmarshal([]byte(raw), &body); err != nil {
			t.Fatal(err)
		}
		if res.StatusCode != tc.status || body.ScimType != tc.kind || body.Detail == "" || len(body.Schemas) != 1 ||
			res.Header.Get("Content-Type") != "application/scim+json" {
			t.Errorf("%v: %d %s", tc.err, res.StatusCode, raw)
		}
	}
}
