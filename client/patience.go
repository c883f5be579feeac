// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"crypto/tls"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"
)

// lost is the error of a request that got no whole answer.
type lost struct{ error }

func (l *lost) Unwrap() error { return l.error }

// patience counts the attempts of one call. Its token is got out of the same ones: a server that is too
// busy for tokens should not be asked the product of both.
type patience struct {
	attempts, used int
	wait           func(ctx context.Context, d time.Duration) error
}

// again reports that an attempt came to nothing but may be repeated, having waited for that.
func (p *patience) again(ctx context.Context, r *Response, err error) (bool, error) {
	if p.used++; p.used >= p.attempts || ctx.Err() != nil || !passing(r, err) {
		return false, nil
	}
	var h http.Header
	if r != nil {
		h = r.Header
	}
	if err := p.wait(ctx, pause(h, p.used)); err != nil {
		return false, err
	}
	return true, nil
}

// passing reports what may be over in a moment: the server is busy, or the connection was lost. A
// certificate that is not trusted will not be next time.
func passing(r *Response, err error) bool {
	if err == nil {
		return r.Status == http.StatusTooManyRequests || r.Status == http.StatusServiceUnavailable
	}
	_, isLost := errors.AsType[*lost](err)
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	return isLost && !untrusted
}

// longest is how long a server is believed that wants to be left alone.
const longest = 5 * time.Minute

// pause is how long to wait before the next attempt: what the server says, else twice as long as
// before, from a quarter of a second to half a minute.
func pause(h http.Header, attempt int) time.Duration {
	said := h.Get("Retry-After")
	if s, err := strconv.Atoi(said); err == nil && s >= 0 {
		return min(time.Duration(s)*time.Second, longest)
	}
	if at, err := http.ParseTime(said); err == nil {
		if now, err := http.ParseTime(h.Get("Date")); err == nil { // by the server's clock, whatever ours says
			return min(max(at.Sub(now), 0), longest)
		}
	}
	return min(time.Duration(math.Pow(2, float64(attempt-1))*float64(250*time.Millisecond)), 30*time.Second)
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
