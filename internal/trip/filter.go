// SPDX-License-Identifier: Apache-2.0

package trip

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store"
)

// filter is one of TripFilters: filterType says which of the other members it has. Values inside are
// alternatives; an empty list of them keeps nothing.
type filter struct {
	Type        string   `json:"filterType"`
	Users       []ref    `json:"userIds"`
	Trips       []string `json:"tripIds"`
	Companies   []ref    `json:"companyIds"`
	Types       []string `json:"tripTypes"`
	Travel      []string `json:"travelTypes"`
	Policy      []string `json:"policyStatuses"`
	Overall     []string `json:"overallStatuses"`
	StartDate   *iso     `json:"startDate"`
	EndDate     *iso     `json:"endDate"`
	StartMoment *iso     `json:"startDateTime"`
	EndMoment   *iso     `json:"endDateTime"`
}

// ListBody is schema GetTripSummariesV3Request.
type ListBody struct {
	Page struct {
		Offset int  `json:"offset"`
		Limit  *int `json:"limit"`
	} `json:"paginationRequestParams"`
	Summaries bool     `json:"includePnrSummaries"`
	Filters   []filter `json:"tripFilters"`
	Sort      []struct {
		Field string `json:"sortField"`
		Order string `json:"sortOrder"`
	} `json:"sortOptions"`
}

// match reports whether a trip passes all filters. now is the tenant's time, cards the PNRs the
// caller may see.
func (b *ListBody) match(f *folder, cards []card, now time.Time) bool {
	for i := range b.Filters {
		if !b.Filters[i].match(f, cards, now) {
			return false
		}
	}
	return true
}

func (p *filter) match(f *folder, cards []card, now time.Time) bool {
	switch p.Type {
	case "TRIP_USER_ID_FILTER":
		return slices.Contains(p.Users, ref{f.User})
	case "TRIP_ID_FILTER":
		return slices.Contains(p.Trips, f.ID)
	case "COMPANY_ID_FILTER":
		return slices.Contains(p.Companies, ref{f.Company})
	case "TRIP_TYPE_FILTER":
		types := f.types(cards, now.Format(time.DateOnly))
		return slices.ContainsFunc(p.Types, func(t string) bool { return slices.Contains(types, t) })
	case "TRIP_TRAVEL_TYPE_FILTER":
		return slices.ContainsFunc(cards, func(c card) bool {
			return slices.Contains(p.Travel, "ALL") || slices.Contains(p.Travel, c.Product)
		})
	case "POLICY_STATUS_FILTER":
		return slices.Contains(p.Policy, policyStatus(cards))
	case "OVERALL_STATUS_FILTER":
		return slices.Contains(p.Overall, overall(cards))
	case "TRIP_START_DATE_RANGE_FILTER":
		return between(f.Start, p.StartDate, p.EndDate)
	case "TRIP_END_DATE_RANGE_FILTER":
		return between(f.End, p.StartDate, p.EndDate)
	case "CREATE_DATE_TIME_RANGE_FILTER":
		return within(f.CreatedAt, p.StartMoment, p.EndMoment)
	case "UPDATE_DATE_TIME_RANGE_FILTER":
		return within(f.UpdatedAt, p.StartMoment, p.EndMoment)
	}
	return false
}

// between is a range of days, both included, either end open. A trip without the date is in no range
// that has an end.
func between(date string, from, to *iso) bool {
	if from != nil && (date == "" || date < from.ISO8601) {
		return false
	}
	return to == nil || (date != "" && date <= to.ISO8601)
}

func within(t time.Time, from, to *iso) bool {
	if from != nil && t.Before(from.moment()) {
		return false
	}
	return to == nil || !t.After(to.moment())
}

// moment reads a DateTimeOffset, which may leave the seconds out; check has seen that it can be read.
func (v iso) moment() time.Time {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00"} {
		if t, err := time.Parse(layout, v.ISO8601); err == nil {
			return t
		}
	}
	return time.Time{}
}

