// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"os"

	"github.com/airside-travel/airside/internal/config"
	"github.com/airside-travel/airside/internal/logsink"
)

// objectKey is the key of the hashes that stand for ids in logs, the same in all processes of an installation.
func objectKey(master []byte) ([]byte, error) {
	return hkdf.Key(sha256.New, master, nil, "airside: ids in logs", sha256.Size)
}

// parseSinks reads where events go.
func parseSinks(cfg config.Config) ([]logsink.Setting, error) {
	settings, err := logsink.Parse(cfg.LogSinks)
	if err != nil {
		return nil, fmt.Errorf("AIRSIDE_LOG_SINKS: %w", err)
	}
	return settings, nil
}

// openLogs opens the sinks of events and starts them; process is the log of the process as it was given.
func (a *App) openLogs(ctx context.Context, process *slog.Logger) error {
	settings, err := parseSinks(a.cfg)
	if err != nil {
		return err
	}
	var level slog.Level
	if level.UnmarshalText([]byte(a.cfg.LogLevel)) != nil {
		level = slog.LevelInfo // config has checked the name
	}
	host, err := os.Hostname()
	if err != nil {
		host = "" // the sinks write it as unknown
	}
	a.logs, err = logsink.Open(context.WithoutCancel(ctx), settings, logsink.Options{
		Log: a.o.Log, Process: process.Handler(), ProcessFormat: a.o.LogFormat, Level: level, Stdout: a.o.Stdout, Stderr: a.o.Stderr, Clock: a.o.Clock,
		Version: a.o.Version, Host: host,
		Dropped: func(sink, why string, n int) { a.gauges.logsLost.Add(float64(n), sink, why) },
	})
	if err != nil {
		return err
	}
	a.logs.Start()
	return nil
}
