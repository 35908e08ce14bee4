//! Pictures of people as files of their accounts.

use bandstand_domain::{Refusal, people::PeopleReason};
use bandstand_server::own_account::deletion;
use reqwest::StatusCode;
use serde_json::Value;

use super::{Place, counted, files, in_both};
use crate::{
    pictures::png,
    support::app::{PASSWORD, TestApp},
};

in_both! {
    picture_is_kept_replaced_and_erased_with_its_account
    picture_of_an_earlier_version_gets_its_row
    picture_beyond_the_quota_is_refused
}

/// Forgets what storage knows, as if an earlier version had kept what is there.
async fn forget_files(app: &TestApp) {
    app.change("DELETE FROM files").await;
    app.change("DELETE FROM storage_usage").await;
}

async fn picture_is_kept_replaced_and_erased_with_its_account(place: Place) {
    let app = place.open(|_| ()).await;
    let ada = app.artist("ada").await;
    let first = ada.brought(&app, png()).await.unwrap();
    let second = ada.brought(&app, png()).await.unwrap();
    assert_eq!(place.objects(&app).len(), 2);
    let kept = counted(&app).await;
    assert!(kept > 0);
    let shown = app.nobody().page(&second.large()).await;
    assert_eq!(shown.status(), StatusCode::OK);
    assert_eq!(shown.headers()["content-type"], "image/jpeg");
    assert_eq!(app.nobody().page(&first.large()).await.status(), StatusCode::NOT_FOUND);

    let export: Value = ada.page("/settings/export").await.json().await.unwrap();
    let exported: i64 =
        export["files"].as_array().unwrap().iter().map(|it| it["bytes"].as_i64().unwrap()).sum();
    assert_eq!(exported, kept);
    let metrics = reqwest::get(format!("{}/metrics", app.url)).await.unwrap().text().await.unwrap();
    let line = format!("bandstand_storage_bytes{{feature=\"pictures\"}} {kept}");
    assert!(metrics.contains(&line), "{metrics}");

    ada.delete_account(PASSWORD).await.unwrap();
    app.change("UPDATE accounts SET deleted_at = 1000").await;
    deletion::erase_due(&app.running.venue.services).await.unwrap();
    assert_eq!((place.objects(&app).len(), counted(&app).await), (0, 0));
    assert_eq!(app.nobody().page(&second.large()).await.status(), StatusCode::NOT_FOUND);
}

async fn picture_of_an_earlier_version_gets_its_row(place: Place) {
    let app = place.open(|_| ()).await;
    let (ada, ben) = (app.artist("ada").await, app.artist("ben").await);
    let picture = ada.brought(&app, png()).await.unwrap();
    let gone = ben.brought(&app, png()).await.unwrap();
    let kept = counted(&app).await;
    forget_files(&app).await;
    let path = place.root(&app).join(gone.small().trim_start_matches('/'));
    std::fs::remove_file(path).unwrap();
    place.age(&app, 2);
    let app = app.restart().await;
    let rows = "SELECT COUNT(*) FROM files WHERE state = 'kept'";
    assert_eq!(app.count(rows).await, 3);
    assert!(counted(&app).await < kept);
    files(&app).sweep().await.unwrap();
    assert_eq!(place.objects(&app).len(), 3);
    for path in [picture.large(), picture.small(), gone.large()] {
        assert_eq!(app.nobody().page(&path).await.status(), StatusCode::OK);
    }
    assert_eq!(app.nobody().page(&gone.small()).await.status(), StatusCode::NOT_FOUND);
    // It is the account's as if it had been kept today.
    let ada = ada.at(&app);
    ada.call::<(), PeopleReason>("people/remove_picture", serde_json::json!({})).await.unwrap();
    assert_eq!(app.count(rows).await, 1);
    assert_eq!(place.objects(&app).len(), 1);
}

async fn picture_beyond_the_quota_is_refused(place: Place) {
    let app = place.open(|config| config.max_account_bytes = Some(100)).await;
    let ada = app.artist("ada").await;
    let refused = ada.brought(&app, png()).await;
    assert_eq!(refused, Err(Refusal::Because(PeopleReason::QuotaFull)));
    assert_eq!((place.objects(&app).len(), counted(&app).await), (0, 0));
    assert_eq!(ada.who().await.unwrap().picture, None);
}
