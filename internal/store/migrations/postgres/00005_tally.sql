-- SPDX-License-Identifier: Apache-2.0
-- How many records of a kind a parent has, so that a page of a long list need not count them.

-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS entity_tally (
    tenant   TEXT COLLATE "C" NOT NULL,
    kind     TEXT COLLATE "C" NOT NULL,
    parent   TEXT COLLATE "C" NOT NULL,
    live     BIGINT NOT NULL,
    dead     BIGINT NOT NULL,
    last_at  BIGINT NOT NULL,
    last_ord BIGINT NOT NULL,
    moves    BIGINT NOT NULL,
    PRIMARY KEY (tenant, kind, parent)
);

INSERT INTO entity_tally (tenant, kind, parent, live, dead, last_at, last_ord, moves)
SELECT tenant, kind, parent, SUM(1 - deleted), SUM(deleted), MAX(created_at), MAX(ord), 0 FROM entity WHERE parent <> ''
GROUP BY tenant, kind, parent
ON CONFLICT DO NOTHING;
