//! WHIP and WHEP as other programs speak them: what RFC 9725 asks for, word by word.

use bandstand_domain::Secret;
use bandstand_server::config::IceServers;
use bandstand_synthetic::ReceptionStats;
use reqwest::{Method, StatusCode, header};

use crate::support::{
    app::{TestApp, User},
    media_sessions::{FRAGMENT, JSON, Opened, candidates, fragment, text_of},
};

#[tokio::test]
async fn candidates_are_taken_and_ice_begins_anew_and_the_session_goes_on() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let mut on_stage = app.open_publisher(&artist, show).await;
    let mut viewer = app.open_subscriber(&artist, show).await;
    viewer.peer.until(|it| it.video.keyframes > 0).await;
    assert!(on_stage.links.is_empty());

    for (session, tag, candidates) in [
        (&on_stage.location, &on_stage.tag, candidates(&on_stage.offer)),
        (&viewer.location, &viewer.tag, candidates(&viewer.offer)),
    ] {
        assert!(tag.starts_with('"') && tag.ends_with('"') && tag.len() > 8, "strong: {tag}");
        let taken = app.trickle(session, Some(tag), &candidates).await;
        assert_eq!(taken.status(), StatusCode::NO_CONTENT);
        assert!(!taken.headers().contains_key(header::ETAG));
        let either = format!("\"another\", {tag}");
        assert_eq!(app.trickle(session, Some(&either), &candidates).await.status(), 204);

        assert_eq!(app.trickle(session, None, &candidates).await.status(), 428);
        assert_eq!(app.trickle(session, Some("\"old\""), &candidates).await.status(), 412);
        assert_eq!(app.trickle(session, Some(tag), "nonsense").await.status(), 400);
        assert_eq!(app.trickle(session, Some(tag), &"a=x\r\n".repeat(5_000)).await.status(), 413);
        let answer = app.request(Method::PATCH, session).body("v=0").send().await.unwrap();
        assert_eq!(answer.status(), 415);
        assert_eq!(text_of(&answer, "accept-patch"), FRAGMENT);
    }
    // None of it has harmed what flows, and neither has a restart.
    let both = |it: &ReceptionStats| it.video.packets > 20 && it.audio.packets > 20;
    viewer.peer.reset();
    viewer.peer.until(both).await;
    let Opened { peer, location, tag, offer, .. } = &mut viewer;
    peer.restart(|anew| app.restart_ice(location, tag, offer, anew)).await.unwrap();
    peer.reset();
    peer.until(both).await;
    let Opened { peer, location, tag, offer, .. } = &mut on_stage;
    peer.restart(|anew| app.restart_ice(location, tag, offer, anew)).await.unwrap();
    viewer.peer.reset();
    viewer.peer.until(both).await;

    // A session is found at its own address alone.
    let (session, _) = viewer.location.rsplit_once('/').map(|(a, b)| (b, a)).unwrap();
    for elsewhere in [
        format!("/whip/{show}/1-{session}"),
        format!("/whep/{}/{session}", uuid::Uuid::nil()),
        format!("/whep/{show}/{}", "0".repeat(32)),
        format!("/whip/{show}/nonsense"),
    ] {
        assert_eq!(app.method(Method::DELETE, &elsewhere).await.status(), 404, "{elsewhere}");
        assert_eq!(app.trickle(&elsewhere, Some("*"), "").await.status(), 404, "{elsewhere}");
    }
    assert_eq!(app.method(Method::GET, &viewer.location).await.status(), 204);
    // A tag is not asked for where it doesn't matter (section 4.3.1).
    let ended = app.request(Method::DELETE, &viewer.location);
    let ended = ended.header(header::IF_MATCH, "\"another\"").send().await.unwrap();
    assert_eq!(ended.status(), 200);
    viewer.peer.ended().await;
    let again = app.trickle(&viewer.location, Some(&viewer.tag), &candidates(&viewer.offer)).await;
    assert_eq!(again.status(), 404);
    app.stop().await;
}

