// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"log/slog"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/config"
)

// platform is what serves the API.
type platform interface {
	Start(ctx context.Context) (addr string, err error)
	BaseURL() string
	Close(ctx context.Context) error
	SeedDemo(ctx context.Context) (demo, error)
	CreateTMC(ctx context.Context, name string) (tmc, error)
}

type demo struct{ TMCID, CompanyID, LegalEntityID, UserID, ClientID, ClientSecret string }

type tmc struct{ ID, ClientID, ClientSecret string }

func open(context.Context, config.Config, *slog.Logger) (platform, error) {
	return nil, errors.New("not wired yet")
}

func builtOperations(*contract.Contract) func(id string) bool {
	return func(string) bool { return true }
}
