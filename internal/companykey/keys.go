// SPDX-License-Identifier: Apache-2.0

package companykey

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/seal"
)

// None has a parent, so that none is sealed with itself.
const (
	kindKey    = "company_key"        // id: the company; the key that seals
	kindFormer = "company_key_former" // id: company/number; a key that only opens, until the walk has ended
	kindWalk   = "company_key_walk"   // id: the company; how far the walk has come
)

// config is a key of a company as it is stored. It is never written again, but replaced by the next one or
// removed, so that no copies of it stay behind in the file.
type config struct {
	ID        string    `json:"configId"`
	Number    int64     `json:"number,omitempty"` // of the data key; 0 for one made before they were numbered
	Version   int       `json:"version"`          // of the wrapping key
	Salt      []byte    `json:"salt"`             // from which the wrapping key is derived
	Wrapped   []byte    `json:"wrapped"`          // the data key
	RotatedAt time.Time `json:"rotatedAt"`
}

const saltSize = 32

// wrapping derives the wrapping key of one version.
func wrapping(master []byte, tenant, companyID string, c *config) (*seal.Master, error) {
	info := "airside company key " + tenant + " " + companyID + " " + strconv.Itoa(c.Version)
	key, err := hkdf.Key(sha256.New, master, c.Salt, info, seal.MasterSize)
	if err != nil {
		return nil, fmt.Errorf("company key: %w", err)
	}
	return seal.NewMaster(key)
}

// draw makes a key, the next one after old, or the first one when that is nil.
func draw(master []byte, tenant, companyID string, old *config, now time.Time) (*config, error) {
	c := &config{ID: ids.UUID(), Number: 1, Version: 1, Salt: ids.Bytes(saltSize), RotatedAt: now}
	if old != nil {
		c.ID, c.Number, c.Version = old.ID, old.Number+1, old.Version+1
	}
	m, err := wrapping(master, tenant, companyID, c)
	if err != nil {
		return nil, err
	}
	_, c.Wrapped, err = m.NewKey(companyID)
	return c, err
}

// load reads the key that seals a company, nil when it has none.
func load(r store.Reader, tenant, companyID string) (*config, *store.Record, error) {
	return stored(r, tenant, kindKey, companyID)
}

// loadNumber reads the key of a number, nil when it is gone.
func loadNumber(r store.Reader, tenant, companyID string, number int64) (*config, error) {
	c, _, err := load(r, tenant, companyID)
	if err != nil || c == nil || c.Number == number {
		return c, err
	}
	c, _, err = stored(r, tenant, kindFormer, formerID(companyID, number))
	return c, err
}

func formerID(companyID string, number int64) string {
	return companyID + "/" + strconv.FormatInt(number, 10)
}

func stored(r store.Reader, tenant, kind, id string) (*config, *store.Record, error) {
	rec, err := r.Get(tenant, kind, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	var c config
	if err := json.Unmarshal(rec.Doc, &c); err != nil {
		return nil, nil, fmt.Errorf("%s %s: %w", kind, id, err)
	}
	return &c, rec, nil
}

// open gives the data key.
func (c *config) open(master []byte, tenant, companyID string) (*seal.Key, error) {
	m, err := wrapping(master, tenant, companyID, c)
	if err != nil {
		return nil, err
	}
	k, err := m.Unwrap(companyID, c.Wrapped)
	if err != nil {
		return nil, fmt.Errorf("key of company %s: %w: %w", companyID, store.ErrCorrupt, err)
	}
	return k, nil
}
