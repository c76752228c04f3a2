-- Copyright The Leadline Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up
-- Times are nanoseconds since the Unix epoch, 0 where there is none.
-- content of alert and transition is the alert as JSON.
CREATE TABLE alert (
    namespace   TEXT    NOT NULL,
    service     TEXT    NOT NULL,
    environment TEXT    NOT NULL,
    objective   TEXT    NOT NULL,
    rule        TEXT    NOT NULL,
    "group"     TEXT    NOT NULL,
    sequence    INTEGER NOT NULL CHECK (sequence > 0),
    "over"      INTEGER NOT NULL, -- since when it neither fires nor is pending
    content     BLOB    NOT NULL,
    PRIMARY KEY (namespace, service, environment, objective, rule, "group")
) STRICT, WITHOUT ROWID;

CREATE TABLE transition (
    namespace   TEXT    NOT NULL,
    service     TEXT    NOT NULL,
    environment TEXT    NOT NULL,
    objective   TEXT    NOT NULL,
    rule        TEXT    NOT NULL,
    "group"     TEXT    NOT NULL,
    sequence    INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    silence     TEXT    NOT NULL,
    content     BLOB    NOT NULL,
    PRIMARY KEY (namespace, service, environment, objective, rule, "group", sequence)
) STRICT, WITHOUT ROWID;

CREATE INDEX transition_at ON transition (at);

CREATE TABLE delivery (
    number    INTEGER PRIMARY KEY AUTOINCREMENT,
    id        TEXT    NOT NULL UNIQUE,
    receiver  TEXT    NOT NULL,
    group_key TEXT    NOT NULL,
    reason    TEXT    NOT NULL,
    content   BLOB    NOT NULL,
    due       INTEGER NOT NULL,
    created   INTEGER NOT NULL,
    state     TEXT    NOT NULL,
    attempts  INTEGER NOT NULL,
    attempted INTEGER NOT NULL,
    doubtful  INTEGER NOT NULL,
    finished  INTEGER NOT NULL,
    error     TEXT    NOT NULL,
    version   INTEGER NOT NULL
) STRICT;

CREATE INDEX delivery_open ON delivery (number) WHERE finished = 0;
CREATE INDEX delivery_receiver ON delivery (receiver, number);

CREATE TABLE notification (
    receiver    TEXT    NOT NULL,
    namespace   TEXT    NOT NULL,
    service     TEXT    NOT NULL,
    environment TEXT    NOT NULL,
    objective   TEXT    NOT NULL,
    rule        TEXT    NOT NULL,
    "group"     TEXT    NOT NULL,
    episode     INTEGER NOT NULL,
    group_key   TEXT    NOT NULL,
    at          INTEGER NOT NULL,
    refused     INTEGER NOT NULL,
    PRIMARY KEY (receiver, namespace, service, environment, objective, rule, "group", episode)
) STRICT, WITHOUT ROWID;

CREATE TABLE silence (
    id       TEXT    NOT NULL PRIMARY KEY,
    matchers TEXT    NOT NULL,
    author   TEXT    NOT NULL,
    comment  TEXT    NOT NULL,
    created  INTEGER NOT NULL,
    starts   INTEGER NOT NULL,
    ends     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE silence;
DROP TABLE notification;
DROP TABLE delivery;
DROP TABLE transition;
DROP TABLE alert;
