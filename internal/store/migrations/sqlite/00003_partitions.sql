-- SPDX-License-Identifier: Apache-2.0
-- What processes that share a database divide the sending by.

-- +goose Up
ALTER TABLE delivery ADD COLUMN part INTEGER NOT NULL DEFAULT 0;
