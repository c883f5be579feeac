// SPDX-License-Identifier: Apache-2.0

package vault

import (
	"bytes"
	"io"
	"os"

	"filippo.io/age"
	"filippo.io/age/armor"
)

// SealKey opens and seals files: the identities of a key file, or a passphrase.
type SealKey struct {
	open []age.Identity
	seal age.Recipient
}

// maxSealed bounds a sealed file, in bytes.
const maxSealed = 1 << 20

// KeyFile reads a key file as age-keygen writes it. Every key in it opens files, the first one seals them, so
// a key is replaced by putting a new one on top.
func KeyFile(path string) (SealKey, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return SealKey{}, fileFailure("read the key file", Ref{}, err)
	}
	defer clear(text)
	ids, err := age.ParseIdentities(bytes.NewReader(text))
	if err != nil { // its text may quote a line of the file
		return SealKey{}, fail("read the key file", Ref{}, ErrInvalid, "it is not a key file of age")
	}
	k := SealKey{open: ids}
	switch first := ids[0].(type) {
	case *age.HybridIdentity:
		k.seal = first.Recipient()
	case *age.X25519Identity:
		k.seal = first.Recipient()
	default:
		return SealKey{}, fail("read the key file", Ref{}, ErrInvalid, "its first key cannot seal")
	}
	return k, nil
}

// NewKeyFile makes a key (X-Wing: X25519 with ML-KEM-768) and writes it for the owner only. ErrConflict when
// the file is there.
func NewKeyFile(path string) error {
	id, err := age.GenerateHybridIdentity()
	if err != nil {
		return fail("make a key file", Ref{}, ErrInvalid, "no key could be made")
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fileFailure("make a key file", Ref{}, err)
	}
	_, err = io.WriteString(f, "# key of files sealed by airside; whoever has it can read them\n"+id.String()+"\n")
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return fileFailure("make a key file", Ref{}, err)
	}
	return nil
}

// Passphrase seals with a passphrase; work is the base-2 logarithm of scrypt's cost, age's own (18, about a
// second) when 0.
func Passphrase(pass Secret, work int) (SealKey, error) {
	r, err := age.NewScryptRecipient(pass.text())
	if err != nil {
		return SealKey{}, fail("read the passphrase", Ref{}, ErrInvalid, "it is empty")
	}
	id, err := age.NewScryptIdentity(pass.text())
	if err != nil {
		return SealKey{}, fail("read the passphrase", Ref{}, ErrInvalid, "it is empty")
	}
	if work > 0 {
		r.SetWorkFactor(work)
	}
	return SealKey{open: []age.Identity{id}, seal: r}, nil
}

func (k SealKey) encrypt(plain []byte) ([]byte, error) {
	var out bytes.Buffer
	a := armor.NewWriter(&out)
	w, err := age.Encrypt(a, k.seal)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(plain); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	if err := a.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// decrypt takes armored files, as we write them, and binary ones.
func (k SealKey) decrypt(sealed []byte) ([]byte, error) {
	var r io.Reader = bytes.NewReader(sealed)
	if bytes.HasPrefix(sealed, []byte(armor.Header)) {
		r = armor.NewReader(r)
	}
	r, err := age.Decrypt(r, k.open...)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(r, maxSealed))
}
