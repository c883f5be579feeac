// SPDX-License-Identifier: Apache-2.0

package trailfile

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

// format is the first thing a file says.
const format = "airside audit trail 1"

// Header is the first line.
type Header struct {
	Format string   `json:"format"`
	Tenant string   `json:"tenant"`
	First  int64    `json:"first"`            // the entries that the file holds
	Last   int64    `json:"last"`             // 0 for none
	Key    string   `json:"key"`              // that signs the checkpoints
	Anchor string   `json:"anchor,omitempty"` // when First is not 1: the checkpoint of the entries before it
	Peaks  [][]byte `json:"peaks,omitempty"`  // and the peaks of their tree
	Sum    string   `json:"sum"`              // SHA-256 of this line with an empty sum
}

type checkpointLine struct {
	Checkpoint string `json:"checkpoint"`
}

type endLine struct {
	Lines  int64  `json:"lines"`  // before this one
	SHA256 string `json:"sha256"` // of their bytes
}

// line writes any line but an entry's.
func line(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // texts, numbers and bytes are always encoded
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// read reads such a line strictly.
func read(b []byte, v any) error {
	if json.Unmarshal(b, v) != nil || !bytes.Equal(line(v), b) {
		return errLine
	}
	return nil
}

// Line is the header as a line.
func (h Header) Line() []byte {
	h.Format, h.Sum = format, ""
	sum := sha256.Sum256(line(h))
	h.Sum = hex.EncodeToString(sum[:])
	return line(h)
}

// CheckpointLine is a note as a line.
func CheckpointLine(note string) []byte { return line(checkpointLine{note}) }

// readHeader reads the first line.
func readHeader(b []byte) (h Header, err error) {
	if err := read(b, &h); err != nil {
		return Header{}, err
	}
	if !bytes.Equal(h.Line(), b) {
		return Header{}, errLine
	}
	return h, nil
}
