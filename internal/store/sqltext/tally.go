// SPDX-License-Identifier: Apache-2.0

package sqltext

// How many records of a kind a parent has. Counting a million rows takes longer than anything else about a page of
// them. moves grows whenever the places of records in the list may have changed otherwise than by a record that is
// newer than all: as long as it stands still, what was at a place is still there.
const (
	TallyGet = `SELECT live, dead, moves FROM entity_tally WHERE tenant = $1 AND kind = $2 AND parent = $3`

	later = `(excluded.last_at > entity_tally.last_at OR excluded.last_at = entity_tally.last_at AND excluded.last_ord > entity_tally.last_ord)`

	// TallyAdd takes tenant, kind, parent, live, dead, and the place of the record: created_at and ord.
	TallyAdd = `INSERT INTO entity_tally (tenant, kind, parent, live, dead, last_at, last_ord, moves)
VALUES ($1, $2, $3, $4, $5, $6, $7, 0)
ON CONFLICT (tenant, kind, parent) DO UPDATE SET live = entity_tally.live + excluded.live, dead = entity_tally.dead + excluded.dead,
moves = entity_tally.moves + CASE WHEN ` + later + ` THEN 0 ELSE 1 END,
last_at = CASE WHEN ` + later + ` THEN excluded.last_at ELSE entity_tally.last_at END,
last_ord = CASE WHEN ` + later + ` THEN excluded.last_ord ELSE entity_tally.last_ord END`

	// TallyMove takes tenant, kind, parent, and by how much live and dead change.
	TallyMove = `UPDATE entity_tally SET live = live + $4, dead = dead + $5, moves = moves + 1
WHERE tenant = $1 AND kind = $2 AND parent = $3`
)

// Place reads where a record of a list is. It takes tenant, kind, limit, offset, parent, and with From a place.
func (l List) Place() string {
	return `SELECT e.created_at, e.ord` + l.from("$5", "$6") + l.start() + ` ORDER BY e.created_at, e.ord LIMIT $3 OFFSET $4`
}

// start begins a list of a parent at a place.
func (l List) start() string {
	if !l.From {
		return ""
	}
	return ` AND (e.created_at, e.ord) >= ($6, $7)`
}

// Several changes of a tally at once.
const (
	// TallyAddMany takes tenant, kind, parent, live, dead, the place of the last of the records, how many of them have not
	// their place behind the one before, and the place of the first.
	TallyAddMany = `INSERT INTO entity_tally (tenant, kind, parent, live, dead, last_at, last_ord, moves)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (tenant, kind, parent) DO UPDATE SET live = entity_tally.live + excluded.live, dead = entity_tally.dead + excluded.dead,
moves = entity_tally.moves + excluded.moves
+ CASE WHEN $9 > entity_tally.last_at OR $9 = entity_tally.last_at AND $10 > entity_tally.last_ord THEN 0 ELSE 1 END,
last_at = CASE WHEN ` + later + ` THEN excluded.last_at ELSE entity_tally.last_at END,
last_ord = CASE WHEN ` + later + ` THEN excluded.last_ord ELSE entity_tally.last_ord END`

	// TallyMoveMany takes tenant, kind, parent, by how much live and dead change, and how many records changed places.
	TallyMoveMany = `UPDATE entity_tally SET live = live + $4, dead = dead + $5, moves = moves + $6
WHERE tenant = $1 AND kind = $2 AND parent = $3`
)
