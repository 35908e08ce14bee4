-- What becomes of an account. `email_key` holds the address in lower case once it is confirmed, and
-- until then the account's id, which is no address: so an address belongs to at most one account, and
-- an account whose address somebody else has looks like any other that isn't confirmed yet.
ALTER TABLE accounts ADD COLUMN language     TEXT   NOT NULL DEFAULT 'en'; -- of mails
ALTER TABLE accounts ADD COLUMN operator     BIGINT NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN confirmed_at BIGINT;
ALTER TABLE accounts ADD COLUMN disabled_at  BIGINT;  -- by an operator
ALTER TABLE accounts ADD COLUMN deleted_at   BIGINT;  -- by its person, who can come back for a while
ALTER TABLE accounts ADD COLUMN erased_at    BIGINT;  -- nothing personal is left
UPDATE accounts SET confirmed_at = created_at;

-- What is sent by mail and opens something, once. Only its hash is kept.
CREATE TABLE links (
    hash       TEXT   PRIMARY KEY,              -- SHA-256 of 128 random bits
    account    TEXT   NOT NULL REFERENCES accounts (id),
    purpose    TEXT   NOT NULL,                 -- confirm, email, reset
    email      TEXT   NOT NULL,                 -- the address that it proves
    expires_at BIGINT NOT NULL
);
CREATE INDEX links_by_account ON links (account);
CREATE INDEX links_by_expiry ON links (expires_at);

-- What is to be done apart from any request. A job holds no secret: links are made when it is done.
CREATE TABLE jobs (
    id           TEXT   PRIMARY KEY,
    payload      TEXT   NOT NULL,               -- emptied once it is over
    due_at       BIGINT NOT NULL,
    attempts     BIGINT NOT NULL DEFAULT 0,
    leased_until BIGINT NOT NULL DEFAULT 0,     -- somebody is at it until then
    over_at      BIGINT,                        -- done, or given up
    failure      TEXT,                          -- why it was given up
    created_at   BIGINT NOT NULL
);
CREATE INDEX jobs_by_due ON jobs (due_at);

-- A session keeps its name when its cookie changes; the name opens nothing.
ALTER TABLE sessions ADD COLUMN name     TEXT;
ALTER TABLE sessions ADD COLUMN device   TEXT   NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN begun_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN used_at  BIGINT NOT NULL DEFAULT 0;
UPDATE sessions SET begun_at = expires_at - 2592000000, used_at = expires_at - 2592000000;
CREATE INDEX sessions_by_name ON sessions (name);

-- Sessions that were ended, so that every process of the venue cuts what they hold open.
CREATE TABLE ended_sessions (
    name TEXT   PRIMARY KEY,
    at   BIGINT NOT NULL
);
CREATE INDEX ended_sessions_by_time ON ended_sessions (at);

-- Browsers in which somebody has logged in before. Only the hash of what they hold is kept.
CREATE TABLE devices (
    hash    TEXT   NOT NULL,
    account TEXT   NOT NULL REFERENCES accounts (id),
    used_at BIGINT NOT NULL,
    PRIMARY KEY (hash, account)
);

-- Who looks after an artist's shows beside the artist.
CREATE TABLE helpers (
    artist TEXT NOT NULL REFERENCES accounts (id),
    helper TEXT NOT NULL REFERENCES accounts (id),
    PRIMARY KEY (artist, helper)
);
CREATE INDEX helpers_by_helper ON helpers (helper);
