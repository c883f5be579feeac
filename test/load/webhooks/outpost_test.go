// SPDX-License-Identifier: Apache-2.0

package webhooks_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// What says where an Outpost and its servers are.
const (
	outpostBinary   = "AIRSIDE_OUTPOST_BIN"      // the server; it is started and stopped here
	outpostRedis    = "AIRSIDE_OUTPOST_REDIS"    // HOST:PORT
	outpostRabbit   = "AIRSIDE_OUTPOST_RABBITMQ" // amqp://USER:PASSWORD@HOST:PORT
	outpostPostgres = "AIRSIDE_OUTPOST_POSTGRES" // postgres://…, an empty database
	outpostPIDs     = "AIRSIDE_OUTPOST_PIDS"     // of those three servers, separated by commas, for their CPU time
)

// outpost is a self-hosted Outpost with one tenant.
type outpost struct {
	*load
	base, key, tenant string
	processes         []int
}

// filler makes a body as large as that of a user.
var filler = strings.Repeat("lorem ipsum ", 85)

func startOutpost(b *testing.B) *load {
	b.Helper()
	var missing []string
	for _, name := range []string{outpostBinary, outpostRedis, outpostRabbit, outpostPostgres, outpostPIDs} {
		if os.Getenv(name) == "" {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		b.Skipf("no Outpost to compare with: %s not set", strings.Join(missing, ", "))
	}
	o := &outpost{load: newLoad(b), key: "load", tenant: "load-" + strconv.Itoa(os.Getpid())}
	o.server = o
	for text := range strings.SplitSeq(os.Getenv(outpostPIDs), ",") {
		pid, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil {
			b.Fatalf("%s: %v", outpostPIDs, err)
		}
		o.processes = append(o.processes, pid)
	}
	o.run()
	o.send(http.StatusCreated, "PUT", o.base+"/tenants/"+o.tenant, o.key, struct{}{})
	return o.load
}

// run starts the server and waits until it answers.
func (o *outpost) run() {
	b := o.b
	l, err := (&net.ListenConfig{}).Listen(b.Context(), "tcp4", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	if err := l.Close(); err != nil { // Outpost wants a number
		b.Fatal(err)
	}
	host, redisPort, err := net.SplitHostPort(os.Getenv(outpostRedis))
	if err != nil {
		b.Fatalf("%s: %v", outpostRedis, err)
	}
	o.base = "http://127.0.0.1:" + port + "/api/v1"
	log, err := os.Create(filepath.Join(b.TempDir(), "outpost.log"))
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.CommandContext(context.WithoutCancel(b.Context()), os.Getenv(outpostBinary))
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Env = append(os.Environ(), "SERVICE=", "API_PORT="+port, "API_KEY="+o.key, "API_JWT_SECRET=load-load-load-load", "TOPICS=user.updated",
		"AES_ENCRYPTION_SECRET=load-load-load-load-load-load-32", "POSTGRES_URL="+os.Getenv(outpostPostgres), "RABBITMQ_SERVER_URL="+os.Getenv(outpostRabbit),
		"REDIS_HOST="+host, "REDIS_PORT="+redisPort, "REDIS_PASSWORD=", "REDIS_DATABASE=0", "PUBLISH_MAX_CONCURRENCY=64", "DELIVERY_MAX_CONCURRENCY=64",
		"LOG_MAX_CONCURRENCY=64", "RETRY_INTERVAL_SECONDS=1", "DISABLE_TELEMETRY=true", "GIN_MODE=release", "LOG_LEVEL=error")
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	o.processes = append(o.processes, cmd.Process.Pid)
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	b.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(20 * time.Second):
			_ = cmd.Process.Kill()
			<-ended
		}
		_ = log.Close()
	})
	for tick := time.NewTicker(100 * time.Millisecond); ; <-tick.C {
		res, err := o.client.Get("http://127.0.0.1:" + port + "/healthz")
		if err == nil {
			_, _ = io.Copy(io.Discard, res.Body)
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				tick.Stop()
				return
			}
		}
		select {
		case err := <-ended:
			ended <- err
			text, _ := os.ReadFile(log.Name())
			b.Fatalf("outpost ended: %v\n%s", err, text)
		default:
		}
	}
}

func (o *outpost) subscribe(target string) {
	if _, err := url.Parse(target); err != nil {
		o.b.Fatal(err)
	}
	o.send(http.StatusCreated, "POST", o.base+"/tenants/"+o.tenant+"/destinations", o.key, map[string]any{
		"type": "webhook", "topics": []string{"user.updated"}, "config": map[string]string{"url": target},
	})
}

func (o *outpost) publish(user int, value string) {
	o.send(http.StatusAccepted, "POST", o.base+"/publish", o.key, map[string]any{
		"tenant_id": o.tenant, "topic": "user.updated", "eligible_for_retry": true,
		"metadata": map[string]string{"resource": fmt.Sprint("user/", user)}, "data": map[string]any{"externalId": value, "filler": filler},
	})
}

// cpu adds up the server and those it needs, with their children.
func (o *outpost) cpu() (sum time.Duration) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		o.b.Fatal(err)
	}
	type process struct {
		parent int
		ticks  int64
	}
	all := map[int]process{}
	for _, name := range stats {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // it has ended
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(name)))
		_, rest, _ := strings.Cut(string(text), ") ")
		f := strings.Fields(rest) // state ppid … utime stime cutime cstime, from the 14th of proc(5) on
		p := process{}
		p.parent, _ = strconv.Atoi(f[1])
		for _, t := range f[11:15] { // with children that have ended
			n, _ := strconv.ParseInt(t, 10, 64)
			p.ticks += n
		}
		all[pid] = p
	}
	for pid := range all {
		for up := pid; up > 1; up = all[up].parent {
			if slices.Contains(o.processes, up) {
				sum += time.Duration(all[pid].ticks) * 10 * time.Millisecond
				break
			}
		}
	}
	return sum
}

// BenchmarkSideBySide runs the same generator and receiver against Airside and, when there is one, against a
// self-hosted Outpost, without and with failures of the receiver. CPU is that of all processes, generator and
// receiver included on both sides.
func BenchmarkSideBySide(b *testing.B) {
	twentieth := func(n int64) bool { return n%20 == 7 }
	for _, mode := range []struct {
		name string
		fail func(int64) bool
	}{{"", nil}, {"5%-failures", twentieth}} {
		b.Run(filepath.Join("airside", mode.name), func(b *testing.B) {
			if in := measure(start(b), mode.fail); in.reordered > 0 {
				b.Errorf("%d of %d events came out of order", in.reordered, b.N)
			}
		})
		b.Run(filepath.Join("outpost", mode.name), func(b *testing.B) { measure(startOutpost(b), mode.fail) })
	}
}
