// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/airsidetest"
	"github.com/airside-travel/airside/internal/hrfeed"
)

var importRows = flag.Int("import.rows", 600, "how many people to import; 100000 for the full measure")

// maxImporter is what the program may take of the machine's memory for a file of any length, in megabytes.
const maxImporter = 200

// A long file is read in bounded memory, by the program itself in a process of its own; the second run changes nothing.
func TestImportOfManyPeople(t *testing.T) {
	t.Parallel()
	srv := airsidetest.Start(t, airsidetest.Database(filepath.Join(t.TempDir(), "airside.db")), airsidetest.Unjudged())
	c := &client{t, srv, srv.Token(t)}
	file, peaks := filepath.Join(t.TempDir(), "people.csv"), filepath.Join(t.TempDir(), "peak")
	writePeople(t, file, *importRows)
	run := func() hrfeed.Report {
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		var out, errs bytes.Buffer
		p := exec.CommandContext(t.Context(), self, "import", "users", file, "--json")
		p.Env = append(os.Environ(), asProgram+"=1", peakFile+"="+peaks, "AIRSIDE_URL="+srv.URL, "AIRSIDE_CLIENT_ID="+srv.Demo.ClientID, "AIRSIDE_CLIENT_SECRET="+srv.Demo.ClientSecret)
		p.Stdout, p.Stderr = &out, &errs
		if err := p.Run(); err != nil {
			t.Fatalf("%v: %s%.2000s", err, out.Bytes(), errs.Bytes())
		}
		if runtime.GOOS == "linux" { // elsewhere nobody tells how much memory it was
			mb := peak(t, peaks)
			t.Logf("the import took %d MB at most, %s of processor time", mb, p.ProcessState.UserTime()+p.ProcessState.SystemTime())
			if mb > maxImporter {
				t.Errorf("the import took %d MB", mb)
			}
		}
		var r hrfeed.Report
		if err := json.Unmarshal(out.Bytes(), &r); err != nil {
			t.Fatalf("%v in %.300s", err, out.Bytes())
		}
		return r
	}
	if diff := cmp.Diff(hrfeed.Report{Counts: hrfeed.Counts{Rows: *importRows, Created: *importRows}, Faults: []hrfeed.Fault{}}, run()); diff != "" {
		t.Errorf("first run (-want +got):\n%s", diff)
	}
	probe := fmt.Sprintf("/v2/users?companyId=%s&employeeId=S-%06d", srv.Demo.CompanyID, *importRows/2)
	user := "/v2/users/" + c.call(200, "GET", probe, nil).str("elements/0/id")
	_, before, _ := c.with("GET", user, "")
	if diff := cmp.Diff(hrfeed.Report{Counts: hrfeed.Counts{Rows: *importRows, Unchanged: *importRows}, Faults: []hrfeed.Fault{}}, run()); diff != "" {
		t.Errorf("second run (-want +got):\n%s", diff)
	}
	if _, after, _ := c.with("GET", user, ""); after != before {
		t.Errorf("the second run wrote: version %s after %s", after, before)
	}
	if n := c.people(); n != *importRows+3 {
		t.Errorf("the company has %d people", n)
	}
}

// peak reads the high-water mark of a process's memory, in megabytes.
func peak(t *testing.T, file string) int {
	t.Helper()
	status, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)
	if found == nil {
		t.Fatalf("no high-water mark in %s", status)
	}
	kb, err := strconv.Atoi(string(found[1]))
	if err != nil || kb == 0 {
		t.Fatalf("%v: %s", err, found[0])
	}
	return kb >> 10
}

func writePeople(t *testing.T, path string, n int) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, "employeeId,firstName,lastName,email,jobTitle,country,birthDate")
	for i := range n {
		fmt.Fprintf(w, "S-%06d,Given%d,%s,s%06d@example.com,Engineer %d,GB,1990-02-03\n", i, i, strings.Repeat("Family", 1+i%3), i, i%50)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
