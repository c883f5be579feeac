// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"net/http"
	"strings"

	"github.com/airside-travel/airside/contract"
)

// pair finds what reads the path of a write, and what takes back the answer of a read.
func (m *Mux) pair() {
	reads := map[string]*endpoint{}
	for _, ep := range m.bound {
		if ep.op.Method == http.MethodGet {
			reads[ep.op.Path] = ep
		}
	}
	for _, ep := range m.bound {
		read := reads[ep.op.Path]
		if read == nil {
			continue
		}
		switch ep.op.Method {
		case http.MethodPut:
			ep.read = read.op
			read.put, read.beyond = ep.op, beyond(read.op, ep.op)
		case http.MethodPatch, http.MethodDelete:
			ep.read = read.op
		}
	}
}

// beyond are the parameters of a read that its update lacks: the answer may be another with them, and the read that is
// made before the update goes without.
func beyond(read, put *contract.Operation) (out []*contract.Param) {
	for i := range read.Params {
		p := &read.Params[i]
		if (p.In == contract.InQuery || p.In == contract.InHeader) && param(put, p.In, p.Name) == nil {
			out = append(out, p)
		}
	}
	return out
}

// strong is the ETag of an answer, if it is one that If-Match can name.
func strong(h http.Header) string {
	v := h["Etag"]
	if len(v) != 1 || len(v[0]) < 2 || v[0][0] != '"' || strings.IndexByte(v[0][1:], '"') != len(v[0])-2 {
		return ""
	}
	return v[0]
}

// tag sees to it that what can be sent back has an ETag that If-Match can name: the API's own, else ours. For ours the
// answer is read before anything of it is passed on, as far as answers are kept; a larger one has none.
func (m *Mux) tag(c *call, resp *http.Response, kept *keeper) error {
	if c.ep.put == nil || resp.StatusCode != http.StatusOK || strong(resp.Header) != "" || !c.mayPut() {
		return nil
	}
	delete(resp.Header, "Etag") // a weak one, which If-Match would never match
	if resp.ContentLength >= maxDrift || c.goesBeyond() {
		return nil
	}
	whole, err := kept.ahead(resp.Body)
	if err != nil {
		return m.upstreamFailed(c, err)
	}
	if whole {
		resp.Header["Etag"] = []string{contentTag(kept.kept)}
	}
	return nil
}

// mayPut reports whether the caller may ever send back what he reads: an ETag is of no use to others, and costs.
func (c *call) mayPut() bool {
	caller := c.caller
	return caller != nil && caller.Application != nil && caller.Application.Granted != nil &&
		caller.Application.Granted.Opens(c.ep.put) && c.upstream.Allows(c.ep.put)
}

// goesBeyond reports whether a read has a parameter that the update lacks.
func (c *call) goesBeyond() bool {
	for _, p := range c.ep.beyond {
		if p.In == contract.InQuery && c.params.Has(p.Name) || p.In == contract.InHeader && c.r.Header.Get(p.Name) != "" {
			return true
		}
	}
	return false
}

// contentTag is the ETag of a body that has no version: its length and two checksums, for which processors have
// instructions. It tells states apart and is no defence: whoever may send an update needs no forged tag.
func contentTag(body []byte) string {
	var sum [12]byte
	binary.BigEndian.PutUint32(sum[:], uint32(len(body))) //nolint:gosec // answers are bounded far below
	binary.BigEndian.PutUint32(sum[4:], crc32.ChecksumIEEE(body))
	binary.BigEndian.PutUint32(sum[8:], crc32.Checksum(body, castagnoli))
	var tag [18]byte
	tag[0], tag[17] = '"', '"'
	base64.RawURLEncoding.Encode(tag[1:17], sum[:])
	return string(tag[:])
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli) //nolint:gochecknoglobals // constant table
