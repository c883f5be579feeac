// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// created is what looking a creation up needs of its body.
type created struct {
	ExternalID string `json:"externalId"`
	Business   struct {
		Organization struct{ ID string } `json:"organizationRef"`
	} `json:"businessInfo"`
}

// finders are the creations whose list takes an external id (documents of companies and users). Trips, PNRs
// and all others have none: of those nothing can be known.
//
//nolint:gochecknoglobals // constant table
var finders = map[string]func(b created) url.Values{
	"createCompany":     byExternalID,
	"createLegalEntity": byExternalID,
	"createCostCenter":  byExternalID,
	"createDepartment":  byExternalID,
	"createOffice":      byExternalID,
	"createUser": func(b created) url.Values {
		v := byExternalID(b)
		v.Set("companyId", b.Business.Organization.ID)
		return v
	},
}

func byExternalID(b created) url.Values { return url.Values{"externalId": {b.ExternalID}} }

// errNoFinder says that a creation cannot be found again.
var errNoFinder = errors.New("what this operation creates cannot be found again by an external id")

// Lookup finds what a creation of unknown outcome left behind: the body its answer would have had. Nil when
// nothing is there. An error when that cannot be found out.
func (c *Client) Lookup(ctx context.Context, operation, path string, body []byte) ([]byte, error) {
	query := finders[operation]
	var b created
	if query == nil || json.Unmarshal(body, &b) != nil {
		return nil, errNoFinder
	}
	if b.ExternalID == "" {
		return nil, errNoFinder
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.env.BaseURL+path+"?"+query(b).Encode(), nil)
	if err != nil {
		return nil, fmt.Errorf("make the request: %w", err)
	}
	resp, err := c.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return nil, c.fail(ErrUnavailable, "the answer broke off", err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, &Error{Kind: ErrUnavailable, Environment: c.env.Name, Op: "lookup", Status: resp.StatusCode}
	}
	var list struct {
		Elements []struct {
			ID string `json:"id"`
		} `json:"elements"`
	}
	if json.Unmarshal(answer, &list) != nil {
		return nil, c.fail(ErrUnavailable, "the answer is no list", nil)
	}
	if len(list.Elements) == 0 || list.Elements[0].ID == "" {
		return nil, nil
	}
	return json.Marshal(list.Elements[0])
}
