// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/store"
)

const favoriteSame = "favorite.same" // user, type and parameters, unique

// Favorite is FavoriteItem.
type Favorite struct {
	ID        string            `json:"favoriteId"`
	Type      string            `json:"type"`
	Params    map[string]string `json:"params,omitempty"`
	Name      string            `json:"displayName"`
	CreatedAt time.Time         `json:"createdAt"`
}

// AddFavoriteIn is the input of addFavorite.
type AddFavoriteIn struct {
	UserID string   `path:"userId"`
	Item   Favorite `body:"json"`
}

// AddedFavorite is AddFavoriteResponse.
type AddedFavorite struct {
	Favorite Favorite `json:"favorite"`
}

// ListFavoritesIn is the input of listFavorites.
type ListFavoritesIn struct {
	UserID string   `path:"userId"`
	Types  []string `query:"types"`
	Text   string   `query:"query"` // part of the display name, in any letter case
}

// FavoriteList is ListFavoritesResponse.
type FavoriteList struct {
	Favorites []ResolvedFavorite `json:"favorites"`
}

// ResolvedFavorite is a favorite with the address that opens it.
type ResolvedFavorite struct {
	Favorite Favorite `json:"favorite"`
	Type     string   `json:"type"`
	URL      string   `json:"url"`
}

// FavoriteIn is the input of removeFavorite.
type FavoriteIn struct {
	UserID     string `path:"userId"`
	FavoriteID string `path:"favoriteId"`
}

// AddFavorite stores a favorite. The same type with the same parameters is stored once (CHOICE): adding
// it again gives the existing one its new display name.
func (s *Service) AddFavorite(ctx context.Context, in AddFavoriteIn) (AddedFavorite, error) {
	p, err := s.user(ctx, in.UserID, false)
	if err != nil {
		return AddedFavorite{}, err
	}
	tx, tenant := store.From(ctx), actor.Tenant(ctx)
	params, err := json.Marshal(in.Item.Params) // keys in order, so equal maps are equal text
	if err != nil {
		return AddedFavorite{}, err
	}
	same := p.rec.ID + "/" + in.Item.Type + "/" + string(params)
	now := s.clocks.Now(tenant)
	item := Favorite{Type: in.Item.Type, Params: in.Item.Params, Name: in.Item.Name, CreatedAt: now}
	r, err := tx.Find(tenant, kindFavorite, favoriteSame, same)
	switch {
	case err == nil:
		item.ID, item.CreatedAt = r.ID, r.CreatedAt
	case errors.Is(err, store.ErrNotFound):
		item.ID = ids.Digits()
		r = &store.Record{Tenant: tenant, Kind: kindFavorite, ID: item.ID, Parent: p.rec.ID, CreatedAt: now}
	default:
		return AddedFavorite{}, err
	}
	if r.Doc, err = json.Marshal(item); err != nil {
		return AddedFavorite{}, err
	}
	r.Company, r.UpdatedAt, r.Index = p.rec.Parent, now, []store.Entry{{Field: favoriteSame, Value: same, Unique: true}}
	if r.Version > 0 {
		err = tx.Update(r, r.Version)
	} else {
		for err = tx.Insert(r); errors.Is(err, store.ErrExists); err = tx.Insert(r) {
			r.ID = ids.Digits()
			item.ID = r.ID
			if r.Doc, err = json.Marshal(item); err != nil {
				return AddedFavorite{}, err
			}
		}
	}
	return AddedFavorite{item}, err
}

// ListFavorites answers the favorites of the user, oldest first.
func (s *Service) ListFavorites(ctx context.Context, in ListFavoritesIn) (FavoriteList, error) {
	p, err := s.user(ctx, in.UserID, false)
	if err != nil {
		return FavoriteList{}, err
	}
	out := FavoriteList{Favorites: []ResolvedFavorite{}}
	for r, err := range store.Read(ctx).List(store.Query{Tenant: actor.Tenant(ctx), Kind: kindFavorite, Parent: p.rec.ID}) {
		if err != nil {
			return FavoriteList{}, err
		}
		var item Favorite
		if err := json.Unmarshal(r.Doc, &item); err != nil {
			return FavoriteList{}, err
		}
		if (len(in.Types) == 0 || slices.Contains(in.Types, item.Type)) && contains(item.Name, in.Text) {
			out.Favorites = append(out.Favorites, ResolvedFavorite{item, item.Type, item.url()})
		}
	}
	return out, nil
}

// url is where an application opens the favorite, relative to its own address. CHOICE: the type in lower
// case as the path, the parameters as the query.
func (f *Favorite) url() string {
	query := url.Values{}
	for k, v := range f.Params {
		query.Set(k, v)
	}
	u := url.URL{Path: "/" + strings.ToLower(f.Type), RawQuery: query.Encode()}
	return u.String()
}

// RemoveFavorite deletes one for good.
func (s *Service) RemoveFavorite(ctx context.Context, in FavoriteIn) (struct{}, error) {
	p, err := s.user(ctx, in.UserID, false)
	if err != nil {
		return struct{}{}, err
	}
	r, err := live(ctx, kindFavorite, in.FavoriteID)
	if err != nil {
		return struct{}{}, err
	}
	if r == nil || r.Parent != p.rec.ID {
		return struct{}{}, errs.Missing("favorite", in.FavoriteID)
	}
	return struct{}{}, store.From(ctx).Remove(r.Tenant, kindFavorite, r.ID)
}
