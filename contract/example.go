// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"embed"
	"encoding/json"
	"net/url"
)

//go:embed examples/*.json
var examples embed.FS

// Exchange is an example of an operation at work: one request and its answer.
type Exchange struct {
	Request struct {
		Path   map[string]string `json:"path,omitempty"`
		Query  Values            `json:"query,omitempty"`
		Header map[string]string `json:"header,omitempty"`
		Body   json.RawMessage   `json:"body,omitempty"` // a form is written as an object
	} `json:"request"`
	Response struct {
		Status int             `json:"status"`
		Body   json.RawMessage `json:"body,omitempty"`
	} `json:"response"`
}

// Values are query parameters; in JSON one that is given once is a string.
type Values url.Values

// UnmarshalJSON reads a string or a list of strings for each name.
func (v *Values) UnmarshalJSON(raw []byte) error {
	*v = Values{}
	return members(raw, func(name string, val []byte) error {
		if len(val) > 0 && val[0] == '[' {
			var list []string
			err := readTexts(val, &list)
			(*v)[name] = list
			return err
		}
		var one string
		err := readText(val, &one)
		(*v)[name] = []string{one}
		return err
	})
}

// Example returns the example of an operation, nil if there is none. Tests hold
// every example to the contract.
func Example(id string) *Exchange {
	raw, err := examples.ReadFile("examples/" + id + ".json")
	if err != nil {
		return nil
	}
	x := new(Exchange)
	if json.Unmarshal(raw, x) != nil {
		return nil
	}
	return x
}
