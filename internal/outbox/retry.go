// SPDX-License-Identifier: Apache-2.0

package outbox

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"
)

// The retry timetable. The reference says: up to 5 immediate retries, then exponential backoff over
// two weeks, then the delivery waits for a person. Base and cap are ours.
const (
	quickRetries = 5
	quickBase    = 20 * time.Millisecond // doubling
	slowBase     = time.Minute           // doubling
	slowMax      = 6 * time.Hour
	budget       = 14 * 24 * time.Hour
)

// nextTry is when to try again after the failures-th failure in a row; false when the delivery is to
// be parked. since is when the budget began. A wait is up to a fifth shorter than the timetable says,
// so that deliveries which failed together do not return together.
func nextTry(id string, failures int, now, since time.Time, retryAfter time.Duration) (time.Time, bool) {
	quick := failures <= quickRetries
	wait := slowMax
	if quick {
		wait = quickBase << (failures - 1)
	} else if n := failures - quickRetries - 1; n < 10 {
		wait = min(slowBase<<n, slowMax)
	}
	wait -= time.Duration(noise("jitter", id, failures)[0]) * wait / (5 * 256)
	end := since.Add(budget)
	next := now.Add(max(wait, retryAfter))
	if next.After(end) && retryAfter > wait && now.Before(end) {
		next = end // an endpoint cannot ask its way out of the last try
	}
	return next, quick && retryAfter <= wait || !next.After(end)
}

// traceIDs are those of an attempt. They are derived, not drawn: the log need not keep them.
func traceIDs(id string, attempt int) (trace, span string) {
	sum := noise("trace", id, attempt)
	return hex.EncodeToString(sum[:16]), hex.EncodeToString(sum[16:24])
}

// noise is spread evenly, yet the same for the same attempt.
func noise(purpose, id string, attempt int) [32]byte {
	return sha256.Sum256([]byte(purpose + "\x00" + id + "\x00" + strconv.Itoa(attempt)))
}
