// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/airside-travel/airside/contract"
)

// bench is one run.
type bench struct {
	settings
	dir      string
	out      io.Writer
	answer   []byte
	body     []byte
	upstream string
	targets  []*target
	running  []*exec.Cmd
	groups   []func() error // remove the control groups of those
}

const readPath = "/v2/companies/4a0a30b4-8b4f-478d-b12b-a5691096a83c"

func (b *bench) start(ctx context.Context) error {
	read, write := contract.Example("readCompany"), contract.Example("createCompany")
	if read == nil || write == nil {
		return errors.New("the contract has no example of readCompany or createCompany")
	}
	var compact, body bytes.Buffer
	if err := errors.Join(json.Compact(&compact, read.Response.Body), json.Compact(&body, write.Request.Body)); err != nil {
		return err
	}
	b.answer, b.body = compact.Bytes(), body.Bytes()
	file := filepath.Join(b.dir, "answer.json")
	if err := os.WriteFile(file, b.answer, 0o600); err != nil {
		return err
	}
	addr, cmd, err := b.self(ctx, roleUpstream, file)
	if err != nil {
		return err
	}
	b.upstream = addr
	b.add(&target{name: "direct", url: "http://" + addr, pids: []int{cmd.Process.Pid}})
	proxy, cmd, err := b.self(ctx, roleProxy, "bare", "http://"+addr)
	if err != nil {
		return err
	}
	b.add(&target{name: "go proxy", url: "http://" + proxy, pids: []int{cmd.Process.Pid}})
	if b.airside != "" && b.wanted("airside") {
		if err := b.startAirside(ctx, "airside"); err != nil {
			return fmt.Errorf("airside: %w", err)
		}
		if b.reads {
			if err := b.startAirside(ctx, "reads audited", "AIRSIDE_AUDIT_READS=true"); err != nil {
				return fmt.Errorf("airside: %w", err)
			}
			b.targets[len(b.targets)-1].readsOnly = true
		}
	}
	return b.startOthers(ctx)
}

func (b *bench) wanted(name string) bool {
	return b.only == "" || slices.Contains(strings.Split(b.only, ","), name)
}

func (b *bench) add(t *target) {
	t.got = map[bool][]sample{}
	b.targets = append(b.targets, t)
}

// self starts this program in a role and gives the address it prints.
func (b *bench) self(ctx context.Context, args ...string) (string, *exec.Cmd, error) {
	exe, err := os.Executable()
	if err != nil {
		return "", nil, err
	}
	return b.process(exec.CommandContext(ctx, exe, args...), 0) //nolint:gosec // this very program
}

// process starts one that prints a line when it is ready, in so many megabytes; 0 is no limit.
func (b *bench) process(cmd *exec.Cmd, limit int64) (string, *exec.Cmd, error) {
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	b.running = append(b.running, cmd)
	if limit > 0 {
		remove, err := bounded(cmd.Process.Pid, limit)
		if err != nil {
			return "", nil, err
		}
		b.groups = append(b.groups, remove)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return "", nil, fmt.Errorf("%s ended before it was ready: %w", filepath.Base(cmd.Path), err)
	}
	return strings.TrimSpace(line), cmd, nil
}

func (b *bench) stop() {
	for _, cmd := range b.running {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait() // ended by us
	}
	for _, remove := range b.groups {
		if err := remove(); err != nil {
			fmt.Fprintln(b.out, "a control group stays:", err)
		}
	}
}

// startAirside starts it on a database on disk, with the request log in a file, and registers an application.
func (b *bench) startAirside(ctx context.Context, name string, settings ...string) error {
	dir, err := os.MkdirTemp(b.dir, "airside-")
	if err != nil {
		return err
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return err
	}
	defer log.Close()
	program := b.airside
	if b.limit > 0 {
		program = filepath.Join(dir, "airside")
		if err := uncached(b.airside, program); err != nil {
			return err
		}
	}
	cmd := exec.CommandContext(ctx, program, "dev", "--json", "--listen", "127.0.0.1:0", "--data", filepath.Join(dir, "data")) //nolint:gosec // named by a flag
	cmd.Stderr = log
	cmd.Env = append([]string{"HOME=" + dir, "AIRSIDE_RATE=0", "AIRSIDE_TOKEN_RATE=0", "AIRSIDE_ENVIRONMENTS=production", "AIRSIDE_ENV_PRODUCTION_BASE_URL=http://" + b.upstream,
		"AIRSIDE_ENV_PRODUCTION_CLIENT_ID=far-client", "AIRSIDE_ENV_PRODUCTION_SECRET=env:FAR", "FAR=far-secret", "AIRSIDE_ENV_PRODUCTION_CONNECTIONS=512"}, settings...)
	line, _, err := b.process(cmd, b.limit)
	if err != nil {
		return err
	}
	var ready struct{ BaseURL, ClientID, ClientSecret string }
	if err := json.Unmarshal([]byte(line), &ready); err != nil {
		return err
	}
	token, err := tokenOf(ctx, ready.BaseURL, ready.ClientID, ready.ClientSecret)
	if err != nil {
		return err
	}
	var app struct{ ClientID, ClientSecret string }
	err = call(ctx, ready.BaseURL+"/v1/airside/applications", token, mediaJSON,
		`{"name":"load","owner":"lena.okafor@example.com","environment":"production","networks":["127.0.0.0/8"],"grants":[{"scopes":["company:read","company:write"]}]}`, &app)
	if err != nil {
		return err
	}
	admin := token
	if token, err = tokenOf(ctx, ready.BaseURL, app.ClientID, app.ClientSecret); err != nil {
		return err
	}
	b.add(&target{name: name, url: ready.BaseURL, admin: admin, header: []string{"Authorization: Bearer " + token}, pids: []int{cmd.Process.Pid}})
	return nil
}

func tokenOf(ctx context.Context, base, id, secret string) (string, error) {
	var out struct {
		AccessToken string `json:"access_token"`
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {secret}}
	err := call(ctx, base+"/v2/auth/oauth2-token", "", "application/x-www-form-urlencoded", form.Encode(), &out)
	return out.AccessToken, err
}

func call(ctx context.Context, to, token, media, body string, out any) error {
	header := ""
	if token != "" {
		header = "Authorization: Bearer " + token
	}
	return ask(ctx, new(http.Client), http.MethodPost, to, header, media, body, out)
}

// freePort finds one; who gets it must take it soon.
func freePort(ctx context.Context) (string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// awaitPort waits until something listens.
func awaitPort(ctx context.Context, addr string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		c, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
		if err == nil {
			return c.Close()
		}
		select {
		case <-ctx.Done():
			return err
		case <-tick.C:
		}
	}
}
