-- Copyright The Leadline Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up
-- The ledger of corrections: entries are only ever added.
-- Times are nanoseconds since the Unix epoch. bad and effects are JSON.
CREATE TABLE correction (
    id          INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    namespace   TEXT    NOT NULL,
    service     TEXT    NOT NULL,
    environment TEXT    NOT NULL,
    objective   TEXT    NOT NULL,
    indicator   TEXT    NOT NULL,
    kind        TEXT    NOT NULL,
    "from"      INTEGER NOT NULL,
    "to"        INTEGER NOT NULL,
    bad         BLOB    NOT NULL,
    author      TEXT    NOT NULL,
    reason      TEXT    NOT NULL,
    created     INTEGER NOT NULL,
    withdraws   INTEGER NOT NULL, -- the id of a correction, 0 of a correction itself
    effects     BLOB    NOT NULL
) STRICT;

-- A correction is withdrawn once.
CREATE UNIQUE INDEX correction_withdrawn ON correction (withdraws) WHERE withdraws <> 0;

-- +goose StatementBegin
CREATE TRIGGER correction_stays BEFORE UPDATE ON correction
BEGIN SELECT RAISE(ABORT, 'entries of the ledger do not change'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER correction_is_kept BEFORE DELETE ON correction
BEGIN SELECT RAISE(ABORT, 'entries of the ledger do not go'); END;
-- +goose StatementEnd

-- +goose Down
DROP TABLE correction;
