// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/cli"
)

type result struct {
	exit     int
	out, err string
}

// run is one command in process, with an environment of its own.
func run(t *testing.T, c *contract.Contract, environ []string, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	m := cli.Main{Args: args, Environ: environ, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Contract: c}
	exit := m.Run(context.Background())
	return result{exit, out.String(), errs.String()}
}

// TestEveryOperationIsACommand asks each one for help with deep fields, and sends its example through
// the check.
func TestEveryOperationIsACommand(t *testing.T) {
	t.Parallel()
	c, err := contract.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range c.Operations() {
		t.Run(op.ID, func(t *testing.T) {
			t.Parallel()
			help := run(t, c, nil, "api", op.ID, "--help", "--depth", "4")
			if help.exit != 0 || !strings.Contains(help.out, op.Method+" "+op.Path) {
				t.Fatalf("help exits with %d:\n%s%s", help.exit, help.out, help.err)
			}
			for _, p := range op.Params {
				if !strings.Contains(help.out, "--"+p.Name+" ") {
					t.Errorf("help does not name the parameter %s", p.Name)
				}
			}
			example := run(t, c, nil, "api", op.ID, "--example")
			if op.Body == nil {
				if example.exit != cli.ExitNotFound {
					t.Errorf("an example for an operation without body: %+v", example)
				}
				return
			}
			args := []string{"api", op.ID, "--dry-run", "--body", example.out}
			if x := contract.Example(op.ID); x != nil {
				for name, value := range x.Request.Path {
					args = append(args, "--"+name, value)
				}
				for name, values := range x.Request.Query {
					for _, v := range values {
						args = append(args, "--"+name, v)
					}
				}
				for name, value := range x.Request.Header {
					args = append(args, "--"+name, value)
				}
			}
			if sent := run(t, c, nil, args...); sent.exit != 0 || strings.Contains(sent.err, "warning: ") {
				t.Errorf("its own example does not pass the check: %s", sent.err)
			}
		})
	}
}

// TestAnswers says what a person sees of each kind of answer.
func TestAnswers(t *testing.T) {
	t.Parallel()
	envelope := `{"debugIdentifier":"x","errorMessages":[{"errorCode":"API_VALIDATION_FAILED","message":"must be one of A or B",` +
		`"errorParameters":[{"name":"pointer","value":"/kind"},{"name":"allowed","value":"A,B"}],"errorDetail":"Correct it."}]}`
	for _, tc := range []struct {
		name   string
		status int
		body   string
		args   []string
		exit   int
		out    string
		errs   []string
	}{
		{name: "success is indented", status: 200, body: `{"a":1}`, out: "{\n  \"a\": 1\n}\n"},
		{name: "raw is not", status: 200, body: `{"a":1}`, args: []string{"--raw"}, out: `{"a":1}`},
		{name: "empty", status: 200},
		{name: "the envelope is told line by line", status: 400, body: envelope, exit: 2, errs: []string{
			"airside: error: 400 API_VALIDATION_FAILED\n", "/kind must be one of A or B\n",
			"hint: Correct it.\n", "hint: airside explain r-1\n"}},
		{name: "what would be right is told, once", status: 400, body: strings.Replace(envelope, "must be one of A or B", "is no kind", 1), exit: 2,
			errs: []string{"/kind is no kind (A, B)\n"}},
		{name: "raw prints it too", status: 400, body: envelope, args: []string{"--raw"}, exit: 2, out: envelope, errs: []string{"400 API_VALIDATION_FAILED"}},
		{name: "a request that fits and is refused", status: 400, body: strings.Replace(envelope, "API_VALIDATION_FAILED", "REFERENCE_NOT_FOUND", 1), exit: 1},
		{name: "an error of SCIM", status: 403, body: `{"schemas":[],"status":"403","detail":"the role does not reach this"}`, exit: 4,
			errs: []string{"403 Forbidden\n", "the role does not reach this\n"}},
		{name: "not found", status: 404, exit: 3, errs: []string{"404 Not Found"}},
		{name: "no token", status: 401, exit: 4},
		{name: "denied", status: 403, exit: 4},
		{name: "conflict", status: 409, exit: 5},
		{name: "too many", status: 429, exit: 6},
		{name: "down", status: 503, exit: 6},
		{name: "broken", status: 500, body: "<html>", exit: 1, errs: []string{"500 Internal Server Error"}},
		{name: "a redirect is not followed with the token", status: 307, exit: 1, errs: []string{"307"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if got := r.Header.Get("Authorization"); got != "Bearer t" {
					t.Errorf("Authorization is %q", got)
				}
				if r.URL.Path != "/v1/airside/world/clock" {
					t.Errorf("path is %q", r.URL.Path)
				}
				w.Header().Set("X-Request-Id", "r-1")
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(tc.status)
				fmt.Fprint(w, tc.body)
			}))
			defer s.Close()
			got := run(t, nil, []string{"AIRSIDE_URL=" + s.URL, "AIRSIDE_TOKEN=t"}, append([]string{"api", "getClock"}, tc.args...)...)
			if got.exit != tc.exit || got.out != tc.out {
				t.Errorf("exit %d, output %q; want %d, %q", got.exit, got.out, tc.exit, tc.out)
			}
			for _, want := range tc.errs {
				if !strings.Contains(got.err, want) {
					t.Errorf("%q is not in %q", want, got.err)
				}
			}
		})
	}
}

// TestUploads sends a file and fields as one multipart body.
func TestUploads(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseMultipartForm(1 << 20); err != nil {
			t.Errorf("not multipart: %v", err)
			return
		}
		for name, files := range r.MultipartForm.File {
			fmt.Fprintf(w, `{"file":%q,"as":%q}`, name, files[0].Filename)
		}
	}))
	defer s.Close()
	file := dir + "/memo.txt"
	write(t, file, "a memo")
	got := run(t, nil, []string{"AIRSIDE_URL=" + s.URL, "AIRSIDE_TOKEN=t"}, "api", "uploadDocument", "--raw", "--no-check", "--body", `{"file":"@`+file+`","documentMetadata":{"x":1}}`)
	if want := `{"file":"file","as":"memo.txt"}`; got.out != want {
		t.Errorf("the server read %q, want %q (%s)", got.out, want, got.err)
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestUnknownMembers warns of what nobody reads, with the name that may be meant, and sends it all the same.
func TestUnknownMembers(t *testing.T) {
	t.Parallel()
	got := run(t, nil, nil, "api", "updateExternalId", "--dry-run", "--userId", "6c62272e-07bb-4142-a2b8-21756295c58d", "--body", `{"externalId":"E-1","externalID2":1,"zzz/zzz":{}}`)
	const want = "airside: warning: /externalID2 is not in the contract; did you mean externalId?\n" +
		"airside: warning: /zzz~1zzz is not in the contract and is not read\n"
	if got.exit != 0 || got.err != want || !strings.Contains(got.out, `"externalID2": 1`) {
		t.Errorf("exit %d\n%s%s", got.exit, got.out, got.err)
	}
	example := run(t, nil, nil, "api", "createUser", "--example")
	deep := strings.Replace(example.out, `"given"`, `"givne"`, 1)
	if got := run(t, nil, nil, "api", "createUser", "--dry-run", "--no-check", "--body", deep); !strings.Contains(got.err, "/personalInfo/name/givne is not in the contract; did you mean given?\n") {
		t.Errorf("exit %d: %s", got.exit, got.err)
	}
	if !strings.Contains(example.err, "Ids in an example are made up") {
		t.Errorf("of its ids the example says %q", example.err)
	}
}
