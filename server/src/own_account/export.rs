//! Export of one's own data as a file.

use axum::{
    Json, Router,
    http::header,
    response::{IntoResponse, Response},
    routing::get,
};
use bandstand_domain::{Refusal, accounts::AccountError};
use serde_json::{Value, json};
use std::sync::Arc;

use crate::{
    accounts::store,
    caller::Caller,
    chat, crowd,
    database::DatabaseError,
    factors,
    http::{limits::Limit, refused},
    ids::AccountId,
    people,
    services::Services,
    sessions, shows,
};

/// The way to the file.
pub fn routes() -> Router<Arc<Services>> {
    Router::new().route("/settings/export", get(export))
}

/// `GET /settings/export`: everything that the venue keeps of the account that asks.
async fn export(caller: Caller) -> Response {
    match file(&caller).await {
        Ok(data) => {
            let disposition = "attachment; filename=\"bandstand.json\"";
            ([(header::CONTENT_DISPOSITION, disposition)], Json(data)).into_response()
        }
        Err(refusal) => refused(&refusal, refusal.to_string()),
    }
}

async fn file(caller: &Caller) -> Result<Value, AccountError> {
    let account = caller.own_account().await?;
    caller.limited(Limit::Export, &account.id)?;
    let data = collect(caller, &account.id).await?;
    data.ok_or(Refusal::NotLoggedIn)
}

async fn collect(caller: &Caller, id: &AccountId) -> Result<Option<Value>, DatabaseError> {
    let database = &caller.services.database;
    let Some(account) = store::export(database, id).await? else { return Ok(None) };
    let person = account["person"].as_str().unwrap_or_default().to_owned();
    let current = caller.session_name().await?;
    Ok(Some(json!({
        "account": account,
        "profile": people::export(database, id).await?,
        "factors": factors::export(database, id).await?,
        "sessions": sessions::list(database, id, &current).await?,
        "shows": shows::export(database, id).await?,
        "messages": chat::export(database, &person).await?,
        "likes": crowd::export(database, &person).await?,
    })))
}
