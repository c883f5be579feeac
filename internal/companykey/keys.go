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

const kindKey = "company_key" // id: the company; without a parent, so that it is not sealed with itself

// config is the key of a company as it is stored.
type config struct {
	ID        string    `json:"configId"`
	Version   int       `json:"version"` // of the wrapping key
	Salt      []byte    `json:"salt"`    // from which the wrapping key is derived
	Wrapped   []byte    `json:"wrapped"` // the data key
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

// provision makes the first version.
func provision(master []byte, tenant, companyID string, now time.Time) (*config, error) {
	c := &config{ID: ids.UUID(), Version: 1, Salt: ids.Bytes(saltSize), RotatedAt: now}
	m, err := wrapping(master, tenant, companyID, c)
	if err != nil {
		return nil, err
	}
	_, c.Wrapped, err = m.NewKey(companyID)
	return c, err
}

// rotate wraps the same data key with a new wrapping key.
func (c *config) rotate(master []byte, tenant, companyID string, now time.Time) (*config, error) {
	old, err := wrapping(master, tenant, companyID, c)
	if err != nil {
		return nil, err
	}
	next := &config{ID: c.ID, Version: c.Version + 1, Salt: ids.Bytes(saltSize), RotatedAt: now}
	m, err := wrapping(master, tenant, companyID, next)
	if err != nil {
		return nil, err
	}
	next.Wrapped, err = old.Rewrap(m, companyID, c.Wrapped)
	return next, err
}

// load reads the key of a company, nil when it has none.
func load(r store.Reader, tenant, companyID string) (*config, *store.Record, error) {
	rec, err := r.Get(tenant, kindKey, companyID)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	var c config
	if err := json.Unmarshal(rec.Doc, &c); err != nil {
		return nil, nil, fmt.Errorf("key of company %s: %w", companyID, err)
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
