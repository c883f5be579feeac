-- SPDX-License-Identifier: Apache-2.0
-- How many records of a kind a parent has, so that a page of a long list need not count them.

-- +goose Up
CREATE TABLE entity_tally (
    tenant   TEXT    NOT NULL,
    kind     TEXT    NOT NULL,
    parent   TEXT    NOT NULL,
    live     INTEGER NOT NULL,
    dead     INTEGER NOT NULL, -- deleted softly
    last_at  INTEGER NOT NULL, -- created_at and ord of the last one in order
    last_ord INTEGER NOT NULL,
    moves    INTEGER NOT NULL, -- how often records changed places
    PRIMARY KEY (tenant, kind, parent)
) STRICT, WITHOUT ROWID;

INSERT INTO entity_tally (tenant, kind, parent, live, dead, last_at, last_ord, moves)
SELECT tenant, kind, parent, SUM(1 - deleted), SUM(deleted), MAX(created_at), MAX(ord), 0 FROM entity WHERE parent <> ''
GROUP BY tenant, kind, parent;
