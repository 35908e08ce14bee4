//! Passkeys and second factors: what opens an account, once, and for whom.

use bandstand_domain::{
    Refusal,
    accounts::{AccountError, AccountReason, Viewer},
    factors::{Challenge, FactorError, FactorReason, MAX_PASSKEYS, RECOVERY_CODES},
};
use serde_json::json;

use crate::support::{
    app::{PASSWORD, TestApp, fields},
    authenticator::Device,
    factors::{App, age, unknown},
};

#[tokio::test]
async fn the_second_factor_is_asked_for_and_each_code_opens_once() {
    let app = TestApp::start().await;
    let ada = app.visitor("ada").await;
    let set_up = ada.begin_second_factor(None).await.unwrap();
    let phone = App::new(&set_up);
    // It is not on before a code has shown that the app has the secret.
    app.nobody().log_in_with(PASSWORD, "").await.unwrap();
    assert_eq!(fields(ada.enable("000000").await), ["code"]);
    assert_eq!(fields(ada.enable("what?").await), ["code"]);
    let first = phone.code(0);
    let recovery = ada.enable(&first).await.unwrap();
    assert_eq!(recovery.len(), RECOVERY_CODES);
    let on = ada.ways().await.unwrap();
    assert_eq!((on.second_factor, on.recovery_codes), (true, 10));
    let again = ada.begin_second_factor(None).await;
    assert_eq!(again, Err(Refusal::Because(FactorReason::AlreadyOn)));

    let ben = app.nobody();
    let needed = Err(Refusal::Because(AccountReason::CodeNeeded));
    assert_eq!(ben.log_in_with(PASSWORD, " ").await, needed);
    assert_eq!(ben.who().await, None, "the session isn't logged in before");
    let wrong = Err(Refusal::Because(AccountReason::WrongCredentials));
    assert_eq!(ben.log_in_with("not the password", &phone.code(1)).await, wrong);
    assert_eq!(fields(ben.log_in_with(PASSWORD, &first).await), ["code"], "it was used");
    assert_eq!(fields(ben.log_in_with(PASSWORD, &phone.code(-9)).await), ["code"]);
    // Of two at the same time one gets in.
    let next = phone.code(1);
    let (one, other) = (app.nobody(), app.nobody());
    let both = tokio::join!(one.log_in_with(PASSWORD, &next), other.log_in_with(PASSWORD, &next));
    assert_eq!(u8::from(both.0.is_ok()) + u8::from(both.1.is_ok()), 1, "{both:?}");

    // A recovery code, as people type it.
    let typed = recovery[3].reveal().to_uppercase().replace('-', " ");
    app.nobody().log_in_with(PASSWORD, &typed).await.unwrap();
    assert_eq!(fields(app.nobody().log_in_with(PASSWORD, &typed).await), ["code"]);
    assert_eq!(ada.ways().await.unwrap().recovery_codes, 9);
    let renewed = ada.new_codes(None).await.unwrap();
    assert_eq!(fields(ben.log_in_with(PASSWORD, recovery[4].reveal()).await), ["code"]);
    ben.log_in_with(PASSWORD, renewed[4].reveal()).await.unwrap();

    // Neither the secret nor a code can be read out of the database.
    if app.running.venue.services.config.database_url.is_none() {
        let secrets = [set_up.secret.reveal(), &renewed[0].reveal().replace('-', "")[2..]];
        for file in std::fs::read_dir(app.data()).unwrap() {
            let path = file.unwrap().path();
            let Ok(bytes) = std::fs::read(&path) else { continue };
            for secret in secrets {
                let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
                assert!(!found, "{}", path.display());
            }
        }
    }
    ada.disable(None).await.unwrap();
    assert_eq!(ada.disable(None).await, Err(Refusal::Because(FactorReason::Off)));
    app.nobody().log_in_with(PASSWORD, "").await.unwrap();
    assert_eq!(app.count("SELECT COUNT(*) FROM recovery_codes").await, 0);
}

