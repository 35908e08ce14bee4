//! Profiles, artists' pages, followers, and shows without guests.

use bandstand_domain::{
    Refusal,
    accounts::{ArtistProfile, Role},
    channel::{Event, Topic},
    chat::ChatPlace,
    crowd::CrowdReason,
    people::{ArtistPage, Following, PeopleError, PeopleReason, Profile, ProfileForm},
    shows::{Genre, ShowEvent},
    stage::StageReason,
};
use bandstand_server::ids::AccountId;
use reqwest::{StatusCode, header};
use serde_json::{Value, json};

use crate::support::{
    app::{TestApp, User, draft, fields, registration},
    channel::Follower,
    channel::until_cut,
};

impl User {
    pub async fn artist_page(&self, handle: &str) -> Result<ArtistPage, PeopleError> {
        self.call("people/artist", json!({ "handle": handle })).await
    }

    pub async fn follow(&self, handle: &str, follow: bool) -> Result<Following, PeopleError> {
        self.call("people/follow", json!({ "handle": handle, "follow": follow })).await
    }

    pub async fn profile(&self) -> Result<Profile, PeopleError> {
        self.call("people/profile", json!({})).await
    }

    pub async fn save_profile(&self, form: &ProfileForm) -> Result<(), PeopleError> {
        self.call("people/save_profile", json!({ "form": form })).await
    }
}

/// A profile that is in order.
pub fn form(stage_name: &str) -> ProfileForm {
    ProfileForm {
        display_name: " Ada ".into(),
        about: "Quiet songs.\r\nhttps://example.org ".into(),
        website: " https://ada.example.org/ ".into(),
        artist: Some(ArtistProfile {
            stage_name: stage_name.into(),
            genres: vec![Genre("folk".into()), Genre("folk".into())],
        }),
    }
}

#[tokio::test]
async fn a_profile_is_its_owners_to_change_and_everybodys_to_read() {
    let app = TestApp::start().await;
    let (ada, show) = app.artist_with_show().await;
    let mut page = Follower::new(app.channel(&app.nobody()).await, Topic::Shows);
    page.subscribe(None).await.unwrap();
    ada.save_profile(&form("Ada L.")).await.unwrap();

    let seen = app.nobody().artist_page("ADA").await.unwrap();
    assert_eq!((seen.artist.handle.as_str(), seen.artist.stage_name.as_str()), ("ada", "Ada L."));
    assert_eq!(seen.about, "Quiet songs.\nhttps://example.org");
    assert_eq!(seen.website.as_deref(), Some("https://ada.example.org/"));
    assert_eq!(seen.genres, [Genre("folk".into())]);
    assert_eq!(seen.upcoming.shows.iter().map(|card| card.id).collect::<Vec<_>>(), [show]);
    assert!(!seen.mine && ada.artist_page("ada").await.unwrap().mine);
    // Posters that hang already carry the new name.
    page.until(|it| !it.events.is_empty()).await;
    let Event::Show(ShowEvent::Changed { show: card, .. }) = &page.events[0] else {
        panic!("{:?}", page.events)
    };
    assert_eq!(card.artist.stage_name, "Ada L.");

    for user in [app.nobody(), app.guest("Guest").await] {
        assert_eq!(user.profile().await, Err(Refusal::NotLoggedIn));
        assert_eq!(user.save_profile(&form("Mine")).await, Err(Refusal::NotLoggedIn));
        assert_eq!(user.follow("ada", true).await, Err(Refusal::NotLoggedIn));
    }
    // A visitor doesn't become an artist by it, and changes nobody else.
    let ben = app.visitor("ben").await;
    ben.save_profile(&form("Ben on stage")).await.unwrap();
    assert_eq!(ben.who().await.unwrap().role, Role::Visitor);
    assert_eq!(ben.profile().await.unwrap().form.artist, None);
    assert_eq!(app.nobody().artist_page("ben").await, Err(Refusal::NotFound));
    assert_eq!(app.nobody().artist_page("ada").await.unwrap().artist.stage_name, "Ada L.");
}

#[tokio::test]
async fn what_a_profile_cannot_be() {
    let app = TestApp::start().await;
    let ada = app.artist("ada").await;
    let before = ada.profile().await.unwrap();
    let wrong = ProfileForm {
        display_name: String::new(),
        about: "x".repeat(801),
        website: "javascript:alert(1)".into(),
        artist: Some(ArtistProfile { stage_name: " ".into(), genres: vec![] }),
    };
    let named = fields(ada.save_profile(&wrong).await);
    assert_eq!(named, ["display_name", "stage_name", "genres", "about", "website"]);
    assert_eq!(ada.profile().await.unwrap(), before);
}

