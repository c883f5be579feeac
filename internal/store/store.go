// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/airside-travel/airside/internal/errs"
)

// The errors a caller is expected to handle.
var (
	ErrNotFound = errors.New("store: no such record")
	ErrExists   = errors.New("store: a record with this id exists")
	ErrVersion  = errors.New("store: the record has another version")
	ErrClosed   = errors.New("store: closed")
	ErrCorrupt  = errors.New("store: what is stored was changed outside the store, or its key is gone")
)

// DuplicateError says that a unique index entry is taken.
type DuplicateError struct{ Field, ID string } // ID is the record that holds it

// Error names the field.
func (e *DuplicateError) Error() string {
	return fmt.Sprintf("store: %s is taken by record %s", e.Field, e.ID)
}

// Unavailable is for engines: a write that failed because of the engine, not of the transaction, as
// when the disk is full. The caller learns STORE_UNAVAILABLE, the log the cause.
func Unavailable(cause error) error {
	return errs.New(errs.StoreUnavailable, "the store cannot take the write now; nothing was written").Because(cause)
}

// Doubtful is Unavailable for a commit that was begun and not confirmed.
func Doubtful(cause error) error {
	return errs.New(errs.StoreUnavailable, "the store failed while it committed; whether this was written is in doubt until it works again").Because(cause)
}

// Store is one database.
type Store interface {
	// Update runs fn in a durable transaction: when it returns nil, everything written is on disk;
	// when it returns an error (fn's own, or ErrClosed, or the engine's), nothing is. fn may run more than once
	// and on another goroutine, several callers' fns share one commit; it must touch nothing but
	// the transaction, must not block on the network, and must not call Update or View. The
	// context given to fn carries the transaction (see From).
	Update(ctx context.Context, fn func(ctx context.Context) error) error
	// View runs fn on one consistent snapshot, taken at its first read. Inside another transaction it
	// joins that one. It must not wait for an Update.
	View(ctx context.Context, fn func(ctx context.Context) error) error
	// Ready says why the store can do nothing for its callers now, nil when it can. It answers within seconds,
	// and the error shows no secrets.
	Ready(ctx context.Context) error
	// Check verifies the integrity of the database file or schema.
	Check(ctx context.Context) error
	// Close waits for running transactions and releases everything.
	Close() error
}

// Record is one document with what is needed to find it.
type Record struct {
	Tenant, Kind, ID string
	Parent           string // the record it belongs to: lists are by (tenant, kind, parent)
	Version          int64  // 1 on insert, grows by one at each update
	CreatedAt        time.Time
	UpdatedAt        time.Time
	Deleted          bool  // soft: skipped by lists unless asked for, its unique entries are free again
	Order            int64 // of what is read: which of two created at the same time comes first in lists
	Doc              []byte
	Company          string  // whose key seals the document, where that is not Parent: for layers (companykey), engines do not keep it
	Index            []Entry // for Insert and Update, which need all of them; empty in what is read
}

// Entry makes a record findable by an exact value. Value is kept as a keyed hash, so it must be
// normalised (case, scope) by the caller; scope a unique value by prefixing the owner's id.
type Entry struct {
	Field  string // e.g. "user.email"
	Value  string
	Unique bool
}

// Query selects records of one kind, in order of creation (id order for UUIDv7).
type Query struct {
	Tenant, Kind string
	Parent       string // "" for any
	Field, Value string // an index entry; "" for none
	Deleted      bool   // include soft-deleted records
	Only         bool   // nothing but soft-deleted records
	Newest       bool   // newest first
	Offset       int
	Limit        int // 0 for all
}

