// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The headers of a delivery (reference: webhook authentication). The id names the delivery and stays
// the same when it is sent again; the timestamp is the Unix second of sending; the signature may hold
// several values separated by spaces while a secret is being replaced.
const (
	HeaderID        = "X-Spotnana-Webhook-Id"
	HeaderTimestamp = "X-Spotnana-Webhook-Timestamp"
	HeaderSignature = "X-Spotnana-Webhook-Signature"
)

// The headers of a delivery to a subscription whose headersStyle is STANDARD: those of Standard
// Webhooks, where each signature begins with "v1,".
const (
	StandardID        = "Webhook-Id"
	StandardTimestamp = "Webhook-Timestamp"
	StandardSignature = "Webhook-Signature"
)

// SecretPrefix begins every signing secret; the rest is the Base64 of the key.
const SecretPrefix = "whsec_"

// DefaultTolerance is how far the timestamp may be from the receiver's clock, either way. The
// reference names no value; this is the one Standard Webhooks uses.
const DefaultTolerance = 5 * time.Minute

// AnyAge is a tolerance that accepts every timestamp, for webhooks that were kept and are read again. With it nothing
// tells a webhook from its repetition. Any other tolerance below zero is refused, since it is a mistake.
const AnyAge time.Duration = math.MinInt64

// The ways in which a webhook is not to be trusted.
var (
	ErrNoSignature = errors.New("webhook: the id, timestamp or signature header is missing")
	ErrSignature   = errors.New("webhook: no signature matches")
	ErrTimestamp   = errors.New("webhook: the timestamp is not a number of seconds near the present")
	ErrSecret      = errors.New("webhook: the secret is not whsec_ followed by Base64")
	ErrTolerance   = errors.New("webhook: the tolerance is negative, and not AnyAge")
)

// Verify checks that body, exactly as it was received, was signed with one of the secrets at most
// tolerance before or after now. Zero means DefaultTolerance, AnyAge accepts every timestamp; another negative one is
// ErrTolerance. ErrTimestamp is returned only for what is signed rightly, so it points at a clock or a replay.
func Verify(secrets []string, header http.Header, body []byte, now time.Time, tolerance time.Duration) error {
	if tolerance < 0 && tolerance != AnyAge {
		return ErrTolerance
	}
	id, stamp, given := signed(header)
	if id == "" || stamp == "" || given == "" {
		return ErrNoSignature
	}
	if len(secrets) == 0 {
		return fmt.Errorf("%w: none given", ErrSecret)
	}
	match := false
	for _, secret := range secrets {
		want, err := sign(secret, id, stamp, body)
		if err != nil {
			return err
		}
		for one := range strings.FieldsSeq(given) {
			one = strings.TrimPrefix(one, "v1,")
			match = hmac.Equal([]byte(one), []byte(want)) || match
		}
	}
	if !match {
		return ErrSignature
	}
	return checkAge(stamp, now, tolerance)
}

// signed gives what a delivery is signed with, in the style it has: one is never mixed with the other.
func signed(header http.Header) (id, stamp, signature string) {
	id, stamp, signature = header.Get(HeaderID), header.Get(HeaderTimestamp), header.Get(HeaderSignature)
	if id == "" && stamp == "" && signature == "" {
		return header.Get(StandardID), header.Get(StandardTimestamp), header.Get(StandardSignature)
	}
	return id, stamp, signature
}

// Sign makes one signature as Verify accepts it: the Base64 of HMAC-SHA256 over id, Unix second and
// body, joined by dots.
func Sign(secret, id string, at time.Time, body []byte) (string, error) {
	return sign(secret, id, strconv.FormatInt(at.Unix(), 10), body)
}

// SetHeaders puts id, timestamp and one signature per secret into the header.
func SetHeaders(header http.Header, secrets []string, id string, at time.Time, body []byte) error {
	all, err := signatures("", secrets, id, at, body)
	if err != nil {
		return err
	}
	header.Set(HeaderID, id)
	header.Set(HeaderTimestamp, strconv.FormatInt(at.Unix(), 10))
	header.Set(HeaderSignature, all)
	return nil
}

// SetStandardHeaders is SetHeaders in the style of Standard Webhooks.
func SetStandardHeaders(header http.Header, secrets []string, id string, at time.Time, body []byte) error {
	all, err := signatures("v1,", secrets, id, at, body)
	if err != nil {
		return err
	}
	header.Set(StandardID, id)
	header.Set(StandardTimestamp, strconv.FormatInt(at.Unix(), 10))
	header.Set(StandardSignature, all)
	return nil
}

func signatures(prefix string, secrets []string, id string, at time.Time, body []byte) (string, error) {
	all := make([]string, 0, len(secrets))
	for _, secret := range secrets {
		one, err := Sign(secret, id, at, body)
		if err != nil {
			return "", err
		}
		all = append(all, prefix+one)
	}
	return strings.Join(all, " "), nil
}

func sign(secret, id, stamp string, body []byte) (string, error) {
	key, err := decodeSecret(secret)
	if err != nil {
		return "", err
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + stamp + "."))
	mac.Write(body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil)), nil
}

// decodeSecret insists on the prefix: without it a secret in another form would decode to a key
// that can never match, and the cause would be hard to see.
func decodeSecret(secret string) ([]byte, error) {
	text, ok := strings.CutPrefix(secret, SecretPrefix)
	if !ok {
		return nil, ErrSecret
	}
	key, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(key) == 0 {
		return nil, ErrSecret // without the cause, which would quote the secret
	}
	return key, nil
}

func checkAge(stamp string, now time.Time, tolerance time.Duration) error {
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || strconv.FormatInt(seconds, 10) != stamp {
		return ErrTimestamp
	}
	switch tolerance {
	case AnyAge:
		return nil
	case 0:
		tolerance = DefaultTolerance
	}
	if age := now.Sub(time.Unix(seconds, 0)); age > tolerance || age < -tolerance {
		return ErrTimestamp
	}
	return nil
}
