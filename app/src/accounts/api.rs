//! Server functions of accounts.

#![allow(missing_docs, reason = "the server macro makes structs whose fields it does not document")]

use bandstand_domain::{
    Language, Millis, Secret,
    accounts::{
        AccountReason, Credentials, Helper, NewEmail, NewPassword, Registration, Reset, Settings,
        Viewer,
    },
};
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::port::{answer, port};
use crate::{failure::Failed, json::Json};

/// Makes an account and logs it in.
#[server(endpoint = "accounts/register", input = Json, output = Json)]
pub async fn register(form: Registration) -> Result<Viewer, Failed<AccountReason>> {
    answer(port::<dyn super::port::Accounts>().register(form)).await
}

/// Logs in.
#[server(endpoint = "accounts/log_in", input = Json, output = Json)]
pub async fn log_in(form: Credentials) -> Result<Viewer, Failed<AccountReason>> {
    answer(port::<dyn super::port::Accounts>().log_in(form)).await
}

/// Logs out.
#[server(endpoint = "accounts/log_out", input = Json, output = Json)]
pub async fn log_out() -> Result<(), Failed<AccountReason>> {
    answer(port::<dyn super::port::Accounts>().log_out()).await
}

/// Becomes a guest with a chosen name.
#[server(endpoint = "accounts/enter_as_guest", input = Json, output = Json)]
pub async fn enter_as_guest(name: String) -> Result<Viewer, Failed<AccountReason>> {
    answer(port::<dyn super::port::Accounts>().enter_as_guest(name)).await
}

/// Confirms an e-mail address by a link from a mail; answers which.
#[server(endpoint = "accounts/confirm", input = Json, output = Json)]
pub async fn confirm_email(link: Secret) -> Result<String, Failed<AccountReason>> {
    answer(port::<dyn super::port::Accounts>().confirm(link)).await
}

/// Asks for a mail by which a forgotten password is replaced. The answer is always the same.
#[server(endpoint = "accounts/forgotten", input = Json, output = Json)]
pub async fn ask_for_reset(login: String) -> Result<(), Failed<AccountReason>> {
    answer(port::<dyn super::port::Accounts>().forgotten(login)).await
}

/// Sets a new password by a link from a mail; answers the account's handle.
#[server(endpoint = "accounts/reset", input = Json, output = Json)]
pub async fn reset_password(form: Reset) -> Result<String, Failed<AccountReason>> {
    answer(port::<dyn super::port::Accounts>().reset(form)).await
}

/// Takes back the deletion of one's account, and logs in.
#[server(endpoint = "accounts/restore", input = Json, output = Json)]
pub async fn restore_account(form: Credentials) -> Result<Viewer, Failed<AccountReason>> {
    answer(port::<dyn super::port::Accounts>().restore(form)).await
}

/// Settings of the viewer's account.
#[server(endpoint = "accounts/settings", input = Json, output = Json)]
pub async fn load_settings() -> Result<Settings, Failed<AccountReason>> {
    answer(port::<dyn super::port::AccountSettings>().settings()).await
}

/// Takes another handle.
#[server(endpoint = "accounts/change_handle", input = Json, output = Json)]
pub async fn change_handle(handle: String) -> Result<Viewer, Failed<AccountReason>> {
    answer(port::<dyn super::port::AccountSettings>().change_handle(handle)).await
}

/// Asks a new address to confirm that it is theirs.
#[server(endpoint = "accounts/change_email", input = Json, output = Json)]
pub async fn change_email(form: NewEmail) -> Result<(), Failed<AccountReason>> {
    answer(port::<dyn super::port::AccountSettings>().change_email(form)).await
}

/// Sets another password and ends all other sessions.
#[server(endpoint = "accounts/change_password", input = Json, output = Json)]
pub async fn change_password(form: NewPassword) -> Result<(), Failed<AccountReason>> {
    answer(port::<dyn super::port::AccountSettings>().change_password(form)).await
}

/// Sets in which language mails are.
#[server(endpoint = "accounts/change_language", input = Json, output = Json)]
pub async fn change_language(language: Language) -> Result<(), Failed<AccountReason>> {
    answer(port::<dyn super::port::AccountSettings>().change_language(language)).await
}

/// Ends one of one's sessions.
#[server(endpoint = "accounts/end_session", input = Json, output = Json)]
pub async fn end_session(name: String) -> Result<(), Failed<AccountReason>> {
    answer(port::<dyn super::port::AccountSettings>().end_session(name)).await
}

/// Ends all of one's sessions but the current one.
#[server(endpoint = "accounts/end_other_sessions", input = Json, output = Json)]
pub async fn end_other_sessions() -> Result<(), Failed<AccountReason>> {
    answer(port::<dyn super::port::AccountSettings>().end_other_sessions()).await
}

/// Deletes one's account; answers until when that can be taken back.
#[server(endpoint = "accounts/delete", input = Json, output = Json)]
pub async fn delete_account(password: Secret) -> Result<Millis, Failed<AccountReason>> {
    answer(port::<dyn super::port::AccountSettings>().delete(password)).await
}

/// Helpers of the viewer, who look after their shows.
#[server(endpoint = "accounts/helpers", input = Json, output = Json)]
pub async fn load_helpers() -> Result<Vec<Helper>, Failed<AccountReason>> {
    answer(port::<dyn super::port::Helpers>().helpers()).await
}

/// Lets somebody look after one's shows; answers who does.
#[server(endpoint = "accounts/add_helper", input = Json, output = Json)]
pub async fn add_helper(handle: String) -> Result<Vec<Helper>, Failed<AccountReason>> {
    answer(port::<dyn super::port::Helpers>().add_helper(handle)).await
}

/// Lets somebody do so no longer; answers who still does.
#[server(endpoint = "accounts/remove_helper", input = Json, output = Json)]
pub async fn remove_helper(handle: String) -> Result<Vec<Helper>, Failed<AccountReason>> {
    answer(port::<dyn super::port::Helpers>().remove_helper(handle)).await
}
