-- Jobs that may take hours have a worker of their own.
ALTER TABLE jobs ADD COLUMN is_long BIGINT NOT NULL DEFAULT 0;

-- The sound of published recordings as one file of MP3 each. It is made by a job.
CREATE TABLE recording_mp3s (
    show TEXT PRIMARY KEY REFERENCES recordings (show) ON DELETE CASCADE,
    wanted TEXT,                                         -- identity of the file that is to be made
    failure TEXT,                                        -- why it isn't made: room, silent, failed
    id TEXT UNIQUE,                                      -- identity of the file that there is
    duration BIGINT NOT NULL DEFAULT 0,                  -- milliseconds
    bytes BIGINT NOT NULL DEFAULT 0,
    made_at BIGINT
);
