// SPDX-License-Identifier: Apache-2.0

package vaulttest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

var (
	expired      = bad("ExpiredTokenException", "The security token included in the request is expired")
	unsigned     = bad("MissingAuthenticationTokenException", "Missing Authentication Token")
	unrecognized = bad("UnrecognizedClientException", "The security token included in the request is invalid.")
	badSignature = bad("InvalidSignatureException", "The request signature we calculated does not match the signature you provided.")
)

// signed checks a request by Signature Version 4. The date is the client's own: its clock is not this server's.
func (s *SecretsManager) signed(r *http.Request, body []byte) *awsError {
	rest, ok := strings.CutPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ")
	if !ok {
		return unsigned
	}
	part := map[string]string{}
	for p := range strings.SplitSeq(rest, ",") {
		k, v, _ := strings.Cut(strings.TrimSpace(p), "=")
		part[k] = v
	}
	at := r.Header.Get("X-Amz-Date")
	scope := strings.Split(part["Credential"], "/")
	if len(scope) != 5 || len(at) != len("20060102T150405Z") || scope[1] != at[:8] ||
		scope[2] != s.Region || scope[3] != "secretsmanager" || scope[4] != "aws4_request" {
		return bad("InvalidSignatureException", "Credential should be scoped to a valid region, service and date.")
	}
	if scope[0] != s.AccessKeyID {
		return unrecognized
	}
	names := strings.Split(part["SignedHeaders"], ";")
	if !slices.Contains(names, "host") || !slices.Contains(names, "x-amz-date") || !slices.IsSorted(names) {
		return badSignature
	}
	var canonical strings.Builder
	canonical.WriteString(r.Method + "\n" + r.URL.EscapedPath() + "\n" + r.URL.RawQuery + "\n")
	for _, n := range names {
		v := r.Host
		if n == "content-length" { // the server has taken it out of the headers
			v = strconv.FormatInt(r.ContentLength, 10)
		} else if n != "host" {
			v = strings.Join(r.Header.Values(n), ",")
		}
		canonical.WriteString(n + ":" + strings.Join(strings.Fields(v), " ") + "\n")
	}
	canonical.WriteString("\n" + part["SignedHeaders"] + "\n" + sum(body))
	toSign := "AWS4-HMAC-SHA256\n" + at + "\n" + strings.Join(scope[1:], "/") + "\n" + sum([]byte(canonical.String()))
	key := []byte("AWS4" + s.SecretAccessKey)
	for _, p := range scope[1:] {
		key = mac(key, p)
	}
	if want := hex.EncodeToString(mac(key, toSign)); !hmac.Equal([]byte(want), []byte(part["Signature"])) {
		return badSignature
	}
	if s.session != "" && r.Header.Get("X-Amz-Security-Token") != s.session {
		return expired
	}
	return nil
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

func sum(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}
