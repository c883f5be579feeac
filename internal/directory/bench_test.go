// SPDX-License-Identifier: Apache-2.0

package directory_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/directory"
)

// benchUser is a profile of ordinary size with an index of ordinary size.
func benchUser(w *world) (id string, body []byte) {
	company, entity := w.acme()
	office := w.office(company, entity, "")
	body = w.profile(company, entity, `"email":"ada@example.com","employeeId":"E-1","officeRef":{"id":"`+office+`"},"designation":"Engineer",
		"phoneNumbers":[{"countryCode":33,"nationalNumber":123456789,"type":"MOBILE"}]`,
		`"externalId":"x-1","personalInfo":{"name":{"given":"Ada","middle":"B","family1":"Moreau"},"dob":{"iso8601":"1990-02-28"},"gender":"FEMALE",
		"addresses":[{"addressLines":["1 rue de la Paix"],"regionCode":"FR","locality":"Lyon","postalCode":"69001"}],
		"identityDocs":[{"passport":{"docId":"12AB34567","expiryDate":{"iso8601":"2031-05-01"},"issueCountry":"FR","nationalityCountry":"FR"}},
		{"ktn":{"number":"12345678","issueCountry":"US"}}],
		"emergencyContact":{"name":"Tomas Lindqvist","phoneNumbers":[{"rawInput":"+46 8 000 00 00"}]}},
		"travelPreferences":{"preferences":{"preferredCurrency":"EUR","airPref":{"homeAirport":"LYS","seatLocationPrefs":[{"cabins":["ECONOMY"],"isAislePref":true}]}}},
		"membershipInfo":{"membershipInfos":[{"id":"1","issuedBy":"ZZ","type":"AIR"},{"id":"2","issuedBy":"ZH","type":"HOTEL"}]},
		"notificationPreferences":{"preferences":[{"notificationType":"FLIGHT_NOTIFICATION","emailPreference":{"enabled":true}}]}`)
	return created(w.t, must(w, w.admin, "createUser", w.dir.CreateUser, directory.CreateUserIn{Raw: body})), body
}

func BenchmarkUpdateUser(b *testing.B) {
	w := newWorld(b)
	id, body := benchUser(w)
	b.ReportAllocs()
	for b.Loop() {
		next := fmt.Appendf(nil, `%s,"tier":"BASIC"}`, body[:len(body)-1])
		if err := w.db.Update(b.Context(), func(ctx context.Context) error {
			_, err := w.dir.UpdateUser(actor.With(ctx, w.admin), directory.UserBodyIn{UserID: id, Raw: next})
			return err
		}); err != nil {
			b.Fatal(err)
		}
		w.told = w.told[:0]
	}
}

func BenchmarkGetUserInfo(b *testing.B) {
	w := newWorld(b)
	id, _ := benchUser(w)
	b.ReportAllocs()
	for b.Loop() {
		if err := w.db.View(b.Context(), func(ctx context.Context) error {
			_, err := w.dir.GetUserInfo(actor.With(ctx, w.admin), directory.UserReadIn{UserID: id})
			return err
		}); err != nil {
			b.Fatal(err)
		}
	}
}
