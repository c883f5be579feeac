// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/cli"
	"github.com/airside-travel/airside/internal/hrfeed"
)

// airside runs the program in process against the test's server.
func (c *client) airside(ctx context.Context, args ...string) (exit int, stdout, stderr string) {
	c.t.Helper()
	var out, errs bytes.Buffer
	m := cli.Main{
		Args: args, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs,
		Environ: []string{"AIRSIDE_URL=" + c.srv.URL, "AIRSIDE_CLIENT_ID=" + c.srv.Demo.ClientID, "AIRSIDE_CLIENT_SECRET=" + c.srv.Demo.ClientSecret},
	}
	return m.Run(ctx), out.String(), errs.String()
}

func writeFile(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// feed imports a file and answers the report.
func (c *client) feed(t *testing.T, text string, flags ...string) hrfeed.Report {
	t.Helper()
	file := writeFile(t, filepath.Join(t.TempDir(), "people.csv"), text)
	_, out, errs := c.airside(t.Context(), append([]string{"import", "users", file, "--json"}, flags...)...)
	var r hrfeed.Report
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatalf("%v: %s%s", err, out, errs)
	}
	return r
}

// people is how many users the company has, active or not.
func (c *client) people() int {
	c.t.Helper()
	list := c.call(200, "POST", "/v3/users/list", doc{"companyId": id(c.srv.Demo.CompanyID), "userStatusFilter": "ALL", "pagination": doc{"offset": 0, "limit": 100}})
	return int(list.num("pagination/totalNumResults"))
}