#[tokio::test]
async fn a_deleted_account_is_not_taken_back_without_its_second_factor() {
    let app = TestApp::start().await;
    let ada = app.visitor("ada").await;
    let phone = App::new(&ada.begin_second_factor(None).await.unwrap());
    ada.enable(&phone.code(0)).await.unwrap();
    ada.delete_account(PASSWORD).await.unwrap();
    let back = app.nobody();
    let restore = async |code: &str| -> Result<Viewer, AccountError> {
        let form = json!({ "login": "ada", "password": PASSWORD, "code": code });
        back.call("accounts/restore", json!({ "form": form })).await
    };
    assert_eq!(restore("").await, Err(Refusal::Because(AccountReason::CodeNeeded)));
    assert_eq!(fields(restore(&phone.code(-9)).await), ["code"]);
    let deleted = "SELECT COUNT(*) FROM accounts WHERE deleted_at IS NOT NULL";
    assert_eq!((app.count(deleted).await, back.who().await), (1, None));
    restore(&phone.code(1)).await.unwrap();
    assert_eq!(app.count(deleted).await, 0);
}

#[tokio::test]
async fn tries_are_counted_by_account_once_the_password_is_right() {
    let app = TestApp::configured(|config| config.limit_scale = 1).await;
    let ada = app.visitor("ada").await;
    let phone = App::new(&ada.begin_second_factor(None).await.unwrap());
    ada.enable(&phone.code(0)).await.unwrap();
    let limits = &app.running.venue.services.limits;
    let account: String = sqlx::query_scalar("SELECT id FROM accounts")
        .fetch_one(&app.running.venue.services.database.read)
        .await
        .unwrap();
    let from = std::net::IpAddr::from([127, 0, 0, 1]);
    while limits.check(bandstand_server::http::limits::Limit::Code, (from, &account)).is_ok() {}
    let refused = app.nobody().log_in_with(PASSWORD, &phone.code(1)).await;
    assert!(matches!(refused, Err(Refusal::TooMany { .. })), "{refused:?}");
    let wrong = app.nobody().log_in_with("not the password", "000000").await;
    assert_eq!(wrong, Err(Refusal::Because(AccountReason::WrongCredentials)));
}

#[tokio::test]
async fn ten_wrong_codes_in_a_row_are_told_and_waited_for_until_there_is_another_password() {
    let app = TestApp::start().await;
    let ada = app.artist("ada").await;
    let phone = App::new(&ada.begin_second_factor(None).await.unwrap());
    ada.enable(&phone.code(0)).await.unwrap();
    let told = app.mail("ada@example.org", "How you log in was changed").await.text;
    assert!(told.contains("the second factor of your account @ada was turned on."), "{told}");
    assert!(told.contains(&format!("{}/settings#security", app.url)), "{told}");
    let thief = app.nobody();
    for _ in 0..10 {
        assert_eq!(fields(thief.log_in_with(PASSWORD, &phone.code(-9)).await), ["code"]);
    }
    let told = app.mail("ada@example.org", "Somebody knows your password").await;
    assert!(told.text.contains(&format!("{}/forgotten", app.url)), "{told:?}");
    let blocked = |answer: Result<Viewer, AccountError>| match answer {
        Err(Refusal::TooMany { retry_after }) => assert!((50..=60).contains(&retry_after)),
        other => panic!("not blocked: {other:?}"),
    };
    blocked(thief.log_in_with(PASSWORD, &phone.code(1)).await);
    let app = app.restart().await;
    blocked(app.nobody().log_in_with(PASSWORD, &phone.code(1)).await);
    // The wait gets longer.
    app.change("UPDATE second_factors SET blocked_until = 0").await;
    assert_eq!(fields(app.nobody().log_in_with(PASSWORD, &phone.code(-9)).await), ["code"]);
    match app.nobody().log_in_with(PASSWORD, &phone.code(1)).await {
        Err(Refusal::TooMany { retry_after }) => assert!(retry_after > 60, "{retry_after}"),
        other => panic!("not blocked: {other:?}"),
    }

    let forgotten = json!({ "login": "ada" });
    app.nobody().call::<(), AccountReason>("accounts/forgotten", forgotten).await.unwrap();
    let link = app.mail("ada@example.org", "A new password").await.link("/reset").unwrap();
    let new = "another horse battery";
    app.nobody().reset(&link, new).await.unwrap();
    app.nobody().log_in_with(new, &phone.code(1)).await.unwrap();
    assert_eq!(app.count("SELECT wrong + blocked_until FROM second_factors").await, 0);
}

