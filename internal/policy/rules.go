// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/airside-travel/airside/internal/jsondoc"
)

// Rules is a policy with every linked value replaced by the one it stands for.
type Rules struct {
	ID, Name, Type string
	Version        int64
	Currency       string // ISO 4217; amounts are compared in it

	air                   airRules
	common                commonRules
	countries, continents []restriction
	universal             map[string]universalRule

	inPolicy, outOfPolicy, outOfPolicyAgent []approvalInfo
	agentOverride                           bool
}

// universal is schema UniversalRule as it is read.
type universal struct {
	Type  string `json:"ruleType"`
	Value struct {
		Linked bool                       `json:"isLinked"`
		Props  map[string]json.RawMessage `json:"universalProps"`
	} `json:"policyValue"`
	Action action `json:"action"`
}

// action is schema Action: preventBooking is the only kind there is.
type action struct {
	Prevent struct {
		Prevent bool   `json:"prevent"`
		Reason  string `json:"reason"`
	} `json:"preventBooking"`
}

// universalRule is a rule with its value. The values of different kinds of rule share no member.
type universalRule struct {
	cabins   []string
	days     int
	keywords []keyword
	sound    bool // the rule has a value, and it could be read
	action   action
}

type keyword struct{ Keyword, AirlineCode string }

// restriction is one entry of the rules about places.
type restriction struct {
	within bool // all must happen in places of this kind; else nobody may land in this one
	code   string
}

type amount struct {
	Amount   json.Number `json:"amount"`
	Currency string      `json:"currencyCode"`
}

// span is Int32Range: both ends count, either may be missing.
type span struct{ Min, Max *int }

func (r span) has(n int) bool {
	return (r.Min == nil || n >= *r.Min) && (r.Max == nil || n <= *r.Max)
}

// airRules is schema AirPolicyRules with the values the rules have; nil and empty mean no rule.
type airRules struct {
	Airlines  *struct{ AirlineCodes []string }  `json:"restrictedAirlines"`
	Aircraft  *struct{ AirCraftCodes []string } `json:"restrictedAirCrafts"`
	MaxByTime *struct {
		List []struct {
			Max      amount `json:"maxPrice"`
			Duration span   `json:"durationRange"`
		} `json:"maxPricePerDurationList"`
		Tax bool `json:"isTaxIncluded"`
	} `json:"maxFlightBookingPriceByDuration"`
	MaxDomestic      *maxPrice                   `json:"maxFlightBookingPriceDomestic"`
	MaxInternational *maxPrice                   `json:"maxFlightBookingPriceInternational"`
	OverMedian       *struct{ Percentage int64 } `json:"differenceBetweenFlightFareAndMedianFare"`
	LLF              *llfFilter                  `json:"lowestLogicalFare"`
	Upgrade          *struct{ IsAllowed bool }   `json:"flightCabinUpgrade"`
	Advance          *advance                    `json:"flightAdvanceBookingWindow"`
	Refundable       *struct{ Type string }      `json:"flightTicketsRefundable"`
	Changeable       *struct{ Type string }      `json:"flightTicketsChangeable"`
	CabinDomestic    *cabinByTime                `json:"highestFlightCabinByDurationDomestic"`
	CabinAbroad      *cabinByTime                `json:"highestFlightCabinByDurationInternational"`
	Overnight        *overnight                  `json:"highestFlightCabinOvernight"`
	CO2              *struct{ Emission float64 } `json:"co2EmissionPerPassengerPerKm"`
}

type advance struct {
	Days int `json:"numDaysInAdvance"`
}

type maxPrice struct {
	Type       string // MINIMUM, MEDIAN, LOWEST_LOGICAL_FARE
	Sign       string // MORE, LESS
	Difference struct {
		Money      *amount
		Percentage json.Number
	}
	Tax *bool `json:"isTaxIncluded"` // true unless said otherwise
}

type cabinByTime struct {
	List []struct {
		Cabin    string
		Duration span `json:"durationRange"`
	} `json:"highestCabinForDurationList"`
}

type overnight struct {
	Cabin string
	Night *struct {
		Start    timeOfDay `json:"nightTimeStart"`
		End      timeOfDay `json:"nightTimeEnd"`
		Overlap  int       `json:"nightTimeOverlapMinutes"`
		Layovers bool      `json:"includeLayover"`
	} `json:"overnightTimeParams"`
}

type timeOfDay struct {
	ISO string `json:"iso8601"`
}

// minutes since midnight; the contract has checked hh:mm.
func (t timeOfDay) minutes() int {
	var h, m int
	if _, err := fmt.Sscanf(t.ISO, "%d:%d", &h, &m); err != nil {
		return 0
	}
	return h*60 + m
}

type llfFilter struct {
	LayoverDomestic  *int   `json:"maxLayoverDurationMinutesDomestic"`
	LayoverAbroad    *int   `json:"maxLayoverDurationMinutesInternational"`
	WindowDomestic   *int   `json:"flightTimeWindowMinutesDomestic"`
	WindowAbroad     *int   `json:"flightTimeWindowMinutesInternational"`
	Stops            string `json:"maxNumberOfStops"`
	ConnectionChange string `json:"airportConnectionChanges"`
	Carrier          *struct {
		Type     string
		Airlines []string
	} `json:"carrier"`
}

