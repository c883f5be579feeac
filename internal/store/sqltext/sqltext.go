// SPDX-License-Identifier: Apache-2.0

package sqltext

import "strconv"

// IfFree ends an insert that changes nothing when a row with its key is there.
const IfFree = ` ON CONFLICT DO NOTHING`

// Keys and settings of the database.
const (
	MetaGet   = `SELECT value FROM meta WHERE name = $1`
	MetaPut   = `INSERT INTO meta (name, value) VALUES ($1, $2)`
	KeyGet    = `SELECT wrapped FROM tenant_key WHERE tenant = $1 AND version = $2`
	KeyInsert = `INSERT INTO tenant_key (tenant, version, wrapped) VALUES ($1, $2, $3)`
	Tenants   = `SELECT DISTINCT tenant FROM tenant_key ORDER BY tenant`
)

// Records. A record is written through its head: where it is, and which index entries it has.
const (
	columns = `e.id, e.parent, e.version, e.created_at, e.updated_at, e.deleted, e.doc, e.ord`

	EntityGet = `SELECT ` + columns + ` FROM entity e WHERE e.tenant = $1 AND e.kind = $2 AND e.id = $3`

	// EntityGetHead is EntityGet for a transaction that may write the record.
	EntityGetHead = `SELECT ` + columns + `, e.entries FROM entity e WHERE e.tenant = $1 AND e.kind = $2 AND e.id = $3`

	EntityFind = `SELECT ` + columns + ` FROM entity_index i CROSS JOIN entity e
WHERE i.tenant = $1 AND i.hash = $2 AND e.tenant = i.tenant AND e.ord = i.ord AND e.deleted = 0
ORDER BY i.created_at, i.ord LIMIT 1`

	EntityHead = `SELECT ord, parent, version, created_at, deleted, entries FROM entity
WHERE tenant = $1 AND kind = $2 AND id = $3`

	EntityInsert = `INSERT INTO entity (tenant, kind, id, parent, version, created_at, updated_at, deleted, entries, doc)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`

	// EntityInsertOrd is EntityInsert for an engine that numbers records itself.
	EntityInsertOrd = `INSERT INTO entity (tenant, kind, id, parent, version, created_at, updated_at, deleted, entries, doc, ord)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`

	// EntityUpdate leaves alone what the indexes of the table hold, which is nearly always right.
	EntityUpdate = `UPDATE entity SET version = $3, updated_at = $4, doc = $5 WHERE tenant = $1 AND ord = $2`

	EntityMove = `UPDATE entity SET version = $3, updated_at = $4, doc = $5, parent = $6, deleted = $7, entries = $8
WHERE tenant = $1 AND ord = $2`

	// EntityReseal changes how the document is kept, and nothing that can be seen.
	EntityReseal = `UPDATE entity SET doc = $3 WHERE tenant = $1 AND ord = $2`

	// EntityWalk goes along the unique index of all records.
	EntityWalk = `SELECT ` + columns + `, e.kind FROM entity e WHERE e.tenant = $1 AND (e.kind, e.id) > ($2, $3)
ORDER BY e.kind, e.id LIMIT $4`

	EntityDelete = `DELETE FROM entity WHERE tenant = $1 AND ord = $2`

	IndexHolder = `SELECT e.id FROM entity_index i CROSS JOIN entity e
WHERE i.tenant = $1 AND i.hash = $2 AND i.is_unique = 1 AND e.tenant = i.tenant AND e.ord = i.ord`

	IndexInsert = `INSERT INTO entity_index (tenant, hash, created_at, ord, is_unique) VALUES ($1, $2, $3, $4, $5)`
	IndexDelete = `DELETE FROM entity_index WHERE tenant = $1 AND hash = $2 AND created_at = $3 AND ord = $4`
)

// List says what varies in the statements that list records.
type List struct {
	Parent, Indexed, Deleted, Only, Newest bool
	From                                   bool // begin at a place; with Parent and nothing but Deleted
}

