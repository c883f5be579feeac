// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/airside-travel/airside/airsidetest"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/vaulttest"
)

// vaulted is a server that reaches a vault, and its administrator.
type vaulted struct {
	*client
	kv *vaulttest.KV
}

const appsPath = "apps/secrets"

func startVaulted(t *testing.T, opts ...airsidetest.Option) *vaulted {
	t.Helper()
	kv := vaulttest.NewKV(t)
	return &vaulted{start(t, append(opts, vaultSettings(kv)...)...), kv}
}

func vaultSettings(kv *vaulttest.KV) []airsidetest.Option {
	return []airsidetest.Option{
		airsidetest.Setting("AIRSIDE_VAULT_ADDRESS", kv.URL), airsidetest.Setting("AIRSIDE_VAULT_CREDENTIAL", "env:TEST_VAULT_TOKEN"),
		airsidetest.Setting("TEST_VAULT_TOKEN", vaulttest.RootToken),
	}
}

func inVault(field string) string { return "vault://secret/" + appsPath + "#" + field }

func vaultedApp(name string) doc {
	return doc{"name": name, "owner": "lena.okafor@example.com", "role": "TMC_ADMIN", "grants": []doc{{"scopes": []string{"user:read"}}}, "secretRef": inVault(name)}
}

// held is what an application reads from its vault.
func (v *vaulted) held(field string) string {
	v.t.Helper()
	text, _ := v.kv.Data(appsPath)[field].(string)
	return text
}

