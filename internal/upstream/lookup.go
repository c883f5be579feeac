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
	"strings"
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
// nothing is there, which has to be certain, because the creation is then sent again: only a list says so. An error when
// it cannot be found out.
func (c *Client) Lookup(ctx context.Context, operation, path string, body []byte) ([]byte, error) {
	query := finders[operation]
	var b created
	if query == nil || json.Unmarshal(body, &b) != nil {
		return nil, errNoFinder
	}
	if b.ExternalID == "" {
		return nil, errNoFinder
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.env.BaseURL+escaped(path)+"?"+query(b).Encode(), nil)
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
	if resp.StatusCode != http.StatusOK || len(resp.Header["Content-Encoding"]) > 0 {
		return nil, &Error{Kind: ErrUnavailable, Environment: c.env.Name, Op: "lookup", Status: resp.StatusCode}
	}
	found, odd := only(answer, b.ExternalID)
	if odd != "" {
		return nil, &Error{Kind: ErrUnavailable, Environment: c.env.Name, Op: "lookup", Detail: odd}
	}
	return found, nil
}

// only reads a list of what has an external id: the one that is there, or nothing. odd says why it is neither.
func only(answer []byte, externalID string) (found []byte, odd string) {
	var list struct {
		Elements *[]struct { // a pointer tells an empty list from none
			ID         string  `json:"id"`
			ExternalID *string `json:"externalId,omitempty"`
		} `json:"elements"`
	}
	if json.Unmarshal(answer, &list) != nil || list.Elements == nil {
		return nil, "the answer is no list"
	}
	all := *list.Elements
	if len(all) == 0 {
		return nil, ""
	}
	one := all[0]
	switch {
	case len(all) > 1:
		return nil, "the list has more than one"
	case one.ID == "":
		return nil, "what is in the list has no id"
	case one.ExternalID != nil && *one.ExternalID != externalID:
		return nil, "what is in the list has another external id"
	}
	found, err := json.Marshal(map[string]string{"id": one.ID})
	if err != nil {
		return nil, "the id cannot be written"
	}
	return found, ""
}

// escaped is a path, whose values were decoded, as it is written in a URL: none of them ends the path or begins a query.
func escaped(path string) string {
	parts := strings.Split(path, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return strings.Join(parts, "/")
}