// check refuses what the contract's patterns let through: moments that do not exist, ranges that end
// before they begin, and pages that cannot be.
func (b *ListBody) check() error {
	if b.Page.Offset < 0 {
		return errs.Invalidf("/paginationRequestParams/offset", "minimum", "offset counts from 0; got %d", b.Page.Offset)
	}
	if b.Page.Limit != nil && *b.Page.Limit < 1 {
		return errs.Invalidf("/paginationRequestParams/limit", "minimum", "limit is at least 1; got %d", *b.Page.Limit)
	}
	for i := range b.Filters {
		p := &b.Filters[i]
		at := "/tripFilters/" + strconv.Itoa(i)
		for _, m := range []struct {
			name string
			v    *iso
		}{{"startDateTime", p.StartMoment}, {"endDateTime", p.EndMoment}} {
			if m.v != nil && m.v.moment().IsZero() {
				return errs.Invalidf(at+"/"+m.name+"/iso8601", "format", "%q is not a moment in time", m.v.ISO8601)
			}
		}
		if p.StartDate != nil && p.EndDate != nil && p.EndDate.ISO8601 < p.StartDate.ISO8601 ||
			p.StartMoment != nil && p.EndMoment != nil && p.EndMoment.moment().Before(p.StartMoment.moment()) {
			return errs.Invalidf(at, "order", "the range ends before it begins")
		}
	}
	return nil
}

// ids are the trips that a list can have at most, nil when no filter names any.
func (b *ListBody) ids() []string {
	for i := range b.Filters {
		if p := &b.Filters[i]; p.Type == "TRIP_ID_FILTER" {
			return append([]string{}, p.Trips...)
		}
	}
	return nil
}

// changed reports whether a trip passes the filters on its times, before it is opened: jobs that poll
// for changes ask for few of many.
func (b *ListBody) changed(r *store.Record) bool {
	for i := range b.Filters {
		p := &b.Filters[i]
		if p.Type == "CREATE_DATE_TIME_RANGE_FILTER" && !within(r.CreatedAt, p.StartMoment, p.EndMoment) ||
			p.Type == "UPDATE_DATE_TIME_RANGE_FILTER" && !within(r.UpdatedAt, p.StartMoment, p.EndMoment) {
			return false
		}
	}
	return true
}

// page cuts a page; limits above 100 are cut to 100, which is also the default.
func (b *ListBody) page(all []listed) []listed {
	limit := 100
	if b.Page.Limit != nil {
		limit = min(*b.Page.Limit, limit)
	}
	start := min(b.Page.Offset, len(all))
	return all[start:min(start+limit, len(all))]
}

// order sorts by the options given, else by start date, the newest first; ties by trip id. Trips
// without the date come last in either direction.
func (b *ListBody) order(all []listed) {
	slices.SortFunc(all, func(x, y listed) int {
		for _, o := range b.Sort {
			if c := byDate(x.date(o.Field), y.date(o.Field), o.Order == "DESC"); c != 0 {
				return c
			}
		}
		if len(b.Sort) == 0 {
			if c := byDate(x.Start, y.Start, true); c != 0 {
				return c
			}
		}
		return strings.Compare(x.ID, y.ID)
	})
}

func byDate(x, y string, descending bool) int {
	if x == "" || y == "" || !descending {
		if (x == "") != (y == "") {
			x, y = y, x
		}
		return strings.Compare(x, y)
	}
	return strings.Compare(y, x)
}

func policyStatus(cards []card) string {
	if slices.ContainsFunc(cards, func(c card) bool { return c.OutOfPolicy }) {
		return "OUT_OF_POLICY"
	}
	return "IN_POLICY"
}

// scope is where a list looks for trips.
type scope struct {
	company string               // all trips of a company
	users   []string             // or those of persons
	keep    func(f *folder) bool // nil keeps all
}

// listed is a trip on a list with the PNRs the caller may see.
type listed struct {
	*folder
	cards []card
}

func (l listed) date(field string) string {
	if field == "END_DATE" {
		return l.End
	}
	return l.Start
}

// find reads the trips of a scope that pass the filters, in order.
func (s *Service) find(ctx context.Context, sc scope, b *ListBody) ([]listed, error) {
	if err := b.check(); err != nil {
		return nil, err
	}
	folders, err := s.folders(ctx, sc, b)
	if err != nil {
		return nil, err
	}
	var out []listed
	now := s.now(ctx)
	for _, f := range folders {
		if cards := f.visible(ctx); b.match(f, cards, now) {
			out = append(out, listed{f, cards})
		}
	}
	b.order(out)
	return out, nil
}
