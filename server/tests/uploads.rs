//! Files that people share in rooms.

use std::{collections::BTreeMap, fs, path::PathBuf};

use bandstand_domain::{
    PersonId, Refusal, RoomId,
    rooms::{JoinedRoom, RoomError, RoomForm},
    uploads::{FilePage, OwnFiles, RoomFile, RoomFileId, UploadError, UploadReason},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::{Body, Method, RequestBuilder, Response, StatusCode, header};
use serde_json::json;

use crate::support::app::{TestApp, User};

mod carried;
mod content;
mod protocol;
mod quotas;
mod rights;

/// A room of which somebody is the owner.
pub struct TestRoom {
    pub id: RoomId,
}

impl TestApp {
    /// A room of `owner`'s, in which guests share nothing.
    pub async fn upload_room(&self, owner: &User) -> TestRoom {
        let form = RoomForm { title: "Tea house".into(), ..RoomForm::default() };
        let made: Result<JoinedRoom, RoomError> =
            owner.call("rooms/make", json!({ "form": form })).await;
        TestRoom { id: made.unwrap().id }
    }

    /// Makes somebody a member of a room.
    pub async fn let_in(&self, room: &TestRoom, user: &User, role: &str) {
        let mut write = self.running.venue.services.database.begin().await.unwrap();
        sqlx::query(
            "INSERT INTO room_members (room, person, account, name, role, rank, joined_at, seen_at) \
             VALUES ($1, $2, (SELECT id FROM accounts WHERE person = $2), '', $3, 0, 1, 1)",
        )
        .bind(room.id.to_string())
        .bind(user.person().as_str())
        .bind(role)
        .execute(&mut *write)
        .await
        .unwrap();
        write.commit().await.unwrap();
    }

    /// Takes somebody out of a room.
    pub async fn put_out(&self, room: &TestRoom, person: &PersonId) {
        let mut write = self.running.venue.services.database.begin().await.unwrap();
        sqlx::query("DELETE FROM room_members WHERE room = $1 AND person = $2")
            .bind(room.id.to_string())
            .bind(person.as_str())
            .execute(&mut *write)
            .await
            .unwrap();
        write.commit().await.unwrap();
    }

    /// Names of all that lies in the folder of uploads.
    pub fn unfinished(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.data().join("uploads"));
        entries.map_or_else(|_| Vec::new(), |it| it.map(|it| it.unwrap().path()).collect())
    }

    /// Names of files of rooms in storage.
    pub fn stored(&self) -> Vec<String> {
        let entries = fs::read_dir(self.data().join("files/rooms"));
        let name =
            |it: std::io::Result<fs::DirEntry>| it.unwrap().file_name().into_string().unwrap();
        entries.map_or_else(|_| Vec::new(), |it| it.map(name).collect())
    }

    /// Bytes that count in quotas, by the kind of who holds them; all sums are right.
    pub async fn held(&self) -> BTreeMap<String, i64> {
        use sqlx::Row;
        let database = &self.running.venue.services.database;
        let rows = sqlx::query("SELECT holder, bytes FROM storage_usage WHERE bytes <> 0");
        let rows = rows.fetch_all(&database.read).await.unwrap();
        let kind = |holder: String| match holder.split_once('@') {
            Some(_) => "share".to_owned(),
            None => holder.split(':').next().unwrap().to_owned(),
        };
        let mut held = BTreeMap::new();
        for row in rows {
            *held.entry(kind(row.get(0))).or_default() += row.get::<i64, _>(1);
        }
        let files = "SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM files \
                     WHERE state <> 'discarded'";
        assert_eq!(self.count(files).await, held.get("venue").copied().unwrap_or_default());
        held
    }
}

impl User {
    /// A request of the tus protocol.
    pub fn tus(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.url));
        request.header(header::ORIGIN, &self.url).header("tus-resumable", "1.0.0")
    }

    /// Asks for an upload of so many bytes.
    pub async fn ask_for(&self, room: &TestRoom, name: &str, bytes: usize) -> Response {
        self.tus(Method::POST, &format!("/rooms/{}/uploads", room.id))
            .header("upload-length", bytes)
            .header("upload-metadata", format!("filename {}", STANDARD.encode(name)))
            .send()
            .await
            .unwrap()
    }

    /// Begins an upload; answers its address.
    pub async fn begin(
        &self,
        room: &TestRoom,
        name: &str,
        bytes: usize,
    ) -> Result<String, UploadError> {
        let response = self.ask_for(room, name, bytes).await;
        if response.status() == StatusCode::CREATED {
            return Ok(response.headers()["location"].to_str().unwrap().to_owned());
        }
        Err(refusal(response).await)
    }

    /// Sends a piece.
    pub async fn piece(&self, upload: &str, offset: usize, piece: impl Into<Body>) -> Response {
        self.tus(Method::PATCH, upload)
            .header("upload-offset", offset)
            .header(header::CONTENT_TYPE, "application/offset+octet-stream")
            .body(piece)
            .send()
            .await
            .unwrap()
    }

    /// The offset of an upload.
    pub async fn offset(&self, upload: &str) -> usize {
        let response = self.tus(Method::HEAD, upload).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
        response.headers()["upload-offset"].to_str().unwrap().parse().unwrap()
    }

    /// Shares a file as a whole.
    pub async fn share(
        &self,
        room: &TestRoom,
        name: &str,
        content: &[u8],
    ) -> Result<RoomFile, UploadError> {
        let upload = self.begin(room, name, content.len()).await?;
        let response = self.piece(&upload, 0, content.to_vec()).await;
        if response.status() != StatusCode::NO_CONTENT {
            return Err(refusal(response).await);
        }
        let id: RoomFileId = upload.rsplit_once('/').unwrap().1.parse().unwrap();
        let files = self.files(room).await.unwrap().files;
        Ok(files.into_iter().find(|file| file.id == id).unwrap())
    }

    /// The newest files of a room.
    pub async fn files(&self, room: &TestRoom) -> Result<FilePage, UploadError> {
        self.call("uploads/list", json!({ "room": room.id, "before": null })).await
    }

    /// Own files.
    pub async fn own_files(&self) -> Result<OwnFiles, UploadError> {
        self.call("uploads/mine", json!({})).await
    }

    /// Removes files.
    pub async fn remove_files(&self, ids: &[RoomFileId]) -> Result<(), UploadError> {
        self.call("uploads/remove", json!({ "ids": ids })).await
    }
}

/// The refusal in an answer, which has its status.
pub async fn refusal(response: Response) -> UploadError {
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    let refusal: UploadError =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{status} {text}: {error}"));
    assert_eq!(refusal.status(), status);
    refusal
}

pub fn because<T>(reason: UploadReason) -> Result<T, UploadError> {
    Err(Refusal::Because(reason))
}

/// Bytes that are no type that anybody knows.
pub fn noise(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8 ^ (at >> 13) as u8 ^ 0x15).collect()
}