#[tokio::test]
async fn pages_of_other_places_may_ask_without_cookies() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    for (path, methods, accepts) in [
        ("/whip".to_owned(), "GET, HEAD, POST, OPTIONS", "accept-post"),
        (format!("/whip/{show}"), "GET, HEAD, POST, OPTIONS", "accept-post"),
        (format!("/whip/{show}/"), "GET, HEAD, POST, OPTIONS", "accept-post"),
        (format!("/whep/{show}"), "GET, HEAD, POST, OPTIONS", "accept-post"),
        (format!("/whep/{show}/x"), "GET, HEAD, PATCH, DELETE, OPTIONS", "accept-patch"),
    ] {
        let preflight = app
            .request(Method::OPTIONS, &path)
            .header(header::ORIGIN, "https://elsewhere.example")
            .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
            .header(header::ACCESS_CONTROL_REQUEST_HEADERS, "authorization,content-type")
            .send()
            .await
            .unwrap();
        assert_eq!(preflight.status(), 200);
        assert_eq!(text_of(&preflight, "access-control-allow-origin"), "*");
        let headers = text_of(&preflight, "access-control-allow-headers");
        assert_eq!(headers, "Authorization, Content-Type, If-Match");
        assert!(text_of(&preflight, "access-control-allow-methods").contains("PATCH"));
        let options = app.method(Method::OPTIONS, &path).await;
        assert_eq!((options.status().as_u16(), text_of(&options, "allow")), (200, methods.into()));
        assert!(options.headers().contains_key(accepts), "{path}");
        let refused = app.method(Method::PUT, &path).await;
        assert_eq!(refused.status(), 405);
        assert!(refused.headers().contains_key(header::ALLOW), "{path}");
        assert_eq!(text_of(&refused, "access-control-allow-origin"), "*");
        // Where there is something, it has no content (section 4.1).
        let there = if path.ends_with("/x") { 404 } else { 204 };
        for method in [Method::GET, Method::HEAD] {
            assert_eq!(app.method(method, &path).await.status(), there, "{path}");
        }
        for response in [&preflight, &options] {
            let headers = response.headers();
            assert!(!headers.contains_key(header::ACCESS_CONTROL_ALLOW_CREDENTIALS));
            assert!(!headers.contains_key(header::SET_COOKIE));
        }
    }
    let refused = app.offer(&format!("/whip/{show}"), None, "application/sdp", "v=0".into()).await;
    assert_eq!(refused.status(), 401);
    assert_eq!(text_of(&refused, "www-authenticate"), "Bearer");
    let exposed = text_of(&refused, "access-control-expose-headers");
    assert!(["Location", "ETag", "Link"].iter().all(|name| exposed.contains(name)), "{exposed}");
    // A cookie opens nothing here.
    let path = format!("{}/whip/{show}", app.url);
    let with_cookie = artist.client.post(path).header(header::CONTENT_TYPE, "application/sdp");
    assert_eq!(with_cookie.body("v=0").send().await.unwrap().status(), 401);
    app.stop().await;
}

#[tokio::test]
async fn clients_are_told_of_the_operators_servers() {
    let app = TestApp::configured(|config| {
        let addresses = vec!["stun:stun.example:3478".into(), "turn:turn.example".into()];
        config.ice = IceServers::new(addresses, Some(Secret::new("shared"))).unwrap();
    })
    .await;
    let (artist, show) = app.artist_with_show().await;
    let (one, other) =
        (app.open_publisher(&artist, show).await, app.open_subscriber(&artist, show).await);
    assert_eq!(one.links[0], "<stun:stun.example:3478>; rel=\"ice-server\"");
    assert!(one.links[1].starts_with("<turn:turn.example>; rel=\"ice-server\"; username=\""));
    assert_ne!(one.links[1], other.links[1], "a password for each session");
    // The venue's own pages have them with their tickets, before they offer.
    let tickets = [
        artist.stage(show).await.unwrap().ice_servers,
        app.guest("Bob").await.join(show).await.unwrap().ice_servers,
    ];
    for servers in tickets {
        let servers: serde_json::Value = serde_json::from_str(servers.unwrap().reveal()).unwrap();
        assert_eq!(servers["iceServers"][0]["urls"][0], "stun:stun.example:3478");
        assert_eq!(servers["iceServers"][1]["urls"][0], "turn:turn.example");
    }
    app.stop().await;
}