#[tokio::test]
async fn a_passkey_opens_its_account_and_no_other() {
    let app = TestApp::start().await;
    let ada = app.visitor("ada").await;
    let origin = ada.ways().await.unwrap().passkey_origin.unwrap();
    let mut device = ada.with_device(&origin).await;
    let id = device.id();
    assert_eq!(ada.ways().await.unwrap().passkeys[0].id, id);

    let user = app.nobody();
    let asked = user.ask().await;
    let answer = device.take(&asked.options);
    assert_eq!(
        user.open(&asked.ceremony, &answer).await.as_ref(),
        Ok(ada.viewer.as_ref().unwrap())
    );
    assert_eq!(user.who().await.as_ref(), ada.viewer.as_ref());
    assert!(ada.ways().await.unwrap().passkeys[0].used_at.is_some());
    // A question is answered once, and an answer fits one question.
    let thief = app.nobody();
    assert_eq!(thief.open(&asked.ceremony, &answer).await, unknown());
    let other = thief.ask().await;
    assert_eq!(thief.open(&other.ceremony, &answer).await, unknown());
    // From another site; without its owner; by somebody else's key; with a counter that goes back.
    let asked = thief.ask().await;
    device.origin = "https://evil.example".into();
    assert_eq!(thief.open(&asked.ceremony, &device.take(&asked.options)).await, unknown());
    device.origin = origin.clone();
    let asked = thief.ask().await;
    device.verifies = false;
    assert_eq!(thief.open(&asked.ceremony, &device.take(&asked.options)).await, unknown());
    device.verifies = true;
    let asked = thief.ask().await;
    let stranger = Device::new(&origin).take(&asked.options);
    assert_eq!(thief.open(&asked.ceremony, &stranger).await, unknown());
    let asked = thief.ask().await;
    device.count = 0;
    assert_eq!(thief.open(&asked.ceremony, &device.take(&asked.options)).await, unknown());
    let asked = thief.ask().await;
    for nonsense in ["", "{}", "null"] {
        assert_eq!(thief.open(&asked.ceremony, nonsense).await, unknown(), "{nonsense}");
    }
    assert_eq!(thief.who().await, None);

    // Somebody else can neither add it again nor remove it.
    let ben = app.visitor("ben").await;
    assert_eq!(ben.remove_passkey(&id).await, Err(Refusal::NotFound));
    let unusable = Err(Refusal::Because(FactorReason::UnusablePasskey));
    let challenge = ben.begin_passkey(None).await.unwrap();
    assert_eq!(
        ben.add_passkey(&challenge.ceremony, &device.make(&challenge.options)).await,
        unusable
    );
    // Nor finish what another began.
    let challenge = ada.begin_passkey(None).await.unwrap();
    let made = Device::new(&origin).make(&challenge.options);
    assert_eq!(ben.add_passkey(&challenge.ceremony, &made).await, unusable);
    ada.remove_passkey(&id).await.unwrap();
    assert_eq!(ada.ways().await.unwrap().passkeys, []);
}

#[tokio::test]
async fn a_passkey_that_a_provider_keeps_from_now_on_goes_on_opening() {
    let app = TestApp::start().await;
    let ada = app.visitor("ada").await;
    let origin = ada.ways().await.unwrap().passkey_origin.unwrap();
    let mut device = ada.with_device(&origin).await;
    // Eligible and backed up, at once; and so on afterwards.
    for backup in [0, 0x18, 0x18, 0x08] {
        device.backup = backup;
        let user = app.nobody();
        let asked = user.ask().await;
        user.open(&asked.ceremony, &device.take(&asked.options)).await.unwrap();
    }
    // The other way round it may be a copy; who has no key isn't told so.
    device.backup = 0;
    let user = app.nobody();
    let asked = user.ask().await;
    let changed = Err(Refusal::Because(FactorReason::ChangedPasskey));
    assert_eq!(user.open(&asked.ceremony, &device.take(&asked.options)).await, changed);
    let asked = user.ask().await;
    let mut stranger = Device::new(&origin);
    stranger.pretends_to_be(&device);
    assert_eq!(user.open(&asked.ceremony, &stranger.take(&asked.options)).await, unknown());
    assert_eq!(user.who().await, None);
}

