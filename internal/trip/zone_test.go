// SPDX-License-Identifier: Apache-2.0

package trip

import (
	"strings"
	"sync"
	"testing"
	"time"
)

func TestZonesAreLoadedOnce(t *testing.T) {
	t.Parallel()
	l := locations{known: map[string]*time.Location{}}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for name, want := range map[string]string{"Europe/London": "Europe/London", "America/New_York": "America/New_York",
				"": "UTC", "UTC": "UTC", "Local": "UTC", "Nowhere/Else": "UTC", "../etc/passwd": "UTC"} {
				if got := l.get(name).String(); got != want {
					t.Errorf("%q is %s", name, got)
				}
			}
		})
	}
	all.Wait()
	if first := l.get("Europe/London"); len(l.known) != 2 || l.get("Europe/London") != first {
		t.Errorf("remembered: %v", l.known)
	}
}

// Callers can spell a zone in endless ways; they cannot fill the memory with them.
func TestRememberedZonesAreBounded(t *testing.T) {
	t.Parallel()
	l := locations{known: map[string]*time.Location{}}
	for i := range mostLocations + 10 {
		l.get(strings.Repeat("./", i%200) + "Europe/" + strings.Repeat("./", i/200) + "Paris")
	}
	if len(l.known) > mostLocations {
		t.Errorf("%d zones are remembered", len(l.known))
	}
	if got := l.get("Asia/Tokyo").String(); got != "Asia/Tokyo" {
		t.Errorf("Tokyo is %s", got)
	}
}
