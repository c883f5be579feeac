// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/airside-travel/airside/internal/config"
)

// maxAnswer bounds what a client command reads of an answer, in bytes.
const maxAnswer = 64 << 20

// remote is a server that the client commands talk to. The token lives in memory, for one command, and is
// renewed when the command outlives it.
type remote struct {
	cfg  config.Config
	base string
	http *http.Client
	auth string // access token
	made bool   // of id and secret, so that there can be another
}

// remoteFlag adds --base-url to a client command.
func remoteFlag(cmd *cobra.Command) *string {
	return cmd.Flags().String("base-url", "", "server to talk to (default AIRSIDE_URL)")
}

func (m *Main) remote(base string) (*remote, error) {
	cfg, err := m.config()
	if err != nil {
		return nil, err
	}
	if base == "" {
		base = cfg.URL
	}
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, failf(ExitUsage, "%q is not the URL of a server", base).hint("for example http://127.0.0.1:8080")
	}
	// A redirect would carry the token, or turn a POST into a GET: answer with it instead.
	refuse := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &remote{cfg: cfg, base: strings.TrimRight(base, "/"), http: &http.Client{CheckRedirect: refuse}, auth: cfg.Token}, nil
}

// answer is what came back.
type answer struct {
	Status    int
	Type      string
	Body      []byte
	RequestID string
	ETag      string
}

// token is the access token: the configured one, or one made of id and secret, kept for the command.
func (r *remote) token(ctx context.Context) (string, error) {
	if r.auth != "" {
		return r.auth, nil
	}
	got, err := r.grant(ctx)
	if err != nil {
		return "", err
	}
	r.auth, r.made = got.AccessToken, true
	return r.auth, nil
}

// granted is OAuthTokenResponse, as far as the commands read it.
type granted struct {
	AccessToken string `json:"access_token"`
	ExpiresIn   int    `json:"expires_in"`
	TokenType   string `json:"token_type"`
}

func noCredentials() *Failure {
	return failf(ExitDenied, "no credentials").
		hint("set AIRSIDE_CLIENT_ID and AIRSIDE_CLIENT_SECRET, or AIRSIDE_TOKEN").
		hint("`airside dev` prints such credentials when it starts")
}

// grant gets an access token with the configured client id and secret.
func (r *remote) grant(ctx context.Context) (granted, error) {
	var got granted
	if r.cfg.ClientID == "" || r.cfg.ClientSecret == "" {
		return got, noCredentials()
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {r.cfg.ClientID}, "client_secret": {r.cfg.ClientSecret}}
	a, err := r.do(ctx, http.MethodPost, "/v2/auth/oauth2-token", nil, "application/x-www-form-urlencoded", []byte(form.Encode()))
	if err != nil {
		return got, err
	}
	if a.Status != http.StatusOK {
		return got, a.failure()
	}
	if err := json.Unmarshal(a.Body, &got); err != nil || got.AccessToken == "" {
		return got, failf(ExitFailure, "%s answered without a token", r.base)
	}
	return got, nil
}

// call is do with the token. A command that waits for hours outlives its token: what is refused with a kept one
// is sent once more with a new one, because nothing was done the first time.
func (r *remote) call(ctx context.Context, method, path string, header http.Header, media string, body []byte) (*answer, error) {
	if header == nil {
		header = http.Header{}
	}
	for {
		kept := r.made
		token, err := r.token(ctx)
		if err != nil {
			return nil, err
		}
		header.Set("Authorization", "Bearer "+token)
		a, err := r.do(ctx, method, path, header, media, body)
		if err != nil || a.Status != http.StatusUnauthorized || !kept {
			return a, err
		}
		r.auth, r.made = "", false
	}
}

