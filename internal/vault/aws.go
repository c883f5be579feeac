// SPDX-License-Identifier: Apache-2.0

package vault

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	sm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
)

// The labels that Secrets Manager moves between the versions of a secret.
const (
	labelCurrent  = "AWSCURRENT"
	labelPending  = "AWSPENDING"
	labelPrevious = "AWSPREVIOUS"
)

// AWS keeps secrets in AWS Secrets Manager. Stages are its staging labels, tokens its version ids, a field a key
// of the JSON object in the secret string. The very first version of a secret is current at once: the
// service gives it that label whatever it was put with.
type AWS struct{ client *sm.Client }

// AWSOptions is how to reach the service.
type AWSOptions struct {
	Region      string
	Endpoint    string // empty: the region's own
	Credentials aws.CredentialsProvider
	HTTP        *http.Client
}

// NewAWS makes the backend; it calls the service first when a verb needs it.
func NewAWS(o AWSOptions) (*AWS, error) {
	if o.Region == "" || o.Credentials == nil {
		return nil, fail("connect", Ref{}, ErrInvalid, "AWS Secrets Manager needs a region and credentials")
	}
	opts := sm.Options{
		Region: o.Region, Credentials: aws.NewCredentialsCache(o.Credentials), HTTPClient: o.HTTP,
		Retryer: aws.NopRetryer{}, // we repeat whole verbs: a label that moved before the answer was lost is no conflict
	}
	if o.HTTP == nil {
		opts.HTTPClient = httpClient(nil)
	}
	if o.Endpoint != "" {
		opts.BaseEndpoint = &o.Endpoint
	}
	return &AWS{sm.New(opts)}, nil
}

// Get reads one stage.
func (a *AWS) Get(ctx context.Context, ref Ref, stage Stage) (Held, error) {
	label := map[Stage]string{Current: labelCurrent, Pending: labelPending, Previous: labelPrevious}[stage]
	if label == "" {
		return Held{}, fail("get", ref, ErrInvalid, "there is no such stage")
	}
	out, err := a.client.GetSecretValue(ctx, &sm.GetSecretValueInput{SecretId: &ref.Path, VersionStage: &label})
	if err != nil {
		return Held{}, awsFailure("get", ref, err)
	}
	if stage == Pending && slices.Contains(out.VersionStages, labelCurrent) {
		return Held{}, fail("get", ref, ErrNotFound, "it has no pending version")
	}
	value, err := awsField("get", ref, out)
	if err != nil {
		return Held{}, err
	}
	v := Version{ID: aws.ToString(out.VersionId), Stages: []Stage{stage}, Created: aws.ToTime(out.CreatedDate).UTC()}
	return Held{Secret: NewSecret([]byte(value)), Version: v}, nil
}

// PutPending stages a value: the current object with the field replaced. A secret that does not exist is made.
func (a *AWS) PutPending(ctx context.Context, ref Ref, value Secret, token string) error {
	if err := checkPut(ref, value, token); err != nil {
		return err
	}
	labels, err := a.labels(ctx, "put", ref)
	switch {
	case errors.Is(err, ErrNotFound):
		return a.create(ctx, ref, value, token)
	case err != nil:
		return err
	case labels[token] != nil:
		return a.repeated(ctx, ref, value, token, labels[token])
	}
	text, err := a.merge(ctx, ref, value)
	if err != nil {
		return err
	}
	out, err := a.client.PutSecretValue(ctx, &sm.PutSecretValueInput{
		SecretId: &ref.Path, ClientRequestToken: &token, SecretString: &text, VersionStages: []string{labelPending},
	})
	if err != nil {
		return awsFailure("put", ref, err)
	}
	if !staged(out.VersionStages) { // a version without labels is not described, so the token seemed new
		return fail("put", ref, ErrConflict, "the token's version has been replaced")
	}
	return nil
}

func staged(labels []string) bool {
	return slices.Contains(labels, labelPending) || slices.Contains(labels, labelCurrent)
}

// repeated decides about a token that names a version already.
func (a *AWS) repeated(ctx context.Context, ref Ref, value Secret, token string, labels []string) error {
	out, err := a.client.GetSecretValue(ctx, &sm.GetSecretValueInput{SecretId: &ref.Path, VersionId: &token})
	if err != nil {
		return awsFailure("put", ref, err)
	}
	had, err := awsField("put", ref, out)
	if err != nil || !same(had, value.text()) {
		return fail("put", ref, ErrConflict, "the token was used for another value")
	}
	if !staged(labels) {
		return fail("put", ref, ErrConflict, "the token's version has been replaced")
	}
	return nil
}

func (a *AWS) create(ctx context.Context, ref Ref, value Secret, token string) error {
	text, err := awsObject(ref, map[string]any{}, value)
	if err != nil {
		return err
	}
	_, err = a.client.CreateSecret(ctx, &sm.CreateSecretInput{Name: &ref.Path, ClientRequestToken: &token, SecretString: &text})
	return awsFailure("put", ref, err)
}

