//! Rules of chats in the database.

use bandstand_domain::{
    Millis,
    channel::Event,
    chat::{ChatEvent, ChatPlace, ChatRules, RulesForm},
};
use sqlx::{Any, Executor, Row, any::AnyRow};

use crate::{
    channel::event_log,
    database::{DatabaseError, Write},
};

/// Rules of a place, with what moderators alone know of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlaceRules {
    /// What everybody knows.
    pub public: ChatRules,
    /// Words that no message may have, one a line.
    pub words: String,
    /// True if a message with such a word waits.
    pub hold_words: bool,
}

impl PlaceRules {
    /// The rules as moderators decide them.
    pub fn form(self) -> RulesForm {
        let ChatRules { slow, hold, .. } = self.public;
        RulesForm { slow, hold, words: self.words, hold_words: self.hold_words }
    }
}

/// The rules of `place`.
pub async fn rules<'e>(
    executor: impl Executor<'e, Database = Any>,
    place: ChatPlace,
) -> Result<PlaceRules, DatabaseError> {
    let row = sqlx::query(
        "SELECT slow, hold, words, hold_words, guests_muted_until FROM chat_rules WHERE topic = $1",
    )
    .bind(place.to_string())
    .fetch_optional(executor)
    .await?;
    row.as_ref().map_or_else(|| Ok(PlaceRules::default()), decode)
}

fn decode(row: &AnyRow) -> Result<PlaceRules, DatabaseError> {
    let public = ChatRules {
        slow: u32::try_from(row.try_get::<i64, _>("slow")?).unwrap_or(0),
        hold: row.try_get::<i64, _>("hold")? != 0,
        guests_muted_until: row.try_get::<Option<i64>, _>("guests_muted_until")?.map(Millis),
    };
    let hold_words = row.try_get::<i64, _>("hold_words")? != 0;
    Ok(PlaceRules { public, words: row.try_get("words")?, hold_words })
}

/// Changes the rules of `place`, and tells what everybody may know of them. Unless it is true, nothing is new, and
/// the transaction must be dropped.
pub async fn set_rules(
    write: &mut Write,
    place: ChatPlace,
    change: impl FnOnce(&mut PlaceRules),
    now: Millis,
) -> Result<bool, DatabaseError> {
    let cursor = event_log::reserve(write, place.into()).await?;
    let before = rules(&mut **write, place).await?;
    let mut after = before.clone();
    change(&mut after);
    if after == before {
        return Ok(false);
    }
    let PlaceRules { public, words, hold_words } = after;
    sqlx::query(
        "INSERT INTO chat_rules (topic, slow, hold, words, hold_words, guests_muted_until) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (topic) DO UPDATE SET slow = excluded.slow, \
         hold = excluded.hold, words = excluded.words, hold_words = excluded.hold_words, \
         guests_muted_until = excluded.guests_muted_until",
    )
    .bind(place.to_string())
    .bind(i64::from(public.slow))
    .bind(i64::from(public.hold))
    .bind(words)
    .bind(i64::from(hold_words))
    .bind(public.guests_muted_until.map(|it| it.0))
    .execute(&mut **write)
    .await?;
    let event = Event::Chat(ChatEvent::ChatRules { rules: public });
    event_log::insert(write, place.into(), cursor, &event, now).await?;
    Ok(true)
}
