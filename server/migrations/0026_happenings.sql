-- What rooms plan, and who comes.
CREATE TABLE happenings (
    id TEXT PRIMARY KEY,
    room TEXT NOT NULL REFERENCES rooms (id),
    person TEXT NOT NULL,                       -- who planned it; empty once they left
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    place TEXT NOT NULL,
    starts_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    time_zone TEXT NOT NULL,
    revision BIGINT NOT NULL DEFAULT 0,
    planned_at BIGINT NOT NULL,
    cancelled_at BIGINT,
    reminded BIGINT NOT NULL DEFAULT 0          -- 1 once reminded a day before, 2 once an hour before
);
CREATE INDEX happenings_by_room ON happenings (room, ends_at);
CREATE INDEX happenings_by_person ON happenings (person);
CREATE INDEX happenings_to_remind ON happenings (starts_at) WHERE cancelled_at IS NULL AND reminded < 2;

CREATE TABLE happening_answers (
    happening TEXT NOT NULL REFERENCES happenings (id) ON DELETE CASCADE,
    person TEXT NOT NULL,
    account TEXT REFERENCES accounts (id),      -- a guest has none
    name TEXT NOT NULL,
    answer TEXT NOT NULL,                       -- yes, perhaps, no
    answered_at BIGINT NOT NULL,
    PRIMARY KEY (happening, person)
);
CREATE INDEX happening_answers_by_person ON happening_answers (person);
CREATE INDEX happening_answers_by_account ON happening_answers (account);
