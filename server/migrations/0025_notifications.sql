-- Where somebody's notifications are, and how they want to be told.
CREATE TABLE inboxes (
    account TEXT PRIMARY KEY REFERENCES accounts (id),
    id TEXT NOT NULL UNIQUE,                    -- names its topic
    latest BIGINT NOT NULL DEFAULT 0,           -- number of the latest notification
    settings TEXT NOT NULL DEFAULT ''           -- JSON; empty as long as nothing was chosen
);

CREATE TABLE notices (
    account TEXT NOT NULL REFERENCES accounts (id),
    number BIGINT NOT NULL,                     -- 1, 2, 3 …, with gaps
    kind TEXT NOT NULL,
    dedup_key TEXT NOT NULL,                    -- what it tells of: told once
    place TEXT NOT NULL,                        -- path of a page
    room TEXT,
    person TEXT,                                -- by whom it came about
    content TEXT NOT NULL,                      -- JSON
    at BIGINT NOT NULL,
    quiet BIGINT NOT NULL,                      -- 1 when it came within quiet hours
    read_at BIGINT,
    to_mail BIGINT NOT NULL,                    -- 1 until the mail is sent or isn't needed
    cursor BIGINT NOT NULL,                     -- of its event in the inbox's topic
    PRIMARY KEY (account, number)
);
CREATE UNIQUE INDEX notices_once ON notices (account, dedup_key);
CREATE INDEX notices_by_key ON notices (dedup_key);
CREATE INDEX notices_by_person ON notices (person);
CREATE INDEX notices_by_room ON notices (room) WHERE room IS NOT NULL;
CREATE INDEX notices_by_age ON notices (at);
CREATE INDEX notices_unread ON notices (account) WHERE read_at IS NULL;
