//! Export of one's own data as a file.

use axum::{
    Json, Router,
    http::header,
    response::{IntoResponse, Response},
    routing::get,
};
use bandstand_domain::accounts::AccountError;
use serde_json::Value;
use std::sync::Arc;

use crate::{
    caller::Caller,
    http::{limits::Limit, refused},
    personal_data::DataSubject,
    services::Services,
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
        Err(refusal) => refused(&refusal, caller.request_language.say(&refusal)),
    }
}

async fn file(caller: &Caller) -> Result<Value, AccountError> {
    let account = caller.own_account().await?;
    caller.limited(Limit::Export, &account.id)?;
    let session = Some(caller.session_name().await?);
    let subject = DataSubject { account: account.id, person: account.person, session };
    let services = &caller.services;
    let export = services.personal_data.export(&services.database, &subject).await?;
    Ok(Value::Object(export))
}
