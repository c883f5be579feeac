// SPDX-License-Identifier: Apache-2.0

package errs

// Code is a stable, documented error code as clients see it in errorMessages[].errorCode.
type Code string

// The closed list. Codes marked "documented" stand in the reference's error pages; the others are
// ours and keep its style. Adding one means adding its line to the table below.
const (
	ValidationFailed    Code = "API_VALIDATION_FAILED"         // documented
	MalformedJSON       Code = "MALFORMED_JSON"                //
	BodyNotAllowed      Code = "BODY_NOT_ALLOWED"              //
	InvalidUserIDsQuery Code = "INVALID_USER_IDS_QUERY_PARAMS" // documented
	InvalidEmailDomain  Code = "INVALID_EMAIL_DOMAIN"          // documented
	ReferenceNotFound   Code = "REFERENCE_NOT_FOUND"
	DuplicateValue      Code = "DUPLICATE_VALUE"
	StillReferenced     Code = "STILL_REFERENCED"

	NotAuthenticated  Code = "USER_NOT_AUTHENTICATED" // documented
	TokenInvalid      Code = "ACCESS_TOKEN_INVALID"
	CredentialInvalid Code = "CLIENT_CREDENTIALS_INVALID"
	SubjectInvalid    Code = "SUBJECT_TOKEN_INVALID"
	TooManyRequests   Code = "TOO_MANY_REQUESTS" // documented

	AccessDenied      Code = "ACCESS_DENIED"
	AddressNotAllowed Code = "ADDRESS_NOT_ALLOWED"
	CompanyForeign    Code = "COMPANY_NOT_ACCESSIBLE"
	ResourceNotFound  Code = "RESOURCE_NOT_FOUND"
	RouteNotFound     Code = "ROUTE_NOT_FOUND"
	MethodNotAllowed  Code = "METHOD_NOT_ALLOWED"
	MediaUnsupported  Code = "CONTENT_TYPE_NOT_SUPPORTED"
	RequestTooLarge   Code = "REQUEST_TOO_LARGE"

	VersionConflict    Code = "VERSION_CONFLICT"
	PreconditionFailed Code = "PRECONDITION_FAILED"
	LossyUpdate        Code = "LOSSY_UPDATE"
	APIUserLimit       Code = "API_USER_LIMIT_REACHED"
	IdempotencyReused  Code = "IDEMPOTENCY_KEY_REUSED"
	StateForbids       Code = "STATE_DOES_NOT_ALLOW"
	SearchExpired      Code = "SEARCH_EXPIRED"
	CheckoutExpired    Code = "CHECKOUT_EXPIRED"
	BookingExpired     Code = "BOOKING_EXPIRED"
	OptionExpired      Code = "CANCELLATION_OPTION_EXPIRED"
	SoldOut            Code = "SOLD_OUT"
	PriceChanged       Code = "PRICE_CHANGED"
	PaymentUnusable    Code = "PAYMENT_SOURCE_NOT_USABLE"
	WebhookURLRefused  Code = "WEBHOOK_URL_REFUSED"
	NotImplemented     Code = "NOT_IMPLEMENTED"

	OperationNotGranted  Code = "OPERATION_NOT_GRANTED"
	PurchaseNotGranted   Code = "PURCHASE_NOT_GRANTED"
	OperationNotOffered  Code = "OPERATION_NOT_OFFERED"
	PolicyForbids        Code = "FORBIDDEN_BY_POLICY"
	PolicyUndecided      Code = "POLICY_UNDECIDED"
	EnvironmentForeign   Code = "ENVIRONMENT_NOT_ACCESSIBLE"
	EnvironmentReadOnly  Code = "ENVIRONMENT_READ_ONLY"
	EnvironmentDryRun    Code = "DRY_RUN"
	NotForwarded         Code = "NOT_FORWARDED"
	ApplicationExpired   Code = "APPLICATION_EXPIRED"
	ApplicationSuspended Code = "APPLICATION_SUSPENDED"
	QuotaReached         Code = "QUOTA_REACHED"
	SpendCapReached      Code = "SPEND_CAP_REACHED"
	PriceUnknown         Code = "PRICE_UNKNOWN"
	OutcomeUnknown       Code = "OUTCOME_UNKNOWN"
	UpstreamUnavailable  Code = "UPSTREAM_UNAVAILABLE"
	UpstreamTimeout      Code = "UPSTREAM_TIMEOUT"
	CallerGone           Code = "CALLER_GONE"
	UpstreamBroken       Code = "UPSTREAM_ANSWER_BROKEN"
	UpstreamCredential   Code = "UPSTREAM_CREDENTIAL_REFUSED"
	EgressLimit          Code = "EGRESS_LIMIT_REACHED"
	RotationRefused      Code = "ROTATION_REFUSED"
	RequestNotWellFormed Code = "REQUEST_NOT_WELL_FORMED"
	VaultUnavailable     Code = "VAULT_UNAVAILABLE"
	StoreUnavailable     Code = "STORE_UNAVAILABLE"
	SupplierUnavailable  Code = "SUPPLIER_UNAVAILABLE"
	InternalError        Code = "INTERNAL_ERROR"
	AuditUnavailable     Code = "AUDIT_UNAVAILABLE"
	AuditBroken          Code = "AUDIT_TRAIL_BROKEN"
	WebhookNotHTTPS      Code = "WEBHOOK_URL_NOT_HTTPS"
	WebhookCredentials   Code = "WEBHOOK_URL_CREDENTIALS"
	WebhookLoopback      Code = "WEBHOOK_URL_LOOPBACK"
	WebhookMetadata      Code = "WEBHOOK_URL_METADATA"
	WebhookPrivate       Code = "WEBHOOK_URL_PRIVATE_NETWORK"
	WebhookBroker        Code = "WEBHOOK_BROKER_REFUSED"
	PolicyPrevents       Code = "POLICY_PREVENTS_BOOKING"
	WebhookUnsigned      Code = "WEBHOOK_NOT_SIGNED"
	WebhookForged        Code = "WEBHOOK_SIGNATURE_REFUSED"
	WebhookStale         Code = "WEBHOOK_TIMESTAMP_REFUSED"
)

