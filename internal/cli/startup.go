// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/airside-travel/airside/internal/clock"
)

// The gates of a start.
const (
	gateWall   = 150 * time.Millisecond
	gateCPU    = 200 * time.Millisecond
	gateMemory = 64 << 20 // bytes resident, idle
	gateBinary = 45 << 20 // bytes
	startLimit = 30 * time.Second
)

// measureStart runs `airside serve` of this very program on an empty database, up to its first answer
// from /v1/airside/ready.
func (m *Main) measureStart(ctx context.Context) (_ []check, err error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(exe)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "airside-doctor-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()

	cmd := exec.CommandContext(ctx, exe, "serve", "--json") //nolint:gosec // this very program
	cmd.Stderr = io.Discard
	for _, kv := range m.Environ {
		if !strings.HasPrefix(kv, "AIRSIDE_") {
			cmd.Env = append(cmd.Env, kv)
		}
	}
	cmd.Env = append(cmd.Env, "AIRSIDE_LISTEN=127.0.0.1:0", "AIRSIDE_DATABASE_URL=sqlite:"+filepath.Join(dir, "airside.db"))
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c := clock.System()
	began := c.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	wall, memory, err := func() (time.Duration, int64, error) {
		// The process is measured, not used: it is ended without ceremony, and its files go.
		defer func() { _ = cmd.Process.Kill() }()
		if err := firstAnswer(ctx, out); err != nil {
			return 0, 0, err
		}
		return c.Now().Sub(began), resident(cmd.Process.Pid), nil
	}()
	_ = cmd.Wait() // killed: there is no other outcome
	if err != nil {
		return nil, fmt.Errorf("the program did not start: %w", err)
	}
	cpu := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	mb := func(n int64) string { return strconv.FormatFloat(float64(n)/(1<<20), 'f', 1, 64) + " MB" }
	checks := []check{
		{"ready", wall <= gateWall, fmt.Sprintf("%s wall (gate %s)", wall.Round(time.Millisecond), gateWall)},
		{"CPU", cpu <= gateCPU, fmt.Sprintf("%.3f CPU seconds (gate %.1f)", cpu.Seconds(), gateCPU.Seconds())},
		{"binary", info.Size() <= gateBinary, fmt.Sprintf("%s (gate %s)", mb(info.Size()), mb(gateBinary))},
	}
	if memory > 0 {
		checks = append(checks, check{"memory", memory <= gateMemory, fmt.Sprintf("%s resident (gate %s)", mb(memory), mb(gateMemory))})
	}
	return checks, nil
}

// firstAnswer waits for the line that says where the server is, and asks it whether it is ready.
func firstAnswer(ctx context.Context, out io.Reader) error {
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("it ended before it was ready: %w", err)
	}
	var r ready
	if err := json.Unmarshal(line, &r); err != nil {
		return fmt.Errorf("its first line is not JSON: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.BaseURL+"/v1/airside/ready", nil)
	if err != nil {
		return err
	}
	resp, err := new(http.Client).Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("it says it is not ready: %s", resp.Status)
	}
	return nil
}

// resident is the memory a process holds, in bytes; 0 where the system has no /proc.
func resident(pid int) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.SplitSeq(string(status), "\n") {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(rest, "kB")), 10, 64)
			if err != nil {
				return 0
			}
			return kb << 10
		}
	}
	return 0
}
