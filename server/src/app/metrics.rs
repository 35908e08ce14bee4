//! Metrics for the operator's monitoring: `/metrics` for Prometheus (OpenMetrics text format).
//!
//! Totals and distributions of the whole venue; nothing in it tells of one person, one show or one
//! session, and no label has more than a handful of values.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    extract::{ConnectInfo, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bandstand_domain::Millis;
use bandstand_sfu::{SessionRole, Totals};
use prometheus_client::{
    encoding::text::encode,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};
use subtle::ConstantTimeEq;

use super::venue::Venue;
use crate::{
    background::jobs,
    http::{
        page_cache::PageCacheStats,
        security::{bearer, is_from_this_machine},
    },
    quality::Sample,
    radio::Radio,
};

const OPEN_METRICS: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");

type Labels = [(&'static str, String); 1];

/// `GET /metrics`.
pub async fn show(
    State(venue): State<Arc<Venue>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Response {
    if let Err(refused) = may_read(&venue, peer, &headers) {
        return *refused;
    }
    let sample = venue.monitor.sample().await;
    let mut registry = Registry::with_prefix("bandstand");
    add_media(&mut registry, &sample);
    add_distributions(&mut registry, &venue);
    let channels = gauge(venue.channels.count());
    registry.register("live_channels", "Open live channels", channels);
    match venue.stages.counts().await {
        Ok(counts) => {
            let stages = Family::<Labels, Gauge>::default();
            for (state, count) in counts {
                stages.get_or_create(&[("stage", state.to_owned())]).set(count);
            }
            registry.register("shows", "Shows with somebody on stage, or lost from it", stages);
        }
        // The rest is worth having all the more.
        Err(error) => error.log(),
    }
    add_radio(&mut registry, &venue);
    add_pages(&mut registry, &venue);
    add_work(&mut registry, &venue).await;
    match venue.services.files.kept().await {
        Ok(kept) => add_files(&mut registry, kept),
        Err(error) => error.log(),
    }
    let mut text = String::new();
    match encode(&mut text, &registry) {
        Ok(()) => ([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Sound over HTTP.
fn add_radio(registry: &mut Registry, venue: &Venue) {
    let Radio { mounts, listeners, .. } = &venue.radio;
    let radio = registry.sub_registry_with_prefix("radio");
    radio.register("sources", "Source clients there are now", gauge(mounts.count()));
    radio.register("listeners", "Players that listen by HTTP now", gauge(listeners.count()));
    let skips = "Times at which a player was skipped ahead because it lagged";
    radio.register("skips", skips, counter(mounts.skips()));
}

/// Pages: those for people whom nobody knows, and those that were refused.
fn add_pages(registry: &mut Registry, venue: &Venue) {
    let PageCacheStats { hits, misses, not_modified, entries, bytes } = venue.page_cache.stats();
    let pages = registry.sub_registry_with_prefix("page_cache");
    let (hits, misses) = (counter(hits), counter(misses));
    pages.register("hits", "Requests that needed no rendering of their own", hits);
    pages.register("misses", "Requests for which a page was rendered for all", misses);
    let not_modified = counter(not_modified);
    pages.register("not_modified", "Answers that a browser's own page is good", not_modified);
    pages.register("entries", "Pages that are kept", gauge(entries));
    pages.register("bytes", "Bytes of pages that are kept, in all codings", gauge(bytes));
    let refused = counter(venue.renderings.refused());
    registry.register("pages_refused", "Pages refused because too many were rendered", refused);
}

/// Jobs and periodic work: what is due, what went wrong.
async fn add_work(registry: &mut Registry, venue: &Venue) {
    let (succeeded, failed) =
        (Family::<Labels, Gauge>::default(), Family::<Labels, Gauge>::default());
    let failures = Family::<Labels, Counter>::default();
    for history in venue.schedule.histories() {
        let labels = [("work", history.name.to_owned())];
        failures.get_or_create(&labels).inc_by(history.failures);
        for (family, at) in [(&succeeded, history.last_success), (&failed, history.last_failure)] {
            if let Some(at) = at {
                family.get_or_create(&labels).set(at.0 / Millis::SECOND);
            }
        }
    }
    let work = registry.sub_registry_with_prefix("periodic_work");
    let last = "Unix time of the last run of periodic work in this process";
    work.register("last_success_seconds", format!("{last} without failure"), succeeded);
    work.register("last_failure_seconds", format!("{last} with a failure"), failed);
    work.register("failures", "Failed runs of periodic work", failures);
    match jobs::counts(&venue.services.database).await {
        Ok(counts) => {
            let (waiting, dead) =
                (Family::<Labels, Gauge>::default(), Family::<Labels, Gauge>::default());
            for count in counts {
                let labels = [("job", count.name)];
                waiting.get_or_create(&labels).set(count.waiting);
                dead.get_or_create(&labels).set(count.dead);
            }
            registry.register("jobs_waiting", "Jobs to be done, or to be tried again", waiting);
            registry.register("jobs_dead", "Jobs given up in the last week", dead);
        }
        Err(error) => error.log(),
    }
}

/// Checks that the caller may read: a program on this machine, or one with the token. The requests of a
/// proxy come from this machine as well, but say so.
fn may_read(venue: &Venue, peer: SocketAddr, headers: &HeaderMap) -> Result<(), Box<Response>> {
    if is_from_this_machine(peer.ip(), headers) && !venue.services.config.trusted_proxy {
        return Ok(());
    }
    let Some(token) = &venue.services.config.metrics_token else {
        return Err(StatusCode::NOT_FOUND.into_response().into());
    };
    let given = bearer(headers).unwrap_or_default();
    if bool::from(given.as_bytes().ct_eq(token.reveal().as_bytes())) {
        return Ok(());
    }
    let ask = [(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))];
    Err((StatusCode::UNAUTHORIZED, ask).into_response().into())
}

fn add_media(registry: &mut Registry, sample: &Sample) {
    let media = registry.sub_registry_with_prefix("media");
    let Totals {
        datagrams_in,
        bytes_in,
        datagrams_out,
        bytes_out,
        unknown_datagrams,
        rejected_stun,
        unclassified_datagrams,
        refused_datagrams,
        excess_datagrams,
        dropped_datagrams,
        dropped_events,
        media_packets_in,
        media_packets_out,
        keyframe_requests,
        sessions_started,
        sessions_ended,
        handshakes_failed,
        tcp_opened,
        tcp_closed,
        tcp_refused,
    } = sample.totals;
    let ways =
        |inward: u64, outward: u64| labelled("direction", [("in", inward), ("out", outward)]);
    media.register("datagrams", "UDP datagrams", ways(datagrams_in, datagrams_out));
    media.register("bytes", "Bytes in UDP datagrams", ways(bytes_in, bytes_out));
    media.register(
        "packets",
        "Media packets, retransmissions not counted on the way out",
        ways(media_packets_in, media_packets_out),
    );
    media.register(
        "datagrams_refused",
        "Datagrams that were not taken, or not sent",
        labelled(
            "why",
            [
                ("unknown", unknown_datagrams),
                ("stun", rejected_stun),
                ("unclassified", unclassified_datagrams),
                ("protocol", refused_datagrams),
                ("excess", excess_datagrams),
                ("not_sent", dropped_datagrams),
            ],
        ),
    );
    media.register(
        "events_dropped",
        "Events of the media core for which there was no room",
        counter(dropped_events),
    );
    media.register(
        "keyframe_requests",
        "Keyframe requests sent to publishers",
        counter(keyframe_requests),
    );
    media.register("sessions_started", "Sessions accepted", counter(sessions_started));
    media.register("sessions_ended", "Sessions ended", counter(sessions_ended));
    media.register(
        "handshakes_failed",
        "Sessions ended because their DTLS handshake failed",
        counter(handshakes_failed),
    );
    media.register("tcp_opened", "Connections for media by TCP", counter(tcp_opened));
    media.register("tcp_closed", "Connections for media by TCP that are over", counter(tcp_closed));
    media.register(
        "tcp_refused",
        "Connections for media by TCP from addresses that have too many",
        counter(tcp_refused),
    );

    let (sessions, trouble) =
        (Family::<Labels, Gauge>::default(), Family::<Labels, Gauge>::default());
    for role in [SessionRole::Publisher, SessionRole::Subscriber] {
        let lines = || sample.lines.values().filter(|line| line.role == role);
        let labels = [("role", role_name(role).to_owned())];
        sessions.get_or_create(&labels).set(count(lines().count()));
        trouble.get_or_create(&labels).set(count(lines().filter(|line| line.trouble).count()));
    }
    media.register("sessions", "Sessions there are now", sessions);
    media.register("sessions_in_trouble", "Sessions whose media flows badly now", trouble);
}

fn add_distributions(registry: &mut Registry, venue: &Venue) {
    let media = registry.sub_registry_with_prefix("media");
    for (role, spread) in venue.monitor.distributions() {
        let name = role_name(*role);
        let once = "observed once a session every ten seconds";
        media.register(
            format!("{name}_round_trip_seconds"),
            format!("Round trips, {once}"),
            spread.round_trip.clone(),
        );
        media.register(
            format!("{name}_loss_ratio"),
            format!("Share of packets lost, {once}"),
            spread.lost.clone(),
        );
        if *role == SessionRole::Subscriber {
            media.register(
                format!("{name}_jitter_seconds"),
                format!("Jitter, {once}"),
                spread.jitter.clone(),
            );
        }
    }
}

/// Files by feature: bytes and how many.
fn add_files(registry: &mut Registry, kept: Vec<(String, i64, i64)>) {
    let (bytes, files) = (Family::<Labels, Gauge>::default(), Family::<Labels, Gauge>::default());
    for (feature, size, count) in kept {
        let labels = [("feature", feature)];
        bytes.get_or_create(&labels).set(size);
        files.get_or_create(&labels).set(count);
    }
    registry.register("storage_bytes", "Bytes of files that are kept", bytes);
    registry.register("storage_files", "Files that are kept", files);
}

fn role_name(role: SessionRole) -> &'static str {
    match role {
        SessionRole::Publisher => "publisher",
        SessionRole::Subscriber => "subscriber",
    }
}

fn labelled<const N: usize>(
    name: &'static str,
    values: [(&'static str, u64); N],
) -> Family<Labels, Counter> {
    let family = Family::<Labels, Counter>::default();
    for (label, total) in values {
        family.get_or_create(&[(name, label.to_owned())]).inc_by(total);
    }
    family
}

fn counter(total: u64) -> Counter {
    let counter = Counter::default();
    counter.inc_by(total);
    counter
}

fn gauge(number: usize) -> Gauge {
    let gauge = Gauge::default();
    gauge.set(count(number));
    gauge
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
