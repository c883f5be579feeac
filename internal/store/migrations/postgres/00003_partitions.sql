-- SPDX-License-Identifier: Apache-2.0
-- What processes that share a database divide the sending by, and when a delivery was queued.

-- +goose NO TRANSACTION
-- +goose Up
ALTER TABLE delivery ADD COLUMN IF NOT EXISTS part BIGINT NOT NULL DEFAULT 0;
ALTER TABLE delivery ADD COLUMN IF NOT EXISTS since BIGINT NOT NULL DEFAULT 0;
