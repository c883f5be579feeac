// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/cli"
	"github.com/airside-travel/airside/internal/clock"
)

const somebody = "00000000-0000-4000-8000-0000000000aa"

// command is one command in process, with nothing of the server but what environ says.
func command(t testing.TB, environ []string, args ...string) (int, string, string) {
	t.Helper()
	var out, errs bytes.Buffer
	m := cli.Main{Args: args, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Environ: environ}
	exit := m.Run(t.Context())
	return exit, out.String(), errs.String()
}

func (g *gateway) access(args ...string) (int, string, string) {
	return command(g.t, []string{"AIRSIDE_URL=" + g.srv.URL, "AIRSIDE_TOKEN=" + g.token}, args...)
}

// reviewed is a server on which applications used some of what they may.
func reviewed(t testing.TB) (g *gateway, apps, tokens map[string]string) {
	g = startGateway(t)
	apps, tokens = map[string]string{}, map[string]string{}
	for name, settings := range map[string]doc{
		"mailer": {"grants": []doc{{"scopes": []string{"approval:read", "user:read"}}, {"scopes": []string{"air:book"}, "effects": []string{"purchase"}}, {"operations": []string{"readCompany"}}}},
		"exact":  {"grants": []doc{{"operations": []string{"getUserInfo"}}}},
		"wide":   {"grants": []doc{{"operations": []string{"*"}, "reason": "the pilot"}}},
		"pilot":  {"grants": []doc{{"operations": []string{"getUserInfo"}}}, "expiresAt": clock.System().Now().Add(72 * time.Hour).UTC().Format(time.RFC3339)},
	} {
		settings["name"] = name
		apps[name], tokens[name] = g.application(settings)
	}
	for name, token := range tokens {
		if a := g.send(token, "GET", "/v2/users/"+somebody, nil, ""); a.status != 200 {
			t.Fatalf("%s: %d %s", name, a.status, a.body)
		}
	}
	g.send(tokens["mailer"], "POST", "/v3/approvals/approvers/"+somebody+"/list", nil, "{}")
	g.send(tokens["mailer"], "POST", "/v3/approvals/companies/"+somebody+"/list", nil, "{}")
	if a := g.send(tokens["exact"], "GET", "/v2/companies/"+somebody, nil, ""); a.status != 403 {
		t.Fatalf("not granted: %d", a.status)
	}
	return g, apps, tokens
}

// item is one credential of a review.
func item(t testing.TB, review object, id string) object {
	t.Helper()
	for _, i := range review.list("access") {
		if i.str("id") == id {
			return i
		}
	}
	t.Fatalf("no item %s", id)
	return nil
}

func codes(i object) (out []string) {
	for _, f := range i.list("findings") {
		out = append(out, f.str("code"))
	}
	return out
}

func counts(i object) map[string]float64 {
	out := map[string]float64{}
	for _, u := range i.list("used") {
		out[u.str("operation")] = u.num("count")
	}
	return out
}

func texts(v any) (out []string) {
	list, _ := v.([]any)
	for _, x := range list {
		s, _ := x.(string)
		out = append(out, s)
	}
	return out
}

const reviews = "/v1/airside/access-reviews"

