// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"github.com/spf13/cobra"
)

// onRemote makes a command that talks to a server.
func (m *Main) onRemote(cmd *cobra.Command, do func(ctx context.Context, r *remote, args []string) error) *cobra.Command {
	base := remoteFlag(cmd)
	cmd.RunE = runs(func(cmd *cobra.Command, args []string) error {
		r, err := m.remote(*base)
		if err != nil {
			return err
		}
		return do(cmd.Context(), r, args)
	})
	return cmd
}

// remoteCmd makes a command that talks to a server and can print its answer as JSON. do answers the body
// and what a person reads of it, line by line.
func (m *Main) remoteCmd(cmd *cobra.Command, do func(ctx context.Context, r *remote, args []string) (body []byte, show func([]byte) error, err error)) *cobra.Command {
	asJSON := cmd.Flags().Bool("json", false, "print the server's answer")
	return m.onRemote(cmd, func(ctx context.Context, r *remote, args []string) error {
		body, show, err := do(ctx, r, args)
		switch {
		case err != nil:
			return err
		case *asJSON && len(body) > 0:
			return printBody(m.Stdout, body)
		case show == nil || *asJSON:
			return nil
		}
		return show(body)
	})
}

// decoded reads the answer for what prints it.
func decoded[T any](fn func(v T) error) func([]byte) error {
	return func(body []byte) error {
		var v T
		if err := json.Unmarshal(body, &v); err != nil {
			return fmt.Errorf("read the answer: %w", err)
		}
		return fn(v)
	}
}

// get reads a resource; an answer that is not a success is a failure.
func (r *remote) get(ctx context.Context, path string) ([]byte, error) {
	return r.send(ctx, http.MethodGet, path, nil)
}

// read is get into a value.
func (r *remote) read(ctx context.Context, path string, out any) error {
	body, err := r.get(ctx, path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, out); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	return nil
}

// send is call with a JSON body, if there is one.
func (r *remote) send(ctx context.Context, method, path string, body any) ([]byte, error) {
	var raw []byte
	media := ""
	if body != nil {
		var err error
		if raw, err = json.Marshal(body); err != nil {
			return nil, err
		}
		media = "application/json"
	}
	a, err := r.call(ctx, method, path, nil, media, raw)
	if err != nil {
		return nil, err
	}
	if a.Status/100 != 2 {
		return nil, a.failure()
	}
	return a.Body, nil
}

// given keeps what was said.
func given(fields map[string]string) map[string]any {
	out := map[string]any{}
	for name, value := range fields {
		if value != "" {
			out[name] = value
		}
	}
	return out
}

// filters are the query of a list; what was not said is left out.
func filters(fields map[string]string) url.Values {
	query := url.Values{}
	for name, value := range fields {
		if value != "" {
			query.Set(name, value)
		}
	}
	return query
}
