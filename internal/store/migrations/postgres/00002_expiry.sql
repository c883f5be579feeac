-- SPDX-License-Identifier: Apache-2.0
-- What is deleted by age is found by age.

-- +goose NO TRANSACTION
-- +goose Up
CREATE INDEX IF NOT EXISTS event_at ON event (tenant, at);
CREATE INDEX IF NOT EXISTS attempt_at ON attempt (tenant, at);
CREATE INDEX IF NOT EXISTS idem_at ON idem (tenant, at);
