-- Counted up by whatever ends an account's sessions or changes how it is entered, so that a log-in that
-- was under way meanwhile comes to nothing.
ALTER TABLE accounts ADD COLUMN epoch BIGINT NOT NULL DEFAULT 0;

-- Wrong codes in a row, and until when no further one is looked at.
ALTER TABLE second_factors ADD COLUMN wrong         BIGINT NOT NULL DEFAULT 0;
ALTER TABLE second_factors ADD COLUMN blocked_until BIGINT NOT NULL DEFAULT 0;

-- Jobs that are over are kept for a week; whoever looks for work doesn't walk over them.
DROP INDEX jobs_by_due;
CREATE INDEX jobs_to_do ON jobs (due_at) WHERE over_at IS NULL;
CREATE INDEX jobs_over ON jobs (over_at) WHERE over_at IS NOT NULL;

-- By whom, for who leaves or takes their data along.
CREATE INDEX messages_by_author ON messages (author);
CREATE INDEX likes_by_person ON likes (person);
CREATE INDEX mutes_by_person ON mutes (person);
