-- Whether a recorder is at a show.
ALTER TABLE shows ADD COLUMN recorded BIGINT NOT NULL DEFAULT 0;
