-- SPDX-License-Identifier: Apache-2.0
-- The tables of ../sqlite, whose comments hold here too, with what several writers at once need. Keys are
-- compared byte by byte (collation C). Each statement may be repeated: creation that was cut short goes on.

-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS meta (
    name  TEXT COLLATE "C" NOT NULL,
    value BYTEA NOT NULL,
    PRIMARY KEY (name)
);

CREATE TABLE IF NOT EXISTS tenant_key (
    tenant  TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    wrapped BYTEA NOT NULL,
    PRIMARY KEY (tenant, version)
);

-- Whoever writes for a tenant locks its row, and takes the next numbers from it.
CREATE TABLE IF NOT EXISTS tenant_head (
    tenant     TEXT COLLATE "C" NOT NULL,
    ord        BIGINT NOT NULL, -- of the newest record
    event_seq  BIGINT NOT NULL, -- of the newest event
    audit_seq  BIGINT NOT NULL, -- of the newest audit entry
    audit_hash BYTEA NOT NULL,  -- its hash
    PRIMARY KEY (tenant)
);

-- The last transaction of each process that left no audit entry, to tell after a lost connection whether it
-- was committed.
CREATE TABLE IF NOT EXISTS last_write (
    tenant TEXT COLLATE "C" NOT NULL,
    node   TEXT COLLATE "C" NOT NULL,
    n      BIGINT NOT NULL,
    at     BIGINT NOT NULL,
    PRIMARY KEY (tenant, node)
);

-- ord counts within the tenant.
CREATE TABLE IF NOT EXISTS entity (
    ord        BIGINT NOT NULL,
    tenant     TEXT COLLATE "C" NOT NULL,
    kind       TEXT COLLATE "C" NOT NULL,
    id         TEXT COLLATE "C" NOT NULL,
    parent     TEXT COLLATE "C" NOT NULL,
    version    BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    deleted    BIGINT NOT NULL,
    entries    BYTEA NOT NULL,
    doc        BYTEA NOT NULL,
    PRIMARY KEY (tenant, ord)
);
CREATE UNIQUE INDEX IF NOT EXISTS entity_id ON entity (tenant, kind, id);
CREATE INDEX IF NOT EXISTS entity_order ON entity (tenant, kind, created_at, ord, deleted);
CREATE INDEX IF NOT EXISTS entity_parent ON entity (tenant, kind, parent, created_at, ord, deleted) WHERE parent <> '';

CREATE TABLE IF NOT EXISTS entity_index (
    tenant     TEXT COLLATE "C" NOT NULL,
    hash       BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    ord        BIGINT NOT NULL,
    is_unique  BIGINT NOT NULL,
    PRIMARY KEY (tenant, hash, created_at, ord)
);
CREATE UNIQUE INDEX IF NOT EXISTS entity_index_unique ON entity_index (tenant, hash) WHERE is_unique = 1;

CREATE TABLE IF NOT EXISTS event (
    tenant           TEXT COLLATE "C" NOT NULL,
    seq              BIGINT NOT NULL,
    id               TEXT COLLATE "C" NOT NULL,
    resource         TEXT COLLATE "C" NOT NULL,
    resource_version BIGINT NOT NULL,
    type             TEXT COLLATE "C" NOT NULL,
    operation        TEXT COLLATE "C" NOT NULL,
    company          TEXT COLLATE "C" NOT NULL,
    booking_tmc      TEXT COLLATE "C" NOT NULL,
    at               BIGINT NOT NULL,
    body             BYTEA NOT NULL,
    PRIMARY KEY (tenant, seq)
);
CREATE UNIQUE INDEX IF NOT EXISTS event_id ON event (tenant, id);
CREATE INDEX IF NOT EXISTS event_resource ON event (tenant, resource, seq);

CREATE TABLE IF NOT EXISTS delivery (
    tenant     TEXT COLLATE "C" NOT NULL,
    id         TEXT COLLATE "C" NOT NULL,
    event_id   TEXT COLLATE "C" NOT NULL,
    event_seq  BIGINT NOT NULL,
    endpoint   TEXT COLLATE "C" NOT NULL,
    resource   TEXT COLLATE "C" NOT NULL,
    state      TEXT COLLATE "C" NOT NULL,
    attempt    BIGINT NOT NULL,
    next_at    BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX IF NOT EXISTS delivery_newest ON delivery (tenant, event_seq, id);
CREATE INDEX IF NOT EXISTS delivery_lane ON delivery (tenant, resource, endpoint, state, event_seq, id);
CREATE INDEX IF NOT EXISTS delivery_due ON delivery (tenant, next_at, event_seq, id) WHERE state = 'PENDING';
CREATE INDEX IF NOT EXISTS delivery_parked ON delivery (tenant, event_seq, id) WHERE state = 'PARKED';

CREATE TABLE IF NOT EXISTS attempt (
    tenant      TEXT COLLATE "C" NOT NULL,
    delivery_id TEXT COLLATE "C" NOT NULL,
    n           BIGINT NOT NULL,
    at          BIGINT NOT NULL,
    status      BIGINT NOT NULL,
    took        BIGINT NOT NULL,
    error       BYTEA NOT NULL,
    PRIMARY KEY (tenant, delivery_id, n)
);

CREATE TABLE IF NOT EXISTS job (
    tenant  TEXT COLLATE "C" NOT NULL,
    kind    TEXT COLLATE "C" NOT NULL,
    key     TEXT COLLATE "C" NOT NULL,
    due     BIGINT NOT NULL,
    payload BYTEA NOT NULL,
    PRIMARY KEY (tenant, kind, key)
);
CREATE INDEX IF NOT EXISTS job_due ON job (tenant, due, kind, key);

CREATE TABLE IF NOT EXISTS audit (
    tenant     TEXT COLLATE "C" NOT NULL,
    seq        BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    actor      TEXT COLLATE "C" NOT NULL,
    operation  TEXT COLLATE "C" NOT NULL,
    target     TEXT COLLATE "C" NOT NULL,
    outcome    TEXT COLLATE "C" NOT NULL,
    request_id TEXT COLLATE "C" NOT NULL,
    prev_hash  BYTEA NOT NULL,
    hash       BYTEA NOT NULL,
    detail     BYTEA NOT NULL,
    PRIMARY KEY (tenant, seq)
);

CREATE TABLE IF NOT EXISTS idem (
    tenant       TEXT COLLATE "C" NOT NULL,
    client       TEXT COLLATE "C" NOT NULL,
    key          TEXT COLLATE "C" NOT NULL,
    request_hash BYTEA NOT NULL,
    status       BIGINT NOT NULL,
    at           BIGINT NOT NULL,
    body         BYTEA NOT NULL,
    PRIMARY KEY (tenant, client, key)
);
