// SPDX-License-Identifier: Apache-2.0

package outbox

import (
	"net/http"
	"slices"
	"strings"

	"github.com/airside-travel/airside/internal/errs"
)

// Bounds of the custom headers of a subscription.
const (
	headersMax      = 32
	headerBytesMax  = 8 << 10
	userAgent       = "Airside-Webhooks/1"
	headerTraceID   = "X-B3-TraceId"
	headerSpanID    = "X-B3-SpanId"
	reservedTraces  = "X-B3-"
	reservedWebhook = "X-Spotnana-"
	reservedPlain   = "Webhook-" // of Standard Webhooks
)

// reserved reports whether the platform owns a header; a custom value for it is kept but never sent
// (reference: customHeaders). The name is canonical.
func reserved(name string) bool {
	return name == "Authorization" || name == "Content-Type" || name == "Content-Length" || name == "Host" ||
		strings.HasPrefix(name, reservedTraces) || strings.HasPrefix(name, reservedWebhook) ||
		strings.HasPrefix(name, reservedPlain)
}

// framing lists headers that steer the connection, not the message. Sending them would break it.
func framing(name string) bool {
	return strings.HasPrefix(name, "Proxy-") || slices.Contains([]string{"Connection", "Expect", "Keep-Alive", "Te",
		"Trailer", "Transfer-Encoding", "Upgrade"}, name)
}

// checkHeaders refuses custom headers that cannot be sent.
func checkHeaders(headers map[string]string) error {
	if len(headers) > headersMax {
		return errs.Invalidf("/customHeaders", "maxProperties", "there are %d custom headers, at most %d are allowed", len(headers), headersMax)
	}
	size, seen := 0, map[string]bool{}
	for name, value := range headers {
		pointer := "/customHeaders/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
		canonical := http.CanonicalHeaderKey(name)
		size += len(name) + len(value)
		switch {
		case !isToken(name):
			return errs.Invalidf(pointer, "header", "%q is not the name of a header", name)
		case framing(canonical):
			return errs.Invalidf(pointer, "header", "%s belongs to the connection and cannot be set", canonical)
		case seen[canonical]:
			return errs.Invalidf(pointer, "unique", "%s is given twice; names of headers do not differ by case", canonical)
		case !isFieldValue(value):
			return errs.Invalidf(pointer, "header", "the value of %s has characters that a header cannot carry", canonical)
		}
		seen[canonical] = true
	}
	if size > headerBytesMax {
		return errs.Invalidf("/customHeaders", "maxLength", "the custom headers take %d bytes, at most %d are allowed", size, headerBytesMax)
	}
	return nil
}

// isToken is the rule for names of RFC 9110, 5.6.2.
func isToken(s string) bool {
	const marks = "!#$%&'*+-.^_`|~"
	for i := range len(s) {
		c := s[i]
		if (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') && !strings.ContainsRune(marks, rune(c)) {
			return false
		}
	}
	return s != ""
}

// isFieldValue is the rule for values of RFC 9110, 5.5, without the obsolete bytes over 127.
func isFieldValue(s string) bool {
	for i := range len(s) {
		if c := s[i]; c != '\t' && (c < ' ' || c > '~') {
			return false
		}
	}
	return strings.TrimSpace(s) == s
}

// custom puts the subscription's own headers into h, before the platform's.
func custom(h http.Header, headers map[string]string) {
	for name, value := range headers {
		if !reserved(http.CanonicalHeaderKey(name)) {
			h.Set(name, value)
		}
	}
}
