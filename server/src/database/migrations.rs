//! Migrations of the database, in their order.

use sqlx::{
    SqlStr,
    migrate::{Migration, MigrationType, Migrator},
};

/// Number, name and SQL of each. What was delivered once never changes.
///
/// A table, for which SQLx has a macro: that one needs all drivers built a second time.
const MIGRATIONS: [(i64, &str, &str); 27] = [
    (1, "first_show", include_str!("../../migrations/0001_first_show.sql")),
    (2, "trust", include_str!("../../migrations/0002_trust.sql")),
    (3, "people", include_str!("../../migrations/0003_people.sql")),
    (4, "stream_keys", include_str!("../../migrations/0004_stream_keys.sql")),
    (5, "factors", include_str!("../../migrations/0005_factors.sql")),
    (6, "accounts", include_str!("../../migrations/0006_accounts.sql")),
    (7, "revoked_keys", include_str!("../../migrations/0007_revoked_keys.sql")),
    (8, "files", include_str!("../../migrations/0008_files.sql")),
    (9, "jobs", include_str!("../../migrations/0009_jobs.sql")),
    (10, "ended_at", include_str!("../../migrations/0010_ended_at.sql")),
    (11, "looks", include_str!("../../migrations/0011_looks.sql")),
    (12, "radio_nights", include_str!("../../migrations/0012_radio_nights.sql")),
    (13, "api_tokens", include_str!("../../migrations/0013_api_tokens.sql")),
    (14, "player_sessions", include_str!("../../migrations/0014_player_sessions.sql")),
    (15, "kept_stage", include_str!("../../migrations/0015_kept_stage.sql")),
    (16, "device_logins", include_str!("../../migrations/0016_device_logins.sql")),
    (17, "recordings", include_str!("../../migrations/0017_recordings.sql")),
    (18, "moments", include_str!("../../migrations/0018_moments.sql")),
    (19, "mp3", include_str!("../../migrations/0019_mp3.sql")),
    (20, "bookmarks", include_str!("../../migrations/0020_bookmarks.sql")),
    (21, "recorder", include_str!("../../migrations/0021_recorder.sql")),
    (22, "rooms", include_str!("../../migrations/0022_rooms.sql")),
    (23, "chat", include_str!("../../migrations/0023_chat.sql")),
    (24, "uploads", include_str!("../../migrations/0024_uploads.sql")),
    (25, "notifications", include_str!("../../migrations/0025_notifications.sql")),
    (26, "happenings", include_str!("../../migrations/0026_happenings.sql")),
    (27, "message_files", include_str!("../../migrations/0027_message_files.sql")),
];

/// All of them.
pub(super) fn all() -> Migrator {
    let migrations = MIGRATIONS.map(|(number, name, sql)| {
        let (name, sql) = (name.replace('_', " ").into(), SqlStr::from_static(sql));
        Migration::new(number, name, MigrationType::Simple, sql, false)
    });
    Migrator::with_migrations(migrations.into())
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::*;

    #[test]
    fn each_file_stands_in_the_table() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
        let file = |it: fs::DirEntry| it.file_name().into_string().unwrap();
        let files =
            fs::read_dir(folder).unwrap().map(|it| file(it.unwrap())).collect::<BTreeSet<_>>();
        let table = MIGRATIONS.map(|(number, name, _)| format!("{number:04}_{name}.sql"));
        assert_eq!(files, BTreeSet::from(table));
    }
}