// Reader is the read half of a transaction. Get reads soft-deleted records too; look at Deleted.
type Reader interface {
	// Get returns ErrNotFound when absent.
	Get(tenant, kind, id string) (*Record, error)
	// Find returns the live record with an index entry; ErrNotFound when none.
	Find(tenant, kind, field, value string) (*Record, error)
	// List yields records; an error ends it. Bodies are decrypted as they are read. The sequence
	// must be consumed before another call on the same transaction.
	List(q Query) iter.Seq2[*Record, error]
	// Walk yields every record of a tenant whose kind and id come after those given, whatever it belongs to,
	// soft-deleted ones too, by kind and id; at most limit, 0 for all. List's rule about other calls holds.
	Walk(tenant, kind, id string, limit int) iter.Seq2[*Record, error]
	// Count counts what List would yield without Offset and Limit.
	Count(q Query) (int, error)

	Event(tenant, id string) (*Event, error)
	// Events yields events in commit order, or by time and then in commit order when From or To is given.
	Events(q EventQuery) iter.Seq2[*Event, error]
	Delivery(tenant, id string) (*Delivery, error)
	Deliveries(q DeliveryQuery) iter.Seq2[*Delivery, error]
	// DueDeliveries returns pending deliveries that are first in their lane (endpoint, resource)
	// and whose NextAt is not after the time asked for, earliest first.
	DueDeliveries(q DueQuery) ([]*Delivery, error)
	Attempts(tenant, deliveryID string) ([]*Attempt, error)

	// Job returns ErrNotFound when it is not there any more.
	Job(tenant, kind, key string) (*Job, error)
	// DueJobs returns jobs not after now, earliest first.
	DueJobs(tenant string, now time.Time, limit int) ([]*Job, error)
	// NextDue is the earliest time after `after` at which the tenant has a job or a pending delivery;
	// zero when none.
	NextDue(tenant string, after time.Time) (time.Time, error)
	// Changes says how often each thing of a tenant that processes keep in memory was changed (see
	// Tx.Change). In a write transaction it locks the tenant, and leaves out what is not committed yet.
	Changes(tenant string) (map[string]int64, error)
	// Tenants lists the tenants that have any record.
	Tenants() ([]string, error)

	// LastAudit returns nil when the tenant has no entry.
	LastAudit(tenant string) (*AuditEntry, error)
	// Audit yields entries by sequence, from `from` on.
	Audit(tenant string, from int64) iter.Seq2[*AuditEntry, error]
	// Idempotent returns ErrNotFound when the key is new.
	Idempotent(tenant, client, key string) (*Idempotency, error)
}

// Tx is a write transaction.
type Tx interface {
	Reader
	// Insert writes a new record with version 1 (unless Version is set, for imports). ErrExists,
	// *DuplicateError.
	Insert(r *Record) error
	// Update replaces document and index; expect is the version that was read (0 for whatever is
	// there). r.Version becomes the new version. ErrNotFound, ErrVersion, *DuplicateError.
	Update(r *Record, expect int64) error
	// Reseal writes the document of r.Version anew, which must be the one that is stored; nothing else of r is
	// looked at, and version, times and index stay as they are. It is for layers whose keys change.
	// ErrNotFound, ErrVersion.
	Reseal(r *Record) error
	// Remove deletes for good. ErrNotFound.
	Remove(tenant, kind, id string) error

	AppendEvent(e *Event) error
	PutDelivery(d *Delivery) error          // insert or replace by ID
	RemoveDelivery(tenant, id string) error // with its attempts; nothing happens when it is not there
	AppendAttempt(a *Attempt) error
	// AppendAudit is called by package audit only, which computes Seq and the hashes.
	AppendAudit(e *AuditEntry) error
	PutIdempotent(i *Idempotency) error
	PutJob(j *Job) error // insert or replace by (tenant, kind, key)
	RemoveJob(tenant, kind, key string) error

	// Change counts, in the transaction that changes it, a thing that other processes may keep in memory, and
	// returns the new number. Numbers of a thing grow by one in the order of the commits.
	Change(tenant, name string) (int64, error)

	// Prune deletes for good what only serves for a while: at most limit rows of each sort, and it
	// returns how many in all. 0 means that nothing is left to delete. Nothing else ever deletes these rows,
	// apart from RemoveDelivery.
	Prune(tenant string, before Expiry, limit int) (int, error)
	// PruneAudit deletes the oldest audit entries up to a sequence number, at most limit, never the newest of
	// the tenant, and returns how many. Package audit's keeper calls it, which anchors the rest first.
	PruneAudit(tenant string, upTo int64, limit int) (int, error)

	// Erase has what this transaction replaces or removes from here on overwritten where it lies, as soon as the
	// engine can: at its commit where the engine has the file to itself, else when the database tidies up.
	Erase() error

	// AfterCommit runs fn once the transaction is durable, before Update returns; not run when it
	// fails. AfterRollback is the opposite. Both are forgotten when fn of Update runs again. They run
	// in the order of the commits and hold up all writing: be quick, and do not call Update. A panic
	// reaches the caller of Update.
	AfterCommit(fn func())
	AfterRollback(fn func())
}

