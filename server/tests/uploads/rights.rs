//! Who may share, see and remove files, and what is left of who leaves.

use bandstand_domain::uploads::UploadReason;
use bandstand_server::{clock, own_account::deletion};
use sqlx::Row;

use super::*;

#[tokio::test]
async fn strangers_and_who_was_put_out_have_nothing() {
    let app = TestApp::start().await;
    let (ada, ben, eve) =
        (app.artist("ada").await, app.visitor("ben").await, app.visitor("eve").await);
    let room = app.upload_room(&ada).await;
    app.let_in(&room, &ben, "member").await;
    let file = ada.share(&room, "photo.jpg", &content::jpeg(40, 30, &[])).await.unwrap();
    let upload = ben.begin(&room, "noise.bin", 1_000).await.unwrap();
    assert_eq!(ada.tus(Method::HEAD, &upload).send().await.unwrap().status(), 404, "Ben's alone");
    for path in [file.path(room.id), file.small(room.id), file.large(room.id)] {
        assert_eq!(ben.page(&path).await.status(), StatusCode::OK);
    }
    app.put_out(&room, &ben.person()).await;
    for (user, status) in [(&ben, 404), (&eve, 404), (&app.nobody(), 401)] {
        for path in [file.path(room.id), file.small(room.id), file.large(room.id)] {
            assert_eq!(user.page(&path).await.status().as_u16(), status);
        }
        assert_eq!(user.ask_for(&room, "a", 5).await.status().as_u16(), status);
        for method in [Method::HEAD, Method::DELETE] {
            assert_eq!(user.tus(method, &upload).send().await.unwrap().status().as_u16(), status);
        }
        assert_eq!(user.piece(&upload, 0, noise(10)).await.status().as_u16(), status);
        assert_eq!(user.files(&room).await.unwrap_err().status(), status);
        assert!(user.remove_files(&[file.id]).await.is_err());
    }
    // A file of one room isn't in another one.
    let other = app.upload_room(&eve).await;
    assert_eq!(eve.page(&file.path(other.id)).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(ada.files(&room).await.unwrap().files.len(), 1);
    app.stop().await;
}

#[tokio::test]
async fn guests_share_where_the_room_lets_them() {
    let app = TestApp::start().await;
    let (ada, guest) = (app.artist("ada").await, app.guest("Gus").await);
    let room = app.upload_room(&ada).await;
    app.let_in(&room, &guest, "guest").await;
    assert_eq!(guest.begin(&room, "a", 5).await, because(UploadReason::NoGuests));
    assert!(!guest.files(&room).await.unwrap().may_share);
    app.change("UPDATE rooms SET guest_uploads = 1").await;
    assert!(guest.files(&room).await.unwrap().may_share);
    let file = guest.share(&room, "a.bin", &noise(500)).await.unwrap();
    assert_eq!(file.author, "Gus");
    assert_eq!(app.held().await["guest"], 500);
    assert_eq!(guest.own_files().await.unwrap().files.len(), 1);
    app.change("UPDATE rooms SET archived_at = 1").await;
    for user in [&ada, &guest] {
        assert_eq!(user.begin(&room, "a", 5).await, because(UploadReason::Archived));
        assert_eq!(user.page(&file.path(room.id)).await.status(), StatusCode::OK);
    }
    let title = async || guest.own_files().await.unwrap().files.remove(0).title;
    assert_eq!(title().await, "Tea house");
    app.put_out(&room, &guest.person()).await;
    assert_eq!(title().await, "", "of a room by invitation");
    guest.remove_files(&[file.id]).await.unwrap();
    assert!(app.held().await.is_empty());
    app.stop().await;
}

#[tokio::test]
async fn files_are_removed_by_their_person_and_by_moderators() {
    let app = TestApp::start().await;
    let (ada, ben, mo) =
        (app.artist("ada").await, app.visitor("ben").await, app.visitor("moe").await);
    let room = app.upload_room(&ada).await;
    app.let_in(&room, &ben, "member").await;
    app.let_in(&room, &mo, "moderator").await;
    let mut files = Vec::new();
    for (user, name) in [(&ada, "1.bin"), (&ben, "2.bin"), (&ben, "3.bin")] {
        files.push(user.share(&room, name, &noise(500)).await.unwrap());
    }
    let page = ben.files(&room).await.unwrap();
    let names: Vec<_> = page.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!((names, page.moderates, page.more), (vec!["3.bin", "2.bin", "1.bin"], false, false));
    let both = [files[0].id, files[1].id];
    assert_eq!(ben.remove_files(&both).await, Err(Refusal::Forbidden));
    assert_eq!(app.stored().len(), 3);
    mo.remove_files(&both).await.unwrap();
    ben.remove_files(&[files[2].id, files[1].id]).await.unwrap();
    assert!(app.stored().is_empty() && app.held().await.is_empty());
    assert_eq!(ben.page(&files[2].path(room.id)).await.status(), StatusCode::NOT_FOUND);
    // Nothing of them can be caught up with.
    let told = app.count("SELECT COUNT(*) FROM events WHERE event LIKE '%file_removed%'").await;
    let shared = app.count("SELECT COUNT(*) FROM events WHERE event LIKE '%file_shared%'").await;
    assert_eq!((told, shared), (6, 0));
    app.stop().await;
}

#[tokio::test]
async fn files_of_a_person_are_exported_and_erased() {
    let app = TestApp::start().await;
    let (ada, ben) = (app.artist("ada").await, app.visitor("ben").await);
    let room = app.upload_room(&ada).await;
    app.let_in(&room, &ben, "member").await;
    let file = ben.share(&room, "photo.jpg", &content::jpeg(400, 300, &[])).await.unwrap();
    ben.begin(&room, "b.bin", 700).await.unwrap();
    ada.share(&room, "a.bin", &noise(500)).await.unwrap();
    let export: serde_json::Value =
        serde_json::from_str(&ben.page("/settings/export").await.text().await.unwrap()).unwrap();
    assert_eq!(export["room_files"][0]["name"], "photo.jpg");
    assert_eq!(export["room_files"][0]["address"], file.path(room.id).as_str());
    assert_eq!(app.stored().len(), 4);
    let services = &app.running.venue.services;
    app.change("UPDATE accounts SET deleted_at = 1 WHERE handle = 'ben'").await;
    let row = sqlx::query("SELECT id FROM accounts WHERE handle = 'ben'");
    let id: String = row.fetch_one(&services.database.read).await.unwrap().get(0);
    deletion::erase(services, &bandstand_server::ids::AccountId::new(id), clock::now())
        .await
        .unwrap();
    assert_eq!(app.stored().len(), 1);
    let held = app.held().await;
    assert_eq!((held["room"], held["share"], held["account"]), (500, 500, 500));
    assert_eq!(ada.page(&file.path(room.id)).await.status(), StatusCode::NOT_FOUND);
    let names = ada.files(&room).await.unwrap().files.into_iter().map(|file| file.name);
    assert_eq!(names.collect::<Vec<_>>(), ["a.bin"]);
    let left = app.count("SELECT COUNT(*) FROM events WHERE event LIKE '%photo.jpg%'").await;
    assert_eq!(left, 0);
    app.stop().await;
}
