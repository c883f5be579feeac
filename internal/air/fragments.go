// SPDX-License-Identifier: Apache-2.0

package air

import (
	"strconv"

	"github.com/go-faster/jx"

	"github.com/airside-travel/airside/internal/supplier"
)

// writeCO2 writes CO2EmissionDetail: tonnes per passenger.
func writeCO2(w *jx.Writer, g *supplier.Segment) {
	w.RawStr(`{"emissionValue":`)
	w.Buf = strconv.AppendFloat(w.Buf, g.CO2Tonnes, 'f', 4, 64)
	w.RawStr(`,"averageEmissionValue":`)
	w.Buf = strconv.AppendFloat(w.Buf, g.CO2AverageTonnes, 'f', 4, 64)
	w.RawStr(`,"flightDistanceKm":`)
	w.Int(g.DistanceKm)
	w.RawStr(`,"isApproximate":true}`)
}

// appendFlightID writes the id a flight keeps from search to ticket, such as BA178-20270721-JFK-LHR.
func appendFlightID(w *jx.Writer, g *supplier.Segment) {
	w.Buf = flightID(w.Buf, g)
}

func flightID(b []byte, g *supplier.Segment) []byte {
	b = append(b, g.Marketing.Carrier...)
	b = strconv.AppendInt(b, int64(g.Marketing.Number), 10)
	b = append(b, '-')
	b = appendDate(b, g.Depart.Date(), false)
	b = append(b, '-')
	b = append(b, g.Origin...)
	b = append(b, '-')
	return append(b, g.Destination...)
}

func writeFlightNumber(w *jx.Writer, f supplier.FlightNumber) {
	w.RawStr(`{"num":"`)
	w.Int(f.Number)
	w.RawStr(`","airlineCode":`)
	w.Str(f.Carrier)
	w.RawStr(`}`)
}

// writeLocal writes DateTimeLocal.
func writeLocal(w *jx.Writer, t supplier.LocalTime) {
	w.RawStr(`{"iso8601":"`)
	m := t.Minute()
	w.Buf = append(appendDate(w.Buf, t.Date(), true), 'T', byte('0'+m/600), byte('0'+m/60%10), ':', byte('0'+m%60/10), byte('0'+m%10))
	w.RawStr(`"}`)
}

// appendDate writes YYYY-MM-DD, or YYYYMMDD, by the days-to-civil algorithm over eras of 400 years; package
// time does the same behind a layout string, at several times the cost.
func appendDate(b []byte, d supplier.Date, dashes bool) []byte {
	z := int(d) + 719468
	era := z / 146097
	doe := z - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	day, month, year := doy-(153*mp+2)/5+1, mp+3, yoe+era*400
	if month > 12 {
		month, year = month-12, year+1
	}
	b = append(b, byte('0'+year/1000%10), byte('0'+year/100%10), byte('0'+year/10%10), byte('0'+year%10))
	if dashes {
		b = append(b, '-')
	}
	b = append(b, byte('0'+month/10), byte('0'+month%10))
	if dashes {
		b = append(b, '-')
	}
	return append(b, byte('0'+day/10), byte('0'+day%10))
}

// writeDuration writes Duration in hours and minutes.
func writeDuration(w *jx.Writer, minutes int) {
	w.RawStr(`{"iso8601":"`)
	w.Buf = appendDuration(w.Buf, minutes)
	w.RawStr(`"}`)
}

// duration is the ISO 8601 text of minutes: PT2H35M, PT3H, PT40M.
func duration(minutes int) string { return string(appendDuration(nil, minutes)) }

func appendDuration(b []byte, minutes int) []byte {
	b = append(b, "PT"...)
	if h := minutes / 60; h > 0 {
		b = append(strconv.AppendInt(b, int64(h), 10), 'H')
	}
	if m := minutes % 60; m > 0 || minutes < 60 {
		b = append(strconv.AppendInt(b, int64(m), 10), 'M')
	}
	return b
}

func writeMoney(w *jx.Writer, minor supplier.Amount, currency string) {
	w.RawStr(`{"amount":`)
	w.Buf = appendAmount(w.Buf, minor, currency)
	w.RawStr(`,"currencyCode":"`)
	w.RawStr(currency)
	w.RawStr(`"}`)
}

func writeFare(w *jx.Writer, base, tax supplier.Amount, currency string) {
	w.RawStr(`{"base":`)
	writeMoney(w, base, currency)
	w.RawStr(`,"tax":`)
	writeMoney(w, tax, currency)
	w.RawStr(`}`)
}

// writeTaxes writes TaxBreakdown.
func writeTaxes(w *jx.Writer, taxes []supplier.Tax, currency string) {
	w.RawStr(`[`)
	for i := range taxes {
		if i > 0 {
			w.Comma()
		}
		w.RawStr(`{"amount":`)
		writeMoney(w, taxes[i].Amount, currency)
		w.RawStr(`,"taxCode":`)
		w.Str(taxes[i].Code)
		w.RawStr(`}`)
	}
	w.RawStr(`]`)
}

// airportInfo is schema AirportInfo of an airport, written once.
func (s *Service) airportInfo(code string) []byte {
	s.airportsMu.RLock()
	b, ok := s.airports[code]
	s.airportsMu.RUnlock()
	if ok {
		return b
	}
	a, ok := s.atlas.Airport(code)
	if !ok {
		a.Code = code
	}
	var w jx.Writer
	w.RawStr(`{"airportCode":`)
	w.Str(a.Code)
	for _, f := range [...]struct{ name, value string }{
		{`,"airportName":`, a.Name}, {`,"cityName":`, a.City}, {`,"countryName":`, a.Country},
		{`,"countryCode":`, a.CountryCode}, {`,"zoneName":`, a.Zone}, {`,"stateCode":`, a.StateCode},
	} {
		if f.value != "" {
			w.RawStr(f.name)
			w.Str(f.value)
		}
	}
	w.RawStr(`}`)
	s.airportsMu.Lock()
	defer s.airportsMu.Unlock()
	s.airports[code] = w.Buf
	return w.Buf
}
