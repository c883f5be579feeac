// SPDX-License-Identifier: Apache-2.0

package pgtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/airside-travel/airside/internal/freeport"
)

// Cluster is a server of a test's own, which it may kill.
type Cluster struct {
	t    *testing.T
	dir  string
	port int
}

// tool runs a program of PostgreSQL, which refuses to run as root.
func tool(t *testing.T, name string, args ...string) {
	t.Helper()
	args = append([]string{filepath.Join(programs(t), name)}, args...)
	if os.Getuid() == 0 {
		args = append([]string{"runuser", "-u", "postgres", "--"}, args...)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, args[0], args[1:]...) //nolint:gosec // the tests name the programs
	cmd.Dir = "/"
	out, err := os.CreateTemp(t.TempDir(), "out") // a pipe would be kept open by the server
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Run(); err != nil {
		text, _ := os.ReadFile(out.Name())
		for i, a := range args {
			if a == "-l" { // the server's own log
				log, _ := os.ReadFile(args[i+1])
				text = append(text, log...)
			}
		}
		t.Fatalf("%s: %v\n%s", name, err, text)
	}
}

// folder is one that the server can use; a test's own belongs to root.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "airside-pg-") //nolint:usetesting // see above
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if os.Getuid() == 0 {
		u, err := user.Lookup("postgres")
		if err != nil {
			t.Fatal(err)
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		if err := os.Chown(dir, uid, gid); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// NewCluster makes and starts a server that ends with the test.
func NewCluster(t *testing.T) *Cluster {
	t.Helper()
	c := &Cluster{t, filepath.Join(folder(t), "data"), freeport.Find(t)}
	tool(t, "initdb", "-D", c.dir, "-U", "airside", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
	c.Start()
	return c
}

// Standby makes and starts a server that follows c.
func (c *Cluster) Standby() *Cluster {
	c.t.Helper()
	s := &Cluster{c.t, filepath.Join(folder(c.t), "data"), freeport.Find(c.t)}
	tool(c.t, "pg_basebackup", "-D", s.dir, "-R", "-h", "127.0.0.1", "-p", strconv.Itoa(c.port), "-U", "airside", "-c", "fast")
	s.Start()
	return s
}

// Start starts a server that does not run.
func (c *Cluster) Start() {
	c.t.Helper()
	options := fmt.Sprintf("-p %d -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c shared_buffers=32MB", c.port)
	tool(c.t, "pg_ctl", "-D", c.dir, "-l", c.dir+".log", "-w", "-t", "60", "-s", "-o", options, "start")
	c.t.Cleanup(func() {
		if c.pid() != 0 {
			tool(c.t, "pg_ctl", "-D", c.dir, "-m", "immediate", "-s", "stop")
		}
	})
}

// pid is the server's, 0 when it does not run.
func (c *Cluster) pid() int {
	text, err := os.ReadFile(filepath.Join(c.dir, "postmaster.pid"))
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.SplitN(string(text), "\n", 2)[0])
	if err != nil || !alive(pid) {
		return 0
	}
	return pid
}

// Kill ends the server and its processes as a power cut of its machine would.
func (c *Cluster) Kill() {
	c.t.Helper()
	pid := c.pid()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil || pid == 0 {
		c.t.Fatal(pid, err)
	}
	kill := []int{pid}
	for _, name := range stats {
		stat, err := os.ReadFile(name)
		if err != nil {
			continue // it has ended
		}
		_, rest, _ := strings.Cut(string(stat), ") ")
		if f := strings.Fields(rest); len(f) > 1 && f[1] == strconv.Itoa(pid) {
			child, _ := strconv.Atoi(filepath.Base(filepath.Dir(name)))
			kill = append(kill, child)
		}
	}
	for _, pid := range kill {
		_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended by itself
	}
	for _, pid := range kill {
		for alive(pid) {
			runtime.Gosched()
		}
	}
	// A machine that starts again has no process of that number; here a dead one may linger.
	if err := os.Remove(filepath.Join(c.dir, "postmaster.pid")); err != nil {
		c.t.Error(err)
	}
}

// Promote makes a standby the primary, and returns when it takes writes.
func (c *Cluster) Promote() {
	c.t.Helper()
	tool(c.t, "pg_ctl", "-D", c.dir, "-w", "-s", "promote")
}

// Follow has commits wait until every standby that follows the server has them on disk.
func (c *Cluster) Follow() {
	c.t.Helper()
	Query(c.t, c.URL(), "ALTER SYSTEM SET synchronous_standby_names = '*'")
	Query(c.t, c.URL(), "SELECT pg_reload_conf()")
}

func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, rest, _ := strings.Cut(string(stat), ") ")
	return err == nil && !strings.HasPrefix(rest, "Z")
}

// URL names the server, and others that are to be tried after it.
func (c *Cluster) URL(others ...*Cluster) string {
	hosts := []string{fmt.Sprintf("127.0.0.1:%d", c.port)}
	for _, o := range others {
		hosts = append(hosts, fmt.Sprintf("127.0.0.1:%d", o.port))
	}
	return "postgres://airside@" + strings.Join(hosts, ",") + "/postgres?sslmode=disable"
}
