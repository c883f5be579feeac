// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"encoding/json"

	"github.com/airside-travel/airside/internal/jsondoc"
	"github.com/airside-travel/airside/internal/store"
)

func keepBranding(_ context.Context, d *store.Draft) error {
	keepSecret(d.Doc, d.Old)
	return nil
}

func showBranding(_ context.Context, doc *jsondoc.Object) error {
	hideSecret(doc)
	return nil
}

// GetWhiteLabelConfig answers the branding for one role of the company, the same for all applications.
// RESOURCE_NOT_FOUND while none is stored.
func (s *Service) GetWhiteLabelConfig(ctx context.Context, in RoleIn) (json.RawMessage, error) {
	return s.getSetting(ctx, &s.settings.branding, in.CompanyID, in.Role)
}

// UpdateWhiteLabelConfig replaces it.
func (s *Service) UpdateWhiteLabelConfig(ctx context.Context, in RoleBodyIn) (struct{}, error) {
	return s.putSetting(ctx, &s.settings.branding, in.CompanyID, in.Role, in.Raw)
}

// DeleteWhiteLabelConfig removes it.
func (s *Service) DeleteWhiteLabelConfig(ctx context.Context, in RoleIn) (struct{}, error) {
	return s.deleteSetting(ctx, &s.settings.branding, in.CompanyID, in.Role)
}
