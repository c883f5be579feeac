// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/airside-travel/airside/airsidetest"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/sqlite"
)

// foreign is how keysOf counts what is the TMC's own, which is a company as well.
const foreign = "foreign"

// keysOf says of each kind of the tenant how many documents are sealed with which key of a company, "" for none.
func keysOf(t *testing.T, file, tenant, company string) map[string]map[string]int {
	t.Helper()
	text, err := os.ReadFile(file + ".key")
	if err != nil {
		t.Fatal(err)
	}
	master, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	db, err := sqlite.Open(t.Context(), sqlite.Options{Path: file, MasterKey: master})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	out, own := map[string]map[string]int{}, map[string]bool{}
	if err := db.View(t.Context(), func(ctx context.Context) error {
		for r, err := range store.Read(ctx).Walk(tenant, "", "", 0) {
			if err != nil {
				return err
			}
			key := ""
			if bytes.HasPrefix(r.Doc, []byte("\x00ck2"+company)) {
				key = fmt.Sprint(r.Doc[47])
			} else if bytes.HasPrefix(r.Doc, []byte("\x00ck")) { // random keys may begin with a zero, too
				key = fmt.Sprintf("%q", r.Doc[:4])
			} else if r.ID == tenant || r.Parent == tenant || r.Kind == "ids.issued" && r.Parent != company {
				key = foreign
				own[r.ID] = true
			} else if own[r.Parent] {
				key = foreign
			}
			if out[r.Kind] == nil {
				out[r.Kind] = map[string]int{}
			}
			out[r.Kind][key]++
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

// notOfCompany are the kinds of which a TMC has documents that belong to none of its companies.
func notOfCompany(kind string) bool {
	return slices.Contains([]string{
		"company_key", "company_key_walk", "person_key", // the keys themselves
		"air.booking", "air.seat", "air.seatlog", // the inventory, in which nobody is named
		"schedule.clock", "audit.anchor", "audit.head", "audit.tile", "audit.checkpoint", "outbox.subscription", "outbox.endpoint", "outbox.changes", // the TMC's own
		"usage", "usage.record", // how often clients called what
	}, kind)
}

// wantKey checks that everything of the company is sealed with one key.
func wantKey(t *testing.T, file, tenant, company, key string) {
	t.Helper()
	got := keysOf(t, file, tenant, company)
	for kind, keys := range got {
		delete(keys, foreign)
		if notOfCompany(kind) {
			if keys[""] == 0 || len(keys) != 1 {
				t.Errorf("%s: %v, and should not be sealed for a company", kind, keys)
			}
			continue
		}
		if len(keys) > 1 || len(keys) == 1 && keys[key] == 0 {
			t.Errorf("%s is sealed with %v, want only key %s", kind, keys, key)
		}
	}
	for _, kind := range []string{"company", "user", "legal_entity", "trip", "pnr", "agentNote", "air.order", "air.sold", "favorite", "user_roles",
		"scim.user", "policy", "policy_version", "access.group", "access.member", "office"} {
		if got[kind][key] == 0 {
			t.Errorf("there is no %s: the test proves nothing about it", kind)
		}
	}
}

// A company that is in use gets a key: everything that is stored of it is sealed with it, later with the next one,
// and nobody sees a difference.
func TestDocumentsAreSealedAnew(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "airside.db")
	var api, seen object
	var tenant, company string
	var paths []string
	look := func(c *client) object {
		out := object{}
		for _, path := range paths {
			status, etag, answer := c.with("GET", path, "")
			if status != 200 {
				t.Errorf("%s: %d %s", path, status, answer)
			}
			out[path] = etag + " " + answer
		}
		return out
	}
	same := func(t *testing.T, c *client) {
		t.Helper()
		for path, now := range look(c) {
			if now != seen[path] {
				t.Errorf("%s\nwas %.600s\nis  %.600s", path, seen[path], now)
			}
		}
	}
	state := func(t *testing.T, c *client, number float64) {
		t.Helper()
		c.call(200, "POST", "/v1/airside/world/clock/advance", doc{"duration": "PT2S"})
		got := c.call(200, "GET", "/v1/airside/tenant-encryption/"+company+"/key", nil)
		if got.str("state") != "DONE" || got.num("keyNumber") != number || got.num("formerKeys") != 0 || got.num("sealed") < 15 || got.num("examined") < got.num("sealed") {
			t.Errorf("state: %v", got)
		}
	}
	t.Run("provision", func(t *testing.T) {
		c := start(t, airsidetest.Database(file))
		api = c.call(200, "POST", "/v2/api-users", doc{"role": "TMC_ADMIN"})
		tenant, company = c.srv.Demo.TMCID, c.srv.Demo.CompanyID
		user, trip, pnr, _, _ := c.life()
		groups := "/v3/companies/" + company + "/user-groups"
		group := c.call(200, "POST", groups, doc{"name": "Sealed", "description": ""}).str("id")
		c.call(204, "POST", groups+"/"+group+"/members/add", doc{"userIds": []string{user}})
		c.call(201, "POST", "/v2/companies/"+company+"/legal-entities/"+c.srv.Demo.LegalEntityID+"/offices", doc{"name": "Sealed", "address": doc{"addressLines": []string{"1 Quay"}, "regionCode": "GB"}})
		key := "/v1/airside/tenant-encryption/" + company + "/key"
		c.refuse(404, "RESOURCE_NOT_FOUND", "GET", key, nil)
		u := "/v2/users/" + user
		paths = []string{u, u + "/roles", u + "/favorites", "/v2/trips/" + trip, "/v3/trips/" + trip + "/detail", "/v3/trips/" + trip + "/pnrs/" + pnr,
			"/v2/trips/" + trip + "/agent-notes", "/v2/companies/" + company, "/v2/users?companyId=" + company,
			"/v2/companies/" + company + "/legal-entities/" + c.srv.Demo.LegalEntityID}
		seen = look(c)
		c.call(200, "POST", "/v3/tenant-encryption/"+company+"/key", nil)
		state(t, c, 1)
		same(t, c)
	})
	if t.Failed() {
		return
	}
	wantKey(t, file, tenant, company, "1")
	old := column(t, file, "SELECT hex(doc) FROM entity WHERE kind = 'company_key'")
	t.Run("rotate", func(t *testing.T) {
		srv := airsidetest.Start(t, airsidetest.Database(file))
		c := &client{t, srv, srv.TokenOf(t, api.str("clientId"), api.str("clientSecret"))}
		c.call(200, "POST", "/v1/airside/world/clock/advance", doc{"duration": "PT1H"})
		c.token = srv.TokenOf(t, api.str("clientId"), api.str("clientSecret"))
		c.call(200, "POST", "/v3/tenant-encryption/"+company+"/key", nil)
		state(t, c, 2)
		same(t, c)
	})
	if t.Failed() {
		return
	}
	wantKey(t, file, tenant, company, "2")
	if left := column(t, file, "SELECT id FROM entity WHERE kind = 'company_key_former'"); len(left) > 0 || len(old) != 1 {
		t.Errorf("former keys: %v", left)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if log, err := os.ReadFile(file + "-wal"); err == nil {
		raw = append(raw, log...)
	}
	if end := old[0][len(old[0])-48:]; strings.Contains(strings.ToUpper(fmt.Sprintf("%x", raw)), end) {
		t.Error("the file still has the former key")
	}
}

// Whoever is purged after the documents were sealed anew is gone like anybody else.
func TestPurgeAfterSealingAnew(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "airside.db")
	t.Run("while it runs", func(t *testing.T) {
		c := start(t, airsidetest.Database(file))
		user, trip, pnr, _, _ := c.life()
		c.call(200, "POST", "/v3/tenant-encryption/"+c.srv.Demo.CompanyID+"/key", nil)
		c.call(200, "POST", "/v1/airside/world/clock/advance", doc{"duration": "PT2S"})
		if got := c.call(200, "GET", "/v1/airside/tenant-encryption/"+c.srv.Demo.CompanyID+"/key", nil); got.str("state") != "DONE" {
			t.Fatalf("state: %v", got)
		}
		if seen := sightings(everything(t, c.everythingOf(user, trip, pnr))); len(seen) < len(canaries())-2 {
			t.Fatalf("only %v are to be seen before the purge: the test proves nothing", seen)
		}
		c.call(200, "POST", "/v1/airside/users/"+user+"/purge", nil)
		if seen := sightings(everything(t, c.everythingOf(user, trip, pnr))); seen != nil {
			t.Errorf("the API still shows %v", seen)
		}
	})
	if t.Failed() {
		return
	}
	opened := dump(t, file)
	if seen := sightings(opened); seen != nil {
		t.Errorf("in the opened store: %v", seen)
	}
	if n := bytes.Count(opened, []byte("Moreau")); n < 3 {
		t.Errorf("the store was not opened: another person is in it %d times", n)
	}
}