func TestImportKeepsPeopleInStep(t *testing.T) {
	t.Parallel()
	c := start(t)
	c.call(201, "POST", "/v2/companies/"+c.srv.Demo.CompanyID+"/departments", doc{"name": "Engineering", "externalId": "ENG"})
	// A byte order mark, semicolons, a manager who comes later, and an action of each kind.
	file := "\ufeffPersonnel number;First name;Surname;Work e-mail;Department;Reports to;Date of birth;Mobile;Action\n" +
		"E-3001;Lena;Okafor;lena.okafor@example.com;ENG;E-3002;1990-02-03;+44 20 7946 0011;CREATE\n" +
		"E-3002;Mika;\"Salo; senior\";mika.salo@example.com;engineering;ada.moreau@example.com;;;\n" +
		"E-1002;;;;;;;;DEACTIVATE\n" +
		"E-1003;;;;Engineering;;;;UPDATE\n"
	const mapped = "--map=Personnel number=employeeId"
	if got := c.feed(t, file, mapped, "--dry-run"); got.Created != 2 || got.Updated != 1 || got.Deactivated != 1 || got.Failed != 0 || !got.DryRun {
		t.Errorf("dry run: %+v", got)
	}
	if n := c.people(); n != 3 {
		t.Errorf("after a dry run the company has %d people", n)
	}
	want := hrfeed.Report{Counts: hrfeed.Counts{Rows: 4, Created: 2, Updated: 1, Deactivated: 1}, Faults: []hrfeed.Fault{}}
	if diff := cmp.Diff(want, c.feed(t, file, mapped)); diff != "" {
		t.Errorf("first run (-want +got):\n%s", diff)
	}
	find := func(employee string) object {
		found := c.call(200, "GET", "/v2/users?includeInactive=true&companyId="+c.srv.Demo.CompanyID+"&employeeId="+employee, nil)
		return c.call(200, "GET", "/v2/users/"+found.str("elements/0/id")+"?includeInactive=true", nil)
	}
	lena, mika := find("E-3001"), find("E-3002")
	for path, want := range map[string]any{
		"personalInfo/name/given": "Lena", "personalInfo/name/family1": "Okafor", "personalInfo/dob/iso8601": "1990-02-03",
		"businessInfo/email": "lena.okafor@example.com", "businessInfo/managerRef/id": mika.str("id"),
		"businessInfo/phoneNumbers/0/rawInput": "+44 20 7946 0011", "businessInfo/legalEntityRef/id": c.srv.Demo.LegalEntityID, "persona": "EMPLOYEE",
	} {
		if got := lena.at(path); got != want {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
	if mika.str("personalInfo/name/family1") != "Salo; senior" || mika.str("businessInfo/departmentRef/id") != lena.str("businessInfo/departmentRef/id") {
		t.Errorf("quotes or department: %v", mika)
	}
	if find("E-1002").at("isActive") != false {
		t.Error("nobody was deactivated")
	}
	want.Counts = hrfeed.Counts{Rows: 4, Unchanged: 4}
	if diff := cmp.Diff(want, c.feed(t, file, mapped)); diff != "" {
		t.Errorf("second run (-want +got):\n%s", diff)
	}
	got := c.feed(t, "employeeId,jobTitle,mobile\nE-1002,Returned,\nE-3001,,-\n")
	if got.Reactivated != 1 || got.Updated != 1 || find("E-1002").str("businessInfo/designation") != "Returned" || find("E-3001").at("businessInfo/phoneNumbers") != nil {
		t.Errorf("return and removal: %+v", got)
	}
}

func TestImportNamesEachCell(t *testing.T) {
	t.Parallel()
	c := start(t)
	head := "employeeId,firstName,lastName,email,department,manager,birthDate,gender,country,action\n"
	for _, tc := range []struct {
		name, row  string
		column     int
		code, says string
		line       int
	}{
		{"duplicate e-mail", "N-1,Nils,Aker,ada.moreau@example.com,,,,,,", 4, "DUPLICATE_VALUE", "has this value already", 2},
		{"bad e-mail", "N-1,Nils,Aker,nowhere,,,,,,", 4, "API_VALIDATION_FAILED", "email", 2},
		{"unknown department", "N-1,Nils,Aker,n@example.com,Nowhere,,,,,", 5, "REFERENCE_NOT_FOUND", "external id", 2},
		{"unknown manager", "N-1,Nils,Aker,n@example.com,,N-404,,,,", 6, "REFERENCE_NOT_FOUND", "employee id", 2},
		{"own manager", "E-1001,,,,,E-1001,,,,", 6, "API_VALIDATION_FAILED", "above themselves", 2},
		{"no day", "N-1,Nils,Aker,n@example.com,,,2001-02-30,,,", 7, "DATE", "2006-01-31", 2},
		{"gender", "N-1,Nils,Aker,n@example.com,,,,PERHAPS,,", 8, "API_VALIDATION_FAILED", "MALE", 2},
		{"country", "N-1,Nils,Aker,n@example.com,,,,,UK,", 9, "API_VALIDATION_FAILED", "ISO 3166", 2},
		{"action", "N-1,Nils,Aker,n@example.com,,,,,,JUGGLE", 10, "ACTION", "CREATE", 2},
		{"nobody to update", "N-404,,,,,,,,,UPDATE", 1, "UNKNOWN_PERSON", "nobody", 2},
		{"no key", ",Nils,Aker,,,,,,,", 4, "REQUIRED", "employee id", 2},
		{"half a name", "N-1,,Aker,n@example.com,,,,,,", 2, "API_VALIDATION_FAILED", "is required", 2},
		{"long name", "N-1," + strings.Repeat("x", 200_000) + ",Aker,n@example.com,,,,,,", 2, "LENGTH", "2000", 2},
		{"not UTF-8", "N-1,J\xfcrgen,Aker,n@example.com,,,,,,", 2, "ENCODING", "UTF-8", 2},
		{"cells missing", "N-1,Nils", 0, "CSV", "2 cells", 2},
		{"quote", `N-1,Ni"ls,Aker,n@example.com,,,,,,`, 0, "CSV", "line 2", 2},
		{"open quote", "N-1,\"Nils,Aker,n@example.com,,,,,,\n", 0, "CSV", "line", 2},
	} {
		got := c.feed(t, head+tc.row+"\n")
		if got.Failed != 1 || len(got.Faults) != 1 {
			t.Errorf("%s: %+v", tc.name, got)
			continue
		}
		if f := got.Faults[0]; f.Line != tc.line || f.Column != tc.column || f.Code != tc.code || !strings.Contains(f.Message, tc.says) {
			t.Errorf("%s: %+v", tc.name, f)
		}
	}
	if n := c.people(); n != 3 {
		t.Errorf("after refusals alone the company has %d people", n)
	}
	for name, text := range map[string]string{"no key": "name,job\na,b\n", "UTF-16": "\xff\xfee\x00", "empty": ""} {
		file := writeFile(t, filepath.Join(t.TempDir(), "people.csv"), text)
		if exit, _, errs := c.airside(t.Context(), "import", "users", file); exit != cli.ExitFailure || errs == "" {
			t.Errorf("%s: exit %d, %s", name, exit, errs)
		}
	}
}

// An import that is cut off goes on where it stopped, and does nothing twice.
func TestImportGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	c := start(t)
	var text strings.Builder
	text.WriteString("employeeId,firstName,lastName,email\n")
	const people = 400
	for i := range people {
		fmt.Fprintf(&text, "R-%04d,Given,Family%d,r%04d@example.com\n", i, i, i)
	}
	file := writeFile(t, filepath.Join(t.TempDir(), "people.csv"), text.String())
	api := c.sdk(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	o := hrfeed.Options{API: api, Company: c.srv.Demo.CompanyID, Journal: file + ".state", Workers: 8}
	o.Progress = func(n hrfeed.Counts) {
		if n.Done() == people/2 {
			cancel()
		}
	}
	cut, err := hrfeed.Run(ctx, file, o)
	if !errors.Is(err, context.Canceled) || cut.Done() < people/2 || cut.Done() == people {
		t.Fatalf("the cut run: %+v, %v", cut, err)
	}
	journal, err := os.ReadFile(o.Journal)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, o.Journal, string(journal)+`{"row":3`) // a torn line
	o.Progress = nil
	got, err := hrfeed.Run(t.Context(), file, o)
	// Rows whose answer was cut off are found done.
	if err != nil || got.Resumed != cut.Done() || got.Created+got.Unchanged != people || got.Unchanged > o.Workers {
		t.Errorf("the second run: %+v, %v", got, err)
	}
	if _, err := os.Stat(o.Journal); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the journal is still there: %v", err)
	}
	if n := c.people(); n != people+3 {
		t.Errorf("%d people, want %d", n, people+3)
	}
}

