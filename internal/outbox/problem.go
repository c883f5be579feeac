// SPDX-License-Identifier: Apache-2.0

package outbox

import (
	"slices"
	"strings"
)

// Why an attempt did not deliver (schema WebhookErrorCode).
const (
	failedLoopback   = "ADDRESS_LOOPBACK"
	failedMetadata   = "ADDRESS_METADATA"
	failedPrivate    = "ADDRESS_PRIVATE"
	failedRedirect   = "REDIRECT"
	failedStatus     = "STATUS"
	failedTimeout    = "TIMEOUT"
	failedConnection = "CONNECTION"
	failedToken      = "TOKEN"
	failedBroker     = "BROKER"
	failedGivenUp    = "GIVEN_UP"
)

// problem is why an attempt did not deliver; the zero problem is none.
type problem struct{ code, text string }

// String is how the store keeps it, in one column.
func (p problem) String() string {
	if p.code == "" {
		return p.text
	}
	return p.code + ": " + p.text
}

// readProblem reads what the store keeps. Rows from before there were codes have none.
func readProblem(kept string) problem {
	code, text, ok := strings.Cut(kept, ": ")
	if ok && slices.Contains([]string{failedLoopback, failedMetadata, failedPrivate, failedRedirect, failedStatus, failedTimeout,
		failedConnection, failedToken, failedBroker, failedGivenUp}, code) {
		return problem{code, text}
	}
	return problem{text: kept}
}

// addressProblem is a refusal of the guard.
func addressProblem(e *refusedAddress) problem {
	code := failedPrivate
	switch e.sort {
	case loopback:
		code = failedLoopback
	case metadata:
		code = failedMetadata
	case private:
	}
	return problem{code, "not sent: " + e.Error()}
}
