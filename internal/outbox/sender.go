// SPDX-License-Identifier: Apache-2.0

package outbox

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/webhook"
)

// What is taken from a receiver's answer: its body counts for nothing, but reading a little of it lets
// the connection be used again.
const (
	answerBody   = 16 << 10
	answerWait   = 250 * time.Millisecond
	answerHeader = 32 << 10
	errorMax     = 300 // bytes of an error that are kept
)

// sender makes single attempts over HTTP.
type sender struct {
	transport *http.Transport
	clock     clock.Clock // the system's: receivers compare the signature's time with their own
	timeout   time.Duration
}

func newSender(g guard, o Options) *sender {
	dialer := &net.Dialer{Timeout: o.Timeout, ControlContext: g.control, Resolver: o.Resolver}
	return &sender{
		clock:   o.Clocks.Base(),
		timeout: o.Timeout,
		transport: &http.Transport{
			Proxy:                  nil, // a proxy would resolve names out of the guard's sight
			DialContext:            dialer.DialContext,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.RootCAs},
			ForceAttemptHTTP2:      true,
			DisableCompression:     true,
			MaxIdleConns:           256,
			MaxIdleConnsPerHost:    o.PerEndpoint,
			IdleConnTimeout:        90 * time.Second,
			MaxResponseHeaderBytes: answerHeader,
		},
	}
}

// letter is one attempt to be made.
type letter struct {
	url             string
	headers         map[string]string
	secrets         []string
	signer          Signer // instead of secrets
	standard        bool   // headers as in Standard Webhooks
	authorization   string // of receivers that are still on OAuth
	id              string
	ago             time.Duration // how long before now the signature claims to be made
	cut             bool          // send half of the body that was signed
	traceID, spanID string
	body            []byte
}

// answer is what came of it.
type answer struct {
	status     int     // 0: none came
	problem    problem // zero: delivered
	retryAfter time.Duration
	took       time.Duration
}

// send makes the attempt. Only 200 is success and redirects are not followed (reference: webhook delivery).
func (s *sender) send(ctx context.Context, l *letter) answer {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	began := s.clock.Now()
	a := answer{}
	res, err := s.post(ctx, l, began)
	if err != nil {
		a.problem = s.explain(err)
	} else {
		a.status = res.StatusCode
		if a.status != http.StatusOK {
			a.problem = problem{failedStatus, fmt.Sprintf("answered %d, only 200 counts", a.status)}
			if a.status >= 300 && a.status < 400 {
				a.problem.code = failedRedirect
			}
			a.retryAfter = retryAfter(res.Header.Get("Retry-After"), began)
		}
		stop := time.AfterFunc(answerWait, cancel)
		_, _ = io.CopyN(io.Discard, res.Body, answerBody) // the status has decided already
		stop.Stop()
		_ = res.Body.Close()
	}
	a.took = max(s.clock.Now().Sub(began), 0)
	return a
}

func (s *sender) post(ctx context.Context, l *letter, at time.Time) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, l.url, bytes.NewReader(l.sent()))
	if err != nil {
		return nil, err
	}
	r.Header.Set("User-Agent", userAgent)
	if err := l.fill(ctx, r.Header, at); err != nil {
		return nil, err
	}
	return s.transport.RoundTrip(r) // not a Client, which follows redirects
}

// sent is the body as it leaves, which the laboratory may have cut.
func (l *letter) sent() []byte {
	if l.cut {
		return l.body[:len(l.body)/2]
	}
	return l.body
}

// fill sets the headers of a webhook that leaves at a time.
func (l *letter) fill(ctx context.Context, h http.Header, at time.Time) error {
	custom(h, l.headers)
	h.Set("Content-Type", "application/json")
	h.Set(headerTraceID, l.traceID)
	h.Set(headerSpanID, l.spanID)
	if l.authorization != "" {
		h.Set("Authorization", l.authorization)
	}
	if l.signer != nil {
		return l.signer.Sign(ctx, h, l.id, at.Add(-l.ago), l.body)
	}
	set := webhook.SetHeaders
	if l.standard {
		set = webhook.SetStandardHeaders
	}
	return set(h, l.secrets, l.id, at.Add(-l.ago), l.body)
}

// explain is an error in words for the attempt's log, without the URL, which may hold the
// subscriber's secrets.
func (s *sender) explain(err error) problem {
	if refused, ok := errors.AsType[*refusedAddress](err); ok {
		return addressProblem(refused)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return problem{failedTimeout, fmt.Sprintf("no answer within %s", s.timeout)}
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	text := strings.ToValidUTF8(err.Error(), "?")
	if len(text) > errorMax {
		text = strings.ToValidUTF8(text[:errorMax], "")
	}
	return problem{failedConnection, text}
}

// retryAfter reads the header in either of its forms; 0 when it says nothing usable.
func retryAfter(value string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if t, err := http.ParseTime(value); err == nil {
		return max(t.Sub(now), 0)
	}
	return 0
}
