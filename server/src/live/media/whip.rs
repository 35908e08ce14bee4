//! In: WHIP (RFC 9725), from the studio with a ticket, from OBS and others with a stream key.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Path, State},
    http::Request,
    response::Response,
};
use bandstand_domain::{ShowId, stream_keys::StreamKeyId};
use bandstand_sfu::Credentials;

use super::{
    offer::{self, Offer, bearer, check_room, check_type, created, hold, open_show},
    refused::Refused,
    sessions::Way,
};
use crate::{
    caller::Caller,
    clock,
    http::limits::{Limit, by_address},
    live::{
        keys::{self, Holder},
        stages::{NotTaken, Taken},
        token::Purpose,
    },
    venue::Venue,
};

/// `POST /whip`: the holder of a stream key goes on the stage of the show that they play now.
pub async fn publish_somewhere(
    State(venue): State<Arc<Venue>>,
    caller: Caller,
    request: Request<Body>,
) -> Result<Response, Refused> {
    let holder = holder(&caller, bearer(request.headers())?).await?;
    check_type(request.headers())?;
    let show = keys::show_now(&venue.database, &holder).await?.ok_or(Refused::NothingOn)?;
    let offer = offer::read(request.into_body()).await?;
    with_key(&caller, show, holder.key, offer).await
}

/// `POST /whip/{show}`: the artist goes on the stage of this show.
pub async fn publish(
    State(venue): State<Arc<Venue>>,
    caller: Caller,
    Path(show): Path<String>,
    request: Request<Body>,
) -> Result<Response, Refused> {
    let token = bearer(request.headers())?.to_owned();
    let show = show.parse::<ShowId>().map_err(|_| Refused::NotFound);
    if is_ticket(&token) {
        return with_ticket(&caller, show?, &token, request).await;
    }
    let holder = holder(&caller, &token).await?;
    check_type(request.headers())?;
    let show = show?;
    let facts = open_show(&venue, show).await?;
    if facts.artist_account != holder.account {
        return Err(Refused::OtherToken);
    }
    let offer = offer::read(request.into_body()).await?;
    with_key(&caller, show, holder.key, offer).await
}

/// Tickets are claims and a signature, joined by a dot; keys have none.
fn is_ticket(token: &str) -> bool {
    token.contains('.')
}

/// The artist's own page, which has asked for a ticket a moment ago.
async fn with_ticket(
    caller: &Caller,
    show: ShowId,
    token: &str,
    request: Request<Body>,
) -> Result<Response, Refused> {
    let venue = &*caller.venue;
    // The cheapest and most telling refusal first.
    let claims = venue.live.tokens().check(token, Purpose::Publish, show, clock::now())?;
    check_type(request.headers())?;
    let facts = open_show(venue, show).await?;
    // The token says so, too; but it was made a moment ago.
    if facts.artist_person != claims.person {
        return Err(Refused::OtherToken);
    }
    let offer = offer::read(request.into_body()).await?;
    // Before anybody is taken off the stage.
    check_room(venue, &claims)?;
    let claims = venue.live.tokens().redeem(token, Purpose::Publish, show, clock::now())?;
    let taken = take(venue, show, offer.text, None).await.inspect_err(|refused| {
        // Who is asked to come again comes with the same ticket.
        if *refused == Refused::Full {
            venue.live.tokens().give_back(token, Purpose::Publish, show, clock::now());
        }
    })?;
    if let Err(refused) = hold(venue, &claims, taken.session).await {
        venue.live.sfu().close(taken.session).await;
        return Err(refused);
    }
    Ok(answer(caller, show, offer.credentials, taken))
}

/// A program that has a stream key.
async fn with_key(
    caller: &Caller,
    show: ShowId,
    key: StreamKeyId,
    offer: Offer,
) -> Result<Response, Refused> {
    let venue = &*caller.venue;
    let taken = take(venue, show, offer.text, Some(key)).await?;
    // Taken first and then asked: who revokes the key at the same time either finds it on stage, or
    // is found to have revoked it.
    match keys::used(&venue.database, key).await {
        Ok(true) => {}
        gone => {
            venue.live.sfu().close(taken.session).await;
            gone?;
            return Err(Refused::BadToken);
        }
    }
    tracing::info!(%show, %key, publication = taken.publication, "stage taken with a stream key");
    Ok(answer(caller, show, offer.credentials, taken))
}

/// Whose stream key it is. What is wrong with one that isn't good is nobody's business, and whoever
/// tries many has to wait.
async fn holder(caller: &Caller, secret: &str) -> Result<Holder, Refused> {
    let venue = &caller.venue;
    let tried = venue.limits.check(Limit::StreamKeyTries, by_address(caller.address));
    tried.map_err(Refused::TooMany)?;
    keys::holder(&venue.database, secret).await?.ok_or(Refused::BadToken)
}

async fn take(
    venue: &Venue,
    show: ShowId,
    offer: String,
    key: Option<StreamKeyId>,
) -> Result<Taken, Refused> {
    let taken = venue.live.stages().take(show, offer, key).await;
    taken.map_err(|error| match error {
        NotTaken::Offer(error) => error.into(),
        NotTaken::Over => Refused::Over,
        NotTaken::Replaced => Refused::Replaced,
        NotTaken::Database(error) => error.into(),
    })
}

fn answer(caller: &Caller, show: ShowId, client: Credentials, taken: Taken) -> Response {
    let Taken { session, publication, answer } = taken;
    let tag = caller.venue.live.media().opened(session, Way::In, show, client);
    created(caller, &format!("/whip/{show}/{publication}-{session}"), tag, answer)
}
