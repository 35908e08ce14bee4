-- What was said at a moment of a show.
CREATE INDEX messages_by_time ON messages (show_id, sent_at);

-- How many were at a show that is recorded, in ten seconds of it in which somebody was: numbers alone, deleted
-- with the recording.
CREATE TABLE crowd_moments (
    show TEXT NOT NULL REFERENCES shows (id) ON DELETE CASCADE,
    at BIGINT NOT NULL,                                  -- wall-clock time of the beginning
    count BIGINT NOT NULL,
    likes BIGINT NOT NULL,                               -- up to then
    gestures TEXT NOT NULL,                              -- JSON: second, gesture, how often
    PRIMARY KEY (show, at)
);
