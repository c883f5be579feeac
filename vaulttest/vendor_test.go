// SPDX-License-Identifier: Apache-2.0

package vaulttest_test

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/google/go-cmp/cmp"
	bao "github.com/openbao/openbao/api/v2"

	"github.com/airside-travel/airside/vaulttest"
)

// The vendors' own clients are the judges of what the servers say.

func client(t *testing.T, srv *vaulttest.KV, token string) *bao.Client {
	t.Helper()
	cfg := bao.NewConfig()
	cfg.Address, cfg.DisableEnvironment, cfg.MaxRetries = srv.URL, true, 0
	c, err := bao.NewClient(cfg)
	if err != nil {
		t.Fatal(err)
	}
	c.SetToken(token)
	return c
}

func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func status(err error) int {
	if e, ok := errors.AsType[*bao.ResponseError](err); ok {
		return e.StatusCode
	}
	return 0
}

func TestOpenBaoClientKV(t *testing.T) {
	t.Parallel()
	srv := vaulttest.NewKV(t)
	kv := client(t, srv, vaulttest.RootToken).KVv2("secret")
	ctx := t.Context()
	if _, err := kv.Get(ctx, "app"); !errors.Is(err, bao.ErrSecretNotFound) {
		t.Fatalf("a path that is not there: %v", err)
	}
	if v := must(kv.Put(ctx, "app", map[string]any{"k": "one"}, bao.WithCheckAndSet(0)))(t); v.VersionMetadata.Version != 1 {
		t.Errorf("first version is %d", v.VersionMetadata.Version)
	}
	if _, err := kv.Put(ctx, "app", map[string]any{"k": "stale"}, bao.WithCheckAndSet(0)); status(err) != http.StatusBadRequest {
		t.Errorf("a stale writer got %v", err)
	}
	srv.Advance(time.Hour)
	must(kv.Put(ctx, "app", map[string]any{"k": "two", "other": "x"}, bao.WithCheckAndSet(1)))(t)
	must(kv.Patch(ctx, "app", map[string]any{"k": "three"}, bao.WithMergeMethod(bao.KVMergeMethodPatch)))(t)
	if err := kv.PutMetadata(ctx, "app", bao.KVMetadataPutInput{CustomMetadata: map[string]any{"owner": "ada"}, MaxVersions: 5}); err != nil {
		t.Fatal(err)
	}
	got := must(kv.Get(ctx, "app"))(t)
	if diff := cmp.Diff(map[string]any{"k": "three", "other": "x"}, got.Data); diff != "" || got.CustomMetadata["owner"] != "ada" {
		t.Errorf("data (-want +got):\n%s, metadata %v", diff, got.CustomMetadata)
	}
	if old := must(kv.GetVersion(ctx, "app", 1))(t); old.Data["k"] != "one" || !old.VersionMetadata.CreatedTime.Equal(srv.Now().Add(-time.Hour)) {
		t.Errorf("version 1: %v of %v", old.Data, old.VersionMetadata.CreatedTime)
	}
	if err := kv.Delete(ctx, "app"); err != nil {
		t.Fatal(err)
	}
	if gone := must(kv.Get(ctx, "app"))(t); gone.Data != nil || gone.VersionMetadata.DeletionTime.IsZero() {
		t.Errorf("deleted: %+v", gone)
	}
	if err := errors.Join(kv.Undelete(ctx, "app", []int{3}), kv.Destroy(ctx, "app", []int{1})); err != nil {
		t.Fatal(err)
	}
	list := must(kv.GetVersionsAsList(ctx, "app"))(t)
	if len(list) != 3 || !list[0].Destroyed || list[2].Destroyed || !list[2].DeletionTime.IsZero() {
		t.Errorf("versions: %+v", list)
	}
	if keys := must(kv.List(ctx, ""))(t); !cmp.Equal(keys.Keys, []string{"app"}) {
		t.Errorf("keys: %v", keys.Keys)
	}
	if err := kv.DeleteMetadata(ctx, "app"); err != nil {
		t.Fatal(err)
	}
	if _, err := kv.Get(ctx, "app"); !errors.Is(err, bao.ErrSecretNotFound) {
		t.Errorf("after deleting everything: %v", err)
	}
}

