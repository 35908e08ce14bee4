-- What was said at a moment of a show.
CREATE INDEX messages_by_time ON messages (show_id, sent_at);
