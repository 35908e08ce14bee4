-- A revoked stream key opens nothing; its row stays for some weeks, so that an artist can be told of a
-- program that still has it.
ALTER TABLE stream_keys ADD COLUMN revoked_at BIGINT;
