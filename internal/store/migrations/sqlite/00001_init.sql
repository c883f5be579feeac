-- SPDX-License-Identifier: Apache-2.0
-- Times are microseconds since 1970 in UTC. Every BLOB named doc, body, payload, detail or error is
-- sealed with the tenant's key; hash columns are keyed hashes. ord gives creation order when times
-- are equal, which they are while a tenant's clock is frozen.

-- +goose Up
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE tenant_key (
    tenant  TEXT    NOT NULL,
    version INTEGER NOT NULL,
    wrapped BLOB    NOT NULL,
    PRIMARY KEY (tenant, version)
) STRICT, WITHOUT ROWID;

-- Rows with a document are rowid tables: in a WITHOUT ROWID table anything over a quarter of a page
-- spills to an overflow page of its own.
CREATE TABLE entity (
    ord        INTEGER PRIMARY KEY,
    tenant     TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    parent     TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    entries    BLOB    NOT NULL, -- the record's index entries, so that an update can tell what changed
    doc        BLOB    NOT NULL
) STRICT;
CREATE UNIQUE INDEX entity_id ON entity (tenant, kind, id);
CREATE INDEX entity_order ON entity (tenant, kind, created_at, ord, deleted);
CREATE INDEX entity_parent ON entity (tenant, kind, parent, created_at, ord, deleted) WHERE parent <> '';

-- The hash covers kind and field too.
CREATE TABLE entity_index (
    tenant     TEXT    NOT NULL,
    hash       BLOB    NOT NULL,
    created_at INTEGER NOT NULL,
    ord        INTEGER NOT NULL,
    is_unique  INTEGER NOT NULL, -- 1 while a live record holds the value alone
    PRIMARY KEY (tenant, hash, created_at, ord)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX entity_index_unique ON entity_index (tenant, hash) WHERE is_unique = 1;

CREATE TABLE event (
    ord              INTEGER PRIMARY KEY,
    tenant           TEXT    NOT NULL,
    seq              INTEGER NOT NULL,
    id               TEXT    NOT NULL,
    resource         TEXT    NOT NULL,
    resource_version INTEGER NOT NULL,
    type             TEXT    NOT NULL,
    operation        TEXT    NOT NULL,
    company          TEXT    NOT NULL,
    booking_tmc      TEXT    NOT NULL,
    at               INTEGER NOT NULL,
    body             BLOB    NOT NULL
) STRICT;
CREATE UNIQUE INDEX event_seq ON event (tenant, seq);
CREATE UNIQUE INDEX event_id ON event (tenant, id);
CREATE INDEX event_resource ON event (tenant, resource, seq);

CREATE TABLE delivery (
    tenant     TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    event_id   TEXT    NOT NULL,
    event_seq  INTEGER NOT NULL,
    endpoint   TEXT    NOT NULL,
    resource   TEXT    NOT NULL,
    state      TEXT    NOT NULL,
    attempt    INTEGER NOT NULL,
    next_at    INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_newest ON delivery (tenant, event_seq, id);
CREATE INDEX delivery_lane ON delivery (tenant, resource, endpoint, state, event_seq, id);
CREATE INDEX delivery_due ON delivery (tenant, next_at, event_seq, id) WHERE state = 'PENDING';
CREATE INDEX delivery_parked ON delivery (tenant, event_seq, id) WHERE state = 'PARKED';

CREATE TABLE attempt (
    tenant      TEXT    NOT NULL,
    delivery_id TEXT    NOT NULL,
    n           INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    status      INTEGER NOT NULL,
    took        INTEGER NOT NULL, -- nanoseconds
    error       BLOB    NOT NULL,
    PRIMARY KEY (tenant, delivery_id, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE job (
    tenant  TEXT    NOT NULL,
    kind    TEXT    NOT NULL,
    key     TEXT    NOT NULL,
    due     INTEGER NOT NULL,
    payload BLOB    NOT NULL,
    PRIMARY KEY (tenant, kind, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX job_due ON job (tenant, due, kind, key);

CREATE TABLE audit (
    tenant     TEXT    NOT NULL,
    seq        INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    actor      TEXT    NOT NULL,
    operation  TEXT    NOT NULL,
    target     TEXT    NOT NULL,
    outcome    TEXT    NOT NULL,
    request_id TEXT    NOT NULL,
    prev_hash  BLOB    NOT NULL,
    hash       BLOB    NOT NULL,
    detail     BLOB    NOT NULL,
    PRIMARY KEY (tenant, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE idem (
    ord          INTEGER PRIMARY KEY,
    tenant       TEXT    NOT NULL,
    client       TEXT    NOT NULL,
    key          TEXT    NOT NULL,
    request_hash BLOB    NOT NULL,
    status       INTEGER NOT NULL,
    at           INTEGER NOT NULL,
    body         BLOB    NOT NULL
) STRICT;
CREATE UNIQUE INDEX idem_key ON idem (tenant, client, key);
