// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// other is a proxy that may be installed. One worker each for nginx and HAProxy, as in the study of the design.
type other struct {
	name, program, file, config string
	args                        []string // %s is the configuration
}

func (b *bench) others(listen string) []other {
	return []other{
		{"nginx", "nginx", "nginx.conf", `daemon off; worker_processes 1; pid ` + b.dir + `/nginx.pid; error_log ` + b.dir + `/nginx.err;
events { worker_connections 4096; }
http { access_log ` + b.dir + `/nginx.log combined buffer=64k flush=1s; client_body_temp_path ` + b.dir + `/nb; proxy_temp_path ` + b.dir + `/np; fastcgi_temp_path ` + b.dir + `/nf;
 uwsgi_temp_path ` + b.dir + `/nu; scgi_temp_path ` + b.dir + `/ns;
 upstream far { server ` + b.upstream + `; keepalive 256; keepalive_requests 100000000; }
 server { listen ` + listen + `; keepalive_requests 100000000; location / { proxy_pass http://far; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Authorization "Bearer x"; } } }
`, []string{"-c", "%s"}},
		{"haproxy", "haproxy", "haproxy.cfg", `global
  nbthread 1
  maxconn 4096
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  http-reuse always
frontend in
  bind ` + listen + `
  default_backend far
backend far
  http-request set-header Authorization "Bearer x"
  server far ` + b.upstream + `
`, []string{"-db", "-f", "%s"}},
		{"caddy", b.caddy, "Caddyfile", `{
 admin off
 auto_https off
 persist_config off
}
http://` + listen + ` {
 reverse_proxy ` + b.upstream + ` {
  header_up Authorization "Bearer x"
  transport http {
   keepalive_idle_conns_per_host 512
  }
 }
}
`, []string{"run", "--adapter", "caddyfile", "--config", "%s"}},
	}
}

// startOthers starts what is installed and says what is not.
func (b *bench) startOthers(ctx context.Context) error {
	for i := range b.others("") {
		listen, err := freePort(ctx)
		if err != nil {
			return err
		}
		o := b.others(listen)[i]
		path, err := exec.LookPath(o.program)
		if err != nil || !b.wanted(o.name) {
			fmt.Fprintf(b.out, "%s is not measured: not installed, or not asked for\n", o.name)
			continue
		}
		file := filepath.Join(b.dir, o.file)
		if err := os.WriteFile(file, []byte(o.config), 0o600); err != nil {
			return err
		}
		var args []string
		for _, a := range o.args {
			args = append(args, strings.ReplaceAll(a, "%s", file))
		}
		cmd := exec.CommandContext(ctx, path, args...) //nolint:gosec // an installed proxy
		cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
		if err := cmd.Start(); err != nil {
			return err
		}
		b.running = append(b.running, cmd)
		if err := awaitPort(ctx, listen); err != nil {
			return fmt.Errorf("%s does not listen: %w", o.name, err)
		}
		b.add(&target{name: o.name, url: "http://" + listen, pids: append([]int{cmd.Process.Pid}, children(cmd.Process.Pid)...)})
	}
	return nil
}
