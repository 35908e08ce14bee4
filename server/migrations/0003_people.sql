-- What people say of themselves, who follows whom, and shows without guests.

ALTER TABLE accounts ADD COLUMN about TEXT NOT NULL DEFAULT '';
ALTER TABLE accounts ADD COLUMN website TEXT NOT NULL DEFAULT '';
ALTER TABLE accounts ADD COLUMN picture TEXT;           -- the name of its files, none without one

ALTER TABLE shows ADD COLUMN members_only BIGINT NOT NULL DEFAULT 0;

CREATE TABLE follows (
    follower TEXT   NOT NULL REFERENCES accounts (id),
    artist   TEXT   NOT NULL REFERENCES accounts (id),
    since    BIGINT NOT NULL,
    PRIMARY KEY (follower, artist)
);
CREATE INDEX follows_by_artist ON follows (artist);

-- Handles that accounts had before: addresses with them lead on. A handle that somebody takes later is
-- theirs; `accounts` is asked first.
CREATE TABLE former_handles (
    handle_key TEXT   PRIMARY KEY,                      -- in lower case
    account    TEXT   NOT NULL REFERENCES accounts (id),
    left_at    BIGINT NOT NULL
);
CREATE INDEX former_handles_by_account ON former_handles (account);