func TestOpenBaoClientLogins(t *testing.T) {
	t.Parallel()
	srv := vaulttest.NewKV(t)
	srv.Put("prod", map[string]any{"k": "v"})
	srv.Put("sandbox", map[string]any{"k": "v"})
	srv.AddAppRole("airside", vaulttest.AppRole{RoleID: "role", TTL: time.Minute, MaxTTL: 3 * time.Minute, Grants: []vaulttest.Grant{{Path: "secret/data/prod"}}})
	login := func(id string) (*bao.Secret, error) {
		return client(t, srv, "").Logical().WriteWithContext(t.Context(), "auth/approle/login", map[string]any{"role_id": "role", "secret_id": id})
	}
	once := srv.NewSecretID("airside", vaulttest.SecretID{Uses: 1})
	s := must(login(once))(t)
	if _, err := login(once); status(err) != http.StatusBadRequest {
		t.Errorf("a secret id served twice: %v", err)
	}
	if _, err := login(srv.NewSecretID("airside", vaulttest.SecretID{CIDRs: []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")}})); status(err) != http.StatusBadRequest {
		t.Errorf("a secret id from elsewhere: %v", err)
	}
	short := srv.NewSecretID("airside", vaulttest.SecretID{TTL: time.Second})
	c := client(t, srv, s.Auth.ClientToken)
	if got := must(c.KVv2("secret").Get(t.Context(), "prod"))(t); got.Data["k"] != "v" {
		t.Errorf("read %v", got.Data)
	}
	if _, err := c.KVv2("secret").Get(t.Context(), "sandbox"); status(err) != http.StatusForbidden {
		t.Errorf("a path that is not granted: %v", err)
	}
	if _, err := c.KVv2("secret").Put(t.Context(), "prod", map[string]any{"k": "w"}); status(err) != http.StatusForbidden {
		t.Errorf("a write that is not granted: %v", err)
	}
	for _, lease := range []int{60, 60, 30} { // the maximum cuts the last renewal
		srv.Advance(50 * time.Second)
		if r := must(c.Auth().Token().RenewSelfWithContext(t.Context(), 60))(t); r.Auth.LeaseDuration != lease {
			t.Errorf("renewed for %d s, want %d", r.Auth.LeaseDuration, lease)
		}
	}
	srv.Advance(30 * time.Second)
	if _, err := c.Auth().Token().LookupSelfWithContext(t.Context()); status(err) != http.StatusForbidden {
		t.Errorf("a token outlived its maximum: %v", err)
	}
	if _, err := login(short); status(err) != http.StatusBadRequest {
		t.Errorf("a secret id outlived its time: %v", err)
	}
	srv.AddKubernetes("airside", vaulttest.Kubernetes{JWT: "jwt", TTL: time.Minute})
	pod := must(client(t, srv, "").Logical().WriteWithContext(t.Context(), "auth/kubernetes/login", map[string]any{"role": "airside", "jwt": "jwt"}))(t)
	if ttl := must(must(client(t, srv, pod.Auth.ClientToken).Auth().Token().LookupSelfWithContext(t.Context()))(t).TokenTTL())(t); ttl != time.Minute {
		t.Errorf("the token lives %v", ttl)
	}
}

func TestOpenBaoClientWrapping(t *testing.T) {
	t.Parallel()
	srv := vaulttest.NewKV(t)
	srv.Put("prod", map[string]any{"k": "v"})
	c := client(t, srv, vaulttest.RootToken)
	c.SetWrappingLookupFunc(func(string, string) string { return "60s" })
	w := must(c.Logical().ReadWithContext(t.Context(), "secret/data/prod"))(t)
	if w.WrapInfo == nil || w.WrapInfo.TTL != 60 {
		t.Fatalf("not wrapped: %+v", w)
	}
	opener := client(t, srv, "")
	got := must(opener.Logical().UnwrapWithContext(t.Context(), w.WrapInfo.Token))(t)
	if data, _ := got.Data["data"].(map[string]any); data["k"] != "v" {
		t.Errorf("inside: %v", got.Data)
	}
	if _, err := opener.Logical().UnwrapWithContext(t.Context(), w.WrapInfo.Token); status(err) != http.StatusBadRequest {
		t.Errorf("opened twice: %v", err)
	}
}

func TestOpenBaoClientHealthAndFaults(t *testing.T) {
	t.Parallel()
	srv := vaulttest.NewKV(t)
	c := client(t, srv, vaulttest.RootToken)
	kv := c.KVv2("secret")
	srv.Seal(true)
	if _, err := kv.Get(t.Context(), "a"); status(err) != http.StatusServiceUnavailable {
		t.Errorf("sealed: %v", err)
	}
	if h := must(c.Sys().SealStatusWithContext(t.Context()))(t); !h.Sealed {
		t.Error("the seal status does not say sealed")
	}
	srv.Seal(false)
	srv.Fail(vaulttest.Fault{Kind: vaulttest.FailAfter, Method: "PUT", Skip: 1, Times: 1})
	must(kv.Put(t.Context(), "a", map[string]any{"k": "1"}))(t)
	if _, err := kv.Put(t.Context(), "a", map[string]any{"k": "2"}); err == nil || status(err) != 0 {
		t.Errorf("an answer came although it was to be lost: %v", err)
	}
	if srv.Data("a")["k"] != "2" {
		t.Error("the write before the lost answer was not done")
	}
	srv.Fail(vaulttest.Fault{Kind: vaulttest.FailBefore, Method: "PUT", Times: 1})
	if _, err := kv.Put(t.Context(), "a", map[string]any{"k": "3"}); err == nil || srv.Data("a")["k"] != "2" {
		t.Errorf("a write that was to fail: %v, %v", err, srv.Data("a"))
	}
	srv.Fail(vaulttest.Fault{Kind: vaulttest.Slow, Delay: time.Millisecond, Times: 1})
	must(kv.Put(t.Context(), "a", map[string]any{"k": "4"}))(t)
}

func secrets(srv *vaulttest.SecretsManager, change ...func(*sm.Options)) *sm.Client {
	return sm.New(sm.Options{
		Region: srv.Region, BaseEndpoint: &srv.URL, Retryer: aws.NopRetryer{},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: srv.AccessKeyID, SecretAccessKey: srv.SecretAccessKey, SessionToken: "session"}, nil
		}),
	}, change...)
}

