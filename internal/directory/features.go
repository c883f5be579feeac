// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"

	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/jsondoc"
)

// FeaturesIn is the input of getCompanyFeatures. CHOICE: what is set for an application or a role of the
// company is a layer above what is set for the company.
type FeaturesIn struct {
	CompanyID     string `path:"companyId"`
	ApplicationID string `header:"X-Application-Id"`
	Role          string `query:"companyRole"`
}

// PatchFeaturesIn is the input of updateCompanyFeaturesPatch.
type PatchFeaturesIn struct {
	CompanyID     string        `path:"companyId"`
	ApplicationID string        `header:"X-Application-Id"`
	Role          string        `query:"companyRole"`
	Patch         featuresPatch `body:"json"`
}

type featuresPatch struct {
	Update []struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	} `json:"featuresToUpdate"`
	Delete []string `json:"featuresToDelete"`
}

// FeatureList is FeatureConfigs.
type FeatureList struct {
	Length   int             `json:"length"`
	Features []FeatureConfig `json:"features"`
}

// FeatureConfig is one feature with its value, always as text.
type FeatureConfig struct {
	Name    string `json:"name"`
	Enabled bool   `json:"enabled"` // former switch: false for the value "false" alone
	Type    string `json:"valueType"`
	Value   string `json:"value"`
}

// layer names the document that holds the values for a role and an application.
func layer(role, application string) string {
	if application == "" {
		return role
	}
	return role + "@" + application
}

// featureValues are the values that were set in one layer.
func (s *Service) featureValues(ctx context.Context, companyID, layer string) (map[string]string, error) {
	raw, err := s.settings.features.Get(ctx, companyID, layer)
	if err != nil {
		return nil, err
	}
	set := map[string]string{}
	return set, json.Unmarshal(raw, &set)
}

// GetFeatures answers every feature with its value, defaults included.
func (s *Service) GetFeatures(ctx context.Context, in FeaturesIn) (FeatureList, error) {
	if err := s.open(ctx, in.CompanyID); err != nil {
		return FeatureList{}, err
	}
	values := map[string]string{}
	for _, l := range []string{"", layer(in.Role, ""), layer(in.Role, in.ApplicationID)} {
		set, err := s.featureValues(ctx, in.CompanyID, l)
		if err != nil {
			return FeatureList{}, err
		}
		maps.Copy(values, set)
	}
	out := FeatureList{Features: []FeatureConfig{}}
	for _, f := range features() {
		value, set := values[f.name]
		if !set {
			value = f.preset
		}
		out.Features = append(out.Features, FeatureConfig{f.name, value != "false", f.kind, value})
	}
	out.Length = len(out.Features)
	return out, nil
}

// PatchFeatures sets the features named and resets those to delete; all others stay. A value must fit
// the type of its feature.
func (s *Service) PatchFeatures(ctx context.Context, in PatchFeaturesIn) (struct{}, error) {
	if err := s.open(ctx, in.CompanyID); err != nil {
		return struct{}{}, err
	}
	l := layer(in.Role, in.ApplicationID)
	raw, err := s.settings.features.Get(ctx, in.CompanyID, l)
	if err != nil {
		return struct{}{}, err
	}
	doc, err := jsondoc.Parse(raw)
	if err != nil {
		return struct{}{}, err
	}
	for i, u := range in.Patch.Update {
		if err := fits(u.Name, u.Value); err != nil {
			return struct{}{}, errs.Invalidf(fmt.Sprintf("/featuresToUpdate/%d/value", i), "type", "%s %s", u.Name, err)
		}
		doc.Set(u.Name, u.Value)
	}
	for _, name := range in.Patch.Delete {
		doc.Delete(name)
	}
	return struct{}{}, s.settings.features.Put(ctx, in.CompanyID, l, doc.Bytes())
}

// fits says what is wrong with a value of a feature.
func fits(name, value string) error {
	ok, wanted := true, ""
	switch featureNamed(name).kind {
	case featureBool:
		ok, wanted = value == "true" || value == "false", "true or false"
	case featureJSON:
		ok, wanted = json.Valid([]byte(value)), "a JSON document"
	}
	if ok {
		return nil
	}
	return fmt.Errorf("takes %s", wanted)
}

// Feature is the value of a feature for the company, its default when it was not set.
func (s *Service) Feature(ctx context.Context, companyID, name string) (string, error) {
	values, err := s.Features(ctx, companyID, name)
	if err != nil {
		return "", err
	}
	return values[0], nil
}

// Features are the values of several features, in the order asked for.
func (s *Service) Features(ctx context.Context, companyID string, names ...string) ([]string, error) {
	set, err := s.featureValues(ctx, companyID, "")
	if err != nil {
		return nil, err
	}
	out := make([]string, len(names))
	for i, name := range names {
		value, ok := set[name]
		if !ok {
			value = featureNamed(name).preset
		}
		out[i] = value
	}
	return out, nil
}
