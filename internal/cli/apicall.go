// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/contract/sample"
)

const (
	mediaForm      = "application/x-www-form-urlencoded"
	mediaMultipart = "multipart/form-data"
)

// request is one call, ready to be sent.
type request struct {
	Method string          `json:"method"`
	URL    string          `json:"url"`
	Header http.Header     `json:"header,omitempty"`
	Media  string          `json:"contentType,omitempty"`
	Body   json.RawMessage `json:"body,omitempty"` // as given; a form is written as an object

	path string
	wire []byte // what travels
}

func (m *Main) runOperation(cmd *cobra.Command, op *contract.Operation, f *apiFlags) error {
	if f.example != "" {
		return m.printExample(op, f.example)
	}
	if f.patch != "" {
		return m.runPatch(cmd, op, f)
	}
	req, found, err := m.request(op, f)
	if err != nil {
		return err
	}
	if len(found) > 0 && !f.noCheck {
		return violations(op, found)
	}
	m.unknownMembers(op, req.Body)
	r, err := m.remote(f.base)
	if err != nil {
		return err
	}
	req.URL = r.base + req.path
	if f.dryRun {
		return printJSON(m.Stdout, req)
	}
	send := r.call
	if op.Public {
		send = r.do
	}
	a, err := send(cmd.Context(), req.Method, req.path, req.Header, req.Media, req.wire)
	if err != nil {
		return err
	}
	if a.Status/100 == 2 || f.raw {
		print := printBody
		if f.raw {
			print = func(w io.Writer, body []byte) error { _, err := w.Write(body); return err }
		}
		if err := print(m.Stdout, a.Body); err != nil {
			return err
		}
	}
	if a.Status/100 != 2 {
		return a.failure()
	}
	return nil
}

// request puts the call together and holds it to the contract.
func (m *Main) request(op *contract.Operation, f *apiFlags) (*request, []contract.Violation, error) {
	req := &request{Method: op.Method, path: op.Path, Header: http.Header{}}
	query := url.Values{}
	segments := map[string]string{}
	for i := range op.Params {
		p := &op.Params[i]
		values := *f.params[p.In+" "+p.Name]
		if len(values) == 0 {
			continue
		}
		switch p.In {
		case contract.InPath:
			segments[p.Name] = values[0]
			req.path = strings.ReplaceAll(req.path, "{"+p.Name+"}", url.PathEscape(values[0]))
		case contract.InQuery:
			query[p.Name] = values
		case contract.InHeader:
			req.Header.Set(p.Name, values[0])
		}
	}
	if f.key != "" {
		req.Header.Set("Idempotency-Key", f.key)
	}
	found := op.CheckPath(func(name string) string { return segments[name] })
	found = append(found, op.CheckQuery(query)...)
	found = append(found, op.CheckHeader(req.Header.Get)...)
	if strings.Contains(req.path, "{") && f.noCheck {
		return nil, nil, violations(op, op.CheckPath(func(name string) string { return segments[name] })) // there is no such URL
	}
	if len(query) > 0 {
		req.path += "?" + query.Encode()
	}
	body, err := m.body(f.body)
	if err != nil {
		return nil, nil, err
	}
	if op.Body != nil {
		bad, err := req.setBody(op, body)
		if err != nil {
			return nil, nil, err
		}
		found = append(found, bad...)
	}
	return req, found, nil
}

// body reads --body: JSON, @FILE, or - for standard input.
func (m *Main) body(given string) ([]byte, error) {
	switch {
	case given == "-":
		return io.ReadAll(m.Stdin)
	case strings.HasPrefix(given, "@"):
		return os.ReadFile(given[1:])
	}
	return []byte(given), nil
}

// setBody writes the body in the form the operation takes.
func (r *request) setBody(op *contract.Operation, body []byte) ([]contract.Violation, error) {
	if len(body) == 0 {
		return op.CheckBody("", nil), nil
	}
	media := make([]string, 0, 1)
	for name := range op.Body.Content {
		media = append(media, name)
	}
	slices.Sort(media)
	r.Media = media[0]
	if json.Valid(body) {
		r.Body = body
	}
	switch r.Media {
	case mediaForm, mediaMultipart:
		form, err := formOf(body)
		if err != nil {
			return nil, err
		}
		found := op.CheckForm(form)
		if r.Media == mediaForm {
			r.wire = []byte(form.Encode())
			return found, nil
		}
		r.wire, r.Media, err = parts(form)
		return found, err
	}
	r.wire = body
	return op.CheckBody(r.Media, body), nil
}

// formOf reads a JSON object as the fields of a form: text as it is, everything else as JSON.
func formOf(body []byte) (url.Values, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		return nil, failf(ExitUsage, "the fields of the form must be a JSON object: %w", err)
	}
	form := url.Values{}
	for name, value := range fields {
		var text string
		if json.Unmarshal(value, &text) != nil {
			text = string(value)
		}
		form.Set(name, text)
	}
	return form, nil
}

// parts writes a multipart body; a field whose value is @FILE carries that file.
func parts(form url.Values) ([]byte, string, error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for name := range form {
		value := form.Get(name)
		file, isFile := strings.CutPrefix(value, "@")
		if !isFile {
			if err := w.WriteField(name, value); err != nil {
				return nil, "", err
			}
			continue
		}
		content, err := os.ReadFile(file)
		if err != nil {
			return nil, "", err
		}
		part, err := w.CreateFormFile(name, filepath.Base(file))
		if err != nil {
			return nil, "", err
		}
		if _, err := part.Write(content); err != nil {
			return nil, "", err
		}
	}
	if err := w.Close(); err != nil {
		return nil, "", err
	}
	return b.Bytes(), w.FormDataContentType(), nil
}

// violations says what the check found, without sending anything.
func violations(op *contract.Operation, found []contract.Violation) error {
	lines := []string{"the request does not fit the contract; nothing was sent"}
	for _, v := range found {
		line := v.String()
		switch name := strings.TrimPrefix(v.Pointer, "/"); {
		case v.In != contract.InBody && name != "":
			line = "--" + name + " " + v.Message
		case v.Pointer == "":
			line = "--body " + v.Message
		}
		if len(v.Allowed) > 0 && !strings.Contains(v.Message, v.Allowed[0]) {
			line += " (" + strings.Join(v.Allowed[:min(len(v.Allowed), 12)], ", ") + ")"
		}
		lines = append(lines, line)
	}
	return failf(ExitUsage, "%s", strings.Join(lines, "\n")).
		hint("airside api %s --help", op.ID).hint("--no-check sends it all the same")
}

func (m *Main) printExample(op *contract.Operation, which string) error {
	var body []byte
	known := contract.Example(op.ID)
	switch which {
	case "request":
		if body = sample.Request(op, sample.Options{Depth: 1}); known != nil && len(known.Request.Body) > 0 {
			body = known.Request.Body
		}
	case "answer":
		if body = sample.Response(op, op.SuccessStatus, sample.Options{Depth: 1}); known != nil && len(known.Response.Body) > 0 {
			body = known.Response.Body
		}
	default:
		return failf(ExitUsage, "--example is request or answer, not %q", which)
	}
	if len(body) == 0 {
		return failf(ExitNotFound, "%s has no %s body", op.ID, which).hint("airside api %s --help", op.ID)
	}
	if which == "request" && (bytes.Contains(body, []byte(`"id"`)) || bytes.Contains(body, []byte(`Id"`))) {
		fmt.Fprintln(m.Stderr, "Ids in an example are made up: put those of your company, its legal entity and so on in their place.")
	}
	return printBody(m.Stdout, body)
}
