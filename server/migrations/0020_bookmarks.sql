-- Links that an artist gives along with a recording, as JSON: addresses and titles.
ALTER TABLE recordings ADD COLUMN links TEXT NOT NULL DEFAULT '[]';

-- When its crowd was loudest, as JSON: milliseconds since the beginning. None until somebody wants to know.
ALTER TABLE recordings ADD COLUMN loud TEXT;

-- Moments of recordings that people want to find again.
CREATE TABLE bookmarks (
    account TEXT NOT NULL REFERENCES accounts (id),
    show TEXT NOT NULL REFERENCES shows (id) ON DELETE CASCADE,
    at BIGINT NOT NULL,                                  -- seconds since the beginning of the recording
    PRIMARY KEY (account, show, at)
);
CREATE INDEX bookmarks_by_show ON bookmarks (show);
