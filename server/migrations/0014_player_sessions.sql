-- Sessions of players: what the personal addresses of an account belong to. There is one an account, once its
-- person has asked for an address. The addresses follow from its name by a key that the database doesn't hold.
CREATE TABLE player_sessions (
    account    TEXT   PRIMARY KEY REFERENCES accounts (id),
    name       TEXT   NOT NULL UNIQUE,                    -- opens nothing
    made_at    BIGINT NOT NULL
);