func code(err error) string {
	if e, ok := errors.AsType[interface {
		error
		ErrorCode() string
	}](err); ok {
		return e.ErrorCode()
	}
	return ""
}

const first, second = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"

// TestAWSClientRotation is the four steps of a rotation as the service documents them.
func TestAWSClientRotation(t *testing.T) {
	t.Parallel()
	srv := vaulttest.NewSecretsManager(t)
	c, ctx := secrets(srv), t.Context()
	name := aws.String("prod/spotnana")
	_, err := c.GetSecretValue(ctx, &sm.GetSecretValueInput{SecretId: name})
	if _, ok := errors.AsType[*types.ResourceNotFoundException](err); !ok {
		t.Fatalf("a secret that is not there: %v", err)
	}
	made := must(c.CreateSecret(ctx, &sm.CreateSecretInput{Name: name, SecretString: aws.String("one"), ClientRequestToken: aws.String(first)}))(t)
	if _, err := c.CreateSecret(ctx, &sm.CreateSecretInput{Name: name, SecretString: aws.String("x")}); code(err) != "ResourceExistsException" {
		t.Errorf("made twice: %v", err)
	}
	srv.Advance(time.Hour)
	put := &sm.PutSecretValueInput{SecretId: made.ARN, SecretString: aws.String("two"), ClientRequestToken: aws.String(second), VersionStages: []string{"AWSPENDING"}}
	for range 2 { // idempotent
		if out := must(c.PutSecretValue(ctx, put))(t); !cmp.Equal(out.VersionStages, []string{"AWSPENDING"}) {
			t.Errorf("stages %v", out.VersionStages)
		}
	}
	put.SecretString = aws.String("three")
	if _, err := c.PutSecretValue(ctx, put); code(err) != "ResourceExistsException" {
		t.Errorf("a token with two values: %v", err)
	}
	stage := func(s string) string {
		return aws.ToString(must(c.GetSecretValue(ctx, &sm.GetSecretValueInput{SecretId: name, VersionStage: &s}))(t).SecretString)
	}
	if stage("AWSCURRENT") != "one" || stage("AWSPENDING") != "two" {
		t.Errorf("current %q, pending %q", stage("AWSCURRENT"), stage("AWSPENDING"))
	}
	move := &sm.UpdateSecretVersionStageInput{SecretId: name, VersionStage: aws.String("AWSCURRENT"), MoveToVersionId: aws.String(second)}
	if _, err := c.UpdateSecretVersionStage(ctx, move); code(err) != "InvalidParameterException" {
		t.Errorf("moved without naming the holder: %v", err)
	}
	move.RemoveFromVersionId = aws.String(first)
	must(c.UpdateSecretVersionStage(ctx, move))(t)
	if stage("AWSCURRENT") != "two" || stage("AWSPREVIOUS") != "one" {
		t.Errorf("current %q, previous %q", stage("AWSCURRENT"), stage("AWSPREVIOUS"))
	}
	must(c.UpdateSecretVersionStage(ctx, &sm.UpdateSecretVersionStageInput{SecretId: name, VersionStage: aws.String("AWSPENDING"), RemoveFromVersionId: aws.String(second)}))(t)
	d := must(c.DescribeSecret(ctx, &sm.DescribeSecretInput{SecretId: name}))(t)
	if diff := cmp.Diff(map[string][]string{first: {"AWSPREVIOUS"}, second: {"AWSCURRENT"}}, d.VersionIdsToStages); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
	l := must(c.ListSecretVersionIds(ctx, &sm.ListSecretVersionIdsInput{SecretId: name, IncludeDeprecated: aws.Bool(true)}))(t)
	if len(l.Versions) != 2 || !l.Versions[0].CreatedDate.Equal(srv.Now()) || srv.Text("prod/spotnana") != "two" {
		t.Errorf("versions %+v", l.Versions)
	}
}

