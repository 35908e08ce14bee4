-- How often a program polls is counted in memory, so that a poll writes nothing.
ALTER TABLE device_logins DROP COLUMN pause;
ALTER TABLE device_logins DROP COLUMN polled_at;
-- Family of the program's address ('ipv4' or 'ipv6'); none when it tells no network, as behind a proxy on this
-- machine.
ALTER TABLE device_logins ADD COLUMN family TEXT;
-- Those that nobody has decided about, the oldest first.
CREATE INDEX device_logins_by_state ON device_logins (state, expires_at);