// Select takes tenant, kind, limit, offset, then the parent if any, then the hash if any, with From a place instead.
func (l List) Select() string {
	order := ` ORDER BY e.created_at, e.ord`
	if l.Newest {
		order = ` ORDER BY e.created_at DESC, e.ord DESC`
	}
	if l.Indexed {
		order = ` ORDER BY i.created_at, i.ord`
		if l.Newest {
			order = ` ORDER BY i.created_at DESC, i.ord DESC`
		}
	}
	return `SELECT ` + columns + l.from("$5", "$6") + l.start() + order + ` LIMIT $3 OFFSET $4`
}

// Count takes tenant, kind, then the parent if any, then the hash if any.
func (l List) Count() string { return `SELECT COUNT(*)` + l.from("$3", "$4") }

func (l List) from(first, second string) string {
	var text string
	hash := first
	if l.Parent {
		hash = second
	}
	if l.Indexed {
		text = ` FROM entity_index i CROSS JOIN entity e
WHERE i.tenant = $1 AND i.hash = ` + hash + ` AND e.tenant = i.tenant AND e.ord = i.ord AND e.kind = $2`
	} else {
		text = ` FROM entity e WHERE e.tenant = $1 AND e.kind = $2`
	}
	if l.Parent {
		// The second condition is what lets the partial index be used.
		text += ` AND e.parent = ` + first + ` AND e.parent <> ''`
	}
	switch {
	case l.Only:
		text += ` AND e.deleted = 1`
	case !l.Deleted:
		text += ` AND e.deleted = 0`
	}
	return text
}

// Events.
const (
	event = `SELECT seq, id, resource, resource_version, type, operation, company, booking_tmc, at, body FROM event `

	EventGet       = event + `WHERE tenant = $1 AND id = $2`
	Events         = event + `WHERE tenant = $1 ORDER BY seq LIMIT $2`
	EventsResource = event + `WHERE tenant = $1 AND resource = $2 ORDER BY seq LIMIT $3`
	// Between two times, with and without a resource.
	EventsTime         = event + `WHERE tenant = $1 AND at >= $3 AND at < $4 ORDER BY at, seq LIMIT $2`
	EventsTimeResource = event + `WHERE tenant = $1 AND resource = $2 AND at >= $4 AND at < $5 ORDER BY at, seq LIMIT $3`
	EventLast          = `SELECT seq FROM event WHERE tenant = $1 ORDER BY seq DESC LIMIT 1`
	EventInsert        = `INSERT INTO event (tenant, seq, id, resource, resource_version, type, operation, company, booking_tmc, at, body)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`
)

// Deliveries. The head of a lane is its oldest pending delivery.
const (
	delivery = `SELECT d.id, d.event_id, d.event_seq, d.endpoint, d.resource, d.state, d.attempt, d.next_at, d.updated_at, d.part, d.since
FROM delivery d `

	heads = `WHERE d.tenant = $1 AND d.state = 'PENDING' AND NOT EXISTS (
SELECT 1 FROM delivery p WHERE p.tenant = d.tenant AND p.endpoint = d.endpoint AND p.resource = d.resource
AND p.state = 'PENDING' AND (p.event_seq < d.event_seq OR p.event_seq = d.event_seq AND p.id < d.id))`

	DeliveryGet  = delivery + `WHERE d.tenant = $1 AND d.id = $2`
	DeliveryNext = `SELECT d.next_at FROM delivery d ` + heads + ` AND d.next_at > $2 ORDER BY d.next_at LIMIT 1`

	DeliveryPut = `INSERT INTO delivery (tenant, id, event_id, event_seq, endpoint, resource, state, attempt, next_at, updated_at, part, since)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT (tenant, id) DO UPDATE SET event_id = excluded.event_id, event_seq = excluded.event_seq,
endpoint = excluded.endpoint, resource = excluded.resource, state = excluded.state, attempt = excluded.attempt,
next_at = excluded.next_at, updated_at = excluded.updated_at, part = excluded.part,
since = excluded.since`
	// DeliveryStep is DeliveryPut for the changes of one attempt.
	DeliveryStep = `UPDATE delivery SET state = $3, attempt = $4, next_at = $5, updated_at = $6
WHERE tenant = $1 AND id = $2 AND event_id = $7 AND event_seq = $8 AND endpoint = $9 AND resource = $10 AND part = $11 AND since = $12`
	DeliveryDelete = `DELETE FROM delivery WHERE tenant = $1 AND id = $2`

	AttemptInsert = `INSERT INTO attempt (tenant, delivery_id, n, at, status, took, error)
VALUES ($1, $2, $3, $4, $5, $6, $7)`
	AttemptsDelete = `DELETE FROM attempt WHERE tenant = $1 AND delivery_id = $2`
	Attempts       = `SELECT n, at, status, took, error FROM attempt WHERE tenant = $1 AND delivery_id = $2 ORDER BY n`
)