func TestAWSClientRefusals(t *testing.T) {
	t.Parallel()
	srv := vaulttest.NewSecretsManager(t)
	srv.Put("s", "value")
	get := func(change ...func(*sm.Options)) error {
		_, err := secrets(srv, change...).GetSecretValue(t.Context(), &sm.GetSecretValueInput{SecretId: aws.String("s")})
		return err
	}
	key := func(id, secret string) func(*sm.Options) {
		return func(o *sm.Options) {
			o.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{AccessKeyID: id, SecretAccessKey: secret}, nil
			})
		}
	}
	if err := get(); err != nil {
		t.Fatal(err)
	}
	for want, err := range map[string]error{
		"InvalidSignatureException":           get(key(srv.AccessKeyID, "another")),
		"UnrecognizedClientException":         get(key("AKIAANOTHER", srv.SecretAccessKey)),
		"MissingAuthenticationTokenException": get(func(o *sm.Options) { o.Credentials = aws.AnonymousCredentials{} }),
	} {
		if code(err) != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if err := get(func(o *sm.Options) { o.Region = "us-east-1" }); code(err) != "InvalidSignatureException" {
		t.Errorf("another region: %v", err)
	}
	for want, kind := range map[string]vaulttest.FaultKind{
		"AccessDeniedException": vaulttest.Denied, "DecryptionFailure": vaulttest.Sealed, "InternalServiceError": vaulttest.Broken, "": vaulttest.FailBefore,
	} {
		srv.Fail(vaulttest.Fault{Kind: kind, Method: "GetSecretValue", Path: "s", Times: 1})
		if err := get(); err == nil || code(err) != want {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	srv.Fail(vaulttest.Fault{Kind: vaulttest.LeaseExpired, Times: 1})
	for range 2 {
		if err := get(); code(err) != "ExpiredTokenException" {
			t.Errorf("an ended session: %v", err)
		}
	}
	srv.RequireSession("session")
	if err := get(); err != nil {
		t.Errorf("a new session: %v", err)
	}
	if srv.Calls("GetSecretValue") != 12 {
		t.Errorf("%d calls counted", srv.Calls("GetSecretValue"))
	}
}
