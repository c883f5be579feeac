// SPDX-License-Identifier: Apache-2.0

package load_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/airside-travel/airside/internal/app"
	"github.com/airside-travel/airside/internal/config"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/postgres"
	"github.com/airside-travel/airside/internal/store/sqlite"
)

// The size of the company whose people are listed, and where they are:
//
//	go test -run '^$' -bench ListUsers -benchtime 2000x -timeout 60m ./test/load -users 1000000
//	test/pg/run sh -c 'go test -run "^$" -bench ListUsers -benchtime 2000x -timeout 60m ./test/load -users 100000 -postgres "$AIRSIDE_TEST_POSTGRES"'
//
// The gate: a page of 100 out of a million takes at most 5 ms over HTTP, 99 times of 100, on both engines.
var (
	howMany    = flag.Int("users", 10_000, "people in the company that BenchmarkListUsers lists")
	onPostgres = flag.String("postgres", "", "URL of an empty PostgreSQL database for BenchmarkListUsers; a SQLite file without it")
)

// crowd is a server with a company of many people.
type crowd struct {
	b       *testing.B
	url     string
	token   string
	company string
}

func newCrowd(b *testing.B) *crowd {
	b.Helper()
	dir := b.TempDir()
	cfg, err := config.Load(nil)
	if err != nil {
		b.Fatal(err)
	}
	key := bytes.Repeat([]byte{7}, 32)
	cfg.MasterKey = filepath.Join(dir, "key")
	if err := os.WriteFile(cfg.MasterKey, []byte(base64.StdEncoding.EncodeToString(key)), 0o600); err != nil {
		b.Fatal(err)
	}
	file := filepath.Join(dir, "airside.db")
	cfg.Listen, cfg.Database, cfg.Dev, cfg.Rate, cfg.TokenRate = "127.0.0.1:0", "sqlite:"+file, false, 0, 0
	if *onPostgres != "" {
		cfg.Database = *onPostgres
	}
	open := func() *app.App {
		a, err := app.New(b.Context(), cfg, app.Options{Log: slog.New(slog.DiscardHandler), Version: "test"})
		if err != nil {
			b.Fatal(err)
		}
		return a
	}
	shut := func(a *app.App) {
		if err := a.Close(context.WithoutCancel(b.Context())); err != nil {
			b.Error(err)
		}
	}
	a := open()
	demo, err := a.SeedDemo(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	shut(a)

	var engine store.Store
	if *onPostgres != "" {
		engine, err = postgres.Open(b.Context(), postgres.Options{URL: *onPostgres, MasterKey: key})
	} else {
		engine, err = sqlite.Open(b.Context(), sqlite.Options{Path: file, MasterKey: key})
	}
	if err != nil {
		b.Fatal(err)
	}
	move(b, engine, &demo)
	if err := engine.Close(); err != nil {
		b.Fatal(err)
	}

	a = open()
	addr, err := a.Start(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { shut(a) })
	c := &crowd{b: b, url: "http://" + addr, company: demo.CompanyID}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {demo.ClientID}, "client_secret": {demo.ClientSecret}}
	res, err := http.Post(c.url+"/v2/auth/oauth2-token", "application/x-www-form-urlencoded", strings.NewReader(form.Encode())) //nolint:noctx // a benchmark
	if err != nil {
		b.Fatal(err)
	}
	defer res.Body.Close()
	var got struct {
		Token string `json:"access_token"`
	}
	if err := json.NewDecoder(res.Body).Decode(&got); err != nil || got.Token == "" {
		b.Fatalf("token: %d %v", res.StatusCode, err)
	}
	c.token = got.Token
	return c
}

// move brings the people in as the directory would have stored them, a thousand at a time.
func move(b *testing.B, s store.Store, demo *app.Demo) {
	b.Helper()
	const batch = 1000
	began := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for from := 0; from < *howMany; from += batch {
		if err := s.Update(b.Context(), func(ctx context.Context) error {
			tx := store.From(ctx)
			for i := from; i < min(from+batch, *howMany); i++ {
				if err := tx.Insert(somebody(demo, i, began.Add(time.Duration(i)*time.Second))); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
	}
}

func somebody(demo *app.Demo, i int, at time.Time) *store.Record {
	id, mail := ids.UUID(), fmt.Sprintf("person%d@example.com", i)
	doc := fmt.Sprintf(`{"id":"%s","persona":"EMPLOYEE","externalId":"X-%d","personalInfo":{"name":{"given":"Lena","family1":"Okafor %d"},`+
		`"email":"home%d@example.com","gender":"FEMALE","dob":{"iso8601":"1990-02-03"},"addresses":[{"addressLines":["%d Quay Street"],`+
		`"locality":"London","regionCode":"GB"}],"phoneNumbers":[{"countryCode":44,"nationalNumber":2079460000}]},"businessInfo":{"email":"%s",`+
		`"employeeId":"E-%d","designation":"Engineer","organizationRef":{"id":"%s"},"legalEntityRef":{"id":"%s"}}}`,
		id, i, i, i, i, mail, i, demo.CompanyID, demo.LegalEntityID)
	own := demo.CompanyID + "/"
	return &store.Record{Tenant: demo.TMCID, Kind: "user", ID: id, Parent: demo.CompanyID, CreatedAt: at, UpdatedAt: at, Doc: []byte(doc),
		Index: []store.Entry{{Field: "user.login", Value: own + mail, Unique: true}, {Field: "user.mail", Value: mail},
			{Field: "user.externalId", Value: fmt.Sprint(own, "X-", i), Unique: true}, {Field: "user.ref", Value: demo.LegalEntityID}}}
}

// page reads a hundred people from an offset on and answers how long that took.
func (c *crowd) page(offset int) time.Duration {
	body := fmt.Sprintf(`{"companyId":{"id":"%s"},"pagination":{"offset":%d,"limit":100}}`, c.company, offset)
	req, err := http.NewRequestWithContext(c.b.Context(), http.MethodPost, c.url+"/v3/users/list", strings.NewReader(body))
	if err != nil {
		c.b.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Content-Type", "application/json")
	began := time.Now()
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		c.b.Fatal(err)
	}
	defer res.Body.Close()
	n, err := io.Copy(io.Discard, res.Body)
	if err != nil || res.StatusCode != http.StatusOK || n < 20_000 {
		c.b.Fatalf("page at %d: %d, %d bytes, %v", offset, res.StatusCode, n, err)
	}
	return time.Since(began)
}

func BenchmarkListUsers(b *testing.B) {
	c := newCrowd(b)
	last := max(*howMany-100, 1)
	for name, offset := range map[string]func(i int) int{
		"first page": func(int) int { return 0 },
		"one by one": func(i int) int { return i * 100 % last },
		"any page":   func(i int) int { return i * 104_729 % last },
		"last page":  func(int) int { return last },
	} {
		b.Run(name, func(b *testing.B) {
			c.b = b
			c.page(offset(0)) // the first one fills caches
			took := make([]time.Duration, 0, b.N)
			measure(b, func() {
				for i := range b.N {
					took = append(took, c.page(offset(i)))
				}
			})
			slices.Sort(took)
			at := func(q float64) float64 {
				return float64(took[min(int(math.Ceil(q*float64(len(took)))), len(took))-1].Microseconds()) / 1000
			}
			b.ReportMetric(at(0.5), "p50-ms")
			b.ReportMetric(at(0.99), "p99-ms")
		})
	}
}
