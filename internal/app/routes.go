// SPDX-License-Identifier: Apache-2.0

package app

import "github.com/airside-travel/airside/internal/edge"

// routes is the table of contents of the system: every operation that is built, and what carries it
// out. What is not here answers 501 and is listed by `airside routes --missing`.
func routes(m *edge.Mux, s *services) {
	// Credentials.
	edge.Handle(m, "fetchOauth2Token", s.identity.FetchToken)
	edge.Handle(m, "legacyAuthToken", s.identity.LegacyToken)
	edge.Handle(m, "createApiUser", s.identity.Create)
	edge.Handle(m, "getApiUsers", s.identity.List)
	edge.Handle(m, "rotateClientSecret", s.identity.Rotate)
	edge.Handle(m, "deleteApiUser", s.identity.Revoke)
	edge.Handle(m, "addPartnerPublicKey", s.identity.AddKey)
	edge.Handle(m, "listPartnerPublicKeys", s.identity.ListKeys)
	edge.Handle(m, "revokePartnerPublicKey", s.identity.RevokeKey)

	// Companies.
	edge.Handle(m, "createCompany", s.directory.CreateCompany)
	edge.Handle(m, "listCompanies", s.directory.ListCompanies)
	edge.Handle(m, "readCompany", s.directory.ReadCompany)
	edge.Handle(m, "updateCompany", s.directory.UpdateCompany)
	edge.Handle(m, "deleteCompany", s.directory.DeleteCompany)
	edge.Handle(m, "createLegalEntity", s.directory.CreateLegalEntity)
	edge.Handle(m, "listLegalEntities", s.directory.ListLegalEntities)
	edge.Handle(m, "getLegalEntity", s.directory.GetLegalEntity)
	edge.Handle(m, "updateLegalEntity", s.directory.UpdateLegalEntity)
	edge.Handle(m, "deleteLegalEntity", s.directory.DeleteLegalEntity)
	edge.Handle(m, "createOffice", s.directory.CreateOffice)
	edge.Handle(m, "listLegalEntityOffices", s.directory.ListLegalEntityOffices)
	edge.Handle(m, "listOfficesV2", s.directory.ListOffices)
	edge.Handle(m, "getOffice", s.directory.GetOffice)
	edge.Handle(m, "updateOffice", s.directory.UpdateOffice)
	edge.Handle(m, "deleteOffice", s.directory.DeleteOffice)

	// Airside itself.
	edge.Handle(m, "getClock", s.operator.GetClock)
	edge.Handle(m, "freezeClock", s.operator.FreezeClock, edge.OwnTransactions())
	edge.Handle(m, "setClock", s.operator.SetClock, edge.OwnTransactions())
	edge.Handle(m, "advanceClock", s.operator.AdvanceClock, edge.OwnTransactions())
	edge.Handle(m, "resumeClock", s.operator.ResumeClock, edge.OwnTransactions())
	edge.Handle(m, "explainRequest", s.operator.ExplainRequest, edge.OpenInDev())
	edge.Handle(m, "listErrorCodes", s.operator.ListErrorCodes)
	edge.Handle(m, "getErrorCode", s.operator.GetErrorCode)
	edge.Handle(m, "listOperations", s.operator.ListOperations)
	edge.Handle(m, "getContract", s.operator.GetContract)
	edge.Handle(m, "listAuditEntries", s.operator.ListAuditEntries)
	edge.Handle(m, "verifyAudit", s.operator.VerifyAudit)
	edge.Handle(m, "getHealth", s.operator.GetHealth)
	edge.Handle(m, "getReady", s.operator.GetReady)
}
