// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// errEncoded is an answer in an encoding that nobody asked for and that is not taken off on its way here.
var errEncoded = errors.New("unknown Content-Encoding")

// plain refuses an answer whose body neither the caller nor the contract could read.
func plain(resp *http.Response) error {
	encoding := strings.Join(resp.Header["Content-Encoding"], ",")
	if encoding == "" || strings.EqualFold(encoding, "identity") {
		return nil
	}
	_ = resp.Body.Close()
	return fmt.Errorf("%w %q", errEncoded, clip(encoding, 64))
}