// Due says what varies in the statement that finds due heads of lanes: whether only some partitions
// are looked at, and how many endpoints are left out.
type Due struct {
	Partitions bool
	Skip       int
}

// skips are the numbers of endpoints for which a statement is made; shorter lists are filled up, so
// that few statements are kept prepared.
//
//nolint:gochecknoglobals // a constant
var skips = [...]int{0, 1, 4, 16, 64}

// Rounded rounds the number of endpoints up to one for which there is a statement.
func (d Due) Rounded() Due {
	for _, n := range skips {
		if d.Skip <= n {
			return Due{d.Partitions, n}
		}
	}
	return Due{d.Partitions, skips[len(skips)-1]}
}

// Select takes tenant, time, limit, then the bits of the partitions if any, then the endpoints.
func (d Due) Select() string {
	// The inner statement needs an index and no row: what waits behind others, or for an endpoint that is left out, may
	// be much.
	text, next := delivery+`WHERE d.tenant = $1 AND d.id IN (SELECT d.id FROM delivery d `+heads+` AND d.next_at <= $2`, 4
	if d.Partitions {
		// The casts are for PostgreSQL, which must know the types and shifts by small numbers only.
		text += ` AND (CAST($4 AS BIGINT) >> CAST(d.part AS INTEGER)) & 1 = 1`
		next++
	}
	for i := range d.Skip {
		text += ` AND d.endpoint <> $` + strconv.Itoa(next+i)
	}
	const order = ` ORDER BY d.next_at, d.event_seq, d.id`
	return text + order + ` LIMIT $3)` + order
}

// Deliveries says which conditions a listing of deliveries has.
type Deliveries struct {
	Endpoint, Resource bool
	State              string // one of the states of the store, or empty
}

// Select takes tenant, limit, offset, then endpoint and resource if any.
func (d Deliveries) Select() string {
	where := `WHERE d.tenant = $1`
	next := "$4"
	if d.Endpoint {
		where += ` AND d.endpoint = $4`
		next = "$5"
	}
	if d.Resource {
		where += ` AND d.resource = ` + next
	}
	if d.State != "" {
		where += ` AND d.state = '` + d.State + `'` // a literal, so that partial indexes apply
	}
	const page, newest, sorted = ` LIMIT $2 OFFSET $3`, ` ORDER BY d.event_seq DESC, d.id DESC`, ` ORDER BY d.event_seq + 0 DESC, d.id DESC`
	if !d.Endpoint && !d.Resource || d.Endpoint && d.Resource && d.State != "" {
		return delivery + where + newest + page
	}
	// There may be many of others: an index tells which these are, and no row is looked at but those of the page. The
	// sum keeps the order from being taken for a reason to go through everybody's; a resource has few.
	inner := newest
	if d.Resource {
		inner = sorted
	}
	return delivery + `WHERE d.tenant = $1 AND d.id IN (SELECT d.id FROM delivery d ` + where + inner + page + `)` + sorted
}

