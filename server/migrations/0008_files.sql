-- Files that people bring. A row is there before its file's first byte, and goes after its last.
CREATE TABLE files (
    name         TEXT   PRIMARY KEY,                     -- FEATURE/…
    feature      TEXT   NOT NULL,                        -- the name's first part
    owner        TEXT   NOT NULL,                        -- KIND:ID; with whom it is erased
    content_type TEXT   NOT NULL,
    state        TEXT   NOT NULL,                        -- writing, written, kept, discarded
    bytes        BIGINT NOT NULL,                        -- reserved ones while it is being written
    etag         TEXT   NOT NULL DEFAULT '',
    changed_at   BIGINT NOT NULL,
    kept_at      BIGINT
);
CREATE INDEX files_by_owner ON files (owner, kept_at);
CREATE INDEX files_kept ON files (feature, bytes) WHERE state = 'kept';
CREATE INDEX files_to_settle ON files (changed_at) WHERE state <> 'kept';

-- Sums of `files.bytes` that count in a quota, of all but discarded files.
CREATE TABLE storage_usage (
    holder TEXT   PRIMARY KEY,                           -- an owner, or 'venue'
    bytes  BIGINT NOT NULL
);
