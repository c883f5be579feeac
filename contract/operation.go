// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Effect says what an operation does to the world. The verb does not tell: a
// search is a POST and reads.
type Effect string

// The effects, weakest first.
const (
	Read     Effect = "read"
	Write    Effect = "write"
	Delete   Effect = "delete"
	Purchase Effect = "purchase" // spends money or commits a supplier
)

// AuditClass says in which class of the audit log a call is recorded.
type AuditClass string

// The audit classes.
const (
	AuditNone     AuditClass = "none"
	AuditRead     AuditClass = "read"
	AuditChange   AuditClass = "change"
	AuditMoney    AuditClass = "money"
	AuditSecurity AuditClass = "security"
)

// Permission is what a grant must cover to open an operation. Zero where no token is asked for.
type Permission struct {
	Name   string // "COMPANY_MANAGEMENT"
	Action string // "WRITE"
	Over   Over
}

// Over says for what a grant must hold.
type Over string

// What a grant must hold for.
const (
	OverCompany Over = ""       // the company that owns the thing at hand
	OverTMC     Over = "TMC"    // the TMC itself: the operation touches all of its companies
	OverClient  Over = "CLIENT" // nothing: only the client's own role opens it
)

// Operation is one operation of the API with its policy. Read only.
type Operation struct {
	ID          string
	Method      string // "GET"
	Path        string // template, "/v2/users/{userId}"
	Tag         string
	Summary     string
	Description string
	Deprecated  bool
	Extension   bool // ours, not part of the compatible surface
	Public      bool // called without a token
	Effect      Effect
	Scope       string
	Roles       []string   // any of them opens the operation
	Permission  Permission // so does a grant that covers it
	Audit       AuditClass
	Webhooks    []string // event types the operation causes
	Choice      string   // what we decided where the reference is silent
	Params      []Param  // path, query and header, in the order written
	Body        *Body    // nil: the operation takes none
	Responses   map[int]*Response

	// SuccessStatus is the lowest 2xx status that is declared.
	SuccessStatus int

	contract *Contract
}

// Param is a parameter outside the body.
type Param struct {
	Name        string
	In          string // path, query or header
	Required    bool
	Description string
	// Comma is set for an array that is written as one comma-separated value;
	// others repeat the parameter.
	Comma  bool
	Schema *Schema
	// ErrorCode (x-error-code) is the documented code of a value that does not fit the schema, where it has
	// one of its own; else "".
	ErrorCode string
}

// Body is what a request carries.
type Body struct {
	Required    bool
	Description string
	Content     map[string]*Schema // by media type
}

// Response is one answer of an operation.
type Response struct {
	Description string
	Content     map[string]*Schema // by media type; empty: no body
}

// Local reports whether the operation is about this server itself: no other implementation of the API has it.
func (op *Operation) Local() bool { return strings.HasPrefix(op.Path, "/v1/airside/") }

// Operations lists all operations, sorted by id. Do not change the slice.
func (c *Contract) Operations() []*Operation { return c.operations }

// Operation returns the operation of that id, nil if there is none.
func (c *Contract) Operation(id string) *Operation { return c.byID[id] }

// TagDescription returns what a tag stands for, "" if nothing is written.
func (c *Contract) TagDescription(tag string) string { return c.tags[tag] }

func (c *Contract) readPath(path string, raw []byte) error {
	if c.paths[path] {
		return errors.New("the path stands in two places")
	}
	c.paths[path] = true
	var shared []Param
	var ops []*Operation
	err := members(raw, func(key string, val []byte) error {
		switch key {
		case "parameters":
			return elements(val, func(val []byte) error { return c.readParam(val, &shared) })
		case "get", "post", "put", "patch", "delete", "head", "options":
			op := &Operation{Method: strings.ToUpper(key), Path: path, contract: c}
			ops = append(ops, op)
			return members(val, op.read)
		case "summary", "description":
			return nil
		}
		return errUnknownKeyword
	})
	if err != nil {
		return err
	}
	for _, op := range ops {
		op.Params = append(slices.Clone(shared), op.Params...)
		if err := c.addOperation(op); err != nil {
			return err
		}
	}
	return nil
}

func (c *Contract) addOperation(op *Operation) error {
	if op.ID == "" {
		return errors.New("an operation has no operationId")
	}
	if c.byID[op.ID] != nil {
		return fmt.Errorf("operation %s appears twice", op.ID)
	}
	for _, p := range op.Params {
		if p.In == "path" && !strings.Contains(op.Path, "{"+p.Name+"}") {
			return fmt.Errorf("operation %s: the path has no {%s}", op.ID, p.Name)
		}
	}
	for status := range op.Responses {
		if status/100 == 2 && (op.SuccessStatus == 0 || status < op.SuccessStatus) {
			op.SuccessStatus = status
		}
	}
	c.byID[op.ID] = op
	c.operations = append(c.operations, op)
	return nil
}

func (p *Permission) read(key string, val []byte) error {
	switch key {
	case "permission":
		return readText(val, &p.Name)
	case "action":
		return readText(val, &p.Action)
	case "over":
		return readText(val, (*string)(&p.Over))
	}
	return errUnknownKeyword
}

func (op *Operation) read(key string, val []byte) error {
	switch key {
	case "operationId":
		return readText(val, &op.ID)
	case "tags":
		var tags []string
		err := readTexts(val, &tags)
		if len(tags) > 0 {
			op.Tag = tags[0]
		}
		return err
	case "summary":
		return readText(val, &op.Summary)
	case "description":
		return readText(val, &op.Description)
	case "deprecated":
		return readBool(val, &op.Deprecated)
	case "x-extension":
		return readBool(val, &op.Extension)
	case "x-effect":
		return readText(val, (*string)(&op.Effect))
	case "x-scope":
		return readText(val, &op.Scope)
	case "x-roles":
		return readTexts(val, &op.Roles)
	case "x-permission":
		return members(val, op.Permission.read)
	case "x-audit":
		return readText(val, (*string)(&op.Audit))
	case "x-webhooks":
		return readTexts(val, &op.Webhooks)
	case "x-choice":
		return readText(val, &op.Choice)
	case "security":
		// An empty list, or an empty alternative, lets anybody call.
		op.Public = true
		return elements(val, func(val []byte) error {
			op.Public = false
			return nil
		})
	case "parameters":
		return elements(val, func(val []byte) error { return op.contract.readParam(val, &op.Params) })
	case "requestBody":
		op.Body = new(Body)
		return op.contract.readBody(val, op.Body)
	case "responses":
		op.Responses = map[int]*Response{}
		return members(val, func(key string, val []byte) error {
			status, err := strconv.Atoi(key)
			if err != nil {
				return err
			}
			op.Responses[status], err = op.contract.readResponse(val)
			return err
		})
	}
	if strings.HasPrefix(key, "x-") {
		return nil
	}
	return errUnknownKeyword
}
