-- When a show ended: hands and chat stay open for a while after it. Null while it hasn't, or when its end
-- was taken back.
ALTER TABLE shows ADD COLUMN ended_at BIGINT;
-- How often the form of a show was changed: the number by which calendars tell a newer event.
ALTER TABLE shows ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;
UPDATE shows SET ended_at = stage_at WHERE stage = 'ended';
