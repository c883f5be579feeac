// SPDX-License-Identifier: Apache-2.0

package air

import (
	"context"
	"testing"

	"github.com/airside-travel/airside/internal/actor"
)

// BenchmarkSearch is a search with its page of 50; BenchmarkEncode is the page alone.
func BenchmarkSearch(b *testing.B) {
	k, in := benchmarkKit(b)
	ctx := actor.With(b.Context(), k.who)
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		r, err := k.s.Search(ctx, in)
		if err != nil {
			b.Fatal(err)
		}
		buf = r.AppendJSON(buf[:0])
	}
	b.SetBytes(int64(len(buf)))
}

func BenchmarkEncode(b *testing.B) {
	k, in := benchmarkKit(b)
	r, err := k.s.Search(actor.With(context.Background(), k.who), in)
	if err != nil {
		b.Fatal(err)
	}
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = r.AppendJSON(buf[:0])
	}
	b.SetBytes(int64(len(buf)))
}

func benchmarkKit(b *testing.B) (*kit, SearchIn) {
	k := newKit(b)
	return k, input[SearchIn](k, "airSearch", lhrJFK(`,"legSearchParams":{"pageNumber":1}`))
}
