-- Of which kind a job is, and by what a request for the same is known while nobody has begun with it.
ALTER TABLE jobs ADD COLUMN name      TEXT NOT NULL DEFAULT 'letter';
ALTER TABLE jobs ADD COLUMN dedup_key TEXT;
CREATE UNIQUE INDEX jobs_once ON jobs (name, dedup_key) WHERE over_at IS NULL AND attempts = 0;
