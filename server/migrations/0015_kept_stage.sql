-- Whether the artist keeps the stage for whoever is on it.
ALTER TABLE shows ADD COLUMN stage_kept BIGINT NOT NULL DEFAULT 0;
