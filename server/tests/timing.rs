//! Whether answers tell by their time who has an account.
//!
//! Two kinds of request are made in turns, in random order, each when nothing else is left to be done.
//! The Mann-Whitney U test then says how unlikely their times would be if both came from one
//! distribution. It compares ranks alone, so a few slow answers on a busy machine don't matter.

use std::time::Instant;

use bandstand_domain::accounts::Registration;
use rand::seq::SliceRandom;
use serde_json::{Value, json};

use crate::support::app::{PASSWORD, TestApp, registration};

/// How often each kind is tried.
const TRIES: usize = 30;
/// By how many standard deviations the ranks may be apart: one run in 16,000 by chance.
const APART: f64 = 4.0;

/// How far the ranks of two samples of the same size are apart, in standard deviations.
fn apart(one: &[u128], other: &[u128]) -> f64 {
    let (n, m) = (one.len() as f64, other.len() as f64);
    let pairs = one.iter().flat_map(|a| other.iter().map(move |b| (a, b)));
    let wins: f64 = pairs
        .map(|(a, b)| {
            if a > b {
                1.0
            } else if a == b {
                0.5
            } else {
                0.0
            }
        })
        .sum();
    (wins - n * m / 2.0).abs() / (n * m * (n + m + 1.0) / 12.0).sqrt()
}

/// Times of `function` with either kind of arguments; `arguments` gets the kind and a number.
async fn times(
    app: &TestApp,
    function: &str,
    arguments: impl Fn(usize, usize) -> Value,
) -> [Vec<u128>; 2] {
    let user = app.nobody();
    let mut times = [Vec::new(), Vec::new()];
    for number in 0..TRIES {
        let mut kinds = [0, 1];
        kinds.shuffle(&mut rand::rng());
        for kind in kinds {
            app.jobs_done().await;
            let arguments = arguments(kind, number);
            let begun = Instant::now();
            user.post(function, arguments).await.bytes().await.unwrap();
            times[kind].push(begun.elapsed().as_micros());
        }
    }
    times
}

#[tokio::test]
async fn no_answer_tells_by_its_time_who_has_an_account() {
    let app = TestApp::start().await;
    app.artist("known").await;
    let log_in =
        |login: &str, password: &str| json!({ "form": { "login": login, "password": password } });
    let logins = ["known", "other"];

    let [known, unknown] =
        times(&app, "accounts/log_in", |kind, _| log_in(logins[kind], "wrong password")).await;
    assert!(apart(&known, &unknown) < APART, "logging in: {known:?} {unknown:?}");

    let [known, unknown] =
        times(&app, "accounts/forgotten", |kind, _| json!({ "login": logins[kind] })).await;
    assert!(apart(&known, &unknown) < APART, "a forgotten password: {known:?} {unknown:?}");

    let [known, unknown] = times(&app, "accounts/register", |kind, number| {
        let handle = format!("h{kind}-{number}");
        let email =
            if kind == 0 { "known@example.org".into() } else { format!("{handle}@example.org") };
        json!({ "form": Registration { email, ..registration(&handle) } })
    })
    .await;
    assert!(apart(&known, &unknown) < APART, "registering: {known:?} {unknown:?}");

    // The measure itself: an answer that hashes no password is told apart.
    let passwords = ["", PASSWORD];
    let [none, some] =
        times(&app, "accounts/log_in", |kind, _| log_in("other", passwords[kind])).await;
    assert!(apart(&none, &some) > APART, "{none:?} {some:?}");
}
