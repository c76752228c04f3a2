-- Copyright The Leadline Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up
-- Times are nanoseconds since the Unix epoch.
CREATE TABLE generation (
    namespace   TEXT    NOT NULL,
    service     TEXT    NOT NULL,
    environment TEXT    NOT NULL,
    objective   TEXT    NOT NULL,
    number      INTEGER NOT NULL CHECK (number > 0),
    indicator   TEXT    NOT NULL,
    rule        TEXT    NOT NULL,
    target      TEXT    NOT NULL,
    "window"    TEXT    NOT NULL,
    started     INTEGER NOT NULL,
    ended       INTEGER CHECK (ended >= started),
    PRIMARY KEY (namespace, service, environment, objective, number)
) STRICT, WITHOUT ROWID;

-- An objective has one running generation at most.
CREATE UNIQUE INDEX generation_running
    ON generation (namespace, service, environment, objective)
    WHERE ended IS NULL;

CREATE TABLE definition (
    path    TEXT    NOT NULL PRIMARY KEY,
    content BLOB    NOT NULL,
    sha256  TEXT    NOT NULL,
    saved   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE definition;
DROP TABLE generation;
