-- Files that people share in rooms. Those of a room count in its quota, beside their owner's and the venue's.
ALTER TABLE files ADD COLUMN place TEXT;                 -- room:ID; none elsewhere
CREATE INDEX files_by_place ON files (place, owner) WHERE place IS NOT NULL;

-- Files that come in piece by piece, into the data folder. Each has its bytes reserved in `files`.
CREATE TABLE uploads (
    id       TEXT   PRIMARY KEY,                         -- becomes that of the file
    room     TEXT   NOT NULL REFERENCES rooms (id),
    person   TEXT   NOT NULL,                            -- who brings it
    account  TEXT   REFERENCES accounts (id),            -- none of a guest
    name     TEXT   NOT NULL,
    bytes    BIGINT NOT NULL,
    received BIGINT NOT NULL,                            -- bytes that are on the disk for certain
    made_at  BIGINT NOT NULL
);
CREATE INDEX uploads_by_person ON uploads (person, room);
CREATE INDEX uploads_by_age ON uploads (made_at);

-- Files that are there as a whole.
CREATE TABLE room_files (
    id       TEXT   PRIMARY KEY,
    room     TEXT   NOT NULL REFERENCES rooms (id),
    position BIGINT NOT NULL,                            -- the cursor of the event that tells of it
    person   TEXT   NOT NULL,
    account  TEXT   REFERENCES accounts (id),
    author_name TEXT NOT NULL,                           -- of who brought it
    name     TEXT   NOT NULL,
    kind     TEXT   NOT NULL,                            -- picture, audio, video, other
    media    TEXT   NOT NULL,                            -- type, by its content
    bytes    BIGINT NOT NULL,                            -- of the file itself, as it is kept
    came     BIGINT NOT NULL,                            -- of what came in
    stored   BIGINT NOT NULL,                            -- of all that is kept of it
    width    BIGINT,                                     -- of a picture
    height   BIGINT,
    message  TEXT,                                       -- that carries it; none yet
    at       BIGINT NOT NULL,
    UNIQUE (room, position)
);
CREATE INDEX room_files_by_person ON room_files (person, stored);
CREATE INDEX room_files_by_account ON room_files (account);
