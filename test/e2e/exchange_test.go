// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/airsidetest"
)

// partner signs tokens for its users, by hand, so that the test does not trust the library it tests.
type partner struct {
	key *rsa.PrivateKey
	kid string
}

func newPartner(t *testing.T, kid string) *partner {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return &partner{key, kid}
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (p *partner) jwk() doc {
	return doc{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": p.kid, "n": b64(p.key.N.Bytes()), "e": b64(big.NewInt(int64(p.key.E)).Bytes())}
}

// sign makes a JWT; header and claims are given whole so that each can be wrong.
func (p *partner) sign(t *testing.T, header, claims doc) string {
	t.Helper()
	h, err := json.Marshal(header)
	if err != nil {
		t.Fatal(err)
	}
	c, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	signed := b64(h) + "." + b64(c)
	digest := sha256.Sum256([]byte(signed))
	sig, err := rsa.SignPKCS1v15(rand.Reader, p.key, crypto.SHA256, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return signed + "." + b64(sig)
}

// exchange trades a subject token; it answers the status, the token and the error code.
func (c *client) exchange(subject string) (status int, token, code string) {
	c.t.Helper()
	form := url.Values{
		"grant_type": {"urn:ietf:params:oauth:grant-type:token-exchange"}, "client_id": {c.srv.Demo.ClientID}, "client_secret": {c.srv.Demo.ClientSecret},
		"subject_token": {subject}, "subject_token_type": {"urn:ietf:params:oauth:token-type:jwt"}, "scope": {"openid"},
	}
	res, err := http.DefaultTransport.RoundTrip(formRequest(c.t, c.srv.URL+"/v2/auth/oauth2-token", form))
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	var o object
	if err := json.NewDecoder(res.Body).Decode(&o); err != nil {
		c.t.Fatal(err)
	}
	return res.StatusCode, o.str("access_token"), o.str("errorMessages/0/errorCode")
}

func formRequest(t testing.TB, to string, form url.Values) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, to, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return req
}

func TestTokenExchange(t *testing.T) {
	t.Parallel()
	c := start(t)
	p := newPartner(t, "key-1")
	keys := "/v2/companies/" + c.srv.Demo.CompanyID + "/partner-public-keys"
	c.refuse(400, "API_VALIDATION_FAILED", "POST", keys, doc{"keyType": "JWKS", "jwks": doc{"keys": []doc{p.jwk(), p.jwk()}}})
	c.call(201, "POST", keys, doc{"keyType": "JWKS", "jwks": doc{"keys": []doc{p.jwk()}}})
	c.refuse(400, "DUPLICATE_VALUE", "POST", keys, doc{"keyType": "JWKS", "jwks": doc{"keys": []doc{p.jwk()}}})

	header := doc{"alg": "RS256", "kid": "key-1", "typ": "JWT"}
	claims := func(change ...any) doc {
		d := doc{"email": "ada.moreau@example.com", "iss": "partner", "sub": "42", "aud": "spotnana", "iat": c.now().Unix(), "exp": c.now().Add(time.Hour).Unix()}
		for i := 0; i+1 < len(change); i += 2 {
			d[change[i].(string)] = change[i+1]
		}
		return d
	}
	status, token, _ := c.exchange(p.sign(t, header, claims()))
	if status != 200 {
		t.Fatalf("a good exchange answered %d", status)
	}
	// The token is the user's: she reads herself, and not the others.
	ada := &client{t, c.srv, token}
	ada.call(200, "GET", "/v2/users/"+c.srv.Demo.UserID, nil)
	ada.refuse(403, "ACCESS_DENIED", "GET", "/v2/companies", nil)
	for _, e := range c.call(200, "GET", "/v1/airside/audit?operation=fetchOauth2Token&limit=1", nil).list("entries") { // for whom it was
		if e.str("actor") != c.srv.Demo.ClientID || e.str("resource") != "userId="+c.srv.Demo.UserID || e.str("sourceIp") == "" {
			t.Errorf("the entry of the exchange is %v", e)
		}
	}
	users := c.call(200, "POST", "/v3/users/list", doc{"companyId": id(c.srv.Demo.CompanyID), "pagination": doc{"limit": 100}})
	for _, u := range users.list("users") {
		if other := u.str("id"); other != "" && other != c.srv.Demo.UserID {
			ada.refuse(404, "RESOURCE_NOT_FOUND", "GET", "/v2/users/"+other, nil)
		}
	}

	forged := newPartner(t, "key-1")
	good := p.sign(t, header, claims())
	for name, subject := range map[string]string{
		"expired":        p.sign(t, header, claims("exp", c.now().Add(-2*time.Minute).Unix())),
		"without exp":    p.sign(t, header, doc{"email": "ada.moreau@example.com"}),
		"not yet valid":  p.sign(t, header, claims("nbf", c.now().Add(time.Hour).Unix())),
		"nobody":         p.sign(t, header, claims("email", "nobody@example.com")),
		"without e-mail": p.sign(t, header, claims("email", "")),
		"unknown key":    p.sign(t, doc{"alg": "RS256", "kid": "key-2"}, claims()),
		"no kid":         p.sign(t, doc{"alg": "RS256"}, claims()),
		"other key":      forged.sign(t, header, claims()),
		"alg none":       b64([]byte(`{"alg":"none","kid":"key-1"}`)) + "." + strings.Split(good, ".")[1] + ".",
		"HS256":          b64([]byte(`{"alg":"HS256","kid":"key-1"}`)) + "." + strings.Split(good, ".")[1] + "." + strings.Split(good, ".")[2],
		"altered":        good[:len(good)-4] + "AAAA",
		"not a JWT":      "hello",
	} {
		if status, _, code := c.exchange(subject); status != 403 || code != "SUBJECT_TOKEN_INVALID" {
			t.Errorf("%s: %d %s", name, status, code)
		}
	}

	c.call(204, "DELETE", keys+"/key-1", nil)
	if status, _, code := c.exchange(p.sign(t, header, claims())); status != 403 || code != "SUBJECT_TOKEN_INVALID" {
		t.Errorf("with a revoked key: %d %s", status, code)
	}
	if listed := c.call(200, "GET", keys+"?status=REVOKED", nil).list("keys"); len(listed) != 1 || listed[0].str("kid") != "key-1" {
		t.Errorf("revoked keys: %v", listed)
	}
}

func TestTokenExchangeWithKeySetURL(t *testing.T) {
	t.Parallel()
	p := newPartner(t, "remote-1")
	keySet := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(doc{"keys": []doc{p.jwk()}})
	}))
	defer keySet.Close()
	c := start(t, airsidetest.JWKS(keySet.URL))
	subject := p.sign(t, doc{"alg": "RS256", "kid": "remote-1"}, doc{"email": "tomas.lindqvist@example.com", "exp": c.now().Add(time.Hour).Unix()})
	if status, token, code := c.exchange(subject); status != 200 || token == "" {
		t.Fatalf("%d %s", status, code)
	}
	if status, _, code := c.exchange(p.sign(t, doc{"alg": "RS256", "kid": "remote-2"}, doc{"email": "tomas.lindqvist@example.com", "exp": c.now().Add(time.Hour).Unix()})); status != 403 {
		t.Errorf("a kid that is not in the set: %d %s", status, code)
	}
}

