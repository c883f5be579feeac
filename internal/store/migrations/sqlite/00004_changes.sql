-- SPDX-License-Identifier: Apache-2.0
-- How often each thing was changed that processes keep in memory.

-- +goose Up
CREATE TABLE cache_change (
    tenant TEXT    NOT NULL,
    name   TEXT    NOT NULL,
    n      INTEGER NOT NULL,
    PRIMARY KEY (tenant, name)
) STRICT, WITHOUT ROWID;
