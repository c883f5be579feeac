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

// Issue is an id that a creation gave out. Environment is where, "" for the built-in platform.
type Issue struct{ Operation, ID, ExternalID, Company, Client, Environment string }

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
	if i, ok := m.issued(c); ok {
		return m.o.Ledger.Issued(ctx, i)
	}
	return nil
}

// issued is what a creation gave out, if anything.
func (m *Mux) issued(c *call) (i Issue, ok bool) {
	if m.o.Ledger == nil || !creates(c.ep.op) || len(c.out.Body) > maxIssue {
		return i, false
	}
	i = Issue{Operation: c.ep.op.ID, ID: issuedID(c.out.Body), Client: c.actor.ClientID}
	if i.ID == "" {
		return i, false
	}
	var external, pnr, organization, company, org string
	texts(c.body, wanted{
		{"externalId", &external}, {"externalInfo.externalPnrId", &pnr}, {"businessInfo.organizationRef.id", &organization}, {"companyId", &company}, {"orgId", &org},
	})
	i.ExternalID = cmp.Or(external, pnr)
	i.Company = cmp.Or(c.r.PathValue("companyId"), c.actor.Company, organization, company, org)
	if c.ep.op.ID == "createCompany" {
		i.Company = i.ID
	}
	if c.upstream != nil {
		i.Environment = c.event.Environment
	}
	return i, true
}

// issuedID is the id in the answer to a creation; empty when there is none.
func issuedID(answer []byte) string {
	var id, pnr, client, document string
	texts(answer, wanted{{"id", &id}, {"pnrId", &pnr}, {"clientId", &client}, {"documentId", &document}})
	return cmp.Or(id, pnr, client, document)
}

// member is a member of an object that is a text; else empty.
func member(object []byte, name string) (text string) {
	texts(object, wanted{{name, &text}})
	return text
}

// wanted are texts to be read from an object, by name with dots between levels.
type wanted []struct {
	name string
	to   *string
}

// texts reads some members of an object. What is not there, or no text, stays as it is.
func texts(object []byte, into wanted) {
	d := jx.GetDecoder()
	defer jx.PutDecoder(d)
	d.ResetBytes(object)
	_ = into.read(d, "") // what cannot be read has none
}

func (w wanted) read(d *jx.Decoder, above string) error {
	return d.ObjBytes(func(d *jx.Decoder, key []byte) error {
		for _, one := range w {
			name, ok := strings.CutPrefix(one.name, above)
			if !ok {
				continue
			}
			first, _, deeper := strings.Cut(name, ".")
			if first != string(key) {
				continue
			}
			switch next := d.Next(); {
			case !deeper && next == jx.String:
				v, err := d.StrBytes()
				if err == nil {
					*one.to = strings.ToValidUTF8(string(v), "\uFFFD")
				}
				return err
			case deeper && next == jx.Object:
				return w.read(d, above+first+".")
			}
			return d.Skip()
		}
		return d.Skip()
	})
}
