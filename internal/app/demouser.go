// SPDX-License-Identifier: Apache-2.0

package app

import (
	"encoding/json"
	"strings"

	"github.com/airside-travel/airside/internal/edge"
	"github.com/airside-travel/airside/internal/jsondoc"
)

// demoUser is the creation body of one of demoPeople: name, e-mail, employee id, gender, birth.
func demoUser(line, companyID, entityID string) json.RawMessage {
	f := strings.Split(line, "|")
	type ref struct {
		ID string `json:"id"`
	}
	personal := jsondoc.New().SetRaw("name", []byte(f[0])).Set("email", f[1]).Set("gender", f[3]).Set("dob", map[string]string{"iso8601": f[4]})
	business := jsondoc.New().Set("organizationRef", ref{companyID}).Set("legalEntityRef", ref{entityID}).Set("email", f[1]).Set("employeeId", f[2])
	return jsondoc.New().Set("persona", "EMPLOYEE").Set("externalId", f[2]).Set("personalInfo", personal).Set("businessInfo", business).Bytes()
}

// bootstrapAct is the first entry of a tenant's audit trail.
func bootstrapAct(tenant, clientID string) edge.Act {
	return edge.Act{
		Tenant: tenant, Actor: "operator", Operation: "createTmc", Target: clientID, Outcome: "ALLOWED",
		Detail: map[string]string{"class": "security"},
	}
}
