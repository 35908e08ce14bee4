-- Rooms, with the addresses that they have or had, their members, and who wants to become one.

CREATE TABLE rooms (
    id            TEXT   PRIMARY KEY,
    title         TEXT   NOT NULL,
    description   TEXT   NOT NULL,
    folded        TEXT   NOT NULL DEFAULT '',    -- address, title and description in lower case, to be searched
    picture       TEXT,                          -- the name of a file
    picture_by    TEXT   REFERENCES accounts (id),
    public        BIGINT NOT NULL,               -- everybody with an account may join
    guests        BIGINT NOT NULL,               -- people without an account may come by a link
    guest_uploads BIGINT NOT NULL,
    knocking      BIGINT NOT NULL,
    kept_days     BIGINT,                        -- messages are deleted after so many
    members       BIGINT NOT NULL DEFAULT 0,
    created_at    BIGINT NOT NULL,
    archived_at   BIGINT,
    deleted_at    BIGINT,                        -- gone, but its addresses still say so
    cleared_at    BIGINT                         -- and nothing of it is left elsewhere
);
CREATE INDEX rooms_to_clear ON rooms (deleted_at) WHERE deleted_at IS NOT NULL AND cleared_at IS NULL;
CREATE INDEX rooms_by_picture ON rooms (picture_by);
CREATE INDEX rooms_by_members ON rooms (members) WHERE public = 1 AND deleted_at IS NULL;

-- Never given to another room: a link leads to where it led, or says that it is gone.
CREATE TABLE room_addresses (
    skeleton TEXT   PRIMARY KEY,                 -- the same for all addresses that look alike
    address  TEXT   NOT NULL UNIQUE,
    room     TEXT   NOT NULL REFERENCES rooms (id),
    current  BIGINT NOT NULL,                    -- 0 for those that only lead on
    since    BIGINT NOT NULL
);
CREATE INDEX room_addresses_by_room ON room_addresses (room, current);

CREATE TABLE room_members (
    room      TEXT   NOT NULL REFERENCES rooms (id),
    person    TEXT   NOT NULL,                   -- public identity
    account   TEXT   REFERENCES accounts (id),   -- a guest has none
    name      TEXT   NOT NULL,                   -- of a guest
    role      TEXT   NOT NULL,                   -- owner, moderator, member, guest
    rank      BIGINT NOT NULL,                   -- the same as a number: owners come first
    origin    TEXT,                              -- from where a guest came: a keyed hash of the address prefix
    joined_at BIGINT NOT NULL,
    seen_at   BIGINT NOT NULL,
    read_to   BIGINT NOT NULL DEFAULT 0,         -- the position of the last message that was read
    muted     BIGINT NOT NULL DEFAULT 0,         -- is told of direct mentions alone
    PRIMARY KEY (room, person)
);
CREATE INDEX room_members_by_rank ON room_members (room, rank, joined_at, person);
CREATE INDEX room_members_by_account ON room_members (account);
CREATE INDEX room_members_by_person ON room_members (person);

CREATE TABLE room_invitations (
    id         TEXT   PRIMARY KEY,
    room       TEXT   NOT NULL REFERENCES rooms (id),
    secret     TEXT   NOT NULL UNIQUE,           -- SHA-256 of the link's end
    sealed     TEXT   NOT NULL,                  -- the link's end, to be shown again
    made_by    TEXT   NOT NULL REFERENCES accounts (id),
    made_at    BIGINT NOT NULL,
    expires_at BIGINT,
    max_uses   BIGINT,
    uses       BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX room_invitations_by_room ON room_invitations (room, made_at);
CREATE INDEX room_invitations_by_account ON room_invitations (made_by);

CREATE TABLE room_knocks (
    room    TEXT   NOT NULL REFERENCES rooms (id),
    person  TEXT   NOT NULL,
    account TEXT   REFERENCES accounts (id),
    name    TEXT   NOT NULL,
    origin  TEXT,
    at      BIGINT NOT NULL,
    PRIMARY KEY (room, person)
);
CREATE INDEX room_knocks_by_account ON room_knocks (account);
CREATE INDEX room_knocks_by_person ON room_knocks (person);

CREATE TABLE room_bans (
    room         TEXT   NOT NULL REFERENCES rooms (id),
    person       TEXT   NOT NULL,
    account      TEXT   REFERENCES accounts (id),
    name         TEXT   NOT NULL,
    origin       TEXT,                           -- guests from there stay out until origin_until
    origin_until BIGINT,
    at           BIGINT NOT NULL,
    PRIMARY KEY (room, person)
);
CREATE INDEX room_bans_by_account ON room_bans (account);
CREATE INDEX room_bans_by_person ON room_bans (person);
CREATE INDEX room_bans_by_origin ON room_bans (room, origin);
