// SPDX-License-Identifier: Apache-2.0

package air

import (
	"context"
	"encoding/json"
)

// ssrDef is one special service an airline can be asked for (IATA four-letter codes).
type ssrDef struct {
	Code, Category, Sub string
	Mandatory, Allowed  bool // free text
}

var ssrTable = [...]ssrDef{ //nolint:gochecknoglobals // constant table
	{"BSCT", "BASSINET", "Bassinet", false, false},
	{"WCHR", "SPECIAL_ASSISTANCE_WHEELCHAIR", "Wheelchair to the gate, can climb stairs", false, true},
	{"WCHS", "SPECIAL_ASSISTANCE_WHEELCHAIR", "Wheelchair to the aircraft, cannot climb stairs", false, true},
	{"WCHC", "SPECIAL_ASSISTANCE_WHEELCHAIR", "Wheelchair to the seat", false, true},
	{"WCMP", "SPECIAL_ASSISTANCE_WHEELCHAIR", "Own manual wheelchair", true, true},
	{"WCBD", "SPECIAL_ASSISTANCE_WHEELCHAIR", "Own wheelchair, dry battery", true, true},
	{"WCBW", "SPECIAL_ASSISTANCE_WHEELCHAIR", "Own wheelchair, wet battery", true, true},
	{"WCLB", "SPECIAL_ASSISTANCE_WHEELCHAIR", "Own wheelchair, lithium battery", true, true},
	{"BLND", "SPECIAL_ASSISTANCE_DISABILITY", "Blind traveler", false, true},
	{"DEAF", "SPECIAL_ASSISTANCE_DISABILITY", "Deaf traveler", false, true},
	{"DPNA", "SPECIAL_ASSISTANCE_DISABILITY", "Intellectual or developmental disability", false, true},
	{"MAAS", "MEET_AND_ASSIST", "Meet and assist", true, true},
	{"UMNR", "UNACCOMPANIED_MINOR", "Child travelling alone", true, true},
	{"PETC", "PETS", "Pet in the cabin", true, true},
	{"AVIH", "PETS", "Animal in the hold", true, true},
	{"SVAN", "PETS", "Service animal", true, true},
	{"SPEQ", "BAGGAGE", "Sports equipment", true, true},
	{"BULK", "BAGGAGE", "Bulky baggage", true, true},
	{"BIKE", "BAGGAGE", "Bicycle", false, true},
	{"CBBG", "BAGGAGE", "Cabin baggage on a seat of its own", true, true},
	{"AVML", "MEAL", "Vegetarian Hindu meal", false, false},
	{"BBML", "MEAL", "Baby meal", false, false},
	{"CHML", "MEAL", "Child meal", false, false},
	{"DBML", "MEAL", "Diabetic meal", false, false},
	{"FPML", "MEAL", "Fruit platter", false, false},
	{"GFML", "MEAL", "Gluten-free meal", false, false},
	{"HNML", "MEAL", "Hindu meal", false, false},
	{"KSML", "MEAL", "Kosher meal", false, false},
	{"LCML", "MEAL", "Low-calorie meal", false, false},
	{"LFML", "MEAL", "Low-fat meal", false, false},
	{"LSML", "MEAL", "Low-salt meal", false, false},
	{"MOML", "MEAL", "Halal meal", false, false},
	{"NLML", "MEAL", "Lactose-free meal", false, false},
	{"SPML", "MEAL", "Other special meal", true, true},
	{"VGML", "MEAL", "Vegan meal", false, false},
	{"VLML", "MEAL", "Vegetarian meal with milk and eggs", false, false},
	{"EXST", "OTHERS", "Extra seat", true, true},
	{"MEDA", "OTHERS", "Medical case", true, true},
	{"OTHS", "OTHERS", "Other request", true, true},
}

func ssrByCode(code string) (ssrDef, bool) {
	for _, d := range ssrTable {
		if d.Code == code {
			return d, true
		}
	}
	return ssrDef{}, false
}

// SpecialServiceRequests lists every service.
func (s *Service) SpecialServiceRequests(context.Context, struct{}) (json.RawMessage, error) {
	return ssrList("")
}

// SSRByCategoryIn is the input of getSpecialServiceRequestsFilterByCategory.
type SSRByCategoryIn struct {
	Category string `query:"category"`
}

// SpecialServiceRequestsByCategory lists the services of one category.
func (s *Service) SpecialServiceRequestsByCategory(_ context.Context, in SSRByCategoryIn) (json.RawMessage, error) {
	return ssrList(in.Category)
}

func ssrList(category string) (json.RawMessage, error) {
	list := []doc{}
	for _, d := range ssrTable {
		if category == "" || category == d.Category {
			list = append(list, doc{"code": d.Code, "category": doc{"type": d.Category}, "subCategory": d.Sub,
				"isFreeTextMandatory": d.Mandatory, "isFreeTextAllowed": d.Allowed})
		}
	}
	return encode(doc{"specialServiceRequests": list})
}
