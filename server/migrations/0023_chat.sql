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
    PRIMARY KEY (topic, position),
    UNIQUE (topic, id)
);
INSERT INTO messages_of_places (topic, position, id, author, name, from_artist, text, sent_at, deleted_at)
    SELECT 'show:' || show_id, position, id, author, name, from_artist, text, sent_at, deleted_at FROM messages;
DROP TABLE messages;
ALTER TABLE messages_of_places RENAME TO messages;
CREATE INDEX messages_by_author ON messages (author);
CREATE INDEX messages_by_time ON messages (topic, sent_at);

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
