//! What is kept of a person goes when they leave: every table and every folder of files is looked at.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicI64, Ordering},
};

use bandstand_server::{
    app::personal_data, clock, database::Database, ids::AccountId, own_account::deletion,
};
use sqlx::{AssertSqlSafe, Row, any::AnyRow};

const ADA: &str = "account-ada";
const ADAS_PERSON: &str = "person-ada";
const BEN: &str = "account-ben";
const SHOW: &str = "3d813cbb-47fb-42ba-91df-831e1593ac29";
const ROOM: &str = "00000000-0000-0000-0000-00000000000a";
const HAPPENING: &str = "00000000-0000-0000-0000-00000000000b";

/// Columns that hold a public identity.
const PERSON_COLUMNS: [&str; 2] = ["person", "author"];

/// Columns that hold the owner of files.
const OWNER_COLUMNS: [&str; 2] = ["owner", "holder"];
const ADA_AS_OWNER: &str = "account:account-ada";

/// What stays in a table with an account or a person, and why.
const KEPT: [(&str, &[&str], &str); 7] = [
    (
        "accounts",
        &["id", "person", "handle", "handle_key", "email_key", "genres", "language"],
        "shows belong to the row; nobody else is taken for whom a handle stood; the key is the id",
    ),
    ("ended_sessions", &["name"], "of a player's session: told to every process for an hour"),
    (
        "files",
        &["name", "feature", "owner", "content_type", "etag", "place"],
        "discarded: the row goes with the file after the commit, in tests of storage",
    ),
    ("former_handles", &["handle_key", "account"], "kept from others for ninety days"),
    (
        "happenings",
        &["title", "description", "place", "time_zone"],
        "others come to what somebody planned, by nobody then",
    ),
    (
        "messages",
        &["topic", "id", "author", "edits"],
        "the places of messages stay, so that no history has a gap",
    ),
    (
        "shows",
        &["artist", "title", "description", "genres", "time_zone", "stage", "medium"],
        "a show that was given stays, by an artist without a name",
    ),
];

/// Tables without an account or a person, and what of people may stand in them all the same.
const OTHERS: [(&str, &str); 12] = [
    ("chat_pins", "places of messages alone"),
    ("chat_rules", "what moderators of a place don't want to read"),
    ("crowd_moments", "numbers alone"),
    ("ended_sessions", "names of sessions, for an hour"),
    ("events", "the log: messages and names in it are erased with those that it tells of"),
    ("jobs", "ids and addresses of mails, until these are sent or given up"),
    ("recording_files", "formats and lengths, deleted by the show's artist"),
    ("recording_mp3s", "lengths of sound files, deleted by the show's artist"),
    ("recordings", "times, deleted by the show's artist"),
    ("room_addresses", "addresses of rooms, which lead there or say that they are gone"),
    ("topics", "numbers alone"),
    ("tracks", "titles that were played at a show that stays"),
];

#[derive(Debug)]
struct Column {
    name: String,
    text: bool,
    nullable: bool,
    refers_to: Option<String>,
}

impl Column {
    fn is_account(&self) -> bool {
        self.refers_to.as_deref() == Some("accounts")
    }

    fn is_person(&self) -> bool {
        PERSON_COLUMNS.contains(&self.name.as_str())
    }

    fn is_owner(&self) -> bool {
        OWNER_COLUMNS.contains(&self.name.as_str())
    }
}

async fn rows(database: &Database, statement: String) -> Vec<AnyRow> {
    sqlx::query(AssertSqlSafe(statement)).fetch_all(&database.read).await.unwrap()
}

async fn tables(database: &Database) -> Vec<(String, Vec<Column>)> {
    let statement = "SELECT name FROM sqlite_master WHERE type = 'table' \
                     AND name NOT LIKE 'sqlite%' AND name NOT LIKE '_sqlx%' ORDER BY name";
    let mut tables = Vec::new();
    for row in rows(database, statement.into()).await {
        let table: String = row.get(0);
        let references =
            format!("SELECT \"from\", \"table\" FROM pragma_foreign_key_list('{table}')");
        let references: Vec<(String, String)> =
            rows(database, references).await.iter().map(|row| (row.get(0), row.get(1))).collect();
        let columns = format!("SELECT name, type, \"notnull\" FROM pragma_table_info('{table}')");
        let column = |row: &AnyRow| {
            let name: String = row.get(0);
            Column {
                text: row.get::<String, _>(1) == "TEXT",
                nullable: row.get::<i64, _>(2) == 0,
                refers_to: references.iter().find(|it| it.0 == name).map(|it| it.1.clone()),
                name,
            }
        };
        let columns = rows(database, columns).await.iter().map(column).collect();
        tables.push((table, columns));
    }
    tables
}

static POSITION: AtomicI64 = AtomicI64::new(1);

