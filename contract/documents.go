// SPDX-License-Identifier: Apache-2.0

package contract

import (
	_ "embed"
	"unsafe"
)

// The documents are texts and no embed.FS, which gives copies: they are two megabytes, and are kept.
var (
	//go:embed openapi/access.json
	accessText string
	//go:embed openapi/air.json
	airText string
	//go:embed openapi/airside.json
	airsideText string
	//go:embed openapi/application.json
	applicationText string
	//go:embed openapi/auth.json
	authText string
	//go:embed openapi/car.json
	carText string
	//go:embed openapi/common.json
	commonText string
	//go:embed openapi/company.json
	companyText string
	//go:embed openapi/document.json
	documentText string
	//go:embed openapi/event.json
	eventText string
	//go:embed openapi/hotel.json
	hotelText string
	//go:embed openapi/inbox.json
	inboxText string
	//go:embed openapi/payments.json
	paymentsText string
	//go:embed openapi/policy.json
	policyText string
	//go:embed openapi/response.json
	responseText string
	//go:embed openapi/review.json
	reviewText string
	//go:embed openapi/scim.json
	scimText string
	//go:embed openapi/template.json
	templateText string
	//go:embed openapi/trip.json
	tripText string
	//go:embed openapi/users.json
	usersText string
	//go:embed openapi/webhook.json
	webhookText string
)

// embedded are all of them, by name.
func embedded() []document {
	var all []document
	for _, d := range [...]struct{ name, text string }{
		{"access.json", accessText},
		{"air.json", airText},
		{"airside.json", airsideText},
		{"application.json", applicationText},
		{"auth.json", authText},
		{"car.json", carText},
		{"common.json", commonText},
		{"company.json", companyText},
		{"document.json", documentText},
		{"event.json", eventText},
		{"hotel.json", hotelText},
		{"inbox.json", inboxText},
		{"payments.json", paymentsText},
		{"policy.json", policyText},
		{"response.json", responseText},
		{"review.json", reviewText},
		{"scim.json", scimText},
		{"template.json", templateText},
		{"trip.json", tripText},
		{"users.json", usersText},
		{"webhook.json", webhookText},
	} {
		all = append(all, document{name: d.name, raw: unsafe.Slice(unsafe.StringData(d.text), len(d.text))}) //nolint:gosec // nobody writes into what was read
	}
	return all
}