// merge is the current object with the field replaced, as text.
func (a *AWS) merge(ctx context.Context, ref Ref, value Secret) (string, error) {
	label := labelCurrent
	out, err := a.client.GetSecretValue(ctx, &sm.GetSecretValueInput{SecretId: &ref.Path, VersionStage: &label})
	err = awsFailure("put", ref, err)
	fields := map[string]any{}
	switch {
	case errors.Is(err, ErrNotFound): // made without a value
	case err != nil:
		return "", err
	case ref.Field != "" && json.Unmarshal([]byte(aws.ToString(out.SecretString)), &fields) != nil:
		return "", fail("put", ref, ErrInvalid, "the secret is not a JSON object, so it has no fields")
	}
	return awsObject(ref, fields, value)
}

// Promote makes the pending version current. The service refuses it when another version became current
// since the labels were read.
func (a *AWS) Promote(ctx context.Context, ref Ref, token string) error {
	if err := checkToken("promote", ref, token); err != nil {
		return err
	}
	for again := false; ; again = true {
		labels, err := a.labels(ctx, "promote", ref)
		if err != nil {
			return err
		}
		mine := labels[token]
		if !slices.Contains(mine, labelCurrent) {
			if again || !slices.Contains(mine, labelPending) {
				return fail("promote", ref, ErrConflict, "another version has taken its place")
			}
			move := &sm.UpdateSecretVersionStageInput{SecretId: &ref.Path, VersionStage: aws.String(labelCurrent), MoveToVersionId: &token}
			for id, l := range labels {
				if slices.Contains(l, labelCurrent) {
					move.RemoveFromVersionId = &id
				}
			}
			_, err := a.client.UpdateSecretVersionStage(ctx, move)
			if err = awsFailure("promote", ref, err); errors.Is(err, ErrConflict) {
				continue // it may have been our own call whose answer was lost: look again
			}
			if err != nil {
				return err
			}
		} else if !slices.Contains(mine, labelPending) {
			return nil
		}
		// Only tidiness: a version that is current counts as pending nowhere.
		_, _ = a.client.UpdateSecretVersionStage(ctx, &sm.UpdateSecretVersionStageInput{
			SecretId: &ref.Path, VersionStage: aws.String(labelPending), RemoveFromVersionId: &token,
		})
		return nil
	}
}

// Versions lists all versions, those without a stage too.
func (a *AWS) Versions(ctx context.Context, ref Ref) ([]Version, error) {
	var out []Version
	in := &sm.ListSecretVersionIdsInput{SecretId: &ref.Path, IncludeDeprecated: aws.Bool(true)}
	for {
		page, err := a.client.ListSecretVersionIds(ctx, in)
		if err != nil {
			return nil, awsFailure("versions", ref, err)
		}
		for _, v := range page.Versions {
			out = append(out, awsVersion(v))
		}
		if page.NextToken == nil {
			break
		}
		in.NextToken = page.NextToken
	}
	slices.SortStableFunc(out, func(a, b Version) int { return b.Created.Compare(a.Created) })
	return out, nil
}

func awsVersion(v types.SecretVersionsListEntry) Version {
	stages := []Stage{}
	current := slices.Contains(v.VersionStages, labelCurrent)
	for _, l := range v.VersionStages {
		switch {
		case l == labelCurrent:
			stages = append(stages, Current)
		case l == labelPending && !current:
			stages = append(stages, Pending)
		case l == labelPrevious:
			stages = append(stages, Previous)
		}
	}
	return Version{ID: aws.ToString(v.VersionId), Stages: stages, Created: aws.ToTime(v.CreatedDate).UTC()}
}

// labels gives the staging labels by version id.
func (a *AWS) labels(ctx context.Context, op string, ref Ref) (map[string][]string, error) {
	out, err := a.client.DescribeSecret(ctx, &sm.DescribeSecretInput{SecretId: &ref.Path})
	if err != nil {
		return nil, awsFailure(op, ref, err)
	}
	return out.VersionIdsToStages, nil
}

func awsField(op string, ref Ref, out *sm.GetSecretValueOutput) (string, error) {
	if ref.Field == "" {
		if out.SecretString == nil {
			return string(out.SecretBinary), nil
		}
		return *out.SecretString, nil
	}
	var fields map[string]any
	if json.Unmarshal([]byte(aws.ToString(out.SecretString)), &fields) != nil {
		return "", fail(op, ref, ErrNotFound, "the secret is not a JSON object, so it has no fields")
	}
	value, ok := fields[ref.Field].(string)
	if !ok {
		return "", fail(op, ref, ErrNotFound, "the secret has no such field")
	}
	return value, nil
}

func awsObject(ref Ref, fields map[string]any, value Secret) (string, error) {
	if ref.Field == "" {
		return value.text(), nil
	}
	fields[ref.Field] = value.text()
	text, err := json.Marshal(fields)
	if err != nil {
		return "", fail("put", ref, ErrInvalid, "it cannot be written as JSON")
	}
	return string(text), nil
}
