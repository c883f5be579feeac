// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/airside-travel/airside/internal/application"
)

func (m *Main) appSetCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "set NAME", Short: "Change what is given of an application's settings, and keep the rest",
		Long: "Set reads the settings, changes what is given and writes all of them, if nobody else changed them meanwhile. A\n" +
			"list that is given takes the place of the whole list. Environment, role and company never change.",
		Example: "  airside app set mailer --per-day 20000 --rate 5\n" +
			"  airside app set booker --purchases-per-day 40 --spend-per-day '12000.00 USD'\n" +
			"  airside app set mailer --grant scope:trip:read --network 192.0.2.0/24 --expires none",
		Args: cobra.ExactArgs(1),
	}
	f := settingsFlagsOf(cmd)
	return m.remoteCmd(cmd, func(ctx context.Context, r *remote, args []string) ([]byte, func([]byte) error, error) {
		id, err := r.find(ctx, args[0])
		if err != nil {
			return nil, nil, err
		}
		path := applicationsPath + "/" + url.PathEscape(id)
		a, err := r.call(ctx, http.MethodGet, path, nil, "", nil)
		if err == nil && a.Status != http.StatusOK {
			err = a.failure()
		}
		if err != nil {
			return nil, nil, err
		}
		var was application.Application
		if err := json.Unmarshal(a.Body, &was); err != nil {
			return nil, nil, fmt.Errorf("read the answer: %w", err)
		}
		next := was.Settings
		if err := f.apply(&next); err != nil {
			return nil, nil, err
		}
		what := application.Values(&was.Settings, &next)
		if what == "" {
			return a.Body, func([]byte) error { _, err := fmt.Fprintf(m.Stdout, "%s is as it was\n", was.Name); return err }, nil
		}
		body, err := r.replace(ctx, path, a, was.Settings, next)
		return body, func([]byte) error {
			fmt.Fprintf(m.Stdout, "changed %s\n", was.Name)
			for line := range strings.SplitSeq(what, "; ") {
				fmt.Fprintln(m.Stdout, "  "+line)
			}
			if next.SecretRef != was.SecretRef && next.SecretRef != "" {
				m.nextSecret(next.Name, next.SecretRef)
			}
			return nil
		}, err
	})
}

// nextSecret says what a reference that was given later means.
func (m *Main) nextSecret(name, ref string) {
	fmt.Fprintf(m.Stderr, "the secret of %s stays where it is; `airside app rotate %s` puts the next one into %s\n", name, name, ref)
}

// replace puts a complete object with the members that differ, if the object is still the one that was read. Members
// that only the server knows stay as they came.
func (r *remote) replace(ctx context.Context, path string, read *answer, was, next any) ([]byte, error) {
	var whole map[string]json.RawMessage
	if err := json.Unmarshal(read.Body, &whole); err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	before, err := members(was)
	if err != nil {
		return nil, err
	}
	after, err := members(next)
	if err != nil {
		return nil, err
	}
	for name := range before {
		if after[name] == nil {
			delete(whole, name)
		}
	}
	for name, value := range after {
		if string(before[name]) != string(value) {
			whole[name] = value
		}
	}
	raw, err := json.Marshal(whole)
	if err != nil {
		return nil, err
	}
	header := http.Header{}
	if read.ETag != "" {
		header.Set("If-Match", read.ETag)
	}
	a, err := r.call(ctx, http.MethodPut, path, header, "application/json", raw)
	if err != nil {
		return nil, err
	}
	if a.Status/100 != 2 {
		return nil, a.failure()
	}
	return a.Body, nil
}

func members(v any) (out map[string]json.RawMessage, err error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return out, json.Unmarshal(raw, &out)
}
