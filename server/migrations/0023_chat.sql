-- The chat of a show becomes the chat of any place: a show or a room, named like its topic.

CREATE TABLE messages_of_places (
    topic       TEXT   NOT NULL,                 -- the place
    position    BIGINT NOT NULL,                 -- the cursor of the event that posted it
    id          TEXT   NOT NULL,
    author      TEXT   NOT NULL,                 -- public identity
    name        TEXT   NOT NULL,
    from_artist BIGINT NOT NULL,
    badge       TEXT   NOT NULL DEFAULT '',      -- in a room: owner, moderator, or nothing
    text        TEXT   NOT NULL,
    sent_at     BIGINT NOT NULL,
    deleted_at  BIGINT,
    replies_to  TEXT,                            -- id of a message of the same place
    edited_at   BIGINT,
    edits       TEXT   NOT NULL DEFAULT '',      -- cursors of the events that told of changes
    told_at     BIGINT NOT NULL DEFAULT 0,       -- when its reactions were told last
    untold      BIGINT NOT NULL DEFAULT 0,       -- 1 if there are newer ones
    PRIMARY KEY (topic, position),
    UNIQUE (topic, id)
);
INSERT INTO messages_of_places (topic, position, id, author, name, from_artist, text, sent_at, deleted_at)
    SELECT 'show:' || show_id, position, id, author, name, from_artist, text, sent_at, deleted_at FROM messages;
DROP TABLE messages;
ALTER TABLE messages_of_places RENAME TO messages;
CREATE INDEX messages_by_author ON messages (author, topic, sent_at);
CREATE INDEX messages_by_time ON messages (topic, sent_at);
CREATE INDEX messages_by_original ON messages (topic, replies_to) WHERE replies_to IS NOT NULL;
CREATE INDEX messages_untold ON messages (told_at) WHERE untold = 1;

CREATE TABLE chat_reactions (
    topic    TEXT   NOT NULL,
    position BIGINT NOT NULL,                    -- of the message
    reaction TEXT   NOT NULL,
    person   TEXT   NOT NULL,
    at       BIGINT NOT NULL,
    PRIMARY KEY (topic, position, reaction, person)
);
CREATE INDEX chat_reactions_by_person ON chat_reactions (person);

CREATE TABLE chat_mentions (
    topic    TEXT   NOT NULL,
    position BIGINT NOT NULL,                    -- of the message
    person   TEXT   NOT NULL,
    handle   TEXT   NOT NULL,
    PRIMARY KEY (topic, position, person)
);
CREATE INDEX chat_mentions_by_person ON chat_mentions (person);

CREATE TABLE chat_pins (
    topic    TEXT   NOT NULL,
    position BIGINT NOT NULL,                    -- of the message
    at       BIGINT NOT NULL,
    PRIMARY KEY (topic, position)
);

CREATE TABLE mutes_of_places (
    topic  TEXT   NOT NULL,
    person TEXT   NOT NULL,
    at     BIGINT NOT NULL,
    PRIMARY KEY (topic, person)
);
INSERT INTO mutes_of_places (topic, person, at) SELECT 'show:' || show_id, person, at FROM mutes;
DROP TABLE mutes;
ALTER TABLE mutes_of_places RENAME TO mutes;
CREATE INDEX mutes_by_person ON mutes (person);

CREATE TABLE chat_rules (
    topic              TEXT   PRIMARY KEY,
    slow               BIGINT NOT NULL,          -- seconds between two messages of one person
    hold               BIGINT NOT NULL,          -- 1 if each message waits
    words              TEXT   NOT NULL,          -- one a line
    hold_words         BIGINT NOT NULL,          -- 1 if a message with one waits, else it is refused
    guests_muted_until BIGINT
);

-- Messages that wait until a moderator approves them. Nothing of them is in the log.
CREATE TABLE chat_held (
    topic       TEXT   NOT NULL,
    id          TEXT   NOT NULL,
    author      TEXT   NOT NULL,
    name        TEXT   NOT NULL,
    from_artist BIGINT NOT NULL,
    badge       TEXT   NOT NULL,
    text        TEXT   NOT NULL,
    replies_to  TEXT,
    why         TEXT   NOT NULL,                 -- rule, word
    sent_at     BIGINT NOT NULL,
    PRIMARY KEY (topic, id)
);
CREATE INDEX chat_held_by_author ON chat_held (author);

-- Of shows; rooms have their own.
CREATE TABLE chat_bans (
    topic        TEXT   NOT NULL,
    person       TEXT   NOT NULL,
    name         TEXT   NOT NULL,
    origin       TEXT,                           -- guests from there stay out until origin_until
    origin_until BIGINT,
    at           BIGINT NOT NULL,
    PRIMARY KEY (topic, person)
);
CREATE INDEX chat_bans_by_person ON chat_bans (person);
CREATE INDEX chat_bans_by_origin ON chat_bans (topic, origin);

CREATE TABLE moderation_log (
    topic       TEXT   NOT NULL,
    number      BIGINT NOT NULL,
    at          BIGINT NOT NULL,
    author      TEXT   NOT NULL,                 -- who moderated
    author_name TEXT   NOT NULL,
    act         TEXT   NOT NULL,
    person      TEXT   NOT NULL,                 -- whom it concerned; empty if all
    person_name TEXT   NOT NULL,
    PRIMARY KEY (topic, number)
);
CREATE INDEX moderation_log_by_author ON moderation_log (author);
CREATE INDEX moderation_log_by_person ON moderation_log (person);
CREATE INDEX moderation_log_by_age ON moderation_log (at);
