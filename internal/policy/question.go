// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/jsondoc"
	"github.com/airside-travel/airside/internal/store"
)

// fromCompany is the source of options that are made of the company's own data.
const fromCompany = "COMPANY_CONFIG"

// shownOptions is how many generated options a question shows (schema OptionInfo); totalNumOptions counts all.
const shownOptions = 10

func (s *Service) questionCollection() store.Collection {
	return store.Collection{
		Kind: kindQuestion, What: "question", Clocks: s.clocks,
		Prepare:  func(d *store.Draft) { keepOptions(d.Doc) },
		Validate: s.checkQuestion,
	}
}

// optionInfo is what the rules read of schema OptionInfo.
type optionInfo struct {
	Source   string `json:"source"`
	Metadata struct {
		Config struct {
			Param string `json:"optionsParam"`
		} `json:"companyConfig"`
	} `json:"sourceMetadata"`
	Options []option `json:"options"`
}

type option struct {
	Code  string `json:"displayCode"`
	Value string `json:"displayValue,omitempty"`
}

func optionsOf(doc *jsondoc.Object) (info optionInfo, err error) {
	if doc.Has("optionInfo") {
		err = json.Unmarshal(doc.Get("optionInfo"), &info)
	}
	return info, err
}

// keepOptions leaves out what is worked out on reading: the count, and options made of company data.
func keepOptions(doc *jsondoc.Object) {
	info := doc.Object("optionInfo")
	if len(info.Keys()) == 0 {
		return
	}
	info.Delete("totalNumOptions")
	if info.String("source") == fromCompany {
		info.Delete("options")
	}
	doc.Set("optionInfo", info)
}

func (s *Service) checkQuestion(ctx context.Context, d *store.Draft) error {
	if err := sameID(d); err != nil {
		return err
	}
	d.Doc.First("id", d.ID)
	if d.Doc.String("name") == "" {
		return errs.Invalidf("/name", "minLength", "must not be empty")
	}
	info, err := optionsOf(d.Doc)
	if err != nil {
		return errs.Invalidf("/optionInfo", "type", "cannot be read").Because(err)
	}
	if info.Source == fromCompany && info.Metadata.Config.Param == "" {
		return errs.Invalidf("/optionInfo/sourceMetadata", "required", "says which data of the company the options are made of")
	}
	seen := map[string]bool{}
	for i, o := range info.Options {
		if seen[o.Code] {
			return errs.Invalidf(fmt.Sprintf("/optionInfo/options/%d/displayCode", i), "unique", "another option has the code %q", o.Code)
		}
		seen[o.Code] = true
	}
	now, err := questionRefs(d.Doc)
	if err != nil {
		return err
	}
	var before []ref
	if d.Old != nil {
		if before, err = questionRefs(d.Old); err != nil {
			return err
		}
	}
	return s.exist(ctx, d.Parent, now, before)
}

// questionRefs are the things of the company by which a question chooses travelers.
func questionRefs(doc *jsondoc.Object) ([]ref, error) {
	var out []ref
	conditions := doc.Object("matchConditions").Object("travelerConditions")
	for _, c := range []struct {
		member string
		what   Thing
	}{{"legalEntities", LegalEntity}, {"departments", Department}, {"costCenters", CostCenter}, {"offices", Office}} {
		if !conditions.Has(c.member) {
			continue
		}
		var list []EntityID
		if err := json.Unmarshal(conditions.Get(c.member), &list); err != nil {
			return nil, errs.Invalidf("/matchConditions/travelerConditions/"+c.member, "type", "must be a list of references").Because(err)
		}
		for i, e := range list {
			out = append(out, ref{fmt.Sprintf("/matchConditions/travelerConditions/%s/%d/id", c.member, i), c.what, e.ID})
		}
	}
	return out, nil
}