#[tokio::test]
async fn a_passkey_too_many_changes_nothing_and_nobody_is_written_to() {
    let app = TestApp::start().await;
    let ada = app.visitor("ada").await;
    let origin = ada.ways().await.unwrap().passkey_origin.unwrap();
    app.change(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 19) \
         INSERT INTO passkeys (id, account, name, data, added_at) \
         SELECT 'p' || i, accounts.id, '', '{}', 0 FROM n, accounts",
    )
    .await;
    // Both are asked for while there is room for one.
    let (first, second) = (ada.begin_passkey(None).await, ada.begin_passkey(None).await);
    let add = async |challenge: Result<Challenge, FactorError>| {
        let challenge = challenge.unwrap();
        let made = Device::new(&origin).make(&challenge.options);
        ada.add_passkey(&challenge.ceremony, &made).await
    };
    let letters = async || app.count("SELECT COUNT(*) FROM jobs").await;
    let before = letters().await;
    assert_eq!(add(first).await, Ok(()));
    assert_eq!(letters().await, before + 1);
    assert_eq!(add(second).await, Err(Refusal::Because(FactorReason::TooManyPasskeys)));
    assert_eq!(letters().await, before + 1);
    assert_eq!(ada.ways().await.unwrap().passkeys.len(), MAX_PASSKEYS);
}

#[tokio::test]
async fn who_logs_in_by_passkey_is_not_asked_for_a_code() {
    let app = TestApp::start().await;
    let ada = app.visitor("ada").await;
    let origin = ada.ways().await.unwrap().passkey_origin.unwrap();
    let phone = App::new(&ada.begin_second_factor(None).await.unwrap());
    ada.enable(&phone.code(0)).await.unwrap();
    let mut device = ada.with_device(&origin).await;
    let user = app.nobody();
    let asked = user.ask().await;
    user.open(&asked.ceremony, &device.take(&asked.options)).await.unwrap();
    // An account that was closed isn't opened by it either.
    app.change("UPDATE accounts SET disabled_at = 1").await;
    let user = app.nobody();
    let asked = user.ask().await;
    assert_eq!(user.open(&asked.ceremony, &device.take(&asked.options)).await, unknown());
    assert_eq!(user.who().await, None);
}

#[tokio::test]
async fn what_changes_how_one_logs_in_takes_the_password_or_a_fresh_log_in() {
    let app = TestApp::start().await;
    let ada = app.visitor("ada").await;
    assert!(ada.ways().await.unwrap().fresh);
    age(&app).await;
    assert!(!ada.ways().await.unwrap().fresh);
    let needed = || Refusal::Because(FactorReason::ProofNeeded);
    assert_eq!(ada.begin_passkey(None).await, Err(needed()));
    assert_eq!(ada.begin_second_factor(None).await, Err(needed()));
    assert_eq!(ada.new_codes(None).await, Err(needed()));
    assert_eq!(ada.disable(None).await, Err(needed()));
    let arguments = json!({ "id": "x", "password": null });
    let removed = ada.call::<(), FactorReason>("factors/remove_passkey", arguments).await;
    assert_eq!(removed, Err(needed()));
    assert_eq!(fields(ada.begin_passkey(Some("wrong password")).await), ["proof"]);
    ada.begin_passkey(Some(PASSWORD)).await.unwrap();
    ada.begin_second_factor(Some(PASSWORD)).await.unwrap();

    for user in [app.nobody(), app.guest("Guest").await] {
        assert_eq!(user.ways().await, Err(Refusal::NotLoggedIn));
        assert_eq!(user.begin_passkey(Some(PASSWORD)).await, Err(Refusal::NotLoggedIn));
        assert_eq!(user.add_passkey("x", "{}").await, Err(Refusal::NotLoggedIn));
        assert_eq!(user.remove_passkey("x").await, Err(Refusal::NotLoggedIn));
        assert_eq!(user.begin_second_factor(Some(PASSWORD)).await, Err(Refusal::NotLoggedIn));
        assert_eq!(user.enable("123456").await, Err(Refusal::NotLoggedIn));
        assert_eq!(user.disable(Some(PASSWORD)).await, Err(Refusal::NotLoggedIn));
        assert_eq!(user.new_codes(Some(PASSWORD)).await, Err(Refusal::NotLoggedIn));
    }
}
