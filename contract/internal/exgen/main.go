// SPDX-License-Identifier: Apache-2.0

// Command exgen writes an example for every operation that has none, as a draft
// to be improved by hand. It never touches a file that exists. Run it in the
// folder contract:
//
//	go run ./internal/exgen
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"log"
	"os"
	"path/filepath"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/contract/sample"
)

func main() {
	c, err := contract.Load()
	if err != nil {
		log.Fatal(err)
	}
	for _, op := range c.Operations() {
		file := filepath.Join("examples", op.ID+".json")
		if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err := os.WriteFile(file, draft(op), 0o644); err != nil {
			log.Fatal(err)
		}
	}
}

func draft(op *contract.Operation) []byte {
	request := map[string]any{}
	for _, in := range []string{contract.InPath, contract.InQuery, contract.InHeader} {
		params := map[string]string{}
		for name, values := range sample.Params(op, in, false) {
			params[name] = values[0]
		}
		if len(params) > 0 {
			request[in] = params
		}
	}
	const small, large = 1200, 2200 // bytes that still read well on a page
	if body := fitting(small, func(o sample.Options) []byte { return sample.Request(op, o) }); body != nil {
		request["body"] = json.RawMessage(body)
	}
	response := map[string]any{"status": op.SuccessStatus}
	if body := fitting(large, func(o sample.Options) []byte {
		return sample.Response(op, op.SuccessStatus, o)
	}); body != nil {
		response["body"] = json.RawMessage(body)
	}
	return write(request, response)
}

// fitting takes the fullest body of at most size bytes.
func fitting(size int, make func(sample.Options) []byte) []byte {
	for depth := 3; ; depth-- {
		if body := make(sample.Options{Depth: depth}); len(body) <= size || depth == 0 {
			return body
		}
	}
}

// write keeps the order of members that a reader expects.
func write(request, response map[string]any) []byte {
	var b bytes.Buffer
	b.WriteString(`{"request":{`)
	object(&b, request, "path", "query", "header", "body")
	b.WriteString(`},"response":{`)
	object(&b, response, "status", "body")
	b.WriteString(`}}`)
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, b.Bytes(), "", "  "); err != nil {
		log.Fatal(err)
	}
	pretty.WriteByte('\n')
	return pretty.Bytes()
}

func object(b *bytes.Buffer, members map[string]any, order ...string) {
	first := true
	for _, name := range order {
		v, ok := members[name]
		if !ok {
			continue
		}
		raw, err := json.Marshal(v)
		if err != nil {
			log.Fatal(err)
		}
		if !first {
			b.WriteByte(',')
		}
		first = false
		b.WriteString(`"` + name + `":`)
		b.Write(raw)
	}
}