// Event is something that happened to a resource, with its full state at that moment.
type Event struct {
	Tenant, ID      string // ID is a UUIDv7
	Seq             int64  // commit order within the tenant; set by the store
	Resource        string // "PNR/1234567890": what is kept in order
	ResourceVersion int64
	Type            string // PNR_V3, ...
	Operation       string // BOOKING_CREATED, ...
	Company         string
	BookingTMC      string
	At              time.Time // the tenant's clock
	Body            []byte    // the complete webhook body, sealed at rest
	Purged          bool      // Body is gone for good: it was about a person who was purged (personkey)
}

// Delivery states.
const (
	Pending   = "PENDING"
	Delivered = "DELIVERED"
	Parked    = "PARKED"
	Skipped   = "SKIPPED"
)

// Delivery is an event on its way to one endpoint.
type Delivery struct {
	Tenant, ID string // ID is sent as the webhook id and stays the same on every re-send
	EventID    string
	EventSeq   int64 // order within the lane
	Endpoint   string
	Resource   string
	Partition  int // 0 to 63, the same for all of a lane: what processes share the work by
	State      string
	Attempt    int       // attempts made
	Since      time.Time // when its time to be tried began: when it was queued, or queued again
	NextAt     time.Time
	UpdatedAt  time.Time
}

// EventQuery selects events of a tenant; empty fields match all.
type EventQuery struct {
	Tenant, Resource string
	From, To         time.Time // At is not before From, and before To
	Limit            int       // 0 for all
	Heads            bool      // leave Body out
}

// DueQuery selects heads of lanes. Of Skip no more than DueSkipMax endpoints are heeded.
type DueQuery struct {
	Tenant     string
	Now        time.Time
	Limit      int      // 0 for all
	Skip       []string // endpoints to leave out
	Partitions uint64   // bit n stands for partition n; 0 for all
}

// DueSkipMax bounds DueQuery.Skip.
const DueSkipMax = 64

// DeliveryQuery filters deliveries; empty fields match all. Those of the newest events come first.
type DeliveryQuery struct {
	Tenant, Endpoint, Resource, State string
	Offset, Limit                     int
}

// Attempt is one try to deliver.
type Attempt struct {
	Tenant, DeliveryID string
	N                  int
	At                 time.Time
	Status             int // 0 when no answer came
	Error              string
	Took               time.Duration
}

// Job is something that must be done at a time of the tenant's clock.
type Job struct {
	Tenant, Kind, Key string
	Due               time.Time
	Payload           []byte
}

// AuditEntry is one link of a tenant's audit chain. Hash covers everything else and PrevHash.
type AuditEntry struct {
	Tenant    string
	Seq       int64
	At        time.Time // system time: an audit trail does not follow a simulated clock
	Actor     string
	Operation string
	Target    string
	Outcome   string
	RequestID string
	Detail    []byte // sealed at rest
	PrevHash  []byte
	Hash      []byte
}

// Idempotency is the answer kept for an Idempotency-Key.
type Idempotency struct {
	Tenant, Client, Key string
	RequestHash         []byte
	Status              int
	Body                []byte
	At                  time.Time
	Purged              bool // Body is gone for good: it was about a person who was purged (personkey)
}

// Expiry says how old must be what Prune deletes. A zero time keeps everything of its sort.
type Expiry struct {
	Answers  time.Time // idempotent answers given before it
	Attempts time.Time // attempts made before it, unless their delivery is pending or parked
	// Events that happened before it, once no delivery of theirs is left, and the delivered and skipped
	// deliveries of such events that were last touched before it. The newest event of a tenant stays: it
	// holds the number from which the next one counts.
	Events time.Time
}

type txKey struct{}

// WithTx is for engines: it puts the transaction into the context given to fn.
func WithTx(ctx context.Context, r Reader) context.Context {
	return context.WithValue(ctx, txKey{}, r)
}

// Current is the transaction of a call, if there is one; it is for engines, which refuse or join
// calls inside calls.
func Current(ctx context.Context) (Reader, bool) {
	r, ok := ctx.Value(txKey{}).(Reader)
	return r, ok
}

// From is the transaction of a call that the edge runs in Update. It panics outside one: an
// operation marked as read must not write.
func From(ctx context.Context) Tx {
	tx, ok := ctx.Value(txKey{}).(Tx)
	if !ok {
		panic("store: a write outside a write transaction")
	}
	return tx
}

// Read is the transaction of a call in View or Update.
func Read(ctx context.Context) Reader {
	r, ok := ctx.Value(txKey{}).(Reader)
	if !ok {
		panic("store: a read outside a transaction")
	}
	return r
}
