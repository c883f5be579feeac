// SPDX-License-Identifier: Apache-2.0

// Package hook is what a secret in a vault is needed for when webhooks of a real API are received: to check who
// signed one, and to sign what is passed on. Secrets come by reference, and no byte of them leaves the package.
//
// Receiving, storing and passing on are package inbox, which knows only whether a signature holds. Verify returns
// webhook.ErrNoSignature, ErrSignature or ErrTimestamp for what the sender did wrong, and *Unready when a vault
// did not give a secret that may have signed.
package hook
