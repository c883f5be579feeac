// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"encoding/json"
	"time"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/audit/keeper"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/telemetry"
)

// Mover moves a tenant's clock and performs what falls due (schedule).
type Mover interface {
	MoveTo(ctx context.Context, tenant string, to time.Time) (performed int, err error)
	Apply(ctx context.Context, tenant string, st clock.State) error
	// Refresh shows the clock as it is now, whichever process set it.
	Refresh(ctx context.Context, tenant string) error
}

// Options is what the service is wired with.
type Options struct {
	Contract *contract.Contract
	Clocks   *clock.Tenants
	Mover    Mover
	Keeper   *keeper.Keeper // of the audit trails
	Ring     *telemetry.Ring
	StatusOf func(errs.Kind) int
	Built    func(operation string) bool
	Version  string
	// Ready says why the process cannot serve; empty when it can.
	Ready func(ctx context.Context) []string
}

// Service answers the operations about the running system.
type Service struct{ o Options }

// New makes the service.
func New(o Options) *Service { return &Service{o} }

// GetContract is the merged document.
func (s *Service) GetContract(context.Context, struct{}) (json.RawMessage, error) {
	return s.o.Contract.Document(), nil
}

// Health is HealthStatus.
type Health struct {
	State   string   `json:"status"`
	Version string   `json:"version,omitempty"`
	Reasons []string `json:"reasons,omitempty"`
}

// Status is 503 while unavailable.
func (h Health) Status() int {
	if h.State == "ok" {
		return 200
	}
	return 503
}

// GetHealth says that the process runs.
func (s *Service) GetHealth(context.Context, struct{}) (Health, error) {
	return Health{State: "ok", Version: s.o.Version}, nil
}

// GetReady says whether it can serve, and why not.
func (s *Service) GetReady(ctx context.Context, _ struct{}) (Health, error) {
	if reasons := s.o.Ready(ctx); len(reasons) > 0 {
		return Health{State: "unavailable", Version: s.o.Version, Reasons: reasons}, nil
	}
	return Health{State: "ok", Version: s.o.Version}, nil
}

// OperationEntry is one operation with its policy.
type OperationEntry struct {
	ID        string   `json:"id"`
	Method    string   `json:"method"`
	Path      string   `json:"path"`
	Summary   string   `json:"summary,omitempty"`
	Effect    string   `json:"effect"`
	Scope     string   `json:"scope,omitempty"`
	Roles     []string `json:"roles"`
	Audit     string   `json:"audit"`
	Webhooks  []string `json:"webhooks,omitempty"`
	Extension bool     `json:"extension,omitempty"`
	Built     bool     `json:"built"`
}

// OperationList is all of them.
type OperationList struct {
	Operations []OperationEntry `json:"operations"`
}

// ListOperations lists every operation of the contract.
func (s *Service) ListOperations(context.Context, struct{}) (OperationList, error) {
	var out OperationList
	for _, op := range s.o.Contract.Operations() {
		out.Operations = append(out.Operations, OperationEntry{
			ID: op.ID, Method: op.Method, Path: op.Path, Summary: op.Summary, Effect: string(op.Effect), Scope: op.Scope,
			Roles: append([]string{}, op.Roles...), Audit: string(op.Audit), Webhooks: op.Webhooks, Extension: op.Extension, Built: s.o.Built(op.ID),
		})
	}
	return out, nil
}

// ErrorEntry explains an error code.
type ErrorEntry struct {
	Code       string `json:"code"`
	Status     int    `json:"status"`
	Meaning    string `json:"meaning"`
	Remedy     string `json:"remedy"`
	Retryable  bool   `json:"retryable"`
	Documented bool   `json:"documented"`
}

// ErrorList is the closed list.
type ErrorList struct {
	Errors []ErrorEntry `json:"errors"`
}

// ListErrorCodes lists every code a client can see.
func (s *Service) ListErrorCodes(context.Context, struct{}) (ErrorList, error) {
	var out ErrorList
	for _, i := range errs.Codes() {
		out.Errors = append(out.Errors, s.entry(i))
	}
	return out, nil
}

// ErrorIn names a code.
type ErrorIn struct {
	Code string `path:"code"`
}

// GetErrorCode explains one code. RESOURCE_NOT_FOUND.
func (s *Service) GetErrorCode(_ context.Context, in ErrorIn) (ErrorEntry, error) {
	for _, i := range errs.Codes() {
		if string(i.Code) == in.Code {
			return s.entry(i), nil
		}
	}
	return ErrorEntry{}, errs.Missing("error code", in.Code)
}

func (s *Service) entry(i errs.Info) ErrorEntry {
	return ErrorEntry{
		Code: string(i.Code), Status: s.o.StatusOf(i.Kind), Meaning: i.Meaning, Remedy: i.Fix, Documented: i.Code.Documented(),
		Retryable: i.Kind == errs.Throttled || i.Kind == errs.Unavailable || i.Kind == errs.Internal,
	}
}
