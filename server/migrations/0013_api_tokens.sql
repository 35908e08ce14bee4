-- Tokens by which programs act for an account, within scopes. Only the hash of a token is kept.
CREATE TABLE api_tokens (
    id         TEXT   PRIMARY KEY,                        -- opens nothing
    hash       TEXT   NOT NULL UNIQUE,                    -- SHA-256 of 192 random bits
    account    TEXT   NOT NULL REFERENCES accounts (id),
    name       TEXT   NOT NULL,                           -- as the program called itself
    ending     TEXT   NOT NULL,                           -- the token's last four characters
    scopes     TEXT   NOT NULL,                           -- their names, separated by spaces
    made_at    BIGINT NOT NULL,
    used_at    BIGINT,
    revoked_at BIGINT
);
CREATE INDEX api_tokens_by_account ON api_tokens (account, made_at);

-- Programs that wait for their person to let them in (after RFC 8628). Of the codes only hashes are kept.
CREATE TABLE device_logins (
    hash       TEXT   PRIMARY KEY,                        -- of the code that the program polls with
    user_code  TEXT   NOT NULL UNIQUE,                    -- of the code that the person types
    network    TEXT   NOT NULL,                           -- of that code and the program's address
    program    TEXT   NOT NULL,                           -- as it called itself
    scopes     TEXT   NOT NULL,
    state      TEXT   NOT NULL DEFAULT 'asked',           -- asked, allowed, refused
    account    TEXT   REFERENCES accounts (id),           -- who let it in; none yet
    pause      BIGINT NOT NULL,                           -- the least time between two polls
    polled_at  BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX device_logins_by_expiry ON device_logins (expires_at);
