// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/jsondoc"
)

// userGroup is schema UserGroup without the criteria that are not used any more.
type userGroup struct {
	Users           []EntityID `json:"userIds"`
	LegalEntities   []EntityID `json:"legalEntityIds"`
	Offices         []EntityID `json:"officeIds"`
	Departments     []string   `json:"departments"`
	CostCenters     []string   `json:"costCenters"`
	Grades          []string   `json:"grades"`
	PositionTitles  []string   `json:"positionTitles"`
	CountryCodes    []string   `json:"countryCodes"`
	WorkerTypes     []string   `json:"workerTypes"`
	AccountingCodes []string   `json:"accountingCodes"`
}

// match reports whether the group picks the person, and how specific it is: naming the person
// outweighs any number of criteria, which otherwise count. Any value of a criterion is enough, all
// criteria must fit; a criterion without values is none. CHOICE: a group without criteria picks nobody,
// so that a policy half set up does not catch the whole company.
func (g *userGroup) match(p *Person) (specific int, ok bool) {
	for _, c := range []struct {
		values []string
		has    string
		fold   bool
		weight int
	}{
		{idsOf(g.Users), p.ID, false, 100},
		{idsOf(g.LegalEntities), p.LegalEntity, false, 1},
		{idsOf(g.Offices), p.Office, false, 1},
		{g.Departments, p.Department, false, 1},
		{g.CostCenters, p.CostCenter, false, 1},
		{g.Grades, p.Grade, false, 1},
		{g.PositionTitles, p.Title, true, 1},
		{g.CountryCodes, p.Country, true, 1},
		{g.WorkerTypes, p.WorkerType, false, 1},
		{g.AccountingCodes, p.Accounting, false, 1},
	} {
		if len(c.values) == 0 {
			continue
		}
		if c.has == "" || !slices.ContainsFunc(c.values, func(v string) bool { return v == c.has || c.fold && strings.EqualFold(v, c.has) }) {
			return 0, false
		}
		specific += c.weight
	}
	return specific, specific > 0
}

func idsOf(list []EntityID) []string {
	out := make([]string, len(list))
	for i, e := range list {
		out[i] = e.ID
	}
	return out
}

func groupsOf(doc *jsondoc.Object) (groups []userGroup, err error) {
	if !doc.Has("userGroups") {
		return nil, nil
	}
	err = json.Unmarshal(doc.Get("userGroups"), &groups)
	return groups, err
}

// gradesOf lists each grade that user groups name once.
func gradesOf(doc *jsondoc.Object) []string {
	groups, err := groupsOf(doc)
	if err != nil {
		return nil
	}
	var out []string
	for _, g := range groups {
		out = append(out, g.Grades...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// policyRefs are the things of the company that a policy names.
func policyRefs(doc *jsondoc.Object) ([]ref, error) {
	groups, err := groupsOf(doc)
	if err != nil {
		return nil, errs.Invalidf("/userGroups", "type", "must be a list of user groups").Because(err)
	}
	var out []ref
	for i, g := range groups {
		for _, c := range []struct {
			member string
			tail   string
			what   Thing
			ids    []string
		}{
			{"userIds", "/id", User, idsOf(g.Users)},
			{"legalEntityIds", "/id", LegalEntity, idsOf(g.LegalEntities)},
			{"officeIds", "/id", Office, idsOf(g.Offices)},
			{"departments", "", Department, g.Departments},
			{"costCenters", "", CostCenter, g.CostCenters},
			{"grades", "", Grade, g.Grades},
		} {
			for j, id := range c.ids {
				out = append(out, ref{fmt.Sprintf("/userGroups/%d/%s/%d%s", i, c.member, j, c.tail), c.what, id})
			}
		}
	}
	for _, member := range []string{"inPolicyApprovalInfos", "outOfPolicyApprovalInfos", "outOfPolicyAgentApprovalInfos"} {
		if !doc.Has(member) {
			continue
		}
		var infos []approvalInfo
		if err := json.Unmarshal(doc.Get(member), &infos); err != nil {
			return nil, errs.Invalidf("/"+member, "type", "must be a list of approvals").Because(err)
		}
		for i, info := range infos {
			for j, u := range info.Designated {
				out = append(out, ref{fmt.Sprintf("/%s/%d/designatedApprovers/%d/id", member, i, j), User, u.ID})
			}
			for j, u := range info.Defaults {
				out = append(out, ref{fmt.Sprintf("/%s/%d/defaultApprovers/%d/id", member, i, j), User, u.ID})
			}
		}
	}
	return out, nil
}

// approvalInfo is what is read of schema PolicyApprovalInfo.
type approvalInfo struct {
	approvers  []string
	Type       string     `json:"approvalProcessType"`
	Travel     []string   `json:"travelTypes"`
	Designated []EntityID `json:"designatedApprovers"`
	Defaults   []EntityID `json:"defaultApprovers"`
	Conditions []struct {
		Rules []struct {
			Region struct {
				Type string `json:"travelRegionType"`
			} `json:"travelRegionRule"`
		} `json:"rules"`
	} `json:"approvalConditions"`
}