func (r *remote) do(ctx context.Context, method, path string, header http.Header, media string, body []byte) (*answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, r.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("make the request: %w", err)
	}
	maps.Copy(req.Header, header)
	req.Header.Set("User-Agent", "airside-cli/"+build().Version)
	if media != "" {
		req.Header.Set("Content-Type", media)
	}
	resp, err := r.http.Do(req)
	if err != nil {
		if cause := ctx.Err(); cause != nil {
			return nil, failf(ExitFailure, "interrupted: %w", cause)
		}
		if u, ok := errors.AsType[*url.Error](err); ok {
			err = u.Err // the URL is named already, and may hold what should not be logged
		}
		return nil, failf(ExitUnavailable, "%s does not answer: %w", r.base, err).
			hint("start a server with `airside dev`, or set AIRSIDE_URL or --base-url")
	}
	defer resp.Body.Close()
	a := &answer{Status: resp.StatusCode, Type: resp.Header.Get("Content-Type"), RequestID: resp.Header.Get("X-Request-Id"), ETag: resp.Header.Get("ETag")}
	if a.Body, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer)); err != nil {
		return nil, failf(ExitUnavailable, "the answer of %s broke off: %w", r.base, err)
	}
	return a, nil
}

// failure reads the platform's error envelope; an answer without one shows its status.
func (a *answer) failure() *Failure {
	var e struct {
		ErrorMessages []struct {
			ErrorCode       string                         `json:"errorCode"`
			Message         string                         `json:"message"`
			ErrorDetail     string                         `json:"errorDetail"`
			ErrorParameters []struct{ Name, Value string } `json:"errorParameters"`
		} `json:"errorMessages"`
		Detail string `json:"detail"` // of SCIM
	}
	exit := exitFor(a.Status, "")
	if json.Unmarshal(a.Body, &e) != nil || len(e.ErrorMessages) == 0 {
		return failf(exit, "%s", strings.TrimSpace(fmt.Sprintf("%d %s\n%s", a.Status, http.StatusText(a.Status), e.Detail)))
	}
	first := e.ErrorMessages[0]
	exit = exitFor(a.Status, first.ErrorCode)
	lines := []string{fmt.Sprintf("%d %s", a.Status, first.ErrorCode)}
	for _, msg := range e.ErrorMessages {
		at := map[string]string{}
		for _, p := range msg.ErrorParameters {
			at[p.Name] = p.Value
		}
		line := strings.TrimSpace(at["pointer"] + " " + msg.Message)
		allowed := strings.Split(at["allowed"], ",")
		if slices.ContainsFunc(allowed, func(v string) bool { return !strings.Contains(msg.Message, v) }) { // not listed there already
			line += " (" + strings.Join(allowed, ", ") + ")"
		}
		lines = append(lines, line)
	}
	f := failf(exit, "%s", strings.Join(lines, "\n"))
	if first.ErrorDetail != "" {
		f.hint("%s", first.ErrorDetail)
	}
	if a.RequestID != "" {
		f.hint("airside explain %s", a.RequestID)
	}
	return f
}

// exitFor is the exit code of an answer. What does not fit the contract is wrong usage, whoever finds it.
func exitFor(status int, code string) int {
	if code == "API_VALIDATION_FAILED" {
		return ExitUsage
	}
	switch status {
	case http.StatusNotFound, http.StatusGone:
		return ExitNotFound
	case http.StatusUnauthorized, http.StatusForbidden:
		return ExitDenied
	case http.StatusConflict, http.StatusPreconditionFailed:
		return ExitConflict
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return ExitUnavailable
	default:
		return ExitFailure
	}
}

func (m *Main) tokenCmd() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "token", Short: "Get an access token and print it",
		Long:    "Token exchanges AIRSIDE_CLIENT_ID and AIRSIDE_CLIENT_SECRET for an access token. Reuse it until it\nexpires: token requests are limited.",
		Example: "  export AIRSIDE_TOKEN=$(airside token)\n  airside token --json | jq .expires_in",
		Args:    cobra.NoArgs,
	}
	base := remoteFlag(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the answer with type and lifetime (seconds)")
	cmd.RunE = runs(func(cmd *cobra.Command, _ []string) error {
		r, err := m.remote(*base)
		if err != nil {
			return err
		}
		got, err := r.grant(cmd.Context())
		if err != nil {
			return err
		}
		if asJSON {
			return printJSON(m.Stdout, got)
		}
		fmt.Fprintln(m.Stdout, got.AccessToken)
		return nil
	})
	return cmd
}
