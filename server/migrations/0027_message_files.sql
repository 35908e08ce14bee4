-- Messages that carry files of their room.
ALTER TABLE messages ADD COLUMN files TEXT NOT NULL DEFAULT '';      -- identities, in their order
ALTER TABLE chat_held ADD COLUMN files TEXT NOT NULL DEFAULT '';

-- 1 if the file is to be carried by a message: it isn't in the room's list before. The position of such a file is
-- below 0 until a message is posted that carries it.
ALTER TABLE uploads ADD COLUMN unlisted BIGINT NOT NULL DEFAULT 0;
CREATE INDEX room_files_by_message ON room_files (message) WHERE message IS NOT NULL;
CREATE INDEX room_files_unsent ON room_files (at) WHERE position < 0;
