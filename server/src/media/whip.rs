//! In: WHIP (RFC 9725), from the studio with a ticket, from OBS and others with a stream key.

use axum::{
    body::Body,
    extract::Path,
    http::{Request, Uri},
    response::Response,
};
use bandstand_domain::ShowId;
use bandstand_sfu::{IceCredentials, TakeoverCondition};

use super::{
    error::Refused,
    offer::{self, Offer, bearer, check_room, check_type, created, hold, open_show},
    registry::Way,
};
use crate::{
    app::venue::Venue,
    caller::Caller,
    clock,
    crypto::token::Purpose,
    http::limits::{Limit, by_address},
    stage::{
        notices::Cause,
        performers::{By, Claim, NotTaken, Taken},
    },
    stream_keys::{self, Holder, Tried},
};

/// `POST /whip`: the holder of a stream key goes on the stage of the show that they play now.
pub async fn publish_somewhere(
    caller: Caller,
    request: Request<Body>,
) -> Result<Response, Refused> {
    let holder = holder(&caller, bearer(request.headers())?).await?;
    with_key(&caller, None, &holder, request).await
}

/// `POST /whip/{show}`: the artist goes on the stage of this show.
pub async fn publish(
    caller: Caller,
    Path(show): Path<String>,
    request: Request<Body>,
) -> Result<Response, Refused> {
    let token = bearer(request.headers())?.to_owned();
    if is_ticket(&token) {
        let show = show.parse::<ShowId>().map_err(|_| Refused::NotFound);
        return with_ticket(&caller, show?, &token, request).await;
    }
    let holder = holder(&caller, &token).await?;
    with_key(&caller, Some(&show), &holder, request).await
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
    let awaited = awaited(request.uri());
    let offer = offer::read(request.into_body()).await?;
    // Before anybody is taken off the stage.
    check_room(venue, &claims)?;
    let claims = venue.live.tokens().redeem(token, Purpose::Publish, show, clock::now())?;
    let claim = Claim { artist: facts.artist_account, by: By::Ticket(claims.session.clone()) };
    let taken = take(venue, show, offer.text, awaited, claim).await.inspect_err(|refused| {
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

/// A program that has a stream key. Why it is refused its artist is told, too: programs seldom repeat it.
async fn with_key(
    caller: &Caller,
    show: Option<&str>,
    holder: &Holder,
    request: Request<Body>,
) -> Result<Response, Refused> {
    let mut offered = String::new();
    let done = program(caller, show, holder, request, &mut offered).await;
    if let Err(refused) = &done
        && let Some(cause) = cause(refused, &offered)
    {
        caller.venue.live.notices().tell(&holder.account, &cause, clock::now());
    }
    done
}

/// As [`with_key`]; `offered` is the offer, as soon as it is there.
async fn program(
    caller: &Caller,
    show: Option<&str>,
    holder: &Holder,
    request: Request<Body>,
    offered: &mut String,
) -> Result<Response, Refused> {
    let venue = &*caller.venue;
    check_type(request.headers())?;
    let awaited = awaited(request.uri());
    let show = match show {
        None => stream_keys::show_now(&venue.database, holder).await?.ok_or(Refused::NothingOn)?,
        Some(show) => {
            let show = show.parse().map_err(|_| Refused::NotFound)?;
            if open_show(venue, show).await?.artist_account != holder.account {
                return Err(Refused::OtherToken);
            }
            show
        }
    };
    let Offer { text, credentials } = offer::read(request.into_body()).await?;
    offered.clone_from(&text);
    let key = holder.key;
    let claim = Claim { artist: holder.account.clone(), by: By::Key(key) };
    let taken = take(venue, show, text, awaited, claim).await?;
    // Taken first and then asked: who revokes the key at the same time either finds it on stage, or
    // is found to have revoked it.
    match stream_keys::used(&venue.database, key).await {
        Ok(true) => {}
        gone => {
            venue.live.sfu().close(taken.session).await;
            gone?;
            return Err(Refused::BadToken);
        }
    }
    tracing::info!(%show, %key, publication = taken.publication, "a program with a stream key");
    Ok(answer(caller, show, credentials, taken))
}

/// What the artist is told of a refusal; nothing of what the program's next try may mend, or is told
/// already.
fn cause(refused: &Refused, offer: &str) -> Option<Cause> {
    Some(match refused {
        Refused::Malformed(why) | Refused::Unacceptable(why) => Cause::of_offer(why, offer),
        Refused::NotSdp | Refused::TooLong | Refused::TooSlow => {
            Cause::Offer("it sent no offer that can be read".into())
        }
        Refused::NothingOn => Cause::NothingOn,
        Refused::OtherToken => Cause::OtherShow,
        Refused::NotFound | Refused::Gone => Cause::NoShow,
        Refused::Over => Cause::Over,
        Refused::Replaced => Cause::Replaced,
        Refused::Contested => Cause::Contested,
        Refused::Elsewhere => Cause::Elsewhere,
        Refused::Full => Cause::Full,
        _ => return None,
    })
}

/// What has to come of a session before it takes over a stage: `picture=later` in the address says that
/// sound is enough.
fn awaited(address: &Uri) -> TakeoverCondition {
    let mut fields = address.query().unwrap_or_default().split('&');
    match fields.any(|field| field == "picture=later") {
        true => TakeoverCondition::Audio,
        false => TakeoverCondition::Keyframe,
    }
}

/// Whose stream key it is. What is wrong with one that isn't good is nobody's business but its
/// artist's, and whoever tries many has to wait.
async fn holder(caller: &Caller, secret: &str) -> Result<Holder, Refused> {
    let venue = &caller.venue;
    let tried = venue.limits.check(Limit::StreamKeyTries, by_address(caller.address));
    tried.map_err(Refused::TooMany)?;
    match stream_keys::tried(&venue.database, secret).await? {
        Tried::Good(holder) => Ok(holder),
        Tried::Revoked { account, name } => {
            venue.live.notices().tell(&account, &Cause::Revoked(name), clock::now());
            Err(Refused::BadToken)
        }
        Tried::Nothing => Err(Refused::BadToken),
    }
}

async fn take(
    venue: &Venue,
    show: ShowId,
    offer: String,
    awaited: TakeoverCondition,
    claim: Claim,
) -> Result<Taken, Refused> {
    let taken = venue.live.stages().take(show, offer, awaited, claim).await;
    taken.map_err(|error| match error {
        NotTaken::Offer(error) => error.into(),
        NotTaken::Over => Refused::Over,
        NotTaken::NoRight => Refused::BadToken,
        NotTaken::Replaced => Refused::Replaced,
        NotTaken::Contested => Refused::Contested,
        NotTaken::Elsewhere => Refused::Elsewhere,
        NotTaken::Database(error) => error.into(),
    })
}

fn answer(caller: &Caller, show: ShowId, client: IceCredentials, taken: Taken) -> Response {
    let Taken { session, publication, answer } = taken;
    let tag = caller.venue.live.media().opened(session, Way::In, show, client, None);
    created(caller, &format!("/whip/{show}/{publication}-{session}"), tag, answer)
}
