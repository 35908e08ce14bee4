-- Identities are TEXT, instants are BIGINT milliseconds, booleans are 0 or 1, lists are JSON text:
-- what SQLite and PostgreSQL both understand.

CREATE TABLE accounts (
    id           TEXT   PRIMARY KEY,            -- private, never sent to anybody
    person       TEXT   NOT NULL UNIQUE,        -- public identity
    handle       TEXT   NOT NULL,
    handle_key   TEXT   NOT NULL UNIQUE,        -- the handle in lower case
    email        TEXT   NOT NULL,
    email_key    TEXT   NOT NULL UNIQUE,        -- the address in lower case
    display_name TEXT   NOT NULL,
    stage_name   TEXT,                          -- an artist has one
    genres       TEXT   NOT NULL DEFAULT '[]',
    password     TEXT   NOT NULL,               -- PHC string
    created_at   BIGINT NOT NULL
);

CREATE TABLE sessions (
    key        TEXT   PRIMARY KEY,              -- SHA-256 of the cookie's id
    data       TEXT   NOT NULL,
    account    TEXT   REFERENCES accounts (id), -- whose, when logged in
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);
CREATE INDEX sessions_by_account ON sessions (account);

CREATE TABLE shows (
    id          TEXT   PRIMARY KEY,
    artist      TEXT   NOT NULL REFERENCES accounts (id),
    title       TEXT   NOT NULL,
    description TEXT   NOT NULL,
    genres      TEXT   NOT NULL,
    starts_at   BIGINT NOT NULL,
    ends_at     BIGINT NOT NULL,
    time_zone   TEXT   NOT NULL,
    stage       TEXT   NOT NULL DEFAULT 'empty', -- empty, live, paused, dropped, ended
    stage_at    BIGINT NOT NULL,                 -- when that last changed
    publication BIGINT NOT NULL DEFAULT 0,       -- how often somebody took the stage
    live_since  BIGINT,
    peak        BIGINT NOT NULL DEFAULT 0,
    likes       BIGINT NOT NULL DEFAULT 0,
    deleted_at  BIGINT,                          -- gone, but its address still says so
    created_at  BIGINT NOT NULL
);
CREATE INDEX shows_by_start ON shows (starts_at);
CREATE INDEX shows_by_artist ON shows (artist, starts_at);
CREATE INDEX shows_by_stage ON shows (stage);

CREATE TABLE topics (
    topic  TEXT   PRIMARY KEY,
    cursor BIGINT NOT NULL                       -- of the latest event
);

CREATE TABLE events (
    topic  TEXT   NOT NULL,
    cursor BIGINT NOT NULL,
    event  TEXT   NOT NULL,
    at     BIGINT NOT NULL,
    PRIMARY KEY (topic, cursor)
);
CREATE INDEX events_by_age ON events (at);

CREATE TABLE messages (
    show_id     TEXT   NOT NULL REFERENCES shows (id),
    position    BIGINT NOT NULL,                 -- the cursor of the event that posted it
    id          TEXT   NOT NULL,
    author      TEXT   NOT NULL,                 -- public identity
    name        TEXT   NOT NULL,
    from_artist BIGINT NOT NULL,
    text        TEXT   NOT NULL,
    sent_at     BIGINT NOT NULL,
    deleted_at  BIGINT,
    PRIMARY KEY (show_id, position),
    CONSTRAINT messages_once UNIQUE (show_id, id)
);

CREATE TABLE mutes (
    show_id TEXT   NOT NULL REFERENCES shows (id),
    person  TEXT   NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (show_id, person)
);

CREATE TABLE likes (
    show_id TEXT   NOT NULL REFERENCES shows (id),
    person  TEXT   NOT NULL,
    count   BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    PRIMARY KEY (show_id, person)
);