// CreateQuestion adds a custom field to a company (schema CreateQuestionRequest). REFERENCE_NOT_FOUND for
// what its conditions name.
func (s *Service) CreateQuestion(ctx context.Context, in CompanyBodyIn) (EntityID, error) {
	if err := s.open(ctx, in.CompanyID); err != nil {
		return EntityID{}, err
	}
	out := EntityID{ids.UUID()}
	return out, s.questions.Create(ctx, in.CompanyID, out.ID, in.Raw)
}

// ListQuestions answers id and name of all questions, disabled ones too, oldest first.
func (s *Service) ListQuestions(ctx context.Context, in CompanyIn) (ArrayOfReference, error) {
	if err := s.open(ctx, in.CompanyID); err != nil {
		return ArrayOfReference{}, err
	}
	var out []Reference
	for r, err := range s.questions.List(ctx, in.CompanyID) {
		if err != nil {
			return ArrayOfReference{}, err
		}
		doc, err := document(r)
		if err != nil {
			return ArrayOfReference{}, err
		}
		out = append(out, Reference{r.ID, doc.String("name")})
	}
	return references(out), nil
}

// QuestionIn is the input of operations on one question without a body.
type QuestionIn struct {
	CompanyID  string `path:"companyId"`
	QuestionID string `path:"questionId"`
}

// GetQuestion answers one question (schema Question). Options of its own are all there; of those
// that are made of company data the first ten and how many there are.
func (s *Service) GetQuestion(ctx context.Context, in QuestionIn) (json.RawMessage, error) {
	if err := s.open(ctx, in.CompanyID); err != nil {
		return nil, err
	}
	stored, err := s.questions.Get(ctx, in.CompanyID, in.QuestionID)
	if err != nil {
		return nil, err
	}
	doc, err := jsondoc.Parse(stored)
	if err != nil {
		return nil, fmt.Errorf("question %s is stored broken: %w", in.QuestionID, err)
	}
	info, err := optionsOf(doc)
	if err != nil {
		return nil, fmt.Errorf("question %s is stored broken: %w", in.QuestionID, err)
	}
	if !doc.Has("optionInfo") {
		return stored, nil
	}
	shown, count := doc.Object("optionInfo"), len(info.Options)
	if info.Source == fromCompany {
		things, err := s.dir.Things(ctx, in.CompanyID, thingNamed(info.Metadata.Config.Param))
		if err != nil {
			return nil, err
		}
		options := []option{}
		for _, t := range things[:min(len(things), shownOptions)] {
			options = append(options, option{t.ID, t.Name})
		}
		shown.Set("options", options)
		count = len(things)
	}
	return doc.Set("optionInfo", shown.Set("totalNumOptions", count)).Bytes(), nil
}

// thingNamed reads CustomFieldOptionsParam.
func thingNamed(param string) Thing {
	switch param {
	case "COST_CENTER":
		return CostCenter
	case "LEGAL_ENTITY":
		return LegalEntity
	case "OFFICE":
		return Office
	default:
		return Department
	}
}

// UpdateQuestionIn is the input of updateCompanyQuestion.
type UpdateQuestionIn struct {
	CompanyID  string          `path:"companyId"`
	QuestionID string          `path:"questionId"`
	Raw        json.RawMessage `body:"raw"`
}

// UpdateQuestion replaces a question; answers that bookings hold stay as they were given.
func (s *Service) UpdateQuestion(ctx context.Context, in UpdateQuestionIn) (struct{}, error) {
	if err := s.open(ctx, in.CompanyID); err != nil {
		return struct{}{}, err
	}
	return struct{}{}, s.questions.Replace(ctx, in.CompanyID, in.QuestionID, in.Raw)
}

// DeleteQuestion deletes a question.
func (s *Service) DeleteQuestion(ctx context.Context, in QuestionIn) (struct{}, error) {
	if err := s.open(ctx, in.CompanyID); err != nil {
		return struct{}{}, err
	}
	return struct{}{}, s.questions.Delete(ctx, in.CompanyID, in.QuestionID)
}
