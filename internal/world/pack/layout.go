// SPDX-License-Identifier: Apache-2.0

package pack

// file walks the timetable first: strings keep alive what follows the first of them.
func (c *codec) file(f *File) {
	t := &f.Table
	for _, col := range []*[]uint16{&t.RouteOrigin, &t.RouteDest, &t.RouteKm, &t.RouteFlights, &t.Airline, &t.Operator,
		&t.Depart, &t.Number} {
		c.words(col)
	}
	c.bytes(&t.Days)
	c.bytes(&t.Type)
	rows(c, &f.Zones, c.str)
	rows(c, &f.Countries, func(r *Country) {
		c.strs(&r.Alpha2, &r.Alpha3, &r.Numeric, &r.Name, &r.Capital, &r.Continent, &r.Currency, &r.Dial)
	})
	rows(c, &f.Subdivisions, func(r *Subdivision) { c.strs(&r.Code, &r.Name, &r.Country) })
	rows(c, &f.Currencies, func(r *Currency) {
		c.strs(&r.Code, &r.Numeric, &r.Name, &r.Source)
		num(c, &r.MinorUnits)
		num(c, &r.PerUSD)
	})
	rows(c, &f.Airports, func(r *Airport) {
		c.strs(&r.Code, &r.ICAO, &r.Name, &r.City, &r.Region, &r.Metro)
		num(c, &r.Country)
		num(c, &r.Zone)
		c.i32(&r.Lat)
		c.i32(&r.Lon)
		num(c, &r.Size)
		num(c, &r.Weight)
	})
	rows(c, &f.Airlines, func(r *Airline) {
		c.strs(&r.Code, &r.ICAO, &r.Prefix, &r.Name, &r.LoyaltyProgram)
		num(c, &r.Country)
		num(c, &r.Alliance)
		num(c, &r.Model)
		rows(c, &r.Hubs, func(h *uint16) { num(c, h) })
	})
	rows(c, &f.Aircraft, c.aircraft)
	rows(c, &f.Equipment, func(r *Equipment) { c.strs(&r.Code, &r.Manufacturer, &r.Model) })
	rows(c, &f.Partners, func(p *[]uint16) { rows(c, p, func(a *uint16) { num(c, a) }) })
}

func (c *codec) aircraft(r *Aircraft) {
	c.strs(&r.Code, &r.Name, &r.LayoutBusiness, &r.LayoutPremium, &r.LayoutEconomy)
	num(c, &r.Body)
	num(c, &r.CruiseKmh)
	num(c, &r.RangeKm)
	for i := range r.Seats {
		num(c, &r.Seats[i])
	}
	num(c, &r.PitchIn)
	num(c, &r.FuelLTO)
	num(c, &r.FuelPerKm)
}
