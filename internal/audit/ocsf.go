// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"strings"
)

// OCSFVersion is the version of the schema that OCSF writes.
const OCSFVersion = "1.6.0"

// OCSF is the event API Activity (6003) of the Open Cybersecurity Schema Framework, with the members that a SIEM
// searches by.
type OCSF struct {
	ActivityID  int            `json:"activity_id"`
	CategoryUID int            `json:"category_uid"`
	ClassUID    int            `json:"class_uid"`
	TypeUID     int            `json:"type_uid"`
	Time        int64          `json:"time"` // milliseconds
	SeverityID  int            `json:"severity_id"`
	StatusID    int            `json:"status_id"`
	StatusCode  string         `json:"status_code,omitempty"`
	Count       int            `json:"count,omitempty"` // of events that were dropped
	Metadata    OCSFMetadata   `json:"metadata"`
	Actor       OCSFActor      `json:"actor"`
	API         OCSFAPI        `json:"api"`
	Source      *OCSFEndpoint  `json:"src_endpoint,omitempty"`
	Resources   []OCSFResource `json:"resources,omitempty"`

	// Of requests only.
	Message  string            `json:"message,omitempty"`
	Duration int64             `json:"duration,omitempty"` // milliseconds
	Request  *OCSFHTTPRequest  `json:"http_request,omitempty"`
	Response *OCSFHTTPResponse `json:"http_response,omitempty"`
	Unmapped map[string]any    `json:"unmapped,omitempty"`
}

// The objects of an event.
type (
	// OCSFMetadata says where the event is from.
	OCSFMetadata struct {
		Version string      `json:"version"`
		Product OCSFProduct `json:"product"`
		UID     string      `json:"uid"` // hash of the entry
		Tenant  string      `json:"tenant_uid"`
	}
	// OCSFProduct is this program.
	OCSFProduct struct {
		Name   string `json:"name"`
		Vendor string `json:"vendor_name"`
	}
	// OCSFActor is who acted: a client, for a person or not.
	OCSFActor struct {
		App  string    `json:"app_uid,omitempty"`
		User *OCSFUser `json:"user,omitempty"`
	}
	// OCSFUser is a person, by id.
	OCSFUser struct {
		UID string `json:"uid"`
	}
	// OCSFAPI is what was called.
	OCSFAPI struct {
		Operation string       `json:"operation"`
		Request   *OCSFRequest `json:"request,omitempty"`

		Response *OCSFResponse `json:"response,omitempty"`
	}
	// OCSFRequest is the call.
	OCSFRequest struct {
		UID string `json:"uid"`
	}
	// OCSFEndpoint is where the call came from.
	OCSFEndpoint struct {
		IP string `json:"ip"`
	}
	// OCSFResource is what the call was about.
	OCSFResource struct {
		Name string `json:"name"`
	}
)

// The numbers of the schema.
const (
	ocsfCategory = 6    // application activity
	ocsfClass    = 6003 // API activity

	activityOther, activityCreate, activityRead, activityUpdate, activityDelete = 99, 1, 2, 3, 4
	statusSuccess, statusFailure                                                = 1, 2
	severityInformational, severityLow                                          = 1, 2
)

// activityOf goes by the first word of an operation's id, as the contract names them.
func activityOf(operation string) int {
	for _, words := range []struct {
		activity int
		first    []string
	}{
		{activityCreate, []string{"create", "add", "issue", "fetch", "legacyAuth", "upload", "start", "import"}},
		{activityRead, []string{"get", "list", "read", "verify", "prove", "find", "search"}},
		{activityUpdate, []string{"update", "set", "edit", "replace", "patch", "rotate", "activate", "deactivate", "freeze", "advance", "resume"}},
		{activityDelete, []string{"delete", "remove", "cancel", "void", "revoke", "drop", "purge"}},
	} {
		for _, w := range words.first {
			if strings.HasPrefix(operation, w) {
				return words.activity
			}
		}
	}
	return activityOther
}
