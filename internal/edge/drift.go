// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"sync"

	"github.com/airside-travel/airside/internal/telemetry"
)

// driftPerSecond is how many answers of one operation a second are held to the contract. The rest of a busy
// second passes unjudged: an API does not change between two calls.
const driftPerSecond = 20

// maxDrifts bounds what one event keeps.
const maxDrifts = 10

// drift notes where an answer of the real API leaves the contract. It is passed on all the same.
func (m *Mux) drift(c *call, status int, contentType string, body []byte) {
	if body == nil || m.limits.take(bucket{"drift", c.ep.op.ID}, Rate{driftPerSecond, driftPerSecond}) > 0 {
		c.event.Decide(telemetry.Drift, telemetry.Skipped, "", "")
		return
	}
	for i, v := range c.ep.op.CheckResponse(status, mediaOf(contentType), body) {
		if i == maxDrifts {
			break
		}
		c.event.Upstream.Drift = append(c.event.Upstream.Drift, clip(v.Pointer+" "+v.Rule, 1024))
	}
	if len(c.event.Upstream.Drift) > 0 {
		c.event.Decide(telemetry.Drift, telemetry.Found, c.event.Upstream.Drift[0], "")
	} else {
		c.event.Decide(telemetry.Drift, telemetry.None, "", "")
	}
}

// debugOf is the debugIdentifier of an error, for asking the other side.
func debugOf(status int, body []byte) string {
	if status < 400 || len(body) > maxIssue {
		return ""
	}
	var e struct {
		Debug string `json:"debugIdentifier"`
	}
	_ = json.Unmarshal(body, &e) // an error in another form names none
	return clip(e.Debug, 1024)
}

// keeper copies a body and keeps its beginning.
type keeper struct {
	buf  []byte
	kept []byte
	over bool
}

var keepers = sync.Pool{New: func() any { return &keeper{buf: make([]byte, 32<<10)} }} //nolint:gochecknoglobals // a pool must be shared

// done gives the memory back; what whole returned is gone.
func (k *keeper) done() {
	k.kept, k.over = k.kept[:0], false
	keepers.Put(k)
}

// whole is the body when all of it was kept, else nil.
func (k *keeper) whole() []byte {
	if k.over {
		return nil
	}
	return k.kept
}

// ahead reads what may be kept before anything of it is sent, and reports whether that is all there is.
func (k *keeper) ahead(r io.Reader) (whole bool, err error) {
	const least = 4 << 10 // bytes that are worth a read
	for len(k.kept) < maxDrift {
		k.kept = slices.Grow(k.kept, least)
		n, err := r.Read(k.kept[len(k.kept):min(cap(k.kept), maxDrift)])
		k.kept = k.kept[:len(k.kept)+n]
		if err == io.EOF { //nolint:errorlint // io.Reader returns it bare
			return len(k.kept) < maxDrift, nil
		}
		if err != nil {
			return false, err
		}
	}
	return false, nil
}

// copy sends what was read ahead and what it reads; flush when the length is not known, so that a slow stream is seen as it comes.
func (k *keeper) copy(w http.ResponseWriter, r io.Reader, flush bool) (n int64, err error) {
	var flusher *http.ResponseController
	if flush {
		flusher = http.NewResponseController(w)
	}
	if len(k.kept) > 0 {
		sent, err := w.Write(k.kept)
		n += int64(sent)
		if err != nil {
			return n, nil //nolint:nilerr // as below
		}
		if flusher != nil {
			_ = flusher.Flush() // not every writer can
		}
	}
	for {
		got, err := r.Read(k.buf)
		if got > 0 {
			if len(k.kept)+got <= maxDrift && !k.over {
				k.kept = append(k.kept, k.buf[:got]...)
			} else {
				k.over = true
			}
			sent, err := w.Write(k.buf[:got])
			n += int64(sent)
			if err != nil {
				return n, nil //nolint:nilerr // the caller is gone; there is nobody to tell
			}
			if flusher != nil {
				_ = flusher.Flush() // not every writer can
			}
		}
		if err == io.EOF { //nolint:errorlint // io.Reader returns it bare
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
}