/// Adds a row to `table` in which `subject` is Ada's, and every other text tells of where it stands.
async fn insert(database: &Database, table: &str, columns: &[Column], subject: &str) {
    let value = |column: &Column| match column {
        _ if column.name == subject && column.is_person() => format!("'{ADAS_PERSON}'"),
        _ if column.name == subject && column.is_owner() => format!("'{ADA_AS_OWNER}'"),
        _ if column.name == subject => format!("'{ADA}'"),
        _ if table == "accounts" && column.is_person() => format!("'{ADAS_PERSON}'"),
        _ if table == "accounts" && ["deleted_at", "confirmed_at"].contains(&&*column.name) => {
            "1".into()
        }
        _ if table == "shows" && column.name == "id" => format!("'{SHOW}'"),
        _ if table == "rooms" && column.name == "id" => format!("'{ROOM}'"),
        // What a room says of itself is its members' together, and stays.
        _ if table == "rooms" && column.text && !column.is_account() => "'a room'".into(),
        _ if table == "happenings" && column.name == "id" => format!("'{HAPPENING}'"),
        _ if table == "room_members" && column.name == "role" => "'member'".into(),
        _ if column.is_account() => format!("'{BEN}'"),
        _ if column.refers_to.as_deref() == Some("shows") => format!("'{SHOW}'"),
        _ if column.refers_to.as_deref() == Some("rooms") => format!("'{ROOM}'"),
        _ if column.refers_to.as_deref() == Some("happenings") => format!("'{HAPPENING}'"),
        _ if ["room_files", "uploads"].contains(&table) && column.name == "id" => {
            format!("'secret {table}.id of {subject}'")
        }
        _ if column.text => format!("'secret {table}.{}'", column.name),
        _ if column.name == "left_at" => clock::now().0.to_string(),
        _ if column.nullable => "NULL".into(),
        // Of two rows in one place.
        _ if column.name == "position" => POSITION.fetch_add(1, Ordering::Relaxed).to_string(),
        _ => "1".into(),
    };
    let names: Vec<_> = columns.iter().map(|it| format!("\"{}\"", it.name)).collect();
    let values: Vec<_> = columns.iter().map(value).collect();
    let statement =
        format!("INSERT INTO {table} ({}) VALUES ({})", names.join(", "), values.join(", "));
    let mut write = database.begin().await.unwrap();
    sqlx::query(AssertSqlSafe(statement)).execute(&mut *write).await.unwrap();
    write.commit().await.unwrap();
}

/// The texts of `table` that are Ada's, by column.
async fn left(database: &Database, table: &str, columns: &[Column]) -> BTreeSet<String> {
    let mut left = BTreeSet::new();
    for column in columns.iter().filter(|column| column.text) {
        let statement = format!("SELECT \"{}\" FROM {table}", column.name);
        for row in rows(database, statement).await {
            let text: Option<String> = row.get(0);
            let text = text.unwrap_or_default();
            if [ADA, ADAS_PERSON, "secret"].iter().any(|it| text.contains(it)) {
                left.insert(column.name.clone());
            }
        }
    }
    left
}

#[tokio::test]
async fn erasure_leaves_nothing_of_a_person_in_any_table_but_what_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let url = Database::sqlite_url(&folder.path().join("test.db"));
    let database = Database::open(&url).await.unwrap();
    let mut write = database.begin().await.unwrap();
    sqlx::query(
        "INSERT INTO accounts (id, person, handle, handle_key, email, email_key, display_name, \
         password, created_at) VALUES ('account-ben', 'ben', 'ben', 'ben', '', 'ben', '', '', 1)",
    )
    .execute(&mut *write)
    .await
    .unwrap();
    write.commit().await.unwrap();

    let mut tables = tables(&database).await;
    tables.sort_by_key(|(table, _)| match table.as_str() {
        "accounts" => 0,
        "rooms" | "shows" => 1,
        "happening_answers" => 3,
        _ => 2,
    });
    let mut personal = BTreeSet::new();
    for (table, columns) in &tables {
        let subjects: Vec<_> = if table == "accounts" {
            vec!["id"]
        } else {
            let of_people =
                columns.iter().filter(|it| it.is_account() || it.is_person() || it.is_owner());
            of_people.map(|it| it.name.as_str()).collect()
        };
        for subject in &subjects {
            insert(&database, table, columns, subject).await;
            personal.insert(table.as_str());
        }
    }
    let mut write = database.begin().await.unwrap();
    sqlx::query(
        "INSERT INTO room_addresses (skeleton, address, room, current, since) VALUES ('a', 'a', $1, 1, 1)",
    )
    .bind(ROOM)
    .execute(&mut *write)
    .await
    .unwrap();
    write.commit().await.unwrap();
    let all: BTreeSet<_> = tables.iter().map(|(table, _)| table.as_str()).collect();
    let others: BTreeSet<_> = OTHERS.iter().map(|(table, _)| *table).collect();
    assert_eq!(&all - &personal, others, "tables that nobody has thought about");

    let mut write = database.begin().await.unwrap();
    let data = personal_data::gather();
    let erased = deletion::erase_in(&mut write, &data, &AccountId::new(ADA), clock::now()).await;
    let files = erased.unwrap().expect("the account is due");
    write.commit().await.unwrap();
    assert!(files.iter().any(|it| it.contains("secret accounts.picture")), "{files:?}");
    assert!(files.iter().any(|it| it == "secret files.name"), "{files:?}");

    for (table, columns) in &tables {
        let kept = KEPT.iter().find(|it| it.0 == table).map_or(&[][..], |it| it.1);
        let kept: BTreeSet<_> = kept.iter().map(|it| (*it).to_owned()).collect();
        assert_eq!(left(&database, table, columns).await, kept, "{table}");
    }
}
