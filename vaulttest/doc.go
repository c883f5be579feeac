// SPDX-License-Identifier: Apache-2.0

// Package vaulttest has two servers that stand in for vaults in tests: KV speaks the HTTP API of HashiCorp Vault and
// OpenBao (logins, tokens and leases, KV version 2), SecretsManager the JSON protocol of AWS Secrets Manager.
// They run on loopback over real HTTP, so that any client works against them, the vendors' own included, and
// they fail on demand: before a write, after a write but before the answer, slowly, sealed, denied, with a
// lease that has run out. Their clock stands still until it is advanced.
//
//	srv := vaulttest.NewKV(t)
//	srv.AddAppRole("airside", vaulttest.AppRole{RoleID: "role", TTL: time.Hour, Grants: []vaulttest.Grant{{Path: "secret/*", Write: true}}})
//	id := srv.NewSecretID("airside", vaulttest.SecretID{Uses: 1})
//	srv.Fail(vaulttest.Fault{Kind: vaulttest.FailAfter, Path: "/v1/secret/data/prod", Times: 1})
//
// The suites of internal/vault and internal/upstream run against these, and against a real server when the variables
// AIRSIDE_TEST_VAULT_ADDRESS and AIRSIDE_TEST_VAULT_TOKEN, or AIRSIDE_TEST_AWS_REGION, give one.
//
// Not here: storage, unsealing, audit devices and the other engines and services. What is not spoken answers as
// the real server answers an unknown path. Errors reach the client as the vendor's error bodies; the package
// itself returns none and fails the test when it cannot listen.
package vaulttest
