// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"
)

// rotations is a run of rotations under load: Airside in front of a second one, which ends the old secret and every token
// with each rotation at once.
type rotations struct {
	*bench
	behind    string // the second Airside, and its administrator's token
	its       string
	front     *target
	lasted    []time.Duration // of each rotation
	took      []time.Duration // of each request
	reads     int
	failed    []string
	confirmed map[string]int // companies, by name, whose creation was answered
	held      map[string]int // and those that the second Airside has
}

// ready is what `airside dev --json` says.
type ready struct{ BaseURL, ClientID, ClientSecret, CompanyID string }

// rotate runs it and prints what came of it. A request that failed and a company that is there twice or not at all are
// errors.
func (b *bench) rotate(ctx context.Context) error {
	if b.airside == "" {
		return errors.New("-rotations needs -airside")
	}
	r := &rotations{bench: b, confirmed: map[string]int{}, held: map[string]int{}}
	company, err := r.prepare(ctx)
	if err != nil {
		return err
	}
	if err := r.traffic(ctx, company); err != nil {
		return err
	}
	if err := r.count(ctx); err != nil {
		return err
	}
	return r.print()
}

// prepare starts both and answers a company to read.
func (r *rotations) prepare(ctx context.Context) (company string, err error) {
	dir := filepath.Join(r.dir, "behind")
	cmd := exec.CommandContext(ctx, r.airside, "dev", "--json", "--listen", "127.0.0.1:0", "--data", filepath.Join(dir, "data")) //nolint:gosec // named by a flag
	cmd.Env = []string{"HOME=" + dir, "AIRSIDE_RATE=0", "AIRSIDE_TOKEN_RATE=0"}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	line, _, err := r.process(cmd, 0)
	if err != nil {
		return "", err
	}
	var far ready
	if err := json.Unmarshal([]byte(line), &far); err != nil {
		return "", err
	}
	token, err := tokenOf(ctx, far.BaseURL, far.ClientID, far.ClientSecret)
	if err != nil {
		return "", err
	}
	var admin struct{ ClientID, ClientSecret string }
	if err := call(ctx, far.BaseURL+"/v2/api-users", token, mediaJSON, `{"role":"TMC_ADMIN","credentialType":"CLIENT_CREDENTIALS"}`, &admin); err != nil {
		return "", err
	}
	key, file := filepath.Join(dir, "seal.key"), filepath.Join(dir, "secrets.age")
	seal := exec.CommandContext(ctx, r.airside, "vault", "seal", "--file", file, "--new-key") //nolint:gosec // as above
	seal.Env = []string{"HOME=" + dir, "AIRSIDE_SEAL_KEY_FILE=" + key}
	seal.Stdin = strings.NewReader("main=" + far.ClientSecret + "\nadmin=" + admin.ClientSecret + "\n")
	if out, err := seal.CombinedOutput(); err != nil {
		return "", fmt.Errorf("airside vault seal: %w\n%s", err, out)
	}
	r.upstream = strings.TrimPrefix(far.BaseURL, "http://")
	if err := r.startAirside(ctx, "airside", "AIRSIDE_ENV_PRODUCTION_CLIENT_ID="+far.ClientID, "AIRSIDE_ENV_PRODUCTION_SECRET=file:"+file+"#main",
		"AIRSIDE_ENV_PRODUCTION_ADMIN_CLIENT_ID="+admin.ClientID, "AIRSIDE_ENV_PRODUCTION_ADMIN_SECRET=file:"+file+"#admin",
		"AIRSIDE_SEAL_KEY_FILE="+key, "AIRSIDE_ESCROW_DIR="+filepath.Join(dir, "escrow")); err != nil {
		return "", err
	}
	r.front = r.targets[len(r.targets)-1]
	r.behind = far.BaseURL
	r.its, err = tokenOf(ctx, far.BaseURL, admin.ClientID, admin.ClientSecret)
	return far.CompanyID, err
}

// traffic calls from all connections, two reads for each write, and rotates meanwhile, at even distances.
func (r *rotations) traffic(ctx context.Context, company string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: r.connections, DisableCompression: true}}
	defer client.CloseIdleConnections()
	stop := make(chan struct{})
	var mu sync.Mutex
	var running sync.WaitGroup
	for n := range r.connections {
		running.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				name, method, path, body := "", http.MethodGet, "/v2/companies/"+company, ""
				if (n+i)%3 == 0 {
					name = fmt.Sprintf("Quay %d/%d", n, i)
					method, path, body = http.MethodPost, "/v2/companies", fmt.Sprintf(`{"name":%q,"billingCurrency":"USD","companyRoles":["ORG"],"externalId":"R-%d-%d"}`, name, n, i)
				}
				began := time.Now()
				err := ask(ctx, client, method, r.front.url+path, r.front.header[0], mediaJSON, body, nil)
				mu.Lock()
				r.took = append(r.took, time.Since(began))
				switch {
				case err != nil:
					r.failed = append(r.failed, err.Error())
				case name != "":
					r.confirmed[name]++
				default:
					r.reads++
				}
				mu.Unlock()
			}
		})
	}
	err := r.each(ctx)
	close(stop)
	running.Wait()
	return err
}

