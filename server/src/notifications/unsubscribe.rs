//! Links of mails that switch these mails off: with one click of a mail program (RFC 8058), or on a page that asks.
//!
//! Neither needs a session, and a mail program's request comes from no page of the venue. A `GET` changes nothing, as
//! programs that look for harm follow every link.

use std::sync::Arc;

use axum::{
    Router,
    extract::Path,
    response::{Html, IntoResponse, Response},
    routing::get,
};
use bandstand_domain::{
    Refusal, Text,
    notifications::{InboxId, NotificationError, NotificationReason},
    text,
    texts::Catalogue,
};

use super::store;
use crate::{
    caller::Caller,
    http::{
        limits::{Limit, by_address},
        refused,
    },
    mail::html::escape,
    services::Services,
};

/// The way to the page, and what it does.
pub fn routes() -> Router<Arc<Services>> {
    Router::new().route("/notifications/unsubscribe/{token}", get(ask).post(switch_off))
}

/// The address of a link for an inbox.
pub(super) fn address(services: &Services, inbox: InboxId) -> String {
    let token = services.unsubscribe_tokens.token(inbox);
    format!("{}/notifications/unsubscribe/{token}", services.config.public_url)
}

/// `GET`: asks whether the mails are to be switched off.
async fn ask(caller: Caller, Path(token): Path<String>) -> Response {
    let button = "<form method=\"post\"><button>{}</button></form>";
    match inbox(&caller, &token) {
        Ok(_) => page(&caller, text!(server.unsubscribe.question), |say| {
            button.replace("{}", &escape(&say(text!(server.unsubscribe.yes))))
        }),
        Err(refusal) => refused(&refusal, caller.request_language.say(&refusal)),
    }
}

/// `POST`: switches the mails off.
async fn switch_off(caller: Caller, Path(token): Path<String>) -> Response {
    match switch_mails_off(&caller, &token).await {
        Ok(()) => page(&caller, text!(server.unsubscribe.done), |say| {
            let again = escape(&say(text!(server.unsubscribe.again)));
            format!("<p><a href=\"/notifications\">{again}</a></p>")
        }),
        Err(refusal) => refused(&refusal, caller.request_language.say(&refusal)),
    }
}

fn inbox(caller: &Caller, token: &str) -> Result<InboxId, NotificationError> {
    caller.limited(Limit::Link, by_address(caller.address))?;
    let inbox = caller.services.unsubscribe_tokens.inbox(token);
    inbox.ok_or(Refusal::Because(NotificationReason::NoSuchLink))
}

async fn switch_mails_off(caller: &Caller, token: &str) -> Result<(), NotificationError> {
    let inbox = inbox(caller, token)?;
    let mut write = caller.services.database.begin().await?;
    let Some((account, mut settings)) = store::owner(&mut write, inbox).await? else {
        return Err(Refusal::Because(NotificationReason::NoSuchLink));
    };
    settings.mails = false;
    store::save_settings(&mut write, &account, &settings).await?;
    write.commit_unrevised().await?;
    Ok(())
}

/// A page without a script, as who comes here may have no more than a mail.
fn page(
    caller: &Caller,
    title: Text,
    rest: impl FnOnce(&dyn Fn(Text) -> String) -> String,
) -> Response {
    let language = caller.request_language.current;
    let say = |text: Text| Catalogue::of(language).say(&text);
    let (title, rest) = (escape(&say(title)), rest(&say));
    Html(format!(
        "<!DOCTYPE html><html lang=\"{}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title} · Bandstand</title></head>\
         <body><h1>{title}</h1>{rest}</body></html>",
        language.tag(),
    ))
    .into_response()
}
