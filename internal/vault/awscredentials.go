// SPDX-License-Identifier: Apache-2.0

package vault

import (
	"context"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"
)

// awsCredentials follows AWS's own variables: a key in the environment, or the endpoint that ECS and EKS give a
// container for its role.
func awsCredentials(lookup func(string) (string, bool)) (aws.CredentialsProvider, error) {
	get := func(name string) string { v, _ := lookup(name); return v }
	if get("AWS_ACCESS_KEY_ID") != "" {
		return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{
				AccessKeyID: get("AWS_ACCESS_KEY_ID"), SecretAccessKey: get("AWS_SECRET_ACCESS_KEY"), SessionToken: get("AWS_SESSION_TOKEN"), Source: "environment",
			}, nil
		}), nil
	}
	endpoint := get("AWS_CONTAINER_CREDENTIALS_FULL_URI")
	if rel := get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"); rel != "" {
		endpoint = "http://169.254.170.2" + rel
	}
	if endpoint == "" {
		return nil, fail("open", Ref{}, ErrNotFound, "no credentials for AWS: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run with a container role")
	}
	if !trustedEndpoint(endpoint) {
		return nil, fail("open", Ref{}, ErrInvalid, "the container's credentials endpoint is neither https nor local")
	}
	return endpointcreds.New(endpoint, func(o *endpointcreds.Options) {
		o.AuthorizationToken = get("AWS_CONTAINER_AUTHORIZATION_TOKEN")
		if path := get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"); path != "" {
			o.AuthorizationTokenProvider = endpointcreds.TokenProviderFunc(func() (string, error) {
				b, err := os.ReadFile(path)
				return strings.TrimSpace(string(b)), err
			})
		}
	}), nil
}

// trustedEndpoint holds to the hosts that AWS names: its SDKs refuse others without TLS too.
func trustedEndpoint(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return false
	}
	addr, err := netip.ParseAddr(u.Hostname())
	local := err == nil && (addr.IsLoopback() || slices.Contains([]string{"169.254.170.2", "169.254.170.23", "fd00:ec2::23"}, addr.String()))
	return u.Scheme == "https" || u.Scheme == "http" && local
}
