// SPDX-License-Identifier: Apache-2.0

package export_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/airside-travel/airside/internal/detect"
	"github.com/airside-travel/airside/internal/detect/export"
)

// TestGolden holds the files that are shipped to the rules. `make gen` writes them.
func TestGolden(t *testing.T) {
	t.Parallel()
	for file, write := range map[string]func(io.Writer, *detect.Set) error{"sigma.yml": export.Sigma, "prometheus.yml": export.Prometheus} {
		want, err := os.ReadFile("../../../docs/detection/" + file)
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if err := write(&got, detect.Builtin()); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(want), got.String()); d != "" {
			t.Errorf("%s is not what the rules say; run `make gen`\n%s", file, d)
		}
	}
}

// TestSigmaHoldsTogether parses every document: ids are unique, and correlations name rules that exist.
func TestSigmaHoldsTogether(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := export.Sigma(&b, detect.Builtin()); err != nil {
		t.Fatal(err)
	}
	type document struct {
		Title, ID, Name, Level string
		Logsource              map[string]string
		Detection              map[string]any
		Correlation            *struct {
			Type      string
			Rules     []string
			Timespan  string
			Condition map[string]any
		}
	}
	names, ids := map[string]bool{}, map[string]bool{}
	d := yaml.NewDecoder(&b)
	for {
		var doc document
		if err := d.Decode(&doc); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if doc.Name == "" {
			continue // the comment at the end
		}
		if names[doc.Name] || ids[doc.ID] || doc.Title == "" || doc.Level == "" || (doc.Correlation == nil) == (doc.Detection == nil) {
			t.Errorf("%s is twice there, or incomplete: %+v", doc.Name, doc)
		}
		names[doc.Name], ids[doc.ID] = true, true
		if c := doc.Correlation; c != nil {
			for _, r := range c.Rules {
				if !names[r] {
					t.Errorf("%s refers to %s, which does not come before it", doc.Name, r)
				}
			}
		}
	}
	for _, want := range []string{"auth-failure-burst", "auth-spray", "auth-success-after-failures", "control-disabled", "inbox-forgery"} {
		if !names[want] {
			t.Errorf("%s is not there", want)
		}
	}
}
