// SPDX-License-Identifier: Apache-2.0

package hrfeed

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"

	"github.com/airside-travel/airside/client"
)

// errNobody says that a person is not there (yet).
var errNobody = errors.New("nobody of the company has this employee id or e-mail")

// errNothing says that a legal entity, office and so on does not exist.
var errNothing = errors.New("the company has nothing with this id, external id or name")

// lookup finds what cells refer to. Answers are remembered for the run, except that of nobody.
type lookup struct {
	api     *client.Client
	company string

	mu     sync.Mutex
	lists  map[string]map[string]string // by field: names in lower case and ids, to ids
	people map[string]string            // employee ids and e-mails in lower case, to ids
}

func newLookup(api *client.Client, company string) *lookup {
	return &lookup{api: api, company: company, lists: map[string]map[string]string{}, people: map[string]string{}}
}

// lists are the operations that list what a field refers to, and those that find one by external id.
type listing struct{ operation, external string }

func listings() map[string]listing {
	return map[string]listing{
		"legalEntity": {"listLegalEntities", "listLegalEntities"},
		"office":      {"listOfficesV2", ""},
		"department":  {"listDepartmentsV3", "listDepartments"},
		"costCenter":  {"listCostCentersV3", "listCostCenters"},
		"grade":       {"listGrades", ""},
	}
}

// named finds something of the company by id, external id or name, in that order.
func (l *lookup) named(ctx context.Context, field, text string) (string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	known := l.lists[field]
	if known == nil {
		known = map[string]string{}
		params := client.Params{"companyId": {l.company}}
		for raw, err := range l.api.Pages(ctx, listings()[field].operation, params, nil) {
			if err != nil {
				return "", err
			}
			var one struct{ ID, Name, ExternalID string }
			if err := json.Unmarshal(raw, &one); err != nil {
				return "", err
			}
			known["id "+strings.ToLower(one.ID)] = one.ID
			if one.ExternalID != "" {
				known["external "+one.ExternalID] = one.ID
			}
			if key := "name " + strings.ToLower(one.Name); known[key] == "" {
				known[key] = one.ID
			}
		}
		l.lists[field] = known
	}
	if id := known["id "+strings.ToLower(text)]; id != "" {
		return id, nil
	}
	external, asked := known["external "+text]
	if by := listings()[field].external; !asked && by != "" {
		var found struct{ Elements []struct{ ID string } }
		if err := l.api.Call(ctx, by, client.Params{"companyId": {l.company}, "externalId": {text}}, nil, &found); err != nil {
			return "", err
		}
		if len(found.Elements) > 0 {
			external = found.Elements[0].ID
		}
		known["external "+text] = external
	}
	if external != "" {
		return external, nil
	}
	if id := known["name "+strings.ToLower(text)]; id != "" {
		return id, nil
	}
	return "", errNothing
}

// only is the one thing of a kind when the company has exactly one.
func (l *lookup) only(ctx context.Context, field string) string {
	if _, err := l.named(ctx, field, ""); err != nil && !errors.Is(err, errNothing) {
		return ""
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	one := ""
	for key, id := range l.lists[field] {
		if strings.HasPrefix(key, "id ") {
			if one != "" {
				return ""
			}
			one = id
		}
	}
	return one
}

// summary is a user as queryUser answers it.
type summary struct {
	ID     string `json:"id"`
	Active bool   `json:"isActive"`
}

// user finds one by employee id or by e-mail; an active one before an inactive one. errNobody.
func (l *lookup) user(ctx context.Context, parameter, text string) (summary, error) {
	var found struct{ Elements []summary }
	err := l.api.Call(ctx, "queryUser", client.Params{"companyId": {l.company}, parameter: {text}, "includeInactive": {"true"}}, nil, &found)
	if err != nil {
		return summary{}, err
	}
	for _, u := range found.Elements {
		if u.Active {
			return u, nil
		}
	}
	if n := len(found.Elements); n > 0 {
		return found.Elements[n-1], nil
	}
	return summary{}, errNobody
}

// person finds a manager by employee id, e-mail or user id. errNobody.
func (l *lookup) person(ctx context.Context, text string) (string, error) {
	key := strings.ToLower(text)
	l.mu.Lock()
	id := l.people[key]
	l.mu.Unlock()
	if id != "" {
		return id, nil
	}
	parameter := "employeeId"
	if strings.Contains(text, "@") {
		parameter = "email"
	}
	u, err := l.user(ctx, parameter, text)
	if errors.Is(err, errNobody) && isUUID(text) {
		return key, nil
	}
	if err != nil {
		return "", err
	}
	l.mu.Lock()
	l.people[key] = u.ID
	l.mu.Unlock()
	return u.ID, nil
}

// imagine makes a person known whom a dry run would have created.
func (l *lookup) imagine(keys ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, key := range keys {
		if key != "" {
			l.people[strings.ToLower(key)] = "00000000-0000-0000-0000-000000000000"
		}
	}
}

func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, c := range s {
		if dash := i == 8 || i == 13 || i == 18 || i == 23; dash != (c == '-') || !dash && !strings.ContainsRune("0123456789abcdefABCDEF", c) {
			return false
		}
	}
	return true
}
