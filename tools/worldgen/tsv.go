// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// record is one line of a table; a missing column or a bad number is remembered and fails the table.
type record struct {
	cols map[string]int
	f    []string
	err  error
}

func (r *record) s(col string) string {
	i, ok := r.cols[col]
	if !ok || i >= len(r.f) {
		r.err = fmt.Errorf("no column %q", col)
		return ""
	}
	return r.f[i]
}

func (r *record) float(col string) float64 {
	v, err := strconv.ParseFloat(r.s(col), 64)
	if err != nil {
		r.err = err
	}
	return v
}

func (r *record) int(col string) int {
	if v := r.s(col); v == "" || v == "-" {
		return 0
	}
	return int(r.float(col))
}

func (r *record) list(col string) []string {
	if r.s(col) == "" {
		return nil
	}
	return strings.Split(r.s(col), ",")
}

// table calls row for every line after the header of a tab-separated file, gzipped when its name says so.
func (g *gen) table(name string, row func(*record)) error {
	file, err := os.Open(filepath.Join(g.dir, name))
	if err != nil {
		return err
	}
	defer file.Close()
	var in io.Reader = file
	if strings.HasSuffix(name, ".gz") {
		if in, err = gzip.NewReader(file); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	sc := bufio.NewScanner(in)
	r := record{cols: map[string]int{}}
	for line := 1; sc.Scan(); line++ {
		r.f = strings.Split(sc.Text(), "\t")
		if line == 1 {
			for i, c := range r.f {
				r.cols[c] = i
			}
			continue
		}
		if row(&r); r.err != nil {
			return fmt.Errorf("%s line %d: %w", name, line, r.err)
		}
	}
	return sc.Err()
}
