// SPDX-License-Identifier: Apache-2.0

package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// Error is what the server refused, from the error envelope of the API.
type Error struct {
	Operation string
	Status    int    // HTTP status
	Code      string // documented code of the first message, such as REFERENCE_NOT_FOUND; empty without an envelope
	Messages  []Message
	RequestID string // explains the request: operation explainRequest
}

// Message is one thing that was wrong.
type Message struct {
	Code, Text string
	Pointer    string // JSON pointer of the place, "/name" for parameters; empty when it has none
	Hint       string
}

// Error names operation, status and every message.
func (e *Error) Error() string {
	text := make([]string, len(e.Messages))
	for i, m := range e.Messages {
		text[i] = strings.TrimSpace(m.Pointer + " " + m.Text)
	}
	if len(text) == 0 {
		text = []string{http.StatusText(e.Status)}
	}
	return strings.TrimSpace(fmt.Sprintf("%s: %d %s", e.Operation, e.Status, e.Code)) + ": " + strings.Join(text, "; ")
}

// HasCode reports whether the server refused with this code.
func HasCode(err error, code string) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == code
}

// HasStatus reports whether the server answered with this status.
func HasStatus(err error, status int) bool {
	var e *Error
	return errors.As(err, &e) && e.Status == status
}

func readError(operation string, r *Response) *Error {
	e := &Error{Operation: operation, Status: r.Status, RequestID: r.Header.Get("X-Request-Id")}
	var body struct {
		Messages []struct {
			Code       string                         `json:"errorCode"`
			Text       string                         `json:"message"`
			Detail     string                         `json:"errorDetail"`
			Parameters []struct{ Name, Value string } `json:"errorParameters"`
		} `json:"errorMessages"`
		Detail string `json:"detail"` // of SCIM
		Type   string `json:"scimType"`
	}
	if json.Unmarshal(r.Body, &body) != nil {
		return e
	}
	for _, m := range body.Messages {
		out := Message{Code: m.Code, Text: m.Text, Hint: m.Detail}
		for _, p := range m.Parameters {
			if p.Name == "pointer" {
				out.Pointer = p.Value
			}
		}
		e.Messages = append(e.Messages, out)
	}
	if body.Detail != "" {
		e.Messages = append(e.Messages, Message{Code: body.Type, Text: body.Detail})
	}
	if len(e.Messages) > 0 {
		e.Code = e.Messages[0].Code
	}
	return e
}
