// SPDX-License-Identifier: Apache-2.0

package world

import (
	"sync"
	"time"
)

// lazyZone is loaded when first asked for: all of them would cost a tenth of the start.
type lazyZone struct {
	once sync.Once
	loc  *time.Location
}

// Zone is the time zone of an index into Zones. A zone that the host's database lacks is UTC; a test proves that the
// embedded database has all of them.
func (w *World) Zone(i int) *time.Location {
	z := &w.zones[i]
	z.once.Do(func() {
		loc, err := time.LoadLocation(w.Zones[i])
		if err != nil {
			loc = time.UTC
		}
		z.loc = loc
	})
	return z.loc
}
