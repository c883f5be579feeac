// SPDX-License-Identifier: Apache-2.0

package load_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/airside-travel/airside/internal/app"
	"github.com/airside-travel/airside/internal/config"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/postgres"
	"github.com/airside-travel/airside/internal/store/sqlite"
	"github.com/airside-travel/airside/internal/store/transfer"
)

// crowd is a server with a company of many people.
type crowd struct {
	url   string
	token string
	demo  app.Demo
}

// newCrowd starts it, on the database that an earlier run left when -crowd names a folder for it.
func newCrowd(b *testing.B) *crowd {
	b.Helper()
	dir := *keptIn
	if dir == "" {
		dir = b.TempDir()
	}
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
	c, kept := &crowd{}, filepath.Join(dir, "crowd.json")
	text, err := os.ReadFile(kept)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		a := open()
		if c.demo, err = a.SeedDemo(b.Context()); err != nil {
			b.Fatal(err)
		}
		shut(a)
		fill(b, file, key, &c.demo)
		if text, err = json.Marshal(c.demo); err == nil {
			err = os.WriteFile(kept, text, 0o600)
		}
	case err == nil:
		err = json.Unmarshal(text, &c.demo)
	}
	if err != nil {
		b.Fatal(err)
	}

	if *onPostgres != "" {
		copied(b, file, key)
		cfg.Database = *onPostgres
	}
	a := open()
	addr, err := a.Start(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { shut(a) })
	c.url = "http://" + addr
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {c.demo.ClientID}, "client_secret": {c.demo.ClientSecret}}
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

// fill moves the people into the file.
func fill(b *testing.B, file string, key []byte, demo *app.Demo) {
	b.Helper()
	engine, err := sqlite.Open(b.Context(), sqlite.Options{Path: file, MasterKey: key})
	if err != nil {
		b.Fatal(err)
	}
	move(b, engine, demo)
	if err := engine.Close(); err != nil {
		b.Fatal(err)
	}
}

// copied brings everything from the file into the PostgreSQL database, unless it is there already: that is faster
// than to fill it, as it is for those who move up.
func copied(b *testing.B, file string, key []byte) {
	b.Helper()
	from, err := sqlite.Open(b.Context(), sqlite.Options{Path: file, MasterKey: key})
	if err != nil {
		b.Fatal(err)
	}
	to, err := postgres.Open(b.Context(), postgres.Options{URL: *onPostgres, MasterKey: key})
	if err != nil {
		b.Fatal(err)
	}
	_, err = transfer.Copy(b.Context(), from, to, func(p transfer.Progress) {
		if p.Rows%500_000 == 0 {
			fmt.Fprintf(os.Stderr, "%s: %d of %d rows copied\n", p.Table, p.Rows, p.Of)
		}
	})
	if err != nil && !errors.Is(err, postgres.ErrNotEmpty) {
		b.Fatal(err)
	}
	if err := errors.Join(to.Close(), from.Close()); err != nil {
		b.Fatal(err)
	}
}

// move brings the people in as the directory would have stored them, some thousands at a time.
func move(b *testing.B, s store.Store, demo *app.Demo) {
	b.Helper()
	const batch = 5000
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
		if done := from + batch; done%100_000 == 0 {
			fmt.Fprintf(os.Stderr, "%d of %d people moved in\n", done, *howMany)
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
