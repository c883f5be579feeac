// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"cmp"
	"context"
	"net/http"
	"strings"

	"github.com/go-faster/jx"

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
	i := Issue{Operation: c.ep.op.ID, Client: c.actor.ClientID}
	out := [4]string{}
	texts(c.out.Body, map[string]*string{"id": &out[0], "pnrId": &out[1], "clientId": &out[2], "documentId": &out[3]})
	if i.ID = cmp.Or(out[:]...); i.ID == "" {
		return nil
	}
	var external, pnr, organization, company, org string
	texts(c.body, map[string]*string{
		"externalId": &external, "externalInfo.externalPnrId": &pnr, "businessInfo.organizationRef.id": &organization, "companyId": &company, "orgId": &org,
	})
	i.ExternalID = cmp.Or(external, pnr)
	i.Company = cmp.Or(c.r.PathValue("companyId"), c.actor.Company, organization, company, org)
	if c.ep.op.ID == "createCompany" {
		i.Company = i.ID
	}
	return m.o.Ledger.Issued(ctx, i)
}

// member is a member of an object that is a text; else empty.
func member(object []byte, name string) (text string) {
	texts(object, map[string]*string{name: &text})
	return text
}

// texts reads some members of an object, named with dots between levels. What is not there, or no text, stays as it is.
func texts(object []byte, into map[string]*string) {
	_ = textsOf(jx.DecodeBytes(object), "", into) // what cannot be read has none
}

func textsOf(d *jx.Decoder, above string, into map[string]*string) error {
	return d.ObjBytes(func(d *jx.Decoder, key []byte) error {
		name := string(key)
		if strings.Contains(name, ".") {
			return d.Skip()
		}
		if above != "" {
			name = above + "." + name
		}
		switch to := into[name]; d.Next() {
		case jx.String:
			if to == nil {
				return d.Skip()
			}
			v, err := d.Str()
			if err == nil {
				*to = v
			}
			return err
		case jx.Object:
			for wanted := range into {
				if strings.HasPrefix(wanted, name+".") {
					return textsOf(d, name, into)
				}
			}
		}
		return d.Skip()
	})
}