type commonRules struct {
	Continents *struct {
		Restrictions []struct {
			Type string
			Code string `json:"continentCode"`
		}
	} `json:"restrictedContinents"`
	Countries *struct {
		Restrictions []struct {
			Type string
			Code string `json:"countryCode"`
		}
	} `json:"restrictedCountries"`
}

// resolve reads the first policy of a chain and takes what it links from those behind it. A rule that the
// first one leaves out is no rule, whatever stands behind it (description of createPolicy).
func resolve(chain []*jsondoc.Object, companyCurrency string) (*Rules, error) {
	top := chain[0]
	r := &Rules{
		ID: top.String("id"), Name: top.String("name"), Type: top.String("type"), Version: number(top, "version"),
		Currency: companyCurrency, universal: map[string]universalRule{},
		agentOverride: string(top.Get("enableAgentActionOverride")) == "true",
	}
	if own, ok := follow(chain, func(d *jsondoc.Object) *jsondoc.Object { return d.Object("currency") }); ok {
		r.Currency = own.String("currencyCode")
	}
	for _, group := range []struct {
		name string
		into any
	}{{"airPolicyRules", &r.air}, {"commonPolicyRules", &r.common}} {
		values := jsondoc.New()
		for _, rule := range top.Object(group.name).Keys() {
			v, ok := follow(chain, func(d *jsondoc.Object) *jsondoc.Object { return d.Object(group.name).Object(rule) })
			if !ok {
				continue
			}
			for _, member := range v.Keys() {
				if strings.HasSuffix(strings.ToLower(member), "props") {
					values.SetRaw(rule, v.Get(member))
				}
			}
		}
		if err := json.Unmarshal(values.Bytes(), group.into); err != nil {
			return nil, fmt.Errorf("%s of policy %s: %w", group.name, r.ID, err)
		}
	}
	if c := r.common.Countries; c != nil {
		for _, e := range c.Restrictions {
			r.countries = append(r.countries, restriction{strings.HasPrefix(e.Type, "ALLOW"), e.Code})
		}
	}
	if c := r.common.Continents; c != nil {
		for _, e := range c.Restrictions {
			r.continents = append(r.continents, restriction{strings.HasPrefix(e.Type, "ALLOW"), e.Code})
		}
	}
	if err := r.resolveUniversal(chain); err != nil {
		return nil, err
	}
	return r, r.readApprovals(top)
}

// follow goes up the chain past linked values; false when it ends at nothing.
func follow(chain []*jsondoc.Object, pick func(*jsondoc.Object) *jsondoc.Object) (*jsondoc.Object, bool) {
	for _, d := range chain {
		v := pick(d)
		if string(v.Get("isLinked")) != "true" {
			return v, len(v.Keys()) > 0
		}
	}
	return nil, false
}

func (r *Rules) resolveUniversal(chain []*jsondoc.Object) error {
	lists := make([]map[string]universal, len(chain))
	for i, d := range chain {
		var list []universal
		if d.Has("rules") {
			if err := json.Unmarshal(d.Get("rules"), &list); err != nil {
				return fmt.Errorf("rules of policy %s: %w", d.String("id"), err)
			}
		}
		lists[i] = map[string]universal{}
		for _, u := range list {
			lists[i][u.Type] = u
		}
	}
	for name, u := range lists[0] {
		for _, up := range lists {
			v, ok := up[name]
			if !ok {
				break
			}
			if v.Value.Linked {
				continue
			}
			r.universal[name] = readUniversal(v.Value.Props[propsOf(name)], u.Action)
			break
		}
	}
	return nil
}

func readUniversal(props json.RawMessage, a action) universalRule {
	var value struct {
		Cabins   []string
		Days     int       `json:"numDaysInAdvance"`
		Keywords []keyword `json:"restrictedKeywords"`
	}
	sound := len(props) > 0 && json.Unmarshal(props, &value) == nil
	return universalRule{value.Cabins, value.Days, value.Keywords, sound, a}
}

func (r *Rules) readApprovals(doc *jsondoc.Object) error {
	for _, list := range []struct {
		member string
		former string // the deprecated single value
		into   *[]approvalInfo
	}{
		{"inPolicyApprovalInfos", "inPolicyApprovalInfo", &r.inPolicy},
		{"outOfPolicyApprovalInfos", "outOfPolicyApprovalInfo", &r.outOfPolicy},
		{"outOfPolicyAgentApprovalInfos", "", &r.outOfPolicyAgent},
	} {
		if raw := doc.Get(list.member); raw != nil {
			if err := json.Unmarshal(raw, list.into); err != nil {
				return fmt.Errorf("%s of policy %s: %w", list.member, r.ID, err)
			}
		} else if raw := doc.Get(list.former); raw != nil {
			*list.into = make([]approvalInfo, 1)
			if err := json.Unmarshal(raw, &(*list.into)[0]); err != nil {
				return fmt.Errorf("%s of policy %s: %w", list.former, r.ID, err)
			}
		}
		for i := range *list.into {
			a := &(*list.into)[i]
			a.approvers = append(idsOf(a.Designated), idsOf(a.Defaults)...)
		}
	}
	return nil
}
