// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// MaxBody is the largest body a Handler reads, in bytes, unless told otherwise.
const MaxBody = 5 << 20

// recent is how many ids a Handler without a Seen remembers.
const recent = 10_000

// Options change what a Handler does; the zero value is right for most.
type Options struct {
	Tolerance time.Duration    // see Verify
	MaxBody   int64            // bytes; zero means MaxBody
	Seen      Seen             // nil: the last 10,000 ids, in memory
	Now       func() time.Time // nil: the system's clock

	// Report is told why a request was not answered with 200, for the receiver's own log. Never send
	// the error to the caller: it helps nobody but somebody who guesses signatures.
	Report func(r *http.Request, err error)
}

// Handler is an endpoint for webhooks. It answers 200, the only status that the sender takes for
// success, when the event was handled now or earlier, and otherwise:
//
//	400  signed rightly, but not an event
//	401  not signed, signed with another secret, or too old
//	405  not a POST
//	409  the same delivery is being handled at this moment; the sender will come again
//	413  larger than MaxBody
//	500  your function or Seen failed; the sender will come again
type Handler struct {
	secrets []string
	handle  func(context.Context, Event) error
	options Options

	mu      sync.Mutex
	running map[string]struct{}
}

// NewHandler makes an endpoint that accepts any of the secrets and gives each event to handle once
// (again, if it failed). The sender waits at most 40 seconds, so handle should store the event and
// return. ErrSecret when a secret is not in the form whsec_<Base64>, or none is given; ErrTolerance.
func NewHandler(secrets []string, handle func(context.Context, Event) error, o Options) (*Handler, error) {
	if len(secrets) == 0 {
		return nil, fmt.Errorf("%w: none given", ErrSecret)
	}
	for _, s := range secrets {
		if _, err := decodeSecret(s); err != nil {
			return nil, err
		}
	}
	if o.Tolerance < 0 && o.Tolerance != AnyAge {
		return nil, ErrTolerance
	}
	if o.Seen == nil {
		o.Seen = NewMemory(recent)
	}
	if o.MaxBody == 0 {
		o.MaxBody = MaxBody
	}
	if o.Now == nil {
		o.Now = time.Now // the one place: a public package cannot use the internal clock
	}
	return &Handler{secrets: append([]string(nil), secrets...), handle: handle, options: o, running: map[string]struct{}{}}, nil
}

// ServeHTTP receives one delivery.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status, err := h.receive(w, r)
	if err != nil && h.options.Report != nil {
		h.options.Report(r, err)
	}
	if status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", http.MethodPost)
	}
	w.WriteHeader(status)
}

func (h *Handler) receive(w http.ResponseWriter, r *http.Request) (int, error) {
	if r.Method != http.MethodPost {
		return http.StatusMethodNotAllowed, fmt.Errorf("webhook: method %s", r.Method)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, h.options.MaxBody))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return http.StatusRequestEntityTooLarge, err
	}
	if err != nil {
		return http.StatusBadRequest, fmt.Errorf("webhook: read the body: %w", err)
	}
	if err := Verify(h.secrets, r.Header, body, h.options.Now(), h.options.Tolerance); err != nil {
		return http.StatusUnauthorized, err
	}
	e, err := ParseEvent(body)
	if err != nil {
		return http.StatusBadRequest, err
	}
	e.ID, _, _ = signed(r.Header)
	e.TraceID = r.Header.Get("X-B3-TraceId")
	return h.once(r.Context(), e)
}

// once handles the event unless it was handled before. An id counts as seen only afterwards, so that
// a crash in between leads to a second try and not to a loss.
func (h *Handler) once(ctx context.Context, e Event) (int, error) {
	if !h.enter(e.ID) {
		return http.StatusConflict, fmt.Errorf("webhook: delivery %s is being handled", e.ID)
	}
	defer h.leave(e.ID)
	seen, err := h.options.Seen.Has(ctx, e.ID)
	if err != nil {
		return http.StatusInternalServerError, fmt.Errorf("webhook: look for delivery %s: %w", e.ID, err)
	}
	if seen {
		return http.StatusOK, nil
	}
	if err := h.handle(ctx, e); err != nil {
		return http.StatusInternalServerError, fmt.Errorf("webhook: delivery %s: %w", e.ID, err)
	}
	if err := h.options.Seen.Add(ctx, e.ID); err != nil {
		return http.StatusInternalServerError, fmt.Errorf("webhook: note delivery %s: %w", e.ID, err)
	}
	return http.StatusOK, nil
}

func (h *Handler) enter(id string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, busy := h.running[id]; busy {
		return false
	}
	h.running[id] = struct{}{}
	return true
}

func (h *Handler) leave(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.running, id)
}
