-- Answers to a message, reactions, and the message that stays in sight.
ALTER TABLE messages ADD COLUMN replies_to TEXT;         -- id of a message of the same show

CREATE TABLE reactions (
    show_id  TEXT   NOT NULL REFERENCES shows (id),
    message  TEXT   NOT NULL,
    reaction TEXT   NOT NULL,
    person   TEXT   NOT NULL,                            -- public identity
    at       BIGINT NOT NULL,
    PRIMARY KEY (show_id, message, reaction, person)
);
CREATE INDEX reactions_by_person ON reactions (person);

CREATE TABLE pins (
    show_id TEXT   NOT NULL PRIMARY KEY REFERENCES shows (id),
    message TEXT   NOT NULL,
    at      BIGINT NOT NULL
);
