// SPDX-License-Identifier: Apache-2.0

package vaulttest

import (
	"fmt"
	"slices"
	"time"
)

// The labels that the service moves.
const (
	current  = "AWSCURRENT"
	pending  = "AWSPENDING"
	previous = "AWSPREVIOUS"
)

// awsInput is the members of all inputs that are understood.
type awsInput struct {
	SecretID            string `json:"SecretId"`
	Name                string
	Description         string
	ClientRequestToken  string
	SecretString        *string
	SecretBinary        *string // base64, as it came
	VersionStages       []string
	VersionID           string `json:"VersionId"`
	VersionStage        string
	MoveToVersionID     string `json:"MoveToVersionId"`
	RemoveFromVersionID string `json:"RemoveFromVersionId"`
	IncludeDeprecated   bool
}

func (s *SecretsManager) operate(op string, in *awsInput) (any, *awsError) {
	if op == "CreateSecret" {
		return s.createSecret(in)
	}
	x := s.find(in.SecretID)
	if x == nil {
		return nil, noSecret
	}
	if !x.deleted.IsZero() && op != "DescribeSecret" {
		return nil, bad("InvalidRequestException", "You can't perform this operation on the secret because it was marked for deletion.")
	}
	switch op {
	case "PutSecretValue":
		return s.putSecretValue(x, in)
	case "GetSecretValue":
		return x.getSecretValue(in)
	case "DescribeSecret":
		return x.describe(), nil
	case "ListSecretVersionIds":
		return x.list(in.IncludeDeprecated), nil
	case "UpdateSecretVersionStage":
		return s.updateStage(x, in)
	case "DeleteSecret":
		x.deleted = s.now
		return map[string]any{"ARN": x.arn, "Name": x.name, "DeletionDate": epoch(s.now)}, nil
	}
	return nil, bad("UnknownOperationException", "")
}

func (s *SecretsManager) find(id string) *awsSecret {
	if x := s.byName[id]; x != nil {
		return x
	}
	for _, x := range s.byName {
		if x.arn == id {
			return x
		}
	}
	return nil
}

func (s *SecretsManager) token() string {
	s.serial++
	return fmt.Sprintf("00000000-0000-4000-8000-%012d", s.serial)
}

func (s *SecretsManager) add(name string) *awsSecret {
	x := &awsSecret{
		arn: "arn:aws:secretsmanager:" + s.Region + ":123456789012:secret:" + name + "-AbCdEf", name: name,
		created: s.now, changed: s.now, versions: map[string]*awsVersion{}, holder: map[string]string{},
	}
	s.byName[name] = x
	return x
}

func (s *SecretsManager) createSecret(in *awsInput) (any, *awsError) {
	id := in.ClientRequestToken
	if x := s.byName[in.Name]; x != nil {
		if v := x.versions[id]; v != nil && v.holds(in) { // the same call again
			return map[string]any{"ARN": x.arn, "Name": x.name, "VersionId": id}, nil
		}
		return nil, bad("ResourceExistsException", "The operation failed because the secret "+in.Name+" already exists.")
	}
	if in.Name == "" {
		return nil, bad("InvalidParameterException", "You must provide a name.")
	}
	if in.SecretString != nil || in.SecretBinary != nil {
		if e := checkRequestToken(id); e != nil {
			return nil, e
		}
	}
	x := s.add(in.Name)
	x.description = in.Description
	out := map[string]any{"ARN": x.arn, "Name": x.name}
	if in.SecretString != nil || in.SecretBinary != nil {
		s.store(x, id, in.SecretString, in.SecretBinary, []string{current})
		out["VersionId"] = id
	}
	return out, nil
}

func checkRequestToken(id string) *awsError {
	if len(id) < 32 || len(id) > 64 {
		return bad("InvalidParameterException", "ClientRequestToken must be 32-64 characters long.")
	}
	return nil
}

func (v *awsVersion) holds(in *awsInput) bool {
	eq := func(a, b *string) bool { return a == nil && b == nil || a != nil && b != nil && *a == *b }
	return eq(v.text, in.SecretString) && eq(v.binary, in.SecretBinary)
}

