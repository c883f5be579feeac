// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/jsondoc"
	"github.com/airside-travel/airside/internal/store"
)

// checkPolicy applies what the contract cannot say and completes the document.
func (s *Service) checkPolicy(ctx context.Context, d *store.Draft) error {
	if d.Doc.String("name") == "" {
		return errs.Invalidf("/name", "minLength", "must not be empty")
	}
	version := int64(1)
	if d.Old != nil {
		if err := s.mayReplace(ctx, d); err != nil {
			return err
		}
		version = number(d.Old, "version") + 1
	}
	s.stamp(ctx, d, version)
	if err := checkRules(d.Doc); err != nil {
		return err
	}
	if err := checkNumbers("", d.Doc.Bytes()); err != nil {
		return err
	}
	now, err := policyRefs(d.Doc)
	if err != nil {
		return err
	}
	var before []ref
	if d.Old != nil {
		if before, err = policyRefs(d.Old); err != nil {
			return err
		}
	}
	if err := s.exist(ctx, d.Parent, now, before); err != nil {
		return err
	}
	return s.checkParent(ctx, d)
}

func (s *Service) mayReplace(ctx context.Context, d *store.Draft) error {
	if err := sameID(d); err != nil {
		return err
	}
	stored := number(d.Old, "version")
	if d.Doc.Has("version") && number(d.Doc, "version") != stored {
		return errs.OnField(errs.VersionConflict, "/version", "version", "the policy is at version %d", stored)
	}
	if kind := d.Old.String("type"); d.Doc.String("type") != kind {
		return errs.Invalidf("/type", "immutable", "this policy stays of the type it has").Allow(kind)
	}
	if d.Old.String("type") != typeDefault {
		return nil
	}
	if categoryOf(d.Doc) != categoryOf(d.Old) {
		return errs.Invalidf("/category", "immutable", "a default policy stays for those it is for").Allow(d.Old.String("category"))
	}
	locked, err := s.dir.Feature(ctx, d.Parent, "EDITING_DEFAULT_POLICIES_DISABLED")
	if err == nil && locked == "true" {
		err = errs.New(errs.AccessDenied, "default policies of this company may not be edited (feature EDITING_DEFAULT_POLICIES_DISABLED)")
	}
	return err
}

// categoryOf is whom a policy is for; the contract says EMPLOYEE when it is left out.
func categoryOf(doc *jsondoc.Object) string {
	if c := doc.String("category"); c != "" {
		return c
	}
	return categoryEmployee
}

func number(doc *jsondoc.Object, member string) int64 {
	n, err := strconv.ParseInt(string(doc.Get(member)), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// checkParent makes sure that following parents ends. A policy without one has the company's default of its
// category above it.
func (s *Service) checkParent(ctx context.Context, d *store.Draft) error {
	const pointer = "/parentPolicyId"
	if d.Doc.String("parentPolicyId") == "" {
		if d.Old == nil {
			return nil
		}
	} else if _, err := s.policies.Record(ctx, d.Parent, d.Doc.String("parentPolicyId")); errs.Is(err, errs.ResourceNotFound) {
		return errs.OnField(errs.ReferenceNotFound, pointer, "reference", "the company has no policy %q", d.Doc.String("parentPolicyId"))
	} else if err != nil {
		return err
	}
	seen := []string{d.ID}
	for doc := d.Doc; ; {
		up, err := s.above(ctx, d.Parent, doc)
		if err != nil || up == nil {
			return err
		}
		if slices.Contains(seen, up.String("id")) {
			return errs.Invalidf(pointer, "cycle", "following parents from here comes back to policy %s", up.String("id"))
		}
		seen = append(seen, up.String("id"))
		doc = up
	}
}

// checkRules makes sure that each universal rule is there once and has a value of its own kind.
func checkRules(doc *jsondoc.Object) error {
	if !doc.Has("rules") {
		return nil
	}
	var rules []universal
	if err := json.Unmarshal(doc.Get("rules"), &rules); err != nil {
		return errs.Invalidf("/rules", "type", "must be a list of rules").Because(err)
	}
	seen := map[string]bool{}
	for i, r := range rules {
		if seen[r.Type] {
			return errs.Invalidf(fmt.Sprintf("/rules/%d/ruleType", i), "unique", "the rule %s is there already", r.Type)
		}
		seen[r.Type] = true
		for key := range r.Value.Props {
			if want := propsOf(r.Type); key != want {
				return errs.Invalidf(fmt.Sprintf("/rules/%d/policyValue/universalProps/%s", i, key), "ruleType", "does not belong to the rule %s", r.Type).Allow(want)
			}
		}
	}
	return nil
}

// propsOf is the member in which a universal rule has its value: CAR_TYPES_NOT_ALLOWED → carTypesNotAllowedProps.
func propsOf(ruleType string) string {
	words := strings.Split(strings.ToLower(ruleType), "_")
	for i := 1; i < len(words); i++ {
		words[i] = strings.ToUpper(words[i][:1]) + words[i][1:]
	}
	return strings.Join(words, "") + "Props"
}

// checkNumbers refuses, wherever they stand, ranges that hold nothing, amounts and limits below zero, and
// currencies that are none.
func checkNumbers(at string, raw json.RawMessage) error {
	switch {
	case len(raw) == 0:
		return nil
	case raw[0] == '[':
		var list []json.RawMessage
		if err := json.Unmarshal(raw, &list); err != nil {
			return errs.Invalidf(at, "type", "must be a list").Because(err)
		}
		for i, v := range list {
			if err := checkNumbers(fmt.Sprintf("%s/%d", at, i), v); err != nil {
				return err
			}
		}
		return nil
	case raw[0] != '{':
		return nil
	}
	doc, err := jsondoc.Parse(raw)
	if err != nil {
		return errs.Invalidf(at, "type", "must be an object").Because(err)
	}
	low, err1 := strconv.ParseFloat(string(doc.Get("min")), 64)
	high, err2 := strconv.ParseFloat(string(doc.Get("max")), 64)
	if err1 == nil && err2 == nil && low > high {
		return errs.Invalidf(at, "range", "min %s is above max %s", doc.Get("min"), doc.Get("max"))
	}
	for _, key := range doc.Keys() {
		v := doc.Get(key)
		switch key {
		case "amount", "percentage", "numDaysInAdvance", "emission", "min", "max":
			if n, err := strconv.ParseFloat(string(v), 64); err == nil && n < 0 {
				return errs.Invalidf(at+"/"+key, "minimum", "must not be below zero")
			}
		case "currencyCode":
			if code := doc.String(key); len(code) != 3 || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
				return errs.Invalidf(at+"/"+key, "format", "must be an ISO 4217 code such as EUR")
			}
		}
		if err := checkNumbers(at+"/"+key, v); err != nil {
			return err
		}
	}
	return nil
}
