// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/airside-travel/airside/contract"
)

// Upstreams finds the real APIs behind this server.
type Upstreams interface {
	// Find gives one by name; nil when it is not configured.
	Find(name string) Upstream
}

// Upstream is one real API. Its transport puts the credential in, waits while it is rotated, and repeats
// what got 401 meanwhile.
type Upstream interface {
	Mode() string
	BaseURL() *url.URL
	// Timeout is how long one call may take.
	Timeout() time.Duration
	// Allows reports whether the environment lets the operation through at all.
	Allows(op *contract.Operation) bool
	// Send sends, and gives up after a time, the body of the answer included. A *NotSent error says that nothing
	// reached the API; any other leaves that open.
	Send(r *http.Request, within time.Duration) (*http.Response, error)
	// Lookup finds what a creation left behind, by the external id in its body: the status and body that its
	// answer would have had. ok is false when nothing is there; err, when that could not be found out.
	Lookup(ctx context.Context, op *contract.Operation, path string, body []byte) (a Answer, ok bool, err error)
}

// The modes of an environment.
const (
	ModeLive     = "live"
	ModeReadOnly = "read-only"
	ModeDryRun   = "dry-run"
)

// NotSent is for upstreams: the request did not reach the API.
type NotSent struct{ Cause error }

// Error says so.
func (e *NotSent) Error() string { return "not sent: " + e.Cause.Error() }

// Unwrap gives the cause.
func (e *NotSent) Unwrap() error { return e.Cause }
