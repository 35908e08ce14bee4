-- Further ways to prove who one is: passkeys, and a second factor with recovery codes.

CREATE TABLE passkeys (
    id       TEXT   PRIMARY KEY,                        -- the credential's identity, in base64url
    account  TEXT   NOT NULL REFERENCES accounts (id),
    name     TEXT   NOT NULL,                           -- as its owner calls it
    data     TEXT   NOT NULL,                           -- public key, counter and flags, as JSON
    added_at BIGINT NOT NULL,
    used_at  BIGINT
);
CREATE INDEX passkeys_by_account ON passkeys (account);

-- What was asked of a device and not answered yet. Only the hash of what names it is kept.
CREATE TABLE ceremonies (
    hash       TEXT   PRIMARY KEY,
    account    TEXT   REFERENCES accounts (id),         -- whose passkey is being made; none to log in
    state      TEXT   NOT NULL,                         -- as JSON
    expires_at BIGINT NOT NULL
);
CREATE INDEX ceremonies_by_expiry ON ceremonies (expires_at);

CREATE TABLE second_factors (
    account    TEXT   PRIMARY KEY REFERENCES accounts (id),
    secret     TEXT   NOT NULL,                         -- sealed with the venue's key
    step       BIGINT NOT NULL DEFAULT 0,               -- of the clock, for which a code was last used
    enabled_at BIGINT                                   -- none while it is being set up
);

CREATE TABLE recovery_codes (
    account TEXT   NOT NULL REFERENCES accounts (id),
    slot    TEXT   NOT NULL,                            -- the code's first characters, which name it
    hash    TEXT   NOT NULL,                            -- of the others, like a password's
    used_at BIGINT,
    PRIMARY KEY (account, slot)
);
