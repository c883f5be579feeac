// SPDX-License-Identifier: Apache-2.0

package vault

import (
	"errors"
	"strings"
)

// What the errors of the SDK can say; their types are those of a module below it.
type (
	coded interface {
		error
		ErrorCode() string
	}
	answered interface {
		error
		HTTPStatusCode() int
	}
)

// awsFailure translates what the SDK returned; of the service's answer only its error code is kept.
func awsFailure(op string, ref Ref, err error) error {
	if err == nil {
		return nil
	}
	said, ok := errors.AsType[coded](err)
	if !ok {
		if answer, ok := errors.AsType[answered](err); ok && answer.HTTPStatusCode() < 500 && answer.HTTPStatusCode() >= 400 {
			return fail(op, ref, ErrDenied, "")
		}
		return unreachable(op, ref, err)
	}
	code := said.ErrorCode()
	detail := code
	if len(code) > 60 || strings.ContainsFunc(code, func(r rune) bool { return (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') }) {
		detail = ""
	}
	switch code {
	case "ResourceNotFoundException":
		return fail(op, ref, ErrNotFound, "")
	case "AccessDeniedException", "UnrecognizedClientException", "InvalidClientTokenId", "ExpiredTokenException", "ExpiredToken",
		"InvalidSignatureException", "SignatureDoesNotMatch", "IncompleteSignature", "MissingAuthenticationTokenException", "MissingAuthenticationToken":
		return fail(op, ref, ErrDenied, detail)
	case "DecryptionFailure", "EncryptionFailure": // the key that protects the secret cannot be used
		return fail(op, ref, ErrSealed, detail)
	case "ResourceExistsException":
		return fail(op, ref, ErrConflict, "somebody else wrote it meanwhile")
	case "InvalidParameterException": // what the service answers when the label is not where we saw it
		if op == "promote" {
			return fail(op, ref, ErrConflict, "another version has taken its place")
		}
		return fail(op, ref, ErrInvalid, detail)
	case "InvalidRequestException":
		return fail(op, ref, ErrConflict, "the secret is marked for deletion, or managed by another service")
	case "ValidationException", "LimitExceededException", "MalformedPolicyDocumentException", "PreconditionNotMetException":
		return fail(op, ref, ErrInvalid, detail)
	default:
		return fail(op, ref, ErrUnavailable, detail)
	}
}
