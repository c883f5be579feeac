// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// printJSON writes v as one indented document.
func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// printLine writes v as one line of JSON, for programs that read line by line.
func printLine(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// printBody writes an answer for a person: indented when it is JSON, as it came otherwise.
func printBody(w io.Writer, body []byte) error {
	var b bytes.Buffer
	if json.Indent(&b, bytes.TrimSpace(body), "", "  ") != nil {
		_, err := w.Write(body)
		return err
	}
	b.WriteByte('\n')
	_, err := b.WriteTo(w)
	return err
}

// wrap breaks text into lines of at most width characters, each with the indent in front.
func wrap(text, indent string, width int) string {
	var b strings.Builder
	for para := range strings.SplitSeq(text, "\n") {
		line := indent
		for word := range strings.FieldsSeq(para) {
			if len(line)+1+len(word) > width && strings.TrimSpace(line) != "" {
				fmt.Fprintln(&b, strings.TrimRight(line, " "))
				line = indent
			}
			if strings.TrimSpace(line) != "" {
				line += " "
			}
			line += word
		}
		fmt.Fprintln(&b, strings.TrimRight(line, " "))
	}
	return strings.TrimRight(b.String(), "\n")
}

// firstSentence is the start of a description, for lists.
func firstSentence(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if i := strings.Index(text, ". "); i > 0 {
		text = text[:i+1]
	}
	return strings.TrimSuffix(text, ".")
}
