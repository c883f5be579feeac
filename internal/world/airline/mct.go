// SPDX-License-Identifier: Apache-2.0

package airline

// Connections. Real airports publish hundreds of exceptions; these defaults by kind of connection, size of the
// airport and change of terminal are in the middle of what they publish.
const (
	mctDomestic      = 40 // domestic to domestic
	mctToDomestic    = 90 // border control, customs and a new check of the bags
	mctAbroad        = 65 // domestic to international, international to international
	mctTerminal      = 25
	mctBigAirport    = 10
	mctOwnTickets    = 60 // on separate tickets: collect the bags and check in again
	longLayover      = 480
	longLayoverInter = 720
	longestLayover   = 1440
)

// connection is the least and the longest time between two flights, before a change of terminal.
func (n *network) connection(r1, r2 uint32, own bool) (least, longest int32) {
	d1, d2 := n.domestic[r1], n.domestic[r2]
	switch {
	case d1 && d2:
		least, longest = mctDomestic, longLayover
	case !d1 && d2:
		least, longest = mctToDomestic, longLayoverInter
	default:
		least, longest = mctAbroad, longLayoverInter
	}
	if n.terminals[n.routeTo[r1]] > 3 {
		least += mctBigAirport
	}
	if own {
		least, longest = least+mctOwnTickets, longestLayover
	}
	return least, longest
}

// terminalChange is the extra time when the two flights use different terminals of the airport.
func (n *network) terminalChange(f1, f2 int32, airport uint16) int32 {
	if n.terminals[airport] > 1 && n.terminal(n.airline[f1], airport) != n.terminal(n.airline[f2], airport) {
		return mctTerminal
	}
	return 0
}

// reasonable is the longest elapsed time next to a fastest one, after the Travel Impact Model's rule for itineraries
// that people really buy, with a cap for the longest journeys.
func reasonable(fastest int32) int32 {
	switch {
	case fastest <= 180:
		return fastest*5/4 + 60
	case fastest <= 360:
		return fastest*3/2 + 120
	}
	return min(fastest*7/4+120, fastest+720)
}
