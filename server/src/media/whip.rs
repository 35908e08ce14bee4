//! In: WHIP (RFC 9725), from the studio with a token, from OBS and others with a stream key.

use axum::{
    body::Body,
    extract::{Path, State},
    http::{Request, Uri},
    response::Response,
};
use bandstand_domain::ShowId;
use bandstand_sfu::{IceCredentials, OfferError, SessionId, TakeoverCondition};

use super::{
    Media, cause,
    error::MediaError,
    offer::{self, Offer, bearer, check_room, check_type, created, hold, open_show},
    registry::MediaDirection,
    rehearsal::check_before,
    source::{source_of, stage_id},
};
use crate::{
    caller::Caller,
    clock,
    crypto::token::Scope,
    http::limits::{Limit, by_address},
    stage::{Claim, ClaimProof, PublishError, notices::Cause, source::OpenedSource},
    stream_keys::{self, Holder},
};

/// `POST /whip`: the holder of a stream key goes on the stage of the show that they play now.
pub async fn publish_somewhere(
    State(media): State<Media>,
    caller: Caller,
    request: Request<Body>,
) -> Result<Response, MediaError> {
    let holder = holder(&media, &caller, bearer(request.headers())?).await?;
    with_key(&media, &caller, None, &holder, request).await
}

/// `POST /whip/{show}`: the artist goes on the stage of this show.
pub async fn publish(
    State(media): State<Media>,
    caller: Caller,
    Path(show): Path<String>,
    request: Request<Body>,
) -> Result<Response, MediaError> {
    let token = bearer(request.headers())?.to_owned();
    if is_token(&token) {
        let show = show.parse::<ShowId>().map_err(|_| MediaError::NotFound);
        return with_token(&media, &caller, show?, &token, request).await;
    }
    let holder = holder(&media, &caller, &token).await?;
    with_key(&media, &caller, Some(&show), &holder, request).await
}

/// `POST /whip/{show}/rehearsal`: the artist rehearses. Whoever rehearses this show already gives way.
pub async fn rehearse(
    State(media): State<Media>,
    caller: Caller,
    Path(show): Path<String>,
    request: Request<Body>,
) -> Result<Response, MediaError> {
    let token = bearer(request.headers())?.to_owned();
    let show: ShowId = show.parse().map_err(|_| MediaError::NotFound)?;
    let claims = media.services.tokens.check(&token, Scope::Rehearse, show, clock::now())?;
    check_type(request.headers())?;
    let facts = check_before(offer::facts(&media, show).await?)?;
    let performs = stream_keys::may_perform(&media.services.database, &facts.artist_account);
    if facts.artist_person != claims.person || !performs.await? {
        return Err(MediaError::OtherToken);
    }
    let offer = offer::read(request.into_body()).await?;
    check_room(&media, &claims)?;
    let publish = media.rehearsals.publish(show, offer.text);
    let (claims, accepted) =
        offer::accepted(&media, (&token, Scope::Rehearse, show), publish).await?;
    let session = accepted.session;
    // A show that went live in between has ended its rehearsal before this came.
    if let Err(refused) = hold(&media, &claims, session).await.and_then(check_before) {
        media.sfu.close(session).await;
        return Err(refused);
    }
    let client = offer.credentials;
    let tag = media.sessions.opened(session, MediaDirection::In, show, client, None);
    // No publication has this number.
    Ok(created(&caller, &format!("/whip/{show}/0-{session}"), tag, accepted.answer_sdp))
}

/// Tokens are claims and a signature, joined by a dot; keys have none.
fn is_token(token: &str) -> bool {
    token.contains('.')
}

/// The artist's own page, which has asked for a token a moment ago.
async fn with_token(
    media: &Media,
    caller: &Caller,
    show: ShowId,
    token: &str,
    request: Request<Body>,
) -> Result<Response, MediaError> {
    // The cheapest and most telling refusal first.
    let claims = media.services.tokens.check(token, Scope::Publish, show, clock::now())?;
    check_type(request.headers())?;
    let facts = open_show(media, show).await?;
    // The token says so, too; but it was made a moment ago.
    if facts.artist_person != claims.person {
        return Err(MediaError::OtherToken);
    }
    let awaited = awaited(request.uri());
    let offer = offer::read(request.into_body()).await?;
    // Before anybody is taken off the stage.
    check_room(media, &claims)?;
    let claim =
        Claim { artist: facts.artist_account, by: ClaimProof::Session(claims.session.clone()) };
    let take = take(media, show, offer.text, awaited, claim);
    let (claims, taken) = offer::accepted(media, (token, Scope::Publish, show), take).await?;
    if let Err(refused) = hold(media, &claims, taken.session).await {
        media.sfu.close(taken.session).await;
        return Err(refused);
    }
    Ok(answer(media, caller, show, offer.credentials, taken))
}

/// A program that has a stream key. Why it is refused its artist is told, too: programs seldom repeat it.
async fn with_key(
    media: &Media,
    caller: &Caller,
    show: Option<&str>,
    holder: &Holder,
    request: Request<Body>,
) -> Result<Response, MediaError> {
    let mut offered = String::new();
    let done = program(media, caller, show, holder, request, &mut offered).await;
    if let Err(refused) = &done
        && let Some(cause) = cause_of(refused, &offered)
    {
        media.stages.notices().tell(&holder.account, &cause, clock::now());
    }
    done
}

