-- SPDX-License-Identifier: Apache-2.0
-- What processes that share a database divide the sending by, and when a delivery was queued.

-- +goose Up
ALTER TABLE delivery ADD COLUMN part INTEGER NOT NULL DEFAULT 0;
ALTER TABLE delivery ADD COLUMN since INTEGER NOT NULL DEFAULT 0;