// Info explains a code: the one place from which pages, `airside explain` and the portal read.
type Info struct {
	Code    Code
	Kind    Kind
	Meaning string
	Fix     string
}

// Info looks the code up; an unknown code reads as INTERNAL_ERROR.
func (c Code) Info() Info {
	for _, i := range codes {
		if i.Code == c {
			return i
		}
	}
	return Info{InternalError, Internal, "Something failed inside.", "Report the debugIdentifier."}
}

// Codes lists the table in its order.
func Codes() []Info { return append([]Info(nil), codes...) }

//nolint:gochecknoglobals // a constant table; Go has no constant slices
var codes = []Info{
	{ValidationFailed, Invalid, "The request does not match the contract of the operation.", "Each message names the pointer, the rule and, where it can be listed, the allowed values. Correct those places and send the whole object again."},
	{MalformedJSON, Invalid, "The body is not one well-formed JSON value: bad syntax, a key given twice, nesting that is too deep, or text that is not UTF-8.", "The message gives the position. Check the encoder that wrote the body."},
	{BodyNotAllowed, Invalid, "The operation takes no body and one was sent.", "Send the values in the path and query as the reference of the operation says."},
	{InvalidUserIDsQuery, Invalid, "companyId or tmcId in a user query is missing, given twice, or not a UUID.", "Send exactly one of them, as a UUID."},
	{InvalidEmailDomain, Invalid, "The company accepts only certain e-mail domains and this address has another.", "Use an address in one of the company's domains, or change the company's domain list."},
	{ReferenceNotFound, Invalid, "An id in the body does not name anything the company owns.", "Create the referenced thing first, or correct the id; the pointer says which one."},
	{DuplicateValue, Invalid, "A value that must be unique is already in use.", "Look the existing resource up with that value (externalId, e-mail, name) instead of creating it again."},
	{StillReferenced, Invalid, "Other records still refer to this one.", "Detach or move them first, or use detachUsers=true where the operation offers it."},
	{NotAuthenticated, Unauthenticated, "The call carries no bearer token, or a header that is not one.", "Get a token from POST /v2/auth/oauth2-token and send it as `Authorization: Bearer <token>`."},
	{TokenInvalid, Unauthenticated, "The token is unknown, expired, or was killed by a rotation or a revocation.", "Get a new token; cache it until shortly before it expires."},
	{CredentialInvalid, Denied, "The client id and client secret do not belong together, or the API user no longer exists.", "Check which environment the credential belongs to and whether the secret was rotated."},
	{SubjectInvalid, Denied, "The subject token of a token exchange was refused: signature, key id, expiry, or no user with its e-mail.", "Sign with RS256 and a key that is uploaded and active, include email and exp, and make sure the user exists and is active."},
	{TooManyRequests, Throttled, "Too many calls in too short a time.", "Wait as long as Retry-After says, then back off exponentially; reuse tokens until they expire."},
	{AccessDenied, Denied, "The token is valid but its roles or scopes do not allow this operation.", "Compare the operation's x-roles and x-scope (airside routes) with the roles of the API user."},
	{AddressNotAllowed, Denied, "The call comes from an address outside of a list of networks: the client's own, or the one for everybody.", "The message names the address that was seen. Compare it with the networks of the application (`airside app show`) and with AIRSIDE_ALLOW_NETWORKS; if it is a proxy's, AIRSIDE_TRUSTED_HOPS is too low."},
	{CompanyForeign, Denied, "The company in the path is not one this caller may act for.", "Use a credential of that company's TMC."},
	{ResourceNotFound, NotFound, "There is nothing with this id, or it belongs to somebody else.", "Check the id; deleted and inactive records read as absent unless the operation offers a switch."},
	{RouteNotFound, NotFound, "No operation has this path.", "Compare with `airside routes`; paths are case sensitive and carry their version."},
	{MethodNotAllowed, WrongMethod, "The path exists, but not with this method.", "The Allow header lists the methods."},
	{MediaUnsupported, WrongMedia, "The body has a content type the operation does not take.", "Send the body in the type that the message names, and say so in Content-Type."},
	{RequestTooLarge, TooLarge, "The body is larger than the limit.", "The limit is AIRSIDE_MAX_BODY (10 MB unless set otherwise)."},
	{VersionConflict, Conflict, "The record changed since it was read.", "Read it again, apply the change to the new version, and send that version back."},
	{PreconditionFailed, Precondition, "If-Match names another version than the one that is stored: somebody changed the resource since it was read. Nothing was written.", "Read it again, apply the change to what is there now, and send the new ETag as If-Match."},
	{LossyUpdate, Conflict, "The update leaves out members that are stored, and this API user is not allowed to lose any without saying so. Nothing was written.", "Send the complete object, or name what is to go in the header Airside-Removes."},
	{APIUserLimit, Conflict, "The TMC has as many API users as it may have.", "Revoke one that is no longer used."},
	{IdempotencyReused, Conflict, "This Idempotency-Key was used with another body.", "Use a fresh key for a different request."},
	{StateForbids, Invalid, "The thing is in a state that does not allow this act.", "The message names the state; read the resource to see what is possible now."},
	{SearchExpired, NotFound, "The search or itinerary is too old, was altered, or belongs to somebody else.", "Search again; results live for 30 minutes on the tenant's clock."},
	{CheckoutExpired, NotFound, "The checkout, seat map or initiate-booking response is too old, was altered, or belongs to somebody else.", "Check out again; responses live for 30 minutes on the tenant's clock."},
	{BookingExpired, NotFound, "The bookingId is too old, was altered, was used already, or belongs to somebody else.", "Revalidate again; a bookingId lives for 15 minutes and books once."},
	{OptionExpired, Invalid, "The cancellation option is no longer on offer.", "Read the cancellation details again and use a fresh optionId."},
	{SoldOut, Conflict, "The last seat, room or car at this offer was taken.", "Search again, or choose another offer."},
	{PriceChanged, Conflict, "The supplier's price is not the one that was agreed.", "Revalidate, look at the new price, and book with the new bookingId."},
	{PaymentUnusable, Invalid, "The payment source cannot pay for this booking.", "Choose a source that the traveler may use and that accepts this supplier."},
	{WebhookURLRefused, Invalid, "The endpoint of a webhook is not an absolute URL that can be called: no host, too long, or with a fragment.", "Use a public https address; in dev, loopback is allowed."},
	{WebhookNotHTTPS, Invalid, "The endpoint of a webhook must be https.", "Use https; in dev, plain http to loopback is allowed."},
	{WebhookCredentials, Invalid, "The endpoint of a webhook has a user or password in its URL.", "Leave them out: deliveries are signed, and custom headers can carry a key."},
	{WebhookLoopback, Invalid, "The endpoint of a webhook is on the loopback of this server.", "Use an address that others can reach; `airside dev` allows loopback."},
	{WebhookMetadata, Invalid, "The endpoint of a webhook is a link-local address, behind which clouds keep their metadata and credentials.", "Use a public https address; no setting allows this one."},
	{WebhookPrivate, Invalid, "The endpoint of a webhook is in a private or reserved network.", "Use a public https address, or have the operator list the network in AIRSIDE_WEBHOOK_ALLOW_NETWORKS."},
	{WebhookBroker, Invalid, "The broker or topic of a relay cannot be used.", "Name a broker and a topic that the operator has configured for this TMC: kafka://BROKER/TOPIC or nats://BROKER/SUBJECT."},
	{PolicyPrevents, Denied, "The traveler's policy does not let this offer be booked. Nothing was written.", "Choose an offer without a preventBooking action in its policyInfos, or have the policy changed."},
	{NotImplemented, NotBuilt, "The operation is in the contract but this version does not carry it out.", "`airside routes --missing` lists such operations."},
	{OperationNotGranted, Denied, "The application was not granted this operation.", "Ask the application's owner for the grant; `airside app show` lists what it has. Grants are by operation, scope and effect."},
	{PurchaseNotGranted, Denied, "The operation spends money in a live environment, and no grant of the application names the effect purchase.", "Grant the operation together with \"effects\": [\"purchase\"], so that nobody buys by accident."},
	{OperationNotOffered, Denied, "The environment's list of operations does not have this one, so it is passed on for nobody.", "No grant of the application changes that: whoever operates the server can add it to AIRSIDE_ENV_<NAME>_OPERATIONS."},
	{PolicyForbids, Denied, "A policy of whoever operates the server forbids the call, whatever was granted. The message names the policy.", "The policy stands in AIRSIDE_POLICY_FILE under that name, with its conditions; no grant of the application changes it."},
	{PolicyUndecided, Denied, "A policy failed while it was evaluated. What cannot be judged is denied.", "The log names the policy and the reason; correct the policy file."},
	{EnvironmentForeign, Denied, "The credential belongs to another environment than the one that was called.", "Use the application's own environment. A sandbox credential never reaches production, nor the other way round; the attempt was recorded."},
	{EnvironmentReadOnly, Denied, "The environment only lets reads through at present.", "Ask whoever switched it; `airside env list` shows the mode and since when."},
	{EnvironmentDryRun, Conflict, "The request is valid and would have been sent, but the environment is in dry-run mode: nothing was.", "Switch the environment's mode to live when the rehearsal is over."},
	{NotForwarded, Denied, "Operations on credentials of the real API are not passed on: they would end the credential that all calls share.", "Use `airside rotate` for the upstream credential, and `airside app` for those of applications."},
	{ApplicationExpired, Denied, "The application's access has ended at the date that was set for it.", "Let its owner confirm that it is still needed, and set a new date with `airside app set NAME --expires DATE`."},
	{ApplicationSuspended, Denied, "The application was suspended.", "`airside app show` says by whom and why; `airside app resume` ends it."},
	{QuotaReached, Throttled, "The application has made as many calls today as it may.", "Wait for the next day (UTC), or let the quota be raised."},
	{SpendCapReached, Denied, "The purchase would go beyond what the application may buy in a day, by count or by amount.", "Wait for the next day (UTC), or let the cap be raised."},
	{PriceUnknown, Denied, "The application has a cap on what it may spend, and the price of this purchase is not known here.", "Revalidate through this server first, so that it sees the price, and buy with the bookingId of that answer."},
	{OutcomeUnknown, Conflict, "The real API did not answer, and it could not be found out whether it carried the request out.", "Look for the result before you repeat: `airside ids find`, or the list operation. Repeating may do it twice."},
	{UpstreamUnavailable, Unavailable, "The real API does not answer. The request was not carried out.", "Try again later."},
	{UpstreamTimeout, Late, "The real API did not answer in time.", "Reads can be repeated at once. After a write, look first whether it was carried out."},
	{CallerGone, Unheard, "The caller closed the connection before it was answered. Nothing was written, or sent to the real API but a read.", "Raise the caller's timeout if it waits for too short a time."},
	{UpstreamBroken, Broken, "The real API's answer broke off or is none that can be passed on.", "Reads can be repeated at once. After a write, look first whether it was carried out."},
	{UpstreamCredential, Broken, "The real API refuses the credential of this environment.", "`airside env show` and `airside rotate --status` say what is wrong; the operators were alerted (upstream-credential-refused). Calls pass again once the vault has the right secret."},
	{EgressLimit, Unavailable, "This server lets no more calls leave for the real API at present: the environment's own limit is reached, by all applications together. The request was not sent.", "Wait as long as Retry-After says and send it again. Whoever runs the server sets the limits with AIRSIDE_ENV_<NAME>_RATE and AIRSIDE_ENV_<NAME>_CONNECTIONS."},
	{RotationRefused, Conflict, "The credential was not rotated, because that could lose it: nothing was done.", "The message says what is missing and the hint which settings give it: a vault that can be written (AIRSIDE_ENV_<NAME>_SECRET), a place for the escrow (AIRSIDE_ESCROW_DIR) and a key for it (AIRSIDE_SEAL_KEY_FILE), and a second credential that could recover a lost answer (AIRSIDE_ENV_<NAME>_ADMIN_CLIENT_ID and AIRSIDE_ENV_<NAME>_ADMIN_SECRET) or a role for new API users (AIRSIDE_ENV_<NAME>_ROLE)."},
	{RequestNotWellFormed, Invalid, "The request's framing is ambiguous, so that two programs could read it as different requests. It was refused before it was read.", "The parameter rule names what was wrong. Send one Host, either Content-Length or Transfer-Encoding, end lines with CR LF, and do not fold header lines."},
	{WebhookUnsigned, Unauthenticated, "A webhook came to the inbox without id, timestamp and signature, and nothing else says who sent it.", "Send it as the webhooks page says. An older sender needs a bearer token and an environment with WEBHOOK_BEARER."},
	{WebhookForged, Unauthenticated, "None of the environment's secrets made the signature of a webhook for the inbox: the body was changed on its way, the secret is another, or somebody forged it.", "Compare the secret of the subscription with the references in AIRSIDE_ENV_<NAME>_WEBHOOK_SECRETS; `airside inbox status` says when each of them matched last."},
	{WebhookStale, Unauthenticated, "A webhook for the inbox is signed rightly, but its timestamp is too far from now.", "Compare the clocks of both sides; AIRSIDE_ENV_<NAME>_WEBHOOK_TOLERANCE says how far they may differ."},
	{VaultUnavailable, Unavailable, "The vault that the secret is to be put into does not answer. The message says what was done before.", "Try again; `airside vault get REF --check` shows whether the vault answers."},
	{StoreUnavailable, Unavailable, "The store cannot take the write now. Nothing was written, unless the message says that this is in doubt.", "Try again; writes with an Idempotency-Key are safe to repeat."},
	{AuditUnavailable, Unavailable, "The audit trail cannot take the entry, and what leaves no entry is not done. Nothing was written, and nothing that is audited was shown.", "Try again; writes with an Idempotency-Key are safe to repeat. If it stays so, look at the disk and the log of the server."},
	{AuditBroken, Conflict, "The audit trail was altered outside of Airside, so nothing more of it is signed or dropped.", "`airside audit verify` says where it breaks. Keep a copy of the database and compare with the checkpoints that were copied elsewhere."},
	{SupplierUnavailable, Unavailable, "The supplier does not answer.", "Try again later."},
	{InternalError, Internal, "Something failed inside. Nothing was written.", "Report the debugIdentifier; it leads to the whole story of the request."},
}

// Documented reports whether the reference's error pages name the code; the others are ours.
func (c Code) Documented() bool {
	switch c {
	case ValidationFailed, InvalidUserIDsQuery, InvalidEmailDomain, NotAuthenticated, TooManyRequests:
		return true
	default:
		return false
	}
}