/// As [`with_key`]; `offered` is the offer, as soon as it is there.
async fn program(
    media: &Media,
    caller: &Caller,
    show: Option<&str>,
    holder: &Holder,
    request: Request<Body>,
    offered: &mut String,
) -> Result<Response, MediaError> {
    check_type(request.headers())?;
    let awaited = awaited(request.uri());
    let show = match show {
        None => stream_keys::show_now(&media.services.database, holder)
            .await?
            .ok_or(MediaError::NothingOn)?,
        Some(show) => {
            let show = show.parse().map_err(|_| MediaError::NotFound)?;
            let facts = open_show(media, show).await?;
            if facts.artist_account != holder.account {
                return Err(MediaError::OtherToken);
            }
            if !stream_keys::is_due(&facts, clock::now()) {
                return Err(MediaError::TooEarly);
            }
            show
        }
    };
    let Offer { text, credentials } = offer::read(request.into_body()).await?;
    offered.clone_from(&text);
    let key = holder.key;
    let claim = Claim { artist: holder.account.clone(), by: ClaimProof::Key(key) };
    let taken = take(media, show, text, awaited, claim).await?;
    // Taken first and then asked: who revokes the key at the same time either finds it on stage, or
    // is found to have revoked it.
    match stream_keys::used(&media.services.database, key).await {
        Ok(true) => {}
        gone => {
            media.sfu.close(taken.session).await;
            gone?;
            return Err(MediaError::BadToken);
        }
    }
    tracing::info!(%show, %key, publication = taken.publication, "a program with a stream key");
    Ok(answer(media, caller, show, credentials, taken))
}

/// The cause of a refusal that the artist is told; none when the program's next try may mend it, or it is
/// told already.
fn cause_of(refused: &MediaError, offer: &str) -> Option<Cause> {
    Some(match refused {
        MediaError::Malformed(why) | MediaError::Unacceptable(why) => cause::of_offer(why, offer),
        MediaError::NotSdp | MediaError::TooLong | MediaError::TooSlow => {
            Cause::Offer("it sent no offer that can be read".into())
        }
        MediaError::NothingOn => Cause::NothingOn,
        MediaError::OtherToken => Cause::OtherShow,
        MediaError::NotFound | MediaError::Gone => Cause::NoShow,
        MediaError::Over => Cause::Over,
        MediaError::TooEarly => Cause::TooEarly,
        MediaError::Replaced => Cause::Replaced,
        MediaError::Contested => Cause::Contested,
        MediaError::Kept => Cause::Kept,
        MediaError::Elsewhere => Cause::Elsewhere,
        MediaError::Full => Cause::Full,
        _ => return None,
    })
}

/// The media that must arrive before a session takes over a stage: `picture=later` in the address says
/// that sound is enough.
fn awaited(address: &Uri) -> TakeoverCondition {
    let mut fields = address.query().unwrap_or_default().split('&');
    match fields.any(|field| field == "picture=later") {
        true => TakeoverCondition::Audio,
        false => TakeoverCondition::Keyframe,
    }
}

/// Finds the holder of a stream key. What is wrong with one that isn't good is nobody's business but its
/// artist's, and whoever tries many has to wait; a good one is let in whatever others try from there.
async fn holder(media: &Media, caller: &Caller, secret: &str) -> Result<Holder, MediaError> {
    let limits = &media.services.limits;
    match media.stages.holder(secret, Cause::Revoked).await? {
        // Each time is a change in the database, also for who comes back at once.
        Ok(holder) => {
            limits.check(Limit::StageTakes, holder.key).map_err(MediaError::TooMany)?;
            Ok(holder)
        }
        Err(wrong) => {
            let tried = limits.check(Limit::StreamKeyTries, by_address(caller.address));
            tried.map_err(MediaError::TooMany)?;
            media.stages.tell_wrong(&wrong);
            Err(MediaError::BadToken)
        }
    }
}

/// A stage taken by a session of the media core.
struct Taken {
    session: SessionId,
    publication: i64,
    answer: String,
}

async fn take(
    media: &Media,
    show: ShowId,
    offer: String,
    awaited: TakeoverCondition,
    claim: Claim,
) -> Result<Taken, MediaError> {
    let mut opened = None;
    let open = async {
        let accepted = media.sfu.publish(stage_id(show), offer, awaited).await?;
        let (source, waits) = (source_of(accepted.session), accepted.standby);
        opened = Some((accepted.session, accepted.answer_sdp));
        Ok(OpenedSource { source, waits })
    };
    let taken = media.stages.take(show, claim, open).await;
    let taken = taken.map_err(|error: PublishError<OfferError>| match error {
        PublishError::Source(error) => error.into(),
        PublishError::Over => MediaError::Over,
        PublishError::NoRight => MediaError::BadToken,
        PublishError::Replaced => MediaError::Replaced,
        PublishError::Contested => MediaError::Contested,
        PublishError::Kept => MediaError::Kept,
        PublishError::Elsewhere => MediaError::Elsewhere,
        PublishError::Database(error) => error.into(),
    })?;
    let (session, answer) = opened.ok_or(MediaError::Broken)?;
    Ok(Taken { session, publication: taken.publication, answer })
}

fn answer(
    media: &Media,
    caller: &Caller,
    show: ShowId,
    client: IceCredentials,
    taken: Taken,
) -> Response {
    let Taken { session, publication, answer } = taken;
    let tag = media.sessions.opened(session, MediaDirection::In, show, client, None);
    created(caller, &format!("/whip/{show}/{publication}-{session}"), tag, answer)
}
