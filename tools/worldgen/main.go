// SPDX-License-Identifier: Apache-2.0

package main

import (
	"flag"
	"log"
	"os"

	"github.com/airside-travel/airside/internal/world/pack"
)

func main() {
	data := flag.String("data", "tools/worldgen/data", "directory of the tables")
	out := flag.String("out", "internal/world/world.bin", "file to write")
	flag.Parse()
	f, err := build(*data)
	if err == nil {
		var b []byte
		if b, err = pack.Encode(f); err == nil {
			err = os.WriteFile(*out, b, 0o644)
			log.Printf("%s: %d bytes, %d airports, %d routes, %d flights", *out, len(b), len(f.Airports),
				len(f.Table.RouteDest), len(f.Table.Depart))
		}
	}
	if err != nil {
		log.Fatal(err)
	}
}

func build(dir string) (*pack.File, error) {
	g := &gen{dir: dir, f: &pack.File{}}
	for _, step := range []func() error{g.countries, g.money, g.airports, g.aircraft, g.airlines, g.partners, g.fleets,
		g.regionals, g.routes, g.extraRoutes} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	g.timetable()
	return g.f, nil
}

// gen holds the tables while they are built and the indexes over them.
type gen struct {
	dir       string
	f         *pack.File
	country   map[string]uint16
	zone      map[string]uint16
	airport   map[string]uint16
	airline   map[string]uint16
	typ       map[string]uint8
	fleet     map[uint16][]uint8
	utcOffset []int // minutes, by zone, in northern winter
	regional  []regionalRule
	plan      []planned
}
