-- Keys by which programs such as OBS go on their artist's stage. Only the hash of a key is kept.
CREATE TABLE stream_keys (
    id      TEXT   PRIMARY KEY,                   -- opens nothing
    hash    TEXT   NOT NULL UNIQUE,               -- SHA-256 of 192 random bits
    account TEXT   NOT NULL REFERENCES accounts (id),
    name    TEXT   NOT NULL,
    ending  TEXT   NOT NULL,                      -- the key's last four characters
    made_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX stream_keys_by_account ON stream_keys (account, made_at);