// TestClientsAreNotToldApart sends an unknown client and a wrong secret: the answers are equal.
func TestClientsAreNotToldApart(t *testing.T) {
	t.Parallel()
	c := start(t)
	var bodies []string
	for _, clientID := range []string{c.srv.Demo.ClientID, "0190a0b0-0000-7000-8000-00000000dead"} {
		form := url.Values{"grant_type": {"client_credentials"}, "client_id": {clientID}, "client_secret": {"wrong"}}
		res, err := http.DefaultTransport.RoundTrip(formRequest(t, c.srv.URL+"/v2/auth/oauth2-token", form))
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		var o object
		if err := json.NewDecoder(res.Body).Decode(&o); err != nil {
			t.Fatal(err)
		}
		if res.StatusCode != 403 {
			t.Errorf("status %d", res.StatusCode)
		}
		delete(o, "debugIdentifier")
		raw, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		bodies = append(bodies, string(raw))
	}
	if bodies[0] != bodies[1] || !strings.Contains(bodies[0], "CLIENT_CREDENTIALS_INVALID") {
		t.Errorf("the answers differ:\n%s\n%s", bodies[0], bodies[1])
	}
}

// TestOnlyTheTwoGrantsGiveTokens asks with right credentials for grants that the platform does not have.
func TestOnlyTheTwoGrantsGiveTokens(t *testing.T) {
	t.Parallel()
	c := start(t)
	ask := func(media string, body string) (int, object) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.srv.URL+"/v2/auth/oauth2-token", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", media)
		res, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		var o object
		if err := json.NewDecoder(res.Body).Decode(&o); err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, o
	}
	form := url.Values{"client_id": {c.srv.Demo.ClientID}, "client_secret": {c.srv.Demo.ClientSecret}, "username": {"ada.moreau@example.com"},
		"password": {"x"}, "refresh_token": {"asr_x"}}
	const media = "application/x-www-form-urlencoded"
	for _, grant := range []string{"password", "refresh_token", "authorization_code", "", "CLIENT_CREDENTIALS"} {
		form.Set("grant_type", grant)
		status, o := ask(media, form.Encode())
		got := map[string]string{}
		for _, p := range o.list("errorMessages/0/errorParameters") {
			got[p.str("name")] = p.str("value")
		}
		want := map[string]string{"in": "body", "pointer": "/grant_type", "rule": "enum",
			"allowed": "client_credentials,urn:ietf:params:oauth:grant-type:token-exchange"}
		if diff := cmp.Diff(want, got); status != 400 || o.str("errorMessages/0/errorCode") != "API_VALIDATION_FAILED" || diff != "" {
			t.Errorf("grant %q: %d %v\n%s", grant, status, o, diff)
		}
	}
	form["grant_type"] = []string{"client_credentials", "password"}
	if status, o := ask(media, form.Encode()); status != 400 {
		t.Errorf("two grants at once: %d %v", status, o)
	}
	form.Set("grant_type", "client_credentials")
	if status, o := ask(media, form.Encode()); status != 200 || o.str("access_token") == "" {
		t.Errorf("client_credentials: %d %v", status, o)
	}
	if status, o := ask("application/json", `{"grant_type":"client_credentials","client_id":"`+c.srv.Demo.ClientID+`","client_secret":"`+c.srv.Demo.ClientSecret+`"}`); status != 415 {
		t.Errorf("JSON: %d %v", status, o)
	}
}
