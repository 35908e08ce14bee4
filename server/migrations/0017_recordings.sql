-- Whether a show is recorded while it is live.
ALTER TABLE shows ADD COLUMN records BIGINT NOT NULL DEFAULT 1;

-- Since when its recording is published.
ALTER TABLE shows ADD COLUMN replay_at BIGINT;

CREATE TABLE recordings (
    show TEXT PRIMARY KEY REFERENCES shows (id) ON DELETE CASCADE,
    began_at BIGINT NOT NULL,                            -- wall-clock time of its beginning
    cut_from BIGINT NOT NULL DEFAULT 0,                  -- milliseconds since then
    cut_to BIGINT,                                       -- none: its end
    stopped TEXT,                                        -- why it ended before its show
    changed_at BIGINT NOT NULL,                          -- since when it is a draft, if it is one
    warned_at BIGINT                                     -- when its artist was told that it will be deleted
);

-- Files of recordings, in the data folder until they are stored.
CREATE TABLE recording_files (
    id TEXT PRIMARY KEY,
    show TEXT NOT NULL REFERENCES recordings (show) ON DELETE CASCADE,
    began_at BIGINT NOT NULL,                            -- wall-clock time of its first sample
    duration BIGINT NOT NULL DEFAULT 0,                  -- milliseconds
    media_type TEXT NOT NULL,
    width BIGINT,
    height BIGINT,
    has_sound BIGINT NOT NULL,
    bytes BIGINT NOT NULL DEFAULT 0,
    seek_index TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL                                  -- open, closed, stored
);
CREATE INDEX recording_files_by_show ON recording_files (show, began_at);
CREATE INDEX recording_files_to_store ON recording_files (began_at) WHERE state <> 'stored';