#[tokio::test]
async fn loopback_candidates_are_for_who_is_on_this_machine() {
    let app = TestApp::configured(|config| {
        config.trusted_proxy = true;
        config.public_addresses = ["127.0.0.1", "192.0.2.7"].map(|it| it.parse().unwrap()).into();
    })
    .await;
    let (artist, show) = app.artist_with_show().await;
    let viewer = app.open_subscriber(&artist, show).await;
    let answered = async |from: Option<&str>| {
        let token = artist.join(show).await.unwrap().token;
        let offered = app.request(Method::POST, &format!("/whep/{show}"));
        let offered = offered.bearer_auth(token.reveal()).body(viewer.offer.clone());
        let offered = offered.header(header::CONTENT_TYPE, "application/sdp");
        let from = from.map(|it| ("x-forwarded-for".parse().unwrap(), it.parse().unwrap()));
        let offered = offered.headers(from.into_iter().collect()).send().await.unwrap();
        assert_eq!(offered.status(), StatusCode::CREATED);
        offered.text().await.unwrap()
    };
    let addresses = |answer: &str| {
        let candidates = answer.lines().filter_map(|line| line.strip_prefix("a=candidate:"));
        let address = |it: &str| it.split(' ').nth(4).unwrap().to_owned();
        candidates.map(address).collect::<Vec<_>>()
    };
    let far = answered(Some("203.0.113.9")).await;
    assert_eq!(addresses(&far), ["192.0.2.7", "192.0.2.7"], "by UDP and TCP");
    let near = answered(None).await;
    assert!(addresses(&near).contains(&"127.0.0.1".into()), "{near}");
    // The same holds for the fragment that answers a restart of ICE.
    let fragment = candidates(&viewer.offer.replace("a=ice-ufrag:", "a=ice-ufrag:new"));
    let begun = app.request(Method::PATCH, &viewer.location).body(fragment);
    let begun = begun.header(header::CONTENT_TYPE, FRAGMENT).header(header::IF_MATCH, "*");
    let begun = begun.header("x-forwarded-for", "203.0.113.9").send().await.unwrap();
    assert_eq!(begun.status(), StatusCode::OK);
    assert_eq!(addresses(&begun.text().await.unwrap()), ["192.0.2.7", "192.0.2.7"]);
    app.stop().await;
}

#[tokio::test]
async fn a_full_venue_says_when_to_ask_again() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let token = artist.stage(show).await.unwrap().token;
    app.running.venue.media.sfu.stop();
    let offer = include_str!("../../fuzz/corpus/offer/chromium-whip-simulcast");
    // Who comes again as asked is known again.
    for _ in 0..2 {
        let path = format!("/whip/{show}");
        let full = app.offer(&path, Some(&token), "application/sdp", offer.into()).await;
        assert_eq!(full.status(), 503);
        assert_eq!(text_of(&full, "retry-after"), "5");
    }
}

