// SPDX-License-Identifier: Apache-2.0

package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"sync"
)

// ErrSealed says that a sealed value does not open: it was changed, it was moved from where it was
// stored, or the key is another one.
var ErrSealed = errors.New("seal: the value does not open with this key at this place")

// MasterSize is the length of a master key in bytes.
const MasterSize = 32

const (
	dataSize   = 32
	indexSize  = 32
	keyVersion = 1 // the version new values are sealed with
)

// HashSize is the length of a blind index value in bytes.
const HashSize = 16

// Master wraps the secrets of tenants.
type Master struct{ aead cipher.AEAD }

// NewMaster takes the 32 bytes of a master key.
func NewMaster(key []byte) (*Master, error) {
	if len(key) != MasterSize {
		return nil, fmt.Errorf("seal: a master key has %d bytes, this one %d", MasterSize, len(key))
	}
	aead, err := newAEAD(key)
	if err != nil {
		return nil, err
	}
	return &Master{aead}, nil
}

// RandomMaster is a key that nobody knows, for data that does not outlive the process.
func RandomMaster() []byte { return random(MasterSize) }

// Proof is a value that Prove accepts under this master key only.
func (m *Master) Proof() []byte { return m.aead.Seal(nil, nil, nil, []byte("airside master key")) }

// Prove returns ErrSealed when the proof was made under another master key.
func (m *Master) Prove(proof []byte) error {
	if _, err := m.aead.Open(nil, nil, proof, []byte("airside master key")); err != nil {
		return ErrSealed
	}
	return nil
}

// NewKey draws the secret of a tenant and returns it ready for use, and wrapped for storage.
func (m *Master) NewKey(tenant string) (key *Key, wrapped []byte, err error) {
	secret := random(dataSize + indexSize)
	if key, err = newKey(tenant, secret); err != nil {
		return nil, nil, err
	}
	return key, m.aead.Seal(nil, nil, secret, wrapPlace(tenant)), nil
}

// Unwrap opens a stored secret. It returns ErrSealed for another tenant's, or another master's.
func (m *Master) Unwrap(tenant string, wrapped []byte) (*Key, error) {
	secret, err := m.aead.Open(nil, nil, wrapped, wrapPlace(tenant))
	if err != nil || len(secret) != dataSize+indexSize {
		return nil, fmt.Errorf("key of tenant %s: %w", tenant, ErrSealed)
	}
	return newKey(tenant, secret)
}

func wrapPlace(tenant string) []byte { return appendPlace(nil, "tenant key", tenant, "", keyVersion) }

// Key seals and hashes for one tenant. It is safe for concurrent use.
type Key struct {
	tenant string
	aead   cipher.AEAD
	index  []byte   // root of the blind index; a rotation of the data key must keep it
	fields sync.Map // kind + "\x00" + field -> *sync.Pool of hash.Hash

	scratch sync.Pool // *buffer; contents are never read before they are written
}

type buffer struct{ place, plain []byte }

func (k *Key) buffer() *buffer {
	if b, ok := k.scratch.Get().(*buffer); ok {
		return b
	}
	return new(buffer)
}

// DataKey makes a key for sealing out of 32 bytes or more that the caller keeps. owner is authenticated with
// what is sealed.
func DataKey(owner string, secret []byte) (*Key, error) {
	expanded, err := hkdf.Key(sha256.New, secret, nil, "data key\x00"+owner, dataSize+indexSize)
	if err != nil {
		return nil, fmt.Errorf("key of %s: %w", owner, err)
	}
	return newKey(owner, expanded)
}

func newKey(tenant string, secret []byte) (*Key, error) {
	aead, err := newAEAD(secret[:dataSize])
	if err != nil {
		return nil, err
	}
	return &Key{tenant: tenant, aead: aead, index: secret[dataSize:]}, nil
}

// A random nonce is safe for 2^32 values under one key; the key version exists so that a tenant can
// move to a new key long before that.
func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// Place is where a sealed value is stored: the table, the kind of record, its id and its version.
type Place struct {
	Table, Kind, ID string
	Version         int64
}

func (k *Key) place(dst []byte, p Place) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(k.tenant)))
	dst = append(dst, k.tenant...)
	return appendPlace(dst, p.Table, p.Kind, p.ID, p.Version)
}

func appendPlace(dst []byte, table, kind, id string, version int64) []byte {
	for _, s := range [...]string{table, kind, id} {
		dst = binary.AppendUvarint(dst, uint64(len(s)))
		dst = append(dst, s...)
	}
	return binary.AppendVarint(dst, version)
}

// Seal appends the sealed plain, of at most MaxSize bytes, to dst.
func (k *Key) Seal(dst, plain []byte, p Place) []byte {
	b := k.buffer()
	defer k.scratch.Put(b)
	b.place = k.place(append(b.place[:0], keyVersion), p)
	b.plain = pack(b.plain[:0], plain)
	return k.aead.Seal(append(dst, keyVersion), nil, b.plain, b.place)
}

// Open returns the plain value of a sealed one, in memory of its own. It returns ErrSealed when the
// value was changed, moved, or sealed for another tenant.
func (k *Key) Open(sealed []byte, p Place) ([]byte, error) {
	if len(sealed) == 0 || sealed[0] != keyVersion {
		return nil, ErrSealed
	}
	b := k.buffer()
	defer k.scratch.Put(b)
	b.place = k.place(append(b.place[:0], keyVersion), p)
	packed, err := k.aead.Open(b.plain[:0], nil, sealed[1:], b.place)
	if err != nil {
		return nil, ErrSealed
	}
	b.plain = packed
	return unpack(packed)
}

// Hash is the blind index of a value: equal values of one field of one kind have equal hashes, and
// nothing else can be told from them without the key.
func (k *Key) Hash(kind, field, value string) [HashSize]byte {
	name := kind + "\x00" + field
	p, ok := k.fields.Load(name)
	if !ok {
		key, err := hkdf.Key(sha256.New, k.index, nil, "index\x00"+name, sha256.Size)
		if err != nil {
			panic(err) // 32 bytes are always available
		}
		p, _ = k.fields.LoadOrStore(name, &sync.Pool{New: func() any { return hmac.New(sha256.New, key) }})
	}
	pool := p.(*sync.Pool)
	h := pool.Get().(hash.Hash)
	defer pool.Put(h)
	h.Reset()
	h.Write([]byte(value))
	var sum [sha256.Size]byte
	return [HashSize]byte(h.Sum(sum[:0])[:HashSize])
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails since Go 1.24
	return b
}
