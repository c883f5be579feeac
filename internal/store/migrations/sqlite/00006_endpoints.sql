-- SPDX-License-Identifier: Apache-2.0
-- Deliveries of one endpoint are listed and pruned without a look at those of all others, and what waits for an
-- endpoint that is down is passed over without a look at the row.

-- +goose Up
CREATE INDEX delivery_endpoint ON delivery (tenant, endpoint, event_seq, id, state);
CREATE INDEX delivery_ready ON delivery (tenant, next_at, event_seq, id, endpoint, resource, part) WHERE state = 'PENDING';
DROP INDEX delivery_due;