// A review proposes exactly what was not used, closing it takes that away and nothing else, and what changed in
// between is left alone until it is decided again.
func TestAccessReview(t *testing.T) {
	t.Parallel()
	g, apps, tokens := reviewed(t)
	v := g.call(200, "POST", reviews, doc{"title": "The first"})
	id := v.str("id")
	g.refuse(400, "STATE_DOES_NOT_ALLOW", "POST", reviews, doc{})
	mailer := item(t, v, apps["mailer"])
	want := []string{"airCreatePnr", "airModifyBookV2", "getBusinessInfo", "getExternalId", "getMembershipInfo", "getNotificationPreferences", "getPersonalInfo", "getUserTravelArrangers",
		"getUserTravelPreferences", "listFavorites", "listUsersV3", "queryUser", "readCompany"}
	if d := cmp.Diff(want, texts(mailer.at("proposal/removes"))); d != "" {
		t.Error("unused:", d)
	}
	if d := cmp.Diff([]any{map[string]any{"scopes": []any{"approval:read"}}, map[string]any{"operations": []any{"getUserInfo"}}}, mailer.at("proposal/grants")); d != "" {
		t.Error("the least:", d)
	}
	if d := cmp.Diff([]string{"GRANT_UNUSED", "GRANT_UNUSED", "OPERATIONS_UNUSED", "PURCHASE_UNUSED", "NO_NETWORKS"}, codes(mailer)); d != "" {
		t.Error(d)
	}
	if got := item(t, v, apps["exact"]); got.str("proposal/decision") != "KEEP" || slices.Contains(codes(got), "OPERATIONS_UNUSED") {
		t.Errorf("what is used whole is not kept: %v", got)
	} else if used := got.list("used"); !slices.ContainsFunc(used, func(u object) bool {
		return u.str("operation") == "readCompany" && u.num("refused") == 1 && u.num("count") == 0
	}) {
		t.Errorf("a refusal counts as use: %v", used)
	}
	if !slices.Contains(codes(item(t, v, apps["wide"])), "GRANT_OF_EVERYTHING") || !slices.Contains(codes(item(t, v, apps["pilot"])), "EXPIRES_SOON") {
		t.Error("a grant of everything or an end that is near does not stand out")
	}
	g.decideAll(id, apps)
	g.changeWide(apps["wide"])
	if exit, out, errs := g.access("access", "review", "close", id); exit == 0 || !strings.Contains(out, "CONFLICT") || !strings.Contains(errs, "left alone") {
		t.Fatalf("exit %d: %s %s", exit, out, errs)
	}
	v = g.call(200, "GET", reviews+"/"+id, nil)
	if v.str("state") != "OPEN" || !strings.Contains(item(t, v, apps["wide"]).str("problem"), "changed since") {
		t.Errorf("%v", item(t, v, apps["wide"]))
	}
	if a := g.send(tokens["wide"], "GET", "/v2/companies/"+somebody, nil, ""); a.status != 200 {
		t.Errorf("a conflict took something away: %d", a.status)
	}
	g.decide(id, apps["wide"], doc{"decision": "REVOKE"})
	g.call(200, "POST", reviews+"/"+id+"/close", nil)
	for _, tc := range []struct {
		app, path string
		want      int
	}{{"mailer", "/v2/users/" + somebody, 200}, {"mailer", "/v2/companies/" + somebody, 403}, {"mailer", "/v2/users/" + somebody + "/business-info", 403},
		{"exact", "/v2/users/" + somebody, 200}, {"wide", "/v2/users/" + somebody, 401}, {"pilot", "/v2/users/" + somebody, 200}} {
		if a := g.send(tokens[tc.app], "GET", tc.path, nil, ""); a.status != tc.want {
			t.Errorf("%s after the review: GET %s is %d, want %d", tc.app, tc.path, a.status, tc.want)
		}
	}
	g.provesReview(id, apps)
}

func (g *gateway) decide(review, client string, d doc) object {
	g.t.Helper()
	for k, v := range map[string]string{"reviewer": "Ada Moreau", "reason": "reviewed"} {
		if d[k] == nil {
			d[k] = v
		}
	}
	return g.call(200, "PUT", reviews+"/"+review+"/items/"+client, d)
}

// decideAll decides about every credential, and shows what cannot be decided.
func (g *gateway) decideAll(id string, apps map[string]string) {
	g.t.Helper()
	at := reviews + "/" + id + "/items/" + apps["mailer"]
	say := func(d doc) doc { d["reviewer"], d["reason"] = "Ada Moreau", "x"; return d }
	g.refuse(400, "STATE_DOES_NOT_ALLOW", "POST", reviews+"/"+id+"/close", nil)
	g.refuse(400, "API_VALIDATION_FAILED", "PUT", at, doc{"decision": "KEEP", "reviewer": " ", "reason": "x"})
	g.refuse(400, "API_VALIDATION_FAILED", "PUT", at, say(doc{"decision": "REDUCE", "grants": []doc{{"operations": []string{"updateCompany"}}}}))
	g.refuse(400, "API_VALIDATION_FAILED", "PUT", at, say(doc{"decision": "EXTEND", "expiresAt": "2020-01-01T00:00:00Z"}))
	g.refuse(400, "API_VALIDATION_FAILED", "PUT", at, say(doc{"decision": "KEEP", "expiresAt": "2100-01-01T00:00:00Z"}))
	g.refuse(404, "RESOURCE_NOT_FOUND", "PUT", reviews+"/"+id+"/items/"+somebody, say(doc{"decision": "KEEP"}))
	for _, i := range g.call(200, "GET", reviews+"/"+id, nil).list("access") {
		if i.str("kind") == "API_USER" {
			g.refuse(400, "API_VALIDATION_FAILED", "PUT", reviews+"/"+id+"/items/"+i.str("id"), say(doc{"decision": "REDUCE"}))
			g.refuse(400, "STATE_DOES_NOT_ALLOW", "PUT", reviews+"/"+id+"/items/"+i.str("id"), say(doc{"decision": "REVOKE"}))
			g.decide(id, i.str("id"), doc{"decision": "KEEP"})
		}
	}
	g.decide(id, apps["mailer"], doc{"decision": "REDUCE", "reason": "it only reads *people*"})
	g.decide(id, apps["exact"], doc{"decision": "KEEP"})
	g.decide(id, apps["wide"], doc{"decision": "REDUCE"})
	g.decide(id, apps["pilot"], doc{"decision": "EXTEND", "expiresAt": "2100-01-01T00:00:00Z"})
}