// opens reports whether a secret gets a token.
func (v *vaulted) opens(id, secret string) bool {
	v.t.Helper()
	res, err := http.DefaultTransport.RoundTrip(formRequest(v.t, v.srv.URL+"/v2/auth/oauth2-token",
		url.Values{"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {secret}}))
	if err != nil {
		v.t.Fatal(err)
	}
	return res.Body.Close() == nil && res.StatusCode == 200
}

// works fails the test unless the vault holds a secret that opens the application.
func (v *vaulted) works(id, field string) string {
	v.t.Helper()
	secret := v.held(field)
	if !strings.HasPrefix(secret, "aap_") || !v.opens(id, secret) {
		v.t.Errorf("what the vault has for %s does not open it (%d characters)", field, len(secret))
	}
	return secret
}

// TestSecretsGoIntoTheVault: the secret of an application with a reference is in the vault and in no answer, from its
// birth on and through rotations, in which two secrets work at a time.
func TestSecretsGoIntoTheVault(t *testing.T) {
	t.Parallel()
	v := startVaulted(t)
	status, raw := v.srv.Call(t, v.token, "POST", "/v1/airside/applications", vaultedApp("mailer"))
	if status != 201 || strings.Contains(string(raw), "aap_") || strings.Contains(string(raw), "clientSecret\"") {
		t.Fatalf("registered: %d %s", status, raw)
	}
	var made struct{ ClientID, SecretRef string }
	if err := json.Unmarshal(raw, &made); err != nil || made.SecretRef != inVault("mailer") {
		t.Fatalf("%v: %s", err, raw)
	}
	id := made.ClientID
	first := v.works(id, "mailer")
	v.refuse(400, "DUPLICATE_VALUE", "POST", "/v1/airside/applications", vaultedApp("mailer"))
	if v.held("mailer") != first {
		t.Error("a second registration of the name touched the vault")
	}
	path := "/v1/airside/applications/" + id
	if a := v.call(200, "POST", path+"/rotate-secret", doc{"overlapSeconds": 3600}); a["clientSecret"] != nil || a["previousSecretUntil"] == nil {
		t.Errorf("rotated: %v", a)
	}
	second := v.works(id, "mailer")
	for _, replay := range []bool{false, true} { // a request that is repeated is one rotation
		if _, again := v.withKey(t, "rotate-1", path+"/rotate-secret", `{"overlapSeconds":3600}`); again != replay {
			t.Errorf("replayed: %v", again)
		}
		if now := v.works(id, "mailer"); replay && now != second {
			t.Error("a repeated request rotated again")
		} else if !replay {
			first, second = second, now
		}
	}
	if second == first || !v.opens(id, first) {
		t.Error("after a rotation with an overlap the old secret does not work, or there is no new one")
	}
	v.call(200, "POST", path+"/rotate-secret", doc{})
	if third := v.works(id, "mailer"); third == second || v.opens(id, first) || v.opens(id, second) {
		t.Error("after a rotation without an overlap an old secret works")
	}
	// Deleted and registered again: a secret that is dead is not taken up.
	dead := v.held("mailer")
	v.call(204, "DELETE", path, nil)
	again := v.call(201, "POST", "/v1/airside/applications", vaultedApp("mailer")).str("clientId")
	if v.works(again, "mailer") == dead {
		t.Error("the secret of an application that is gone opens another one")
	}
	for _, e := range v.call(200, "GET", "/v1/airside/audit?limit=1000", nil).list("entries") {
		if raw, _ := json.Marshal(e); strings.Contains(string(raw), "aap_") {
			t.Errorf("the trail has %s", raw)
		}
	}
}

// TestVaultIsAskedFirst: what the vault does not take leaves nothing behind, and what is somebody else's is not touched.
func TestVaultIsAskedFirst(t *testing.T) {
	t.Parallel()
	v := startVaulted(t, airsidetest.Setting("AIRSIDE_ENVIRONMENTS", "production"),
		airsidetest.Setting("AIRSIDE_ENV_PRODUCTION_BASE_URL", "http://127.0.0.1:9"), airsidetest.Setting("AIRSIDE_ENV_PRODUCTION_CLIENT_ID", "far-client"),
		airsidetest.Setting("AIRSIDE_ENV_PRODUCTION_SECRET", inVault("production")), airsidetest.Setting("AIRSIDE_ENV_PRODUCTION_ROTATE_AFTER", "0"))
	v.kv.Put(appsPath, map[string]any{"foreign": "not-ours", "production": "far-secret"})
	v.call(201, "POST", "/v1/airside/applications", vaultedApp("first"))
	if v.held("foreign") != "not-ours" {
		t.Error("a neighbour changed")
	}
	at := func(ref string) doc { a := vaultedApp("other"); a["secretRef"] = ref; return a }
	for name, tc := range map[string]struct{ ref, want string }{
		"what is not ours":           {inVault("foreign"), "is no client secret of this server"},
		"what an environment uses":   {inVault("production"), "the environment production uses it"},
		"another application's":      {inVault("first"), "another application"},
		"the environment":            {"env:MAILER", "environment of a process"},
		"a secret":                   {"aap_canary", "named, never written"},
		"a vault that is not there":  {"aws-sm://apps#mailer", "not configured"},
		"a file that is not there":   {"file:" + filepath.Join(t.TempDir(), "new.age") + "#mailer", "there is no such file"},
		"a reference without field":  {"vault://secret/apps", "named, never written"},
		"what the vault keeps of us": {inVault("airside.stages"), "named, never written"},
	} {
		status, raw := v.srv.Call(t, v.token, "POST", "/v1/airside/applications", at(tc.ref))
		if status != 400 || !strings.Contains(string(raw), tc.want) || !strings.Contains(string(raw), "/secretRef") || strings.Contains(string(raw), "canary") {
			t.Errorf("%s: %d %s", name, status, raw)
		}
	}
	bad := at(inVault("other"))
	bad["owner"] = "nobody"
	v.refuse(400, "API_VALIDATION_FAILED", "POST", "/v1/airside/applications", bad)
	v.kv.Fail(vaulttest.Fault{Kind: vaulttest.Denied, Method: "PUT", Path: "/v1/secret/data/" + appsPath})
	v.refuse(400, "API_VALIDATION_FAILED", "POST", "/v1/airside/applications", at(inVault("other")))
	v.kv.Heal()
	v.kv.Seal(true)
	v.refuse(503, "VAULT_UNAVAILABLE", "POST", "/v1/airside/applications", at(inVault("other")))
	v.kv.Seal(false)
	if v.held("other") != "" || len(v.call(200, "GET", "/v1/airside/applications", nil).list("applications")) != 1 {
		t.Error("a refused registration left something behind")
	}
	id := v.call(201, "POST", "/v1/airside/applications", at(inVault("other"))).str("clientId")
	v.works(id, "other")
	moved := at(inVault("first"))
	v.refuse(400, "API_VALIDATION_FAILED", "PUT", "/v1/airside/applications/"+id, moved)
	moved["secretRef"] = inVault("moved")
	v.call(200, "PUT", "/v1/airside/applications/"+id, moved)
	v.call(200, "POST", "/v1/airside/applications/"+id+"/rotate-secret", doc{"overlapSeconds": 60})
	v.works(id, "moved")
	v.works(id, "other") // for the overlap
}

// TestSecretsSurviveACrash goes through the points at which a process can die between vault and store: what the next
// attempt finds there is completed or adopted, and the vault holds a secret that works all the time.
func TestSecretsSurviveACrash(t *testing.T) {
	t.Parallel()
	v := startVaulted(t)
	// After the vault had the secret and before it was registered.
	orphan := ids.Secret("aap_")
	v.kv.Put(appsPath, map[string]any{"mailer": orphan})
	id := v.call(201, "POST", "/v1/airside/applications", vaultedApp("mailer")).str("clientId")
	if v.works(id, "mailer") != orphan {
		t.Error("a secret that was in the vault already was not adopted")
	}
	path := "/v1/airside/applications/" + id + "/rotate-secret"
	broken := func(skip int) {
		v.kv.Fail(vaulttest.Fault{Kind: vaulttest.Denied, Method: "PUT", Path: "/v1/secret/data/" + appsPath, Skip: skip})
	}
	// Before anything was staged.
	broken(0)
	v.refuse(409, "ROTATION_REFUSED", "POST", path, doc{"overlapSeconds": 3600})
	v.kv.Heal()
	if v.works(id, "mailer") != orphan {
		t.Error("a rotation that could not begin changed something")
	}
	// After it was registered and before it was current.
	broken(1)
	v.refuse(503, "VAULT_UNAVAILABLE", "POST", path, doc{"overlapSeconds": 3600})
	v.kv.Heal()
	if v.works(id, "mailer") != orphan {
		t.Error("in the middle of a rotation the vault has another secret")
	}
	v.call(200, "POST", path, doc{"overlapSeconds": 3600})
	second := v.works(id, "mailer")
	if second == orphan || !v.opens(id, orphan) {
		t.Error("the rotation was not completed, or was begun anew: the secret of before does not work")
	}
	// The same, and what follows is to end the old secret at once.
	broken(1)
	v.refuse(503, "VAULT_UNAVAILABLE", "POST", path, doc{"overlapSeconds": 3600})
	v.kv.Heal()
	v.call(200, "POST", path, doc{})
	if v.works(id, "mailer") == second || v.opens(id, second) || v.opens(id, orphan) {
		t.Error("after a rotation without an overlap an old secret works")
	}
}

// TestFileNamesAVault: a file of the configuration has secrets put into a vault. While the vault is away the server serves,
// and what is new waits for it.
func TestFileNamesAVault(t *testing.T) {
	t.Parallel()
	kv := vaulttest.NewKV(t)
	d := &declared{file: filepath.Join(t.TempDir(), "apps.json")}
	text := func(names ...string) string {
		var all []doc
		for _, n := range names {
			all = append(all, vaultedApp(n))
		}
		raw, err := json.Marshal(doc{"applications": all})
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	d.write(t, text("mailer"))
	kv.Seal(true)
	v := &vaulted{start(t, append(vaultSettings(kv), airsidetest.Setting("AIRSIDE_APPLICATIONS_FILE", d.file))...), kv}
	d.client = v.client
	if l := v.call(200, "GET", "/v1/airside/applications", nil).list("applications"); len(l) != 0 {
		t.Errorf("without its vault there is %v", l)
	}
	kv.Seal(false)
	if err := v.srv.ReadApplications(t); err != nil {
		t.Fatal(err)
	}
	id := d.named("mailer").str("clientId")
	first := v.works(id, "mailer")

	d.says(text("mailer") + "\n")
	if v.works(id, "mailer") != first {
		t.Error("a file that says the same changed the secret")
	}
	kv.Seal(true)
	d.write(t, text("mailer", "other"))
	if err := v.srv.ReadApplications(t); err == nil || !strings.Contains(err.Error(), "waits for the vault") {
		t.Errorf("a new one without its vault: %v", err)
	}
	kv.Seal(false)
	if err := v.srv.ReadApplications(t); err != nil {
		t.Fatal(err)
	}
	v.works(d.named("other").str("clientId"), "other")

	// Two processes registered it at once: the vault has the second one's secret, the store the first one's.
	data := kv.Data(appsPath)
	data["mailer"] = ids.Secret("aap_")
	raced := data["mailer"]
	var stages map[string]map[string]any
	if err := json.Unmarshal([]byte(data["airside.stages"].(string)), &stages); err != nil { //nolint:forcetypeassert // the format of package vault
		t.Fatal(err)
	}
	stages["mailer"]["previous"] = map[string]any{"token": strings.Repeat("a", 32), "value": first}
	text2, err := json.Marshal(stages)
	if err != nil {
		t.Fatal(err)
	}
	data["airside.stages"] = string(text2)
	kv.Put(appsPath, data)
	d.says(text("other", "mailer"))
	if got := v.works(id, "mailer"); got != first || got == raced {
		t.Error("the secret that counts did not come back")
	}

	d.write(t, strings.Replace(text("third"), inVault("third"), "env:THIRD", 1))
	if err := v.srv.ReadApplications(t); err == nil || !strings.Contains(err.Error(), "/applications/0/secretRef: ") {
		t.Errorf("a reference that cannot be written: %v", err)
	}
}
