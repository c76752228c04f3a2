-- Copyright The Leadline Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up
-- Who attempts a delivery, and until when nobody else may; 0 for no time.
ALTER TABLE delivery ADD COLUMN holder TEXT NOT NULL DEFAULT '';
ALTER TABLE delivery ADD COLUMN leased INTEGER NOT NULL DEFAULT 0;

-- How often the outbox has been changed, by whomever.
CREATE TABLE outbox (
    one      INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    revision INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO outbox (one, revision) VALUES (1, 0);

-- +goose Down
DROP TABLE outbox;
ALTER TABLE delivery DROP COLUMN leased;
ALTER TABLE delivery DROP COLUMN holder;