// changeWide changes an application behind the review's back.
func (g *gateway) changeWide(id string) {
	g.t.Helper()
	a := g.call(200, "GET", "/v1/airside/applications/"+id, nil)
	settings := doc{}
	for _, k := range []string{"name", "owner", "environment", "grants"} {
		settings[k] = a[k]
	}
	settings["description"] = "changed"
	g.call(200, "PUT", "/v1/airside/applications/"+id, settings)
}

// provesReview looks at a closed review, its evidence and its entries in the audit trail.
func (g *gateway) provesReview(id string, apps map[string]string) {
	t := g.t
	v := g.call(200, "GET", reviews+"/"+id, nil)
	mailer := item(t, v, apps["mailer"])
	if v.str("state") != "CLOSED" || v.str("nextDue") == "" || !strings.HasPrefix(mailer.str("result/change"), "13 of 16 operations") {
		t.Errorf("%v %v", v.str("state"), mailer["result"])
	}
	if got := g.call(200, "GET", "/v1/airside/applications/"+apps["pilot"], nil).str("expiresAt"); got != "2100-01-01T00:00:00Z" {
		t.Errorf("extended to %s", got)
	}
	for _, at := range []string{"decision/auditEntry", "result/auditEntry"} {
		found := false
		for _, e := range g.call(200, "GET", "/v1/airside/audit?limit=500", nil).list("entries") {
			found = found || e.num("sequence") == mailer.num(at) && strings.Contains(e.str("resource"), apps["mailer"]) && strings.HasPrefix(e.str("operation"), "accessReview.")
		}
		if !found {
			t.Errorf("%s is not in the audit trail", at)
		}
	}
	g.refuse(400, "STATE_DOES_NOT_ALLOW", "PUT", reviews+"/"+id+"/items/"+apps["mailer"], doc{"decision": "KEEP", "reviewer": "Ada", "reason": "x"})
	g.refuse(400, "STATE_DOES_NOT_ALLOW", "POST", reviews+"/"+id+"/close", nil)
	e := g.call(200, "GET", reviews+"/"+id+"/evidence", nil)
	if e.str("sha256") != v.str("evidenceSha256") || e["intact"] != true {
		t.Errorf("the evidence is another: %v %v", e.str("sha256"), v.str("evidenceSha256"))
	}
	if exit, out, errs := g.access("access", "review", "evidence", id, "--format", "markdown"); exit != 0 || !strings.Contains(out, `it only reads \*people\*`) || !strings.Contains(out, e.str("sha256")) {
		t.Errorf("exit %d: %s\n%s", exit, errs, out)
	}
	next := g.call(200, "POST", reviews, doc{})
	if got := item(t, next, apps["mailer"]); next.str("since") != v.str("startedAt") || got.num("opens") != 3 || !cmp.Equal(counts(got), map[string]float64{"getUserInfo": 1, "readCompany": 0, "getBusinessInfo": 0}) {
		t.Errorf("the next review counts from the last one: since %s, opens %v, used %v", next.str("since"), got["opens"], got["used"])
	}
}

// A review that is due raises an alert, and again each week until there is one.
func TestAccessReviewIsDue(t *testing.T) {
	t.Parallel()
	c := start(t)
	c.call(200, "GET", "/v1/airside/applications", nil)
	v := c.call(200, "POST", reviews, doc{})
	for _, i := range v.list("access") {
		c.call(200, "PUT", reviews+"/"+v.str("id")+"/items/"+i.str("id"), doc{"decision": "KEEP", "reviewer": "Ada", "reason": "needed"})
	}
	c.call(200, "POST", reviews+"/"+v.str("id")+"/close", nil)
	due := func() int {
		c.token = c.srv.Token(t) // the one before is out of date by then
		return len(c.call(200, "GET", "/v1/airside/alerts?rule=access-review-overdue", nil).list("alerts"))
	}
	c.call(200, "POST", "/v1/airside/world/clock/advance", doc{"duration": "P89D"})
	if n := due(); n != 0 {
		t.Errorf("%d alerts before it is due", n)
	}
	c.call(200, "POST", "/v1/airside/world/clock/advance", doc{"duration": "P2D"})
	if n := due(); n != 1 {
		t.Errorf("%d alerts when it is due", n)
	}
}

