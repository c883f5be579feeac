// SPDX-License-Identifier: Apache-2.0

package checkpoint

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// What can be wrong with a note.
var (
	ErrFormat    = errors.New("checkpoint: not the text of a checkpoint")
	ErrSignature = errors.New("checkpoint: not signed by the key")
)

// KeyName is the name that keys of this program have.
const KeyName = "airside-audit"

const (
	origin     = "airside.audit/"
	timeFormat = "2006-01-02T15:04:05.000000Z"
)

// Checkpoint is what is signed.
type Checkpoint struct {
	Tenant string
	Size   int64     // entries from the first one on
	Root   tlog.Hash // of the Merkle tree over their hashes
	Chain  []byte    // hash of the last of them
	At     time.Time // when it was made
}

// Text is what the signature is over. The first three lines are those of the format, the others ours.
func (c *Checkpoint) Text() string {
	return fmt.Sprintf("%s%s\n%d\n%s\nchain %s\nat %s\n",
		origin, c.Tenant, c.Size, c.Root, hex.EncodeToString(c.Chain), c.At.UTC().Format(timeFormat))
}

// Parse reads a text, and takes it only as Text writes it.
func Parse(text string) (Checkpoint, error) {
	var c Checkpoint
	lines := strings.Split(text, "\n")
	if len(lines) != 6 || !strings.HasPrefix(lines[0], origin) {
		return c, ErrFormat
	}
	size, err1 := strconv.ParseInt(lines[1], 10, 64)
	root, err2 := tlog.ParseHash(lines[2])
	chain, err3 := hex.DecodeString(strings.TrimPrefix(lines[3], "chain "))
	at, err4 := time.Parse(timeFormat, strings.TrimPrefix(lines[4], "at "))
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return c, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	c = Checkpoint{Tenant: lines[0][len(origin):], Size: size, Root: root, Chain: chain, At: at}
	if c.Text() != text || size < 1 {
		return c, ErrFormat
	}
	return c, nil
}

// Sign makes the note.
func (c *Checkpoint) Sign(s note.Signer) (string, error) {
	if _, err := Parse(c.Text()); err != nil {
		return "", err
	}
	signed, err := note.Sign(&note.Note{Text: c.Text()}, s)
	return string(signed), err
}

// Open reads a note that one of the keys has signed. Exactly one signature is taken, so that no byte of it
// goes unchecked.
func Open(signed string, keys ...note.Verifier) (Checkpoint, error) {
	n, err := note.Open([]byte(signed), note.VerifierList(keys...))
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%w: %w", ErrSignature, err)
	}
	if len(n.UnverifiedSigs) > 0 || len(n.Sigs) != 1 {
		return Checkpoint{}, fmt.Errorf("%w: signatures of others", ErrSignature)
	}
	sig := n.Sigs[0]
	if _, err := base64.StdEncoding.Strict().DecodeString(sig.Base64); err != nil || signed != n.Text+"\n— "+sig.Name+" "+sig.Base64+"\n" {
		return Checkpoint{}, fmt.Errorf("%w: not as it was written", ErrSignature)
	}
	return Parse(n.Text)
}

// Scan finds the notes in a file to which they were appended, in order. What was cut short is left out.
func Scan(file string) []string {
	var out []string
	blocks := strings.Split(file, "\n\n")
	for i := 0; i+1 < len(blocks); i++ {
		text := strings.TrimLeft(blocks[i], "\n")
		if at := strings.LastIndex(text, origin); at >= 0 {
			text = text[at:] // after one that was cut short
		}
		if signature := blocks[i+1]; strings.HasPrefix(text, origin) && strings.HasPrefix(signature, "— ") {
			out = append(out, text+"\n\n"+strings.TrimRight(signature, "\n")+"\n")
			i++
		}
	}
	return out
}
