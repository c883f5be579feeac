// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/jsondoc"
)

// checkEmail honours the company feature RESTRICTED_EMAIL_DOMAINS for employees, who have corporate
// addresses; guests have their own. CHOICE: the value "true" admits the company's emailDomains; any other value
// but "false" is a list of domains, as a JSON array or separated by commas.
func (s *Service) checkEmail(ctx context.Context, p *person, old *jsondoc.Object) error {
	address, pointer := p.email()
	before, _ := (&person{doc: old}).email()
	if address == "" || address == before || p.doc.String("persona") != "EMPLOYEE" {
		return nil
	}
	value, err := s.Feature(ctx, p.rec.Parent, "RESTRICTED_EMAIL_DOMAINS")
	if err != nil {
		return err
	}
	domains := restriction(value)
	if value == "true" {
		raw := p.company.Get("emailDomains")
		if raw != nil {
			if err := json.Unmarshal(raw, &domains); err != nil {
				return err
			}
		}
	}
	if len(domains) == 0 {
		return nil
	}
	_, domain, _ := strings.Cut(address, "@")
	if slices.ContainsFunc(domains, func(d string) bool {
		return strings.EqualFold(strings.TrimPrefix(strings.TrimSpace(d), "@"), domain)
	}) {
		return nil
	}
	return errs.OnField(errs.InvalidEmailDomain, pointer, "emailDomain",
		"the company admits addresses of certain domains only").Allow(domains...)
}

func restriction(value string) []string {
	var list []string
	switch value = strings.TrimSpace(value); {
	case value == "" || value == "true" || value == "false":
		return nil
	case json.Unmarshal([]byte(value), &list) == nil:
		return list
	}
	return strings.Split(value, ",")
}
