// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/airside-travel/airside/contract"
)

// maxIssue bounds the answer that is searched for an id, in bytes; the answers of creations are short.
const maxIssue = 64 << 10

// Issue is an id that a creation gave out.
type Issue struct{ Operation, ID, ExternalID, Company, Client string }

// Ledger remembers issued ids, inside the running transaction; an error refuses the write.
type Ledger interface {
	Issued(ctx context.Context, i Issue) error
}

// creates reports whether an operation makes something that has an id of its own.
func creates(op *contract.Operation) bool {
	if op.Method != http.MethodPost || op.Effect == contract.Read || op.Effect == contract.Delete {
		return false
	}
	return op.SuccessStatus == http.StatusCreated || strings.HasPrefix(op.ID, "create") || strings.Contains(op.ID, "CreatePnr") || op.ID == "uploadDocument"
}

// issue notes the id of a creation.
func (m *Mux) issue(ctx context.Context, c *call) error {
	if m.o.Ledger == nil || !creates(c.ep.op) || len(c.out.Body) > maxIssue {
		return nil
	}
	var out struct{ ID, PnrID, ClientID, DocumentID string }
	_ = json.Unmarshal(c.out.Body, &out) // what is not there stays empty
	i := Issue{Operation: c.ep.op.ID, ID: firstOf(firstOf(out.ID, out.PnrID), firstOf(out.ClientID, out.DocumentID)), Client: c.actor.ClientID}
	if i.ID == "" {
		return nil
	}
	var body struct {
		ExternalID string `json:"externalId"`
		Company    string `json:"companyId"`
		Org        string `json:"orgId"`
		Business   struct {
			Organization struct{ ID string } `json:"organizationRef"`
		} `json:"businessInfo"`
		External struct {
			PNR string `json:"externalPnrId"`
		} `json:"externalInfo"`
	}
	_ = json.Unmarshal(c.body, &body) // what is not there stays empty
	i.ExternalID = firstOf(body.ExternalID, body.External.PNR)
	i.Company = firstOf(c.r.PathValue("companyId"), firstOf(c.actor.Company, firstOf(body.Business.Organization.ID, firstOf(body.Company, body.Org))))
	if c.ep.op.ID == "createCompany" {
		i.Company = i.ID
	}
	return m.o.Ledger.Issued(ctx, i)
}

// member is a member of an object that is a text; else empty.
func member(object []byte, name string) (text string) {
	var members map[string]json.RawMessage
	if json.Unmarshal(object, &members) == nil {
		_ = json.Unmarshal(members[name], &text) // as said
	}
	return text
}