func TestWatchedFolder(t *testing.T) {
	t.Parallel()
	c := start(t)
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "b-good.csv"), "employeeId,firstName,lastName,email\nW-1,Given,Family,w1@example.com\n")
	writeFile(t, filepath.Join(dir, "a-bad.csv"), "employeeId,email\nW-2,nowhere\n")
	writeFile(t, filepath.Join(dir, "unreadable.csv"), "name\nx\n")
	writeFile(t, filepath.Join(dir, "notes.txt"), "not for us")
	if exit, _, errs := c.airside(t.Context(), "import", "users", "--watch", dir, "--once"); exit != 0 || strings.Contains(errs, "every") {
		t.Fatalf("exit %d: %s", exit, errs)
	}
	var names []string
	if err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, strings.TrimPrefix(path, dir+"/"))
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	want := []string{"done/b-good.csv", "failed/a-bad.csv", "failed/a-bad.csv.report.csv", "failed/unreadable.csv", "failed/unreadable.csv.report.csv", "notes.txt"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
	report, err := os.ReadFile(filepath.Join(dir, "failed/a-bad.csv.report.csv"))
	if err != nil || !strings.Contains(string(report), "1,2,2,email,API_VALIDATION_FAILED") {
		t.Errorf("%s, %v", report, err)
	}
}

func TestPatchAndIdsFromTheCommandLine(t *testing.T) {
	t.Parallel()
	c := start(t)
	user := c.srv.Demo.UserID
	before := c.call(200, "GET", "/v2/users/"+user, nil)
	patch := writeFile(t, filepath.Join(t.TempDir(), "patch.json"), `{"businessInfo":{"designation":"Lead","employeeId":null}}`)
	if exit, _, errs := c.airside(t.Context(), "api", "updateUser", "--userId", user, "--patch", "@"+patch, "--dry-run"); exit != 0 {
		t.Fatalf("exit %d: %s", exit, errs)
	}
	if got := c.call(200, "GET", "/v2/users/"+user, nil); !cmp.Equal(before, got) {
		t.Error("a dry run wrote something")
	}
	if exit, out, errs := c.airside(t.Context(), "api", "updateUser", "--userId", user, "--patch", "@"+patch); exit != 0 || !strings.Contains(out, `"designation": "Lead"`) {
		t.Fatalf("exit %d: %s%s", exit, out, errs)
	}
	got := c.call(200, "GET", "/v2/users/"+user, nil)
	if got.str("businessInfo/designation") != "Lead" || got.at("businessInfo/employeeId") != nil || !cmp.Equal(got.at("personalInfo"), before.at("personalInfo")) {
		t.Errorf("after the patch: %v", got)
	}
	if exit, _, errs := c.airside(t.Context(), "api", "updateUser", "--userId", user, "--patch", `{"persona":"GHOST"}`); exit != cli.ExitUsage || !strings.Contains(errs, "persona") {
		t.Errorf("a patch outside the contract: exit %d, %s", exit, errs)
	}
	trip := c.trip("Found")
	if exit, out, errs := c.airside(t.Context(), "ids", "find", "--id", trip); exit != 0 || !strings.Contains(out, "TRIP") || !strings.Contains(out, "createTrip") {
		t.Errorf("exit %d: %s%s", exit, out, errs)
	}
	if exit, _, _ := c.airside(t.Context(), "ids", "find", "NOBODY"); exit != cli.ExitNotFound {
		t.Errorf("nobody: exit %d", exit)
	}
}

func TestImportRefusesCyclesOfManagers(t *testing.T) {
	t.Parallel()
	c := start(t)
	got := c.feed(t, "employeeId,firstName,lastName,email,manager\n"+
		"E-1002,,,,E-1001\nE-1003,,,,E-1002\n"+ // a chain
		"C-1,Nils,Aker,c1@example.com,C-2\nC-2,Eva,Aker,c2@example.com,C-1\n") // two new people, each the other's manager
	if got.Updated != 2 || got.Failed != 2 || got.Faults[0].Line != 4 || got.Faults[0].Column != 5 {
		t.Errorf("two who wait for each other: %+v", got)
	}
	got = c.feed(t, "employeeId,manager\nE-1001,E-1003\n")
	if got.Failed != 1 || got.Faults[0].Column != 2 || !strings.Contains(got.Faults[0].Message, "above themselves") {
		t.Errorf("a cycle of three: %+v", got)
	}
}