#[tokio::test]
async fn one_follows_an_artist_once_and_never_oneself() {
    let app = TestApp::start().await;
    let (ada, _) = app.artist_with_show().await;
    let (ben, eve) = (app.visitor("ben").await, app.artist("eve").await);
    let one = Following { following: true, followers: 1 };
    assert_eq!(ben.follow("ada", true).await, Ok(one));
    assert_eq!(ben.follow("Ada", true).await, Ok(one));
    assert_eq!(eve.follow("ada", true).await, Ok(Following { following: true, followers: 2 }));
    let page = ben.artist_page("ada").await.unwrap();
    assert_eq!((page.following, page.followers), (true, 2));
    // Their own data names whom they follow, and nobody who follows them.
    for (user, follows) in [(&eve, json!(["ada"])), (&ada, json!([]))] {
        let export: Value = user.page("/settings/export").await.json().await.unwrap();
        assert_eq!(export["profile"]["follows"], follows);
    }
    let page = app.nobody().artist_page("ada").await.unwrap();
    assert_eq!((page.following, page.followers), (false, 2));
    assert_eq!(ben.follow("ada", false).await, Ok(Following { following: false, followers: 1 }));
    assert_eq!(ben.follow("ada", false).await, Ok(Following { following: false, followers: 1 }));
    assert_eq!(ada.follow("ada", true).await, Err(Refusal::Because(PeopleReason::Oneself)));
    for nobody in ["ben", "nobody", ""] {
        assert_eq!(eve.follow(nobody, true).await, Err(Refusal::NotFound), "{nobody}");
    }
}

#[tokio::test]
async fn an_artists_page_is_complete_in_the_first_html_and_at_one_address() {
    let app = TestApp::start().await;
    let (ada, show) = app.artist_with_show().await;
    ada.save_profile(&form("Ada </title><b>L.</b>")).await.unwrap();
    let page = app.nobody().page("/artists/ada").await;
    assert_eq!(page.status(), StatusCode::OK);
    let html = page.text().await.unwrap();
    for part in [
        "<title>Ada &lt;/title>&lt;b>L.&lt;/b> ·",
        "Quiet songs.",
        "Songs for nobody",
        "Be the first",
    ] {
        assert!(html.contains(part), "{part}: {html}");
    }
    assert!(
        html.contains(&format!("<meta property=\"og:url\" content=\"{}/artists/ada\"", app.url))
    );
    assert!(!html.contains("<b>L."), "{html}");
    let show = app.nobody().page(&format!("/shows/{show}")).await.text().await.unwrap();
    assert!(show.contains("Ada &lt;/title>") && !show.contains("<b>L."), "{show}");
    assert_eq!(app.nobody().page("/artists/nobody").await.status(), StatusCode::NOT_FOUND);

    // In other letters, or after another handle was taken, the address leads on.
    app.change("UPDATE accounts SET handle = 'Lovelace', handle_key = 'lovelace'").await;
    let mut write = app.running.venue.services.database.begin().await.unwrap();
    let id: AccountId =
        sqlx::query_scalar("SELECT id FROM accounts").fetch_one(&mut *write).await.unwrap();
    bandstand_server::people::leave_handle(&mut write, &id, "ada", "Lovelace").await.unwrap();
    write.commit().await.unwrap();
    for old in ["/artists/ada", "/artists/ADA", "/artists/lovelace"] {
        let moved = app.nobody().page(old).await;
        assert_eq!(moved.status(), StatusCode::FOUND, "{old}");
        assert_eq!(moved.headers()[header::LOCATION], "/artists/Lovelace", "{old}");
    }
    // A handle that somebody else takes, once it isn't kept any more, is theirs.
    app.change("UPDATE former_handles SET left_at = 1000").await;
    let mut other = registration("ada");
    other.email = "other@example.org".into();
    other.artist = Some(ArtistProfile {
        stage_name: "Another Ada".into(),
        genres: vec![Genre("jazz".into())],
    });
    app.nobody().register(&other).await.unwrap();
    let page = app.nobody().artist_page("ada").await.unwrap();
    assert_eq!(page.artist.stage_name, "Another Ada");
}

#[tokio::test]
async fn a_show_without_guests() {
    let app = TestApp::start().await;
    let (ada, show) = app.artist_with_show().await;
    let (bob, ben) = (app.guest("Bob").await, app.visitor("ben").await);
    bob.join(show).await.unwrap();
    bob.say(show, "hello").await;
    let mut form = draft("Songs for nobody", 1);
    form.members_only = true;
    let inside = app.follow(&bob, show).await;
    ada.update(show, &form).await.unwrap();
    // Who is in already is shown out, whatever their page makes of it.
    until_cut(inside).await;
    assert!(app.nobody().show(show).await.unwrap().card.members_only);

    assert_eq!(bob.join(show).await, Err(Refusal::Because(StageReason::MembersOnly)));
    let said = bob.post(
        "chat/post",
        json!({ "place": ChatPlace::Show(show), "id": uuid::Uuid::new_v4(), "text": "psst" }),
    );
    assert_eq!(said.await.status(), StatusCode::FORBIDDEN);
    let liked = bob.call::<u64, CrowdReason>("crowd/like", json!({ "show": show })).await;
    assert_eq!(liked, Err(Refusal::Forbidden));
    ben.join(show).await.unwrap();
    ada.join(show).await.unwrap();

    // The guest becomes an account, and is the same person in chat and crowd.
    let before = bob.viewer.clone().unwrap();
    let after = bob.register(&registration("bob")).await.unwrap();
    assert_eq!((after.person.clone(), after.role), (before.person.clone(), Role::Visitor));
    let ticket = bob.join(show).await.unwrap();
    assert_eq!((ticket.person, ticket.name.as_str()), (before.person.clone(), "bob"));
    let follower = app.follow(&bob, show).await;
    let Some(bandstand_domain::channel::Snapshot::Show { chat, .. }) = &follower.present else {
        panic!("{:?}", follower.present)
    };
    assert_eq!(chat.messages[0].author, before.person);
}