#[tokio::test]
async fn a_viewer_bounds_the_height_of_the_picture_for_their_own_session_alone() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let on_stage = app.go_live(&artist, show).await;
    let bob = app.guest("Bob").await;
    let viewer = app.open_subscriber(&bob, show).await;
    let layer = viewer.layer();
    for choice in [r#"{"maxHeight":400}"#, r#"{"mediaId":"0","maxHeight":180}"#, "{}"] {
        let chosen = app.choose(&layer, JSON, choice).await;
        assert_eq!(chosen.status(), StatusCode::OK, "{choice}");
        assert_eq!(chosen.headers()[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    }
    for (choice, status) in [
        (r#"{"rid":"high"}"#, 422),
        (r#"{"maxHeight":"much"}"#, 422),
        ("maxHeight=400", 400),
        (&format!("{{\"mediaId\":\"{}\"}}", "0".repeat(2_000)), 413),
    ] {
        assert_eq!(app.choose(&layer, JSON, choice).await.status().as_u16(), status, "{choice}");
    }
    let odd = app.choose(&layer, "text/plain", "{}").await;
    assert_eq!(
        (odd.status().as_u16(), &odd.headers()["accept-post"]),
        (415, &JSON.parse().unwrap())
    );
    let options = app.method(Method::OPTIONS, &layer).await;
    assert_eq!(options.headers()[header::ALLOW], "POST, OPTIONS");
    assert_eq!(app.method(Method::GET, &layer).await.status(), StatusCode::METHOD_NOT_ALLOWED);

    viewer.peer.until(|it| it.video.packets > 20 && it.audio.packets > 20).await;

    // Nobody chooses for others: neither for the stage, nor under another show's address.
    let session = layer.strip_prefix(&format!("/whep/{show}/")).unwrap();
    let (_, stage) = on_stage.location.rsplit_once('-').unwrap();
    for elsewhere in [
        format!("/whep/{show}/{stage}/layer"),
        format!("/whep/{}/{session}", uuid::Uuid::nil()),
        format!("/whep/{show}/{}/layer", "0".repeat(32)),
    ] {
        assert_eq!(app.choose(&elsewhere, JSON, "{}").await.status(), 404, "{elsewhere}");
    }
    // The right ends with the session.
    let ended = layer.strip_suffix("/layer").unwrap();
    assert_eq!(app.method(Method::DELETE, ended).await.status(), StatusCode::OK);
    assert_eq!(app.choose(&layer, JSON, "{}").await.status(), 404);
    app.stop().await;
}

#[tokio::test]
async fn one_person_watches_in_ten_places_at_once() {
    let app = TestApp::configured(|_| {}).await;
    let (_, show) = app.artist_with_show().await;
    let (bob, eve) = (app.guest("Bob").await, app.guest("Eve").await);
    let first = app.open_subscriber(&bob, show).await;
    let watch = async |user: &User| {
        let token = user.join(show).await.unwrap().token;
        let path = format!("/whep/{show}");
        app.offer(&path, Some(&token), "application/sdp", first.offer.clone()).await
    };
    for _ in 1..10 {
        assert_eq!(watch(&bob).await.status(), StatusCode::CREATED);
    }
    let refused = watch(&bob).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(text_of(&refused, "retry-after"), "10");
    let sessions = app.running.venue.media.sfu.stats().await.sessions;
    assert_eq!(sessions.len(), 10, "the eleventh is closed");
    assert_eq!(watch(&eve).await.status(), StatusCode::CREATED);
    // One of them ends, and soon there is room for another.
    assert_eq!(app.method(Method::DELETE, &first.location).await.status(), StatusCode::OK);
    while watch(&bob).await.status() != StatusCode::CREATED {}
    app.stop().await;
}

#[tokio::test]
async fn one_address_has_room_for_a_school_and_no_more() {
    let app = TestApp::configured(|_| {}).await;
    let (artist, show) = app.artist_with_show().await;
    let bob = app.guest("Bob").await;
    let viewers = app.running.venue.media.viewers.clone();
    let mut school: Vec<_> =
        (0..256).map(|_| viewers.admit([127, 0, 0, 1].into()).unwrap()).collect();
    let offer = app.idle_offer().await.replace("a=sendonly", "a=recvonly");
    let watch = async || {
        let token = bob.join(show).await.unwrap().token;
        let path = format!("/whep/{show}");
        app.offer(&path, Some(&token), "application/sdp", offer.clone()).await
    };
    let refused = watch().await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(text_of(&refused, "retry-after"), "10");
    let on_stage = app.go_live(&artist, show).await;
    assert_eq!(viewers.count(), 256, "who plays takes no place");
    school.pop();
    let watching = watch().await;
    assert_eq!(watching.status(), StatusCode::CREATED);
    assert_eq!(watch().await.status(), StatusCode::TOO_MANY_REQUESTS);
    let session = text_of(&watching, "location");
    assert_eq!(app.method(Method::DELETE, &session).await.status(), StatusCode::OK);
    while viewers.count() > 255 {
        tokio::task::yield_now().await;
    }
    drop(on_stage);
    app.stop().await;
}

#[tokio::test]
async fn who_asks_all_the_time_has_to_wait() {
    let app = TestApp::configured(|_| {}).await;
    let (_, show) = app.artist_with_show().await;
    let (bob, eve) = (app.guest("Bob").await, app.guest("Eve").await);
    let (busy, other) =
        (app.open_subscriber(&bob, show).await, app.open_subscriber(&eve, show).await);
    let refused = loop {
        let chosen = app.choose(&busy.layer(), JSON, r#"{"maxHeight":400}"#).await;
        if chosen.status() != StatusCode::OK {
            break chosen;
        }
    };
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.headers().contains_key(header::RETRY_AFTER));
    assert_eq!(app.choose(&other.layer(), JSON, "{}").await.status(), StatusCode::OK);
    // Beginning ICE anew has its own measure, and candidates have none.
    let mut counted = 0..;
    let restart = async |session: &str, user: usize| {
        let password = format!("a=ice-pwd:{}", "p".repeat(22));
        let anew = fragment(&format!("a=ice-ufrag:user{user}"), &password);
        app.trickle(session, Some("*"), &anew).await
    };
    let refused = loop {
        let begun = restart(&busy.location, counted.next().unwrap()).await;
        if begun.status() != StatusCode::OK {
            break begun;
        }
    };
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(restart(&busy.location, counted.start - 2).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(restart(&other.location, 0).await.status(), StatusCode::OK);
    app.stop().await;
}
