// SPDX-License-Identifier: Apache-2.0

package world

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// word is one folded word of an airport's names.
type word struct {
	text    string
	airport uint16
}

type lazyWords struct {
	once sync.Once
	all  []word // by text
}

// FindAirports completes what somebody typed: every word must begin a word of the airport's code, city code, city,
// name or country. An exact code comes first, then its city code, then busy airports. At most limit indexes.
func (w *World) FindAirports(query string, limit int) []int {
	terms := strings.FieldsFunc(Fold(query), separator)
	if len(terms) == 0 || limit <= 0 {
		return nil
	}
	w.words.once.Do(w.indexWords)
	hits := w.begin(terms[0])
	for _, t := range terms[1:] {
		more := w.begin(t)
		hits = slices.DeleteFunc(hits, func(i uint16) bool { _, ok := slices.BinarySearch(more, i); return !ok })
	}
	code := strings.ToUpper(strings.Join(terms, " "))
	rank := func(i uint16) int {
		switch a := &w.Airports[i]; {
		case a.Code == code:
			return 0
		case a.Metro == code:
			return 1
		case strings.HasPrefix(Fold(a.City), strings.ToLower(code)):
			return 2
		}
		return 3
	}
	slices.SortFunc(hits, func(a, b uint16) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(w.Airports[b].Weight, w.Airports[a].Weight),
			cmp.Compare(a, b))
	})
	out := make([]int, min(limit, len(hits)))
	for i := range out {
		out[i] = int(hits[i])
	}
	return out
}

// begin lists the airports that have a word with this beginning, by index.
func (w *World) begin(prefix string) []uint16 {
	from, _ := slices.BinarySearchFunc(w.words.all, prefix, func(a word, p string) int { return cmp.Compare(a.text, p) })
	var hits []uint16
	for _, x := range w.words.all[from:] {
		if !strings.HasPrefix(x.text, prefix) {
			break
		}
		hits = append(hits, x.airport)
	}
	slices.Sort(hits)
	return slices.Compact(hits)
}

func (w *World) indexWords() {
	for i := range w.Airports {
		a := &w.Airports[i]
		for _, s := range []string{a.Code, a.Metro, a.City, a.Name, w.Countries[a.Country].Name} {
			for _, t := range strings.FieldsFunc(Fold(s), separator) {
				w.words.all = append(w.words.all, word{t, uint16(i)})
			}
		}
	}
	slices.SortFunc(w.words.all, func(a, b word) int {
		return cmp.Or(cmp.Compare(a.text, b.text), cmp.Compare(a.airport, b.airport))
	})
}

func (w *World) byWeight(airports []uint16) {
	slices.SortFunc(airports, func(a, b uint16) int {
		return cmp.Or(cmp.Compare(w.Airports[b].Weight, w.Airports[a].Weight), cmp.Compare(a, b))
	})
}

func separator(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\'' }

// Fold lower-cases and drops the accents of Latin letters, so that "Malaga" finds Málaga.
func Fold(s string) string {
	s = strings.ToLower(s)
	for i := range len(s) {
		if s[i] >= 0x80 {
			return foldAccents(s)
		}
	}
	return s
}

func foldAccents(s string) string {
	var b strings.Builder
	for _, r := range s {
		b.WriteString(plainLetter(r))
	}
	return b.String()
}

func plainLetter(r rune) string {
	switch r {
	case 'à', 'á', 'â', 'ã', 'ä', 'å', 'ā', 'ă', 'ą', 'ạ':
		return "a"
	case 'ç', 'ć', 'č':
		return "c"
	case 'ď', 'đ', 'ð':
		return "d"
	case 'è', 'é', 'ê', 'ë', 'ē', 'ė', 'ę', 'ě', 'ə':
		return "e"
	case 'ğ', 'ģ':
		return "g"
	case 'ì', 'í', 'î', 'ï', 'ī', 'ı':
		return "i"
	case 'ł', 'ļ', 'ľ':
		return "l"
	case 'ñ', 'ń', 'ņ', 'ň':
		return "n"
	case 'ò', 'ó', 'ô', 'õ', 'ö', 'ø', 'ō', 'ő':
		return "o"
	case 'ř', 'ŕ':
		return "r"
	case 'ś', 'ş', 'š', 'ș':
		return "s"
	case 'ţ', 'ť', 'ț':
		return "t"
	case 'ù', 'ú', 'û', 'ü', 'ū', 'ů', 'ű':
		return "u"
	case 'ý', 'ÿ':
		return "y"
	case 'ź', 'ż', 'ž':
		return "z"
	case 'ß':
		return "ss"
	case 'æ':
		return "ae"
	case 'œ':
		return "oe"
	}
	return string(r)
}
