-- SPDX-License-Identifier: Apache-2.0
-- How often each thing was changed that processes keep in memory.

-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS cache_change (
    tenant TEXT COLLATE "C" NOT NULL,
    name   TEXT COLLATE "C" NOT NULL,
    n      BIGINT NOT NULL,
    PRIMARY KEY (tenant, name)
);