// each rotates, one after the other, and lets the traffic go on in between and at both ends.
func (r *rotations) each(ctx context.Context) error {
	pause := time.NewTicker(max(r.seconds/time.Duration(r.rotations+1), time.Millisecond))
	defer pause.Stop()
	for range r.rotations {
		select {
		case <-pause.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		began := time.Now()
		if err := ask(ctx, new(http.Client), http.MethodPost, r.front.url+"/v1/airside/environments/production/rotate", "Authorization: Bearer "+r.front.admin, mediaJSON, `{"incident":false}`, nil); err != nil {
			return fmt.Errorf("rotation %d: %w", len(r.lasted)+1, err)
		}
		r.lasted = append(r.lasted, time.Since(began))
	}
	select {
	case <-pause.C:
	case <-ctx.Done():
	}
	return ctx.Err()
}

// count asks the second Airside, past the one in front, what it has.
func (r *rotations) count(ctx context.Context) error {
	const page = 100
	client := &http.Client{}
	for offset := 0; ; offset += page {
		var got struct{ Elements []struct{ Name string } }
		url := fmt.Sprintf("%s/v2/companies?limit=%d&offset=%d", r.behind, page, offset)
		if err := ask(ctx, client, http.MethodGet, url, "Authorization: Bearer "+r.its, "", "", &got); err != nil {
			return err
		}
		for _, c := range got.Elements {
			if strings.HasPrefix(c.Name, "Quay ") {
				r.held[c.Name]++
			}
		}
		if len(got.Elements) < page {
			return nil
		}
	}
}

func (r *rotations) print() error {
	missing, twice, unknown := 0, 0, 0
	for name := range r.confirmed {
		if r.held[name] == 0 {
			missing++
		}
	}
	for name, n := range r.held {
		if n > 1 {
			twice++
		}
		if r.confirmed[name] == 0 {
			unknown++
		}
	}
	slices.Sort(r.took)
	slices.Sort(r.lasted)
	load, _ := os.ReadFile("/proc/loadavg") // absent on other systems
	fmt.Fprintf(r.out, "%d connections, %d rotations in %s, load average %s\n", r.connections, len(r.lasted), r.seconds, strings.TrimSpace(string(load)))
	w := tabwriter.NewWriter(r.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "requests\treads\tcreations\tfailed\tp50\tp99\tlongest\trotation p50\tlongest\t\n")
	fmt.Fprintf(w, "%d\t%d\t%d\t%d\t%s\t%s\t%s\t%s\t%s\t\n", len(r.took), r.reads, len(r.confirmed), len(r.failed), at(r.took, 50), at(r.took, 99), at(r.took, 100), at(r.lasted, 50), at(r.lasted, 100))
	fmt.Fprint(w, "confirmed\tthere\tmissing\ttwice\tnot confirmed\t\n")
	fmt.Fprintf(w, "%d\t%d\t%d\t%d\t%d\t\n", len(r.confirmed), len(r.held), missing, twice, unknown)
	if err := w.Flush(); err != nil {
		return err
	}
	for _, f := range r.failed[:min(len(r.failed), 5)] {
		fmt.Fprintln(r.out, f)
	}
	if len(r.failed)+missing+twice+unknown > 0 || len(r.lasted) < r.rotations {
		return errors.New("not every request was answered once")
	}
	return nil
}

// at is a percentile of what is sorted.
func at(all []time.Duration, percent int) time.Duration {
	if len(all) == 0 {
		return 0
	}
	return all[(len(all)-1)*percent/100].Round(100 * time.Microsecond)
}

const mediaJSON = "application/json"

// ask calls, with a header if there is one; any answer but success is an error.
func ask(ctx context.Context, client *http.Client, method, url, header, media, body string, out any) error {
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return err
	}
	if name, value, given := strings.Cut(header, ": "); given {
		req.Header.Set(name, value)
	}
	if body != "" {
		req.Header.Set("Content-Type", media)
	}
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("%s %s: %d %.300s", method, url, res.StatusCode, raw)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(raw, out)
}
