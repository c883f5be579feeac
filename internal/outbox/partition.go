// SPDX-License-Identifier: Apache-2.0

package outbox

import (
	"crypto/sha256"
	"encoding/hex"
	"hash/fnv"
	"io"
	"strings"
)

// partitions is into how many parts the lanes are divided, for processes that share a store. The
// number is part of what is stored.
const partitions = 64

// partition is that of a lane.
func partition(endpoint, resource string) int {
	h := fnv.New64a()
	_, _ = io.WriteString(h, endpoint+"\x00"+resource)
	return int(h.Sum64() % partitions) //nolint:gosec // below 64
}

// deliveryID makes the id of an event's delivery to an endpoint: always the same, so that a delivery
// whose row is gone is sent again under the id that the receiver may know. It begins with the event's
// millisecond, so that rows lie in the order they were made.
func deliveryID(event, endpoint string) string {
	sum := sha256.Sum256([]byte(event + "\x00" + endpoint))
	sum[6], sum[8] = sum[6]&0x0f|0x70, sum[8]&0x3f|0x80
	if head, err := hex.DecodeString(strings.ReplaceAll(event, "-", "")); err == nil && len(head) >= 6 {
		copy(sum[:6], head)
	}
	text := hex.EncodeToString(sum[:16])
	return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
}
