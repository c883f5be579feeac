-- SPDX-License-Identifier: Apache-2.0
-- What is deleted by age is found by age.

-- +goose Up
CREATE INDEX event_at ON event (tenant, at);
CREATE INDEX attempt_at ON attempt (tenant, at);
CREATE INDEX idem_at ON idem (tenant, at);