func (s *SecretsManager) putSecretValue(x *awsSecret, in *awsInput) (any, *awsError) {
	id, stages := in.ClientRequestToken, in.VersionStages
	if e := checkRequestToken(id); e != nil {
		return nil, e
	}
	if (in.SecretString == nil) == (in.SecretBinary == nil) {
		return nil, bad("InvalidParameterException", "You must provide either SecretString or SecretBinary.")
	}
	if v := x.versions[id]; v != nil {
		if !v.holds(in) {
			return nil, bad("ResourceExistsException", "A version with this ClientRequestToken and another value exists.")
		}
	} else {
		if len(stages) == 0 {
			stages = []string{current}
		}
		if len(x.versions) == 0 && !slices.Contains(stages, current) { // the first version always is
			stages = append([]string{current}, stages...)
		}
		s.store(x, id, in.SecretString, in.SecretBinary, stages)
	}
	return map[string]any{"ARN": x.arn, "Name": x.name, "VersionId": id, "VersionStages": x.stages(id)}, nil
}

func (s *SecretsManager) store(x *awsSecret, id string, text, binary *string, stages []string) {
	x.versions[id] = &awsVersion{text: text, binary: binary, created: s.now}
	x.order = append(x.order, id)
	x.changed = s.now
	for _, label := range stages {
		x.move(label, id)
	}
}

// move gives a label to a version; the version that loses AWSCURRENT gets AWSPREVIOUS.
func (x *awsSecret) move(label, to string) {
	if from := x.holder[label]; label == current && from != "" && from != to {
		x.holder[previous] = from
	}
	x.holder[label] = to
}

func (x *awsSecret) stages(id string) []string {
	out := []string{}
	for label, holder := range x.holder {
		if holder == id {
			out = append(out, label)
		}
	}
	slices.Sort(out)
	return out
}

func (x *awsSecret) getSecretValue(in *awsInput) (any, *awsError) {
	id := in.VersionID
	label := in.VersionStage
	if id == "" {
		if label == "" {
			label = current
		}
		id = x.holder[label]
	}
	v := x.versions[id]
	if v == nil || label != "" && x.holder[label] != id {
		return nil, bad("ResourceNotFoundException", "Secrets Manager can't find the specified secret value for staging label: "+label)
	}
	out := map[string]any{"ARN": x.arn, "Name": x.name, "VersionId": id, "VersionStages": x.stages(id), "CreatedDate": epoch(v.created)}
	if v.text != nil {
		out["SecretString"] = *v.text
	}
	if v.binary != nil {
		out["SecretBinary"] = *v.binary
	}
	return out, nil
}

func (x *awsSecret) describe() map[string]any {
	stages := map[string][]string{}
	for _, id := range x.order {
		if l := x.stages(id); len(l) > 0 {
			stages[id] = l
		}
	}
	out := map[string]any{
		"ARN": x.arn, "Name": x.name, "Description": x.description, "CreatedDate": epoch(x.created), "LastChangedDate": epoch(x.changed),
		"VersionIdsToStages": stages,
	}
	if !x.deleted.IsZero() {
		out["DeletedDate"] = epoch(x.deleted)
	}
	return out
}

func (x *awsSecret) list(deprecated bool) map[string]any {
	out := []map[string]any{}
	for _, id := range slices.Backward(x.order) {
		if l := x.stages(id); deprecated || len(l) > 0 {
			out = append(out, map[string]any{"VersionId": id, "VersionStages": l, "CreatedDate": epoch(x.versions[id].created)})
		}
	}
	return map[string]any{"ARN": x.arn, "Name": x.name, "Versions": out}
}

func (s *SecretsManager) updateStage(x *awsSecret, in *awsInput) (any, *awsError) {
	label, to, from := in.VersionStage, in.MoveToVersionID, in.RemoveFromVersionID
	holder := x.holder[label]
	switch {
	case label == "" || to == "" && from == "":
		return nil, bad("InvalidParameterException", "You must provide a staging label and a version.")
	case to != "" && x.versions[to] == nil || from != "" && x.versions[from] == nil:
		return nil, bad("ResourceNotFoundException", "Secrets Manager can't find the specified secret version.")
	case holder != "" && holder != to && holder != from:
		return nil, bad("InvalidParameterException", "The parameter RemoveFromVersionId must be set to the version that the staging label is attached to.")
	case from != "" && holder != from:
		return nil, bad("InvalidParameterException", "The staging label "+label+" isn't currently attached to that version.")
	case to == "" && label == current:
		return nil, bad("InvalidParameterException", "You can't remove AWSCURRENT, only move it.")
	case to == "":
		delete(x.holder, label)
	default:
		x.move(label, to)
	}
	x.changed = s.now
	return map[string]any{"ARN": x.arn, "Name": x.name}, nil
}

// epoch is how the protocol writes times: seconds, with a fraction.
func epoch(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
