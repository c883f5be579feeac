// SPDX-License-Identifier: Apache-2.0

package app

import (
	"log/slog"
	"net"
	"strings"
	"testing"

	"github.com/airside-travel/airside/internal/config"
)

// TestAddressTaken: an address that another program has is an error that names it, whichever of the three it is, and
// what was opened before it is closed again.
func TestAddressTaken(t *testing.T) {
	t.Parallel()
	for _, variable := range []string{"AIRSIDE_LISTEN", "AIRSIDE_ENV_PRODUCTION_LISTEN", "AIRSIDE_METRICS_LISTEN"} {
		t.Run(variable, func(t *testing.T) {
			t.Parallel()
			other, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer other.Close()
			taken := other.Addr().String()
			settings := map[string]string{"AIRSIDE_LISTEN": "127.0.0.1:0", "AIRSIDE_DATABASE_URL": "memory:", "AIRSIDE_ENVIRONMENTS": "production",
				"AIRSIDE_ENV_PRODUCTION_BASE_URL": "https://127.0.0.1:9", "AIRSIDE_ENV_PRODUCTION_CLIENT_ID": "x", "AIRSIDE_ENV_PRODUCTION_SECRET": "env:FAR", "FAR": "y"}
			settings[variable] = taken
			var environ []string
			for name, value := range settings {
				environ = append(environ, name+"="+value)
			}
			cfg, err := config.Load(environ)
			if err != nil {
				t.Fatal(err)
			}
			a, err := New(t.Context(), cfg, Options{Log: slog.New(slog.DiscardHandler), Version: "test", Environ: environ})
			if err != nil {
				t.Fatal(err)
			}
			_, err = a.Start(t.Context())
			if err == nil || !strings.Contains(err.Error(), taken) {
				t.Errorf("with %s taken, start said: %v", taken, err)
			}
			if err := a.Close(t.Context()); err != nil {
				t.Errorf("close: %v", err)
			}
			for _, s := range a.servers {
				if l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", s.listener.Addr().String()); err != nil {
					t.Errorf("still open: %v", err)
				} else {
					_ = l.Close()
				}
			}
		})
	}
}
