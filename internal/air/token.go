// SPDX-License-Identifier: Apache-2.0

package air

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"strings"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
)

// A token is what the API calls searchId, itineraryId and so on: base64url without padding of
//
//	version(1) kind(1) issued(8, unix seconds) company(16) link(8) body mac(16)
//
// The mac is HMAC-SHA256 over the tenant's id and everything before it, cut to 16 bytes, under the
// tenant's key. link names the token that this one follows from. The body of a kind that carries
// personal data is encrypted (AES-256-GCM, nonce derived from key and content).
type token struct {
	kind    tokenKind
	issued  time.Time
	company string // UUID, "" for a TMC-wide search without travelers
	link    linkID
	body    []byte
	id      linkID // of this token itself, set by open
}

type linkID [8]byte

type tokenKind byte

const (
	tokSearch tokenKind = 1 + iota
	tokItinerary
	tokCheckout
	tokInitiate
	tokBooking
	tokOption
)

const (
	tokenVersion = 1
	headerLen    = 1 + 1 + 8 + 16 + 8
	macLen       = 16
	maxToken     = 256 << 10
)

// life is how long a token of the kind is good for (reference air.md §2 and §7).
func (k tokenKind) life() time.Duration {
	if k == tokBooking || k == tokOption {
		return 15 * time.Minute
	}
	return 30 * time.Minute
}

// code is the error with which a bad token of the kind is answered.
func (k tokenKind) code() errs.Code {
	switch k {
	case tokSearch, tokItinerary:
		return errs.SearchExpired
	case tokBooking:
		return errs.BookingExpired
	case tokOption:
		return errs.OptionExpired
	}
	return errs.CheckoutExpired
}

// field is the name the token has in requests and answers.
func (k tokenKind) field() string {
	return [...]string{"", "searchId", "itineraryId", "checkoutResponseId", "initiateBookingId", "bookingId", "optionId"}[k]
}

func (k tokenKind) sealed() bool { return k == tokInitiate || k == tokBooking }

// signer makes and checks the tokens of one tenant. It is not safe for concurrent use.
type signer struct {
	tenant string
	key    []byte
	mac    hash.Hash
	sum    [sha256.Size]byte
}

func newSigner(tenant string, key []byte) *signer {
	return &signer{tenant: tenant, key: key, mac: hmac.New(sha256.New, key)}
}

func (g *signer) sign(raw []byte) []byte {
	g.mac.Reset()
	g.mac.Write([]byte(g.tenant))
	g.mac.Write([]byte{0})
	g.mac.Write(raw)
	return g.mac.Sum(g.sum[:0])[:macLen]
}

// appendRaw writes the binary form of a token that is not encrypted.
func (g *signer) appendRaw(b []byte, t *token) []byte {
	start := len(b)
	b = append(b, tokenVersion, byte(t.kind))
	b = binary.BigEndian.AppendUint64(b, uint64(t.issued.Unix()))
	b = appendUUID(b, t.company)
	b = append(b, t.link[:]...)
	b = append(b, t.body...)
	return append(b, g.sign(b[start:])...)
}

// issue makes the text of a token.
func (g *signer) issue(t token) (string, linkID) {
	if t.kind.sealed() {
		t.body = g.encrypt(t.body)
	}
	raw := g.appendRaw(nil, &t)
	return base64.RawURLEncoding.EncodeToString(raw), linkID(raw[len(raw)-macLen:])
}

// open checks form, mac and age. The error is the kind's code and does not tell which check failed.
func (g *signer) open(text string, kind tokenKind, now time.Time) (*token, error) {
	bad := errs.New(kind.code(), "this %s is unknown, too old, or was issued to somebody else", kind.field())
	if len(text) > maxToken || strings.ContainsAny(text, "\r\n") { // the decoder skips line ends, and one token must have one text
		return nil, bad
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) < headerLen+macLen || raw[0] != tokenVersion || tokenKind(raw[1]) != kind {
		return nil, bad
	}
	body := raw[:len(raw)-macLen]
	if !hmac.Equal(g.sign(body), raw[len(body):]) {
		return nil, bad
	}
	t := &token{
		kind:    kind,
		issued:  time.Unix(int64(binary.BigEndian.Uint64(raw[2:])), 0).UTC(),
		company: uuidText(raw[10:26]),
		link:    linkID(raw[26:34]),
		body:    body[headerLen:],
		id:      linkID(raw[len(body):]),
	}
	// A clock that was set back must not make old ids young: both directions count.
	if age := now.Sub(t.issued); age >= kind.life() || age <= -kind.life() {
		return nil, bad
	}
	if kind.sealed() {
		if t.body, err = g.decrypt(t.body); err != nil {
			return nil, bad.Because(err)
		}
	}
	return t, nil
}

func (g *signer) aead() cipher.AEAD {
	m := hmac.New(sha256.New, g.key)
	m.Write([]byte("airside air token seal"))
	block, err := aes.NewCipher(m.Sum(nil))
	if err == nil {
		var a cipher.AEAD
		if a, err = cipher.NewGCM(block); err == nil {
			return a
		}
	}
	panic("air: a 32 byte AES key was refused: " + err.Error()) // cannot happen
}

func (g *signer) encrypt(plain []byte) []byte {
	m := hmac.New(sha256.New, g.key)
	m.Write([]byte("airside air token nonce"))
	m.Write(plain)
	nonce := m.Sum(nil)[:12]
	return g.aead().Seal(nonce, nonce, plain, nil)
}

func (g *signer) decrypt(b []byte) ([]byte, error) {
	if len(b) < 12 {
		return nil, fmt.Errorf("air: sealed body of %d bytes", len(b))
	}
	return g.aead().Open(nil, b[:12], b[12:], nil)
}

// signer is the signer of the caller's tenant.
func (s *Service) signer(ctx context.Context) *signer {
	tenant := actor.Tenant(ctx)
	return newSigner(tenant, s.keys.TokenKey(tenant))
}

// open checks a token of the caller: age on the tenant's clock, and the company.
func (s *Service) open(ctx context.Context, text string, kind tokenKind, now time.Time) (*token, error) {
	t, err := s.signer(ctx).open(text, kind, now)
	if err != nil {
		return nil, err
	}
	if a := actor.From(ctx); !a.Wide() && !a.Granted(t.company) && (t.company == "" || !strings.EqualFold(t.company, a.Company)) {
		return nil, errs.New(kind.code(), "this %s is unknown, too old, or was issued to somebody else", kind.field())
	}
	return t, nil
}

func appendUUID(b []byte, s string) []byte {
	var u [16]byte
	if n, err := hex.Decode(u[:], []byte(strings.ReplaceAll(s, "-", ""))); err != nil || n != 16 {
		u = [16]byte{}
	}
	return append(b, u[:]...)
}

func uuidText(b []byte) string {
	if [16]byte(b) == ([16]byte{}) {
		return ""
	}
	h := hex.EncodeToString(b)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