// An archive verifies on a machine that has nothing else, and a changed byte in any file is found.
func TestEvidenceArchive(t *testing.T) {
	t.Parallel()
	g, _, _ := reviewed(t)
	v := g.call(200, "POST", reviews, doc{})
	g.call(200, "POST", "/v1/airside/incidents", doc{"title": "A laptop was lost", "severity": "LOW"})
	dir := t.TempDir()
	file, key := filepath.Join(dir, "a.zip"), filepath.Join(dir, "key")
	period := clock.System().Now().UTC().Format("2006-01")
	if exit, _, errs := g.access("evidence", "--period", period, "--out", file); exit != 0 {
		t.Fatalf("exit %d: %s", exit, errs)
	}
	if exit, _, errs := g.access("evidence", "--period", period, "--out", file); exit == 0 || !strings.Contains(errs, "--force") {
		t.Errorf("it writes over a file: %d %s", exit, errs)
	}
	g.refuse(400, "API_VALIDATION_FAILED", "POST", "/v1/airside/evidence", doc{"period": "2026Q5"})
	g.refuse(400, "API_VALIDATION_FAILED", "POST", "/v1/airside/evidence", doc{"period": "9998"})
	_, text, _ := g.access("audit", "key")
	if err := os.WriteFile(key, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{file}, {file, "--key", key}} {
		if exit, out, errs := command(t, nil, append([]string{"audit", "verify"}, args...)...); exit != 0 || !strings.Contains(out, "as listed and signed") || !strings.Contains(out, "intact") {
			t.Fatalf("exit %d: %s %s", exit, out, errs)
		}
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range z.File {
		names = append(names, f.Name)
		at, err := f.DataOffset()
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []int64{0, int64(f.CompressedSize64) / 2, int64(f.CompressedSize64) - 1} {
			bad := bytes.Clone(raw)
			bad[at+n] ^= 0x10
			if err := os.WriteFile(filepath.Join(dir, "bad.zip"), bad, 0o600); err != nil {
				t.Fatal(err)
			}
			if exit, out, _ := command(t, nil, "audit", "verify", filepath.Join(dir, "bad.zip")); exit != 1 || strings.Contains(out, "as listed and signed") {
				t.Errorf("byte %d of %s was changed and not found: %s", n, f.Name, out)
			}
		}
		repacked(t, dir, z, f.Name)
	}
	for _, want := range []string{"audit/trail.jsonl", "reviews/" + v.str("id") + ".md", "rotations.json", "alerts.json", "contacts.json", "configuration.json", "controls.md", "manifest.note"} {
		if !slices.Contains(names, want) {
			t.Errorf("%s is not in the archive: %v", want, names)
		}
	}
	if !slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(n, "incidents/") && strings.HasSuffix(n, ".pdf") }) {
		t.Error("no report of the incident")
	}
	if bytes.Contains(unpacked(t, z), []byte("far-secret-canary")) {
		t.Error("a secret is in the archive")
	}
}

// repacked makes archives in which one file has other content, with sums that fit, or is not there.
func repacked(t *testing.T, dir string, z *zip.Reader, victim string) {
	t.Helper()
	for _, gone := range []bool{false, true} {
		var out bytes.Buffer
		w := zip.NewWriter(&out)
		for _, f := range z.File {
			content := member(t, f)
			if f.Name == victim && gone {
				continue
			}
			if f.Name == victim {
				content[len(content)/2] ^= 1
			}
			p, err := w.Create(f.Name)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := p.Write(content); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, "repacked.zip")
		if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		if exit, text, _ := command(t, nil, "audit", "verify", file); exit != 1 || !strings.Contains(text, victim) && !strings.Contains(text, "manifest") {
			t.Errorf("%s, gone %v: not found: %s", victim, gone, text)
		}
	}
}

func member(t *testing.T, f *zip.File) []byte {
	t.Helper()
	in, err := f.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	content, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func unpacked(t *testing.T, z *zip.Reader) (all []byte) {
	t.Helper()
	for _, f := range z.File {
		all = append(all, member(t, f)...)
	}
	return all
}
