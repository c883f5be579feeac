// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/airside-travel/airside/internal/app"
	"github.com/airside-travel/airside/internal/audit/keeper"
	"github.com/airside-travel/airside/internal/logsink"
)

// trails: logs, audit, alerts.
func (p *practised) trails() {
	cfg := p.cfg
	p.requestLog()
	p.left(cfg.LogBodies > 0, "kept bodies", "bodies of requests are not kept", "bodies of requests and webhooks are kept for "+cfg.LogBodies.String()+", redacted and sealed",
		"unset AIRSIDE_LOG_BODIES when the trouble is found")
	p.left(cfg.AuditInterval == 0, "audit", "a checkpoint every "+cfg.AuditInterval.String(), "no checkpoints are signed", "AIRSIDE_AUDIT_CHECKPOINT_INTERVAL=10s")
	p.left(!cfg.AuditReads, "audit reads", "who read what is in the trail", "who read what of people and bookings is not in the trail", "AIRSIDE_AUDIT_READS=true")
	p.left(cfg.Database == "memory:", "audit trail", "in the database", "it is in memory and goes when the process ends, as all data do", "AIRSIDE_DATABASE_URL=sqlite:PATH, or postgres://…")
	p.copies()
	p.archive()
	if !p.broken(app.PartDetection) {
		p.left(!cfg.Detects(), app.PartDetection, "unusual access is looked for", "nobody looks for unusual access, and nothing that goes wrong becomes an alert", "AIRSIDE_DETECT=on")
	}
	switch {
	case cfg.MetricsListen == "":
		p.warn("metrics", "nothing can be scraped", "AIRSIDE_METRICS_LISTEN=127.0.0.1:9090")
	default:
		p.left(!bound(cfg.MetricsListen), "metrics", cfg.MetricsListen, "whoever reaches "+cfg.MetricsListen+" reads the metrics, without a credential and in clear",
			"AIRSIDE_METRICS_LISTEN=127.0.0.1:9090, or let only the scraper reach it")
	}
}

// requestLog: whether each request leaves a line somewhere, and how the line gets there.
func (p *practised) requestLog() {
	settings, err := logsink.Parse(p.cfg.LogSinks)
	if err != nil || p.broken(app.PartLog) {
		return // it keeps the server from starting
	}
	var names, open []string
	written := true
	for i := range settings {
		s := &settings[i]
		names = append(names, s.Name())
		if inClear(s.URL) || s.Kind == "syslog" && slices.Contains([]string{"udp", "tcp"}, s.Network) && !bound(s.Address) {
			open = append(open, s.Name())
		}
		if s.Kind == "file" {
			written = p.logFile(s.Path) && written
		}
	}
	switch {
	case len(settings) == 0:
		p.warn(app.PartLog, "requests and receipts of webhooks are logged nowhere", "AIRSIDE_LOG_SINKS=stderr, or more (docs/logs.md)")
	case p.cfg.LogLevel == "warn" || p.cfg.LogLevel == "error":
		p.warn(app.PartLog, "requests are not logged at level "+p.cfg.LogLevel, "AIRSIDE_LOG_LEVEL=info")
	case written:
		p.ok(app.PartLog, "one line a request to "+strings.Join(names, ", "))
	}
	p.left(len(open) > 0, "log transport", "the log leaves this machine encrypted, or not at all", strings.Join(open, ", ")+" sends the log to another machine in clear",
		"syslog+tls://HOST:PORT or otlp+https://HOST:PORT in AIRSIDE_LOG_SINKS")
}

// logFile looks at the folder of a file; one that is missing is made by the server.
func (p *practised) logFile(path string) bool {
	dir := filepath.Dir(path)
	for {
		if _, err := os.Stat(dir); err == nil || dir == filepath.Dir(dir) {
			break
		}
		dir = filepath.Dir(dir)
	}
	if err := keeper.Usable(dir); err != nil {
		p.fail(app.PartLog, "the log cannot be written: "+err.Error(), "name a file in AIRSIDE_LOG_SINKS that this user can write")
		return false
	}
	return true
}

// copies: whether checkpoints of the audit trail get to where who owns this machine cannot rewrite them.
func (p *practised) copies() {
	const name = "audit copies"
	cfg := p.cfg
	fix := "AIRSIDE_AUDIT_CHECKPOINT_DIR (on another machine) or AIRSIDE_AUDIT_CHECKPOINT_URL"
	if cfg.AuditDir != "" {
		if err := keeper.Usable(cfg.AuditDir); err != nil {
			p.fail(name, "checkpoints do not leave this machine: "+err.Error(), "make or mount the folder that AIRSIDE_AUDIT_CHECKPOINT_DIR names; the server does not make it (docs/audit.md)")
			return
		}
	}
	switch {
	case cfg.AuditDir == "" && cfg.AuditURL == "":
		p.warn(name, "checkpoints stay on this machine: who owns it can rewrite the trail", fix)
	case cfg.AuditInterval == 0:
		p.warn(name, "no checkpoints are made that could leave this machine", "AIRSIDE_AUDIT_CHECKPOINT_INTERVAL=10s")
	case inClear(cfg.AuditURL):
		p.warn(name, "checkpoints leave this machine in clear", "AIRSIDE_AUDIT_CHECKPOINT_URL=https://…")
	default:
		p.ok(name, "checkpoints leave this machine")
	}
}

// archive: what becomes of entries that are dropped by age.
func (p *practised) archive() {
	const name = "audit archive"
	cfg := p.cfg
	switch {
	case cfg.AuditArchive != "":
		if err := keeper.Usable(cfg.AuditArchive); err != nil {
			p.fail(name, "what is dropped cannot be archived: "+err.Error(), "make the folder that AIRSIDE_AUDIT_ARCHIVE_DIR names")
			return
		}
		p.ok(name, "what is dropped is archived")
	case cfg.AuditKeep > 0:
		p.warn(name, "entries older than "+cfg.AuditKeep.String()+" are dropped for good", "AIRSIDE_AUDIT_ARCHIVE_DIR")
	default:
		p.ok(name, "nothing is dropped")
	}
}
