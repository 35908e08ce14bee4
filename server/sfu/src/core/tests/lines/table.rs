//! The table of `./bandstand bench lines`.

use super::line::LineSpec;
use super::{Case, Figures, MUSIC, SPEECH, WATCHED, watch};

/// Seeds whose medians are printed.
const SEEDS: [u64; 3] = [1, 2, 3];

/// A line that stays as it is.
fn steady(name: &'static str, sound: usize, spec: LineSpec) -> Case {
    Case { name, sound, line: vec![(0, spec)] }
}

/// A line that changes.
fn changing(name: &'static str, line: &[(u64, LineSpec)]) -> Case {
    Case { name, sound: SPEECH, line: line.to_vec() }
}

fn cases() -> Vec<Case> {
    let line = LineSpec::new;
    let fast = line(50_000, 20, 50);
    let wifi = line(20_000, 10, 200);
    vec![
        steady("300 kbit/s, 200 ms queue, speech", SPEECH, line(300, 20, 200)),
        steady("384 kbit/s, 100 ms, 1 s queue, music", MUSIC, line(384, 100, 1_000)),
        steady("600 kbit/s, 50 ms, 1 s queue, speech", SPEECH, line(600, 50, 1_000)),
        steady("1 Mbit/s, 100 ms queue, music", MUSIC, line(1_000, 20, 100)),
        steady("1 Mbit/s, 50 ms, 1 s queue, music", MUSIC, line(1_000, 50, 1_000)),
        steady("2 Mbit/s, 100 ms queue, music", MUSIC, line(2_000, 30, 100)),
        steady("3.5 Mbit/s, 50 ms queue, music", MUSIC, line(3_500, 20, 50)),
        steady("5 Mbit/s, 100 ms queue, 1 % lost", SPEECH, {
            LineSpec { lost: 10, ..line(5_000, 20, 100) }
        }),
        steady("10 Mbit/s, 50 ms queue, music", MUSIC, line(10_000, 50, 50)),
        steady("50 Mbit/s, 50 ms queue, music", MUSIC, fast),
        steady("50 Mbit/s, 200 ms, 5 % lost", SPEECH, {
            LineSpec { lost: 50, ..line(50_000, 200, 200) }
        }),
        steady("50 Mbit/s, policed to 2 Mbit/s", SPEECH, LineSpec { policed: Some(2_000), ..fast }),
        steady("50 Mbit/s, policed to 500 kbit/s", SPEECH, LineSpec { policed: Some(500), ..fast }),
        steady("20 Mbit/s, Wi-Fi stalls 300 ms each 6 s", SPEECH, {
            LineSpec { stalls: Some((6_000, 300)), ..wifi }
        }),
        steady("6 Mbit/s beside a download, 100 ms queue", SPEECH, {
            LineSpec { shared: true, ..line(6_000, 20, 100) }
        }),
        changing(
            "50 Mbit/s, from 20 s on 60 ms longer",
            &[(0, fast), (20, LineSpec { delay: 80, ..fast })],
        ),
        changing(
            "20 Mbit/s, 1 Mbit/s from 20 to 40 s",
            &[(0, wifi), (20, LineSpec { rate: 1_000, ..wifi }), (40, wifi)],
        ),
        changing(
            "20 Mbit/s, 200 kbit/s from 20 s on",
            &[(0, wifi), (20, LineSpec { rate: 200, ..wifi })],
        ),
    ]
}

fn median<T: PartialOrd + Copy>(all: &[Figures], of: impl Fn(&Figures) -> T) -> T {
    let mut values: Vec<T> = all.iter().map(of).collect();
    values.sort_by(|a, b| a.partial_cmp(b).expect("numbers"));
    values[values.len() / 2]
}

#[test]
#[ignore = "a measurement: ./bandstand bench lines"]
fn table() {
    println!(
        "Viewers on lines, {WATCHED} s each, in virtual time; medians of {} seeds",
        SEEDS.len()
    );
    println!(
        "first: ms from the offer to the first picture; frozen: s in freezes; gaps: silences > 100 ms"
    );
    println!(
        "made: ‰ of sound made up; lines: mean height; settled: s; rep, drop: % of bytes; start: kbit/s of the first 2 s"
    );
    println!(
        "| {:<42} | first | freezes | frozen | gaps | longest | made | changes | lines | settled | rep | drop | start | asked |",
        "line"
    );
    println!("|{}|", "-".repeat(44) + &"|---".repeat(13));
    let only = std::env::var("LINES_ONLY").unwrap_or_default();
    for case in cases().into_iter().filter(|case| case.name.contains(&only)) {
        let all: Vec<Figures> = SEEDS.iter().map(|seed| watch(*seed, &case, WATCHED)).collect();
        println!(
            "| {:<42} | {:>5} | {:>7} | {:>6.1} | {:>4} | {:>7} | {:>4.1} | {:>7} | {:>5.0} | {:>7.1} | {:>3.0} | {:>4.1} | {:>5} | {:>5} |",
            case.name,
            median(&all, |f| f.first.map_or(99_999, |it| it.as_millis())),
            median(&all, |f| f.freezes),
            median(&all, |f| f.frozen.as_secs_f64()),
            median(&all, |f| f.gaps),
            median(&all, |f| f.longest.as_millis().min(99_999)),
            median(&all, |f| f.made_up * 1_000.0),
            median(&all, |f| f.changes),
            median(&all, |f| f.height),
            median(&all, |f| f.settled),
            median(&all, |f| f.repaired * 100.0),
            median(&all, |f| f.dropped * 100.0),
            median(&all, |f| f.at_first / 1_000),
            median(&all, |f| f.asked),
        );
    }
}
