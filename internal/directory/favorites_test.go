// SPDX-License-Identifier: Apache-2.0

package directory_test

import (
	"strings"
	"testing"
	"time"

	"github.com/airside-travel/airside/internal/directory"
	"github.com/airside-travel/airside/internal/errs"
)

func TestFavorites(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	company, entity := w.acme()
	ada := w.person(company, entity, "Ada", "Moreau")
	tomas := w.person(company, entity, "Tomas", "Lindqvist")
	add := func(user, body string) directory.Favorite {
		in := directory.AddFavoriteIn{UserID: user}
		decode(t, w.raw("addFavorite", "%s", body), &in.Item)
		var out directory.AddedFavorite
		decode(t, must(w, w.admin, "addFavorite", w.dir.AddFavorite, in), &out)
		return out.Favorite
	}
	list := func(in directory.ListFavoritesIn) (names string, got directory.FavoriteList) {
		decode(t, must(w, w.admin, "listFavorites", w.dir.ListFavorites, in), &got)
		for _, f := range got.Favorites {
			names += f.Favorite.Name + " "
		}
		return strings.TrimSpace(names), got
	}
	trip := add(ada, `{"type":"Trip","displayName":"To Lyon","params":{"to":"LYS","from":"a b"}}`)
	add(ada, `{"type":"company","displayName":"Acme"}`)
	add(tomas, `{"type":"company","displayName":"Acme"}`)
	w.now = w.now.Add(time.Hour)
	again := add(ada, `{"type":"Trip","displayName":"Home","params":{"from":"a b","to":"LYS"}}`)
	if again.ID != trip.ID || !again.CreatedAt.Equal(trip.CreatedAt) || again.Name != "Home" {
		t.Errorf("the same favorite was stored twice: %+v %+v", trip, again)
	}
	for _, tc := range []struct {
		in   directory.ListFavoritesIn
		want string
	}{
		{directory.ListFavoritesIn{UserID: ada}, "Home Acme"},
		{directory.ListFavoritesIn{UserID: ada, Types: []string{"company"}}, "Acme"},
		{directory.ListFavoritesIn{UserID: ada, Text: "hOm"}, "Home"},
		{directory.ListFavoritesIn{UserID: ada, Types: []string{"company"}, Text: "home"}, ""},
	} {
		if got, _ := list(tc.in); got != tc.want {
			t.Errorf("%+v: got %q, want %q", tc.in, got, tc.want)
		}
	}
	if _, got := list(directory.ListFavoritesIn{UserID: ada}); got.Favorites[0].URL != "/trip?from=a+b&to=LYS" {
		t.Errorf("it opens at %s", got.Favorites[0].URL)
	}
	remove := func(user, id string) error {
		_, err := call(w, w.admin, "removeFavorite", w.dir.RemoveFavorite, directory.FavoriteIn{UserID: user, FavoriteID: id})
		return err
	}
	wantCode(t, remove(tomas, trip.ID), errs.ResourceNotFound, "")
	if err := remove(ada, trip.ID); err != nil {
		t.Fatal(err)
	}
	wantCode(t, remove(ada, trip.ID), errs.ResourceNotFound, "")
	if got, _ := list(directory.ListFavoritesIn{UserID: ada}); got != "Acme" {
		t.Errorf("left: %q", got)
	}
	if fresh := add(ada, `{"type":"Trip","displayName":"Back","params":{"to":"LYS","from":"a b"}}`); fresh.ID == trip.ID {
		t.Error("a removed favorite came back")
	}
}