// Jobs, audit and idempotency.
const (
	JobPut = `INSERT INTO job (tenant, kind, key, due, payload) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (tenant, kind, key) DO UPDATE SET due = excluded.due, payload = excluded.payload`
	JobDelete = `DELETE FROM job WHERE tenant = $1 AND kind = $2 AND key = $3`
	JobsDue   = `SELECT kind, key, due, payload FROM job WHERE tenant = $1 AND due <= $2 ORDER BY due, kind, key LIMIT $3`
	JobGet    = `SELECT kind, key, due, payload FROM job WHERE tenant = $1 AND kind = $2 AND key = $3`
	JobNext   = `SELECT due FROM job WHERE tenant = $1 AND due > $2 ORDER BY due LIMIT 1`

	audit       = `SELECT seq, at, actor, operation, target, outcome, request_id, prev_hash, hash, detail FROM audit `
	AuditLast   = audit + `WHERE tenant = $1 ORDER BY seq DESC LIMIT 1`
	AuditFrom   = audit + `WHERE tenant = $1 AND seq >= $2 ORDER BY seq`
	AuditInsert = `INSERT INTO audit (tenant, seq, at, actor, operation, target, outcome, request_id, prev_hash, hash, detail)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`

	// AuditPrune takes tenant, sequence number and the most rows to delete.
	AuditPrune = `DELETE FROM audit WHERE tenant = $1 AND seq IN (
SELECT a.seq FROM audit a WHERE a.tenant = $1 AND a.seq <= $2
AND a.seq < (SELECT MAX(l.seq) FROM audit l WHERE l.tenant = $1) ORDER BY a.seq LIMIT $3)`

	IdemGet = `SELECT request_hash, status, at, body FROM idem WHERE tenant = $1 AND client = $2 AND key = $3`
	IdemPut = `INSERT INTO idem (tenant, client, key, request_hash, status, at, body) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (tenant, client, key) DO UPDATE SET request_hash = excluded.request_hash, status = excluded.status,
at = excluded.at, body = excluded.body`
)

// What processes that share a database keep in memory, and how often it was changed.
const (
	ChangesGet = `SELECT name, n FROM cache_change WHERE tenant = $1`
	ChangePut  = `INSERT INTO cache_change (tenant, name, n) VALUES ($1, $2, $3)
ON CONFLICT (tenant, name) DO UPDATE SET n = excluded.n`
)

// What expires. Each takes tenant, time and the most rows to delete.
const (
	IdemExpire = `DELETE FROM idem WHERE tenant = $1 AND (client, key) IN (
SELECT i.client, i.key FROM idem i WHERE i.tenant = $1 AND i.at < $2 ORDER BY i.at LIMIT $3)`

	AttemptExpire = `DELETE FROM attempt WHERE tenant = $1 AND (delivery_id, n) IN (
SELECT a.delivery_id, a.n FROM attempt a WHERE a.tenant = $1 AND a.at < $2 AND NOT EXISTS (
SELECT 1 FROM delivery d WHERE d.tenant = a.tenant AND d.id = a.delivery_id AND d.state IN ('PENDING', 'PARKED'))
ORDER BY a.at LIMIT $3)`

	DeliveryExpire = `DELETE FROM delivery WHERE tenant = $1 AND id IN (
SELECT d.id FROM event e CROSS JOIN delivery d WHERE e.tenant = $1 AND e.at < $2 AND d.tenant = e.tenant
AND d.event_seq = e.seq AND d.state IN ('DELIVERED', 'SKIPPED') AND d.updated_at < $2 ORDER BY e.at LIMIT $3)`

	EventExpire = `DELETE FROM event WHERE tenant = $1 AND seq IN (
SELECT e.seq FROM event e WHERE e.tenant = $1 AND e.at < $2
AND e.seq < (SELECT MAX(l.seq) FROM event l WHERE l.tenant = $1)
AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.tenant = e.tenant AND d.event_seq = e.seq)
ORDER BY e.at LIMIT $3)`
)
