-- Picture and sound ('video'), or sound alone ('audio').
ALTER TABLE shows ADD COLUMN medium TEXT NOT NULL DEFAULT 'video';

-- Artwork in place of the poster that is drawn: the name of a picture.
ALTER TABLE shows ADD COLUMN artwork TEXT;

-- Titles that were played at a show, in their order.
CREATE TABLE tracks (
    show TEXT NOT NULL REFERENCES shows (id) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    at BIGINT NOT NULL,
    title TEXT NOT NULL,
    PRIMARY KEY (show, number)
);

-- Seconds for which people listened or watched, all together, and the most who did so at once.
ALTER TABLE shows ADD COLUMN listened BIGINT NOT NULL DEFAULT 0;
ALTER TABLE shows ADD COLUMN most_listeners BIGINT NOT NULL DEFAULT 0;
