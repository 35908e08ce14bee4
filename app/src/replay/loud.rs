//! Loud moments of a recording, at which its crowd did the most: marks on the bar, and a list of places to go to.

use bandstand_domain::recordings::{Cut, write_time};
use leptos::prelude::*;

use crate::t;

/// Loud moments of what is played, in milliseconds since its beginning.
pub fn loud_moments(loud: &[u64], cut: Cut) -> Vec<u64> {
    loud.iter().filter(|time| (cut.from..cut.to).contains(time)).map(|it| it - cut.from).collect()
}

/// Marks of times on a line that is a thousand long, as the data of a path.
pub fn loud_marks(loud: &[u64], length: u64) -> String {
    loud.iter().map(|time| format!("M{} 0v1", time * 1_000 / length.max(1))).collect()
}

/// List of loud moments, which can be gone to.
pub fn loud_list(loud: StoredValue<Vec<u64>>, seek: Callback<u64>) -> AnyView {
    let moment = move |time: u64| {
        view! {
            <li>
                <button class="chapter" type="button" on:click=move |_| seek.run(time)>
                    {t!(replay.loud_at, time = write_time(time))}
                </button>
            </li>
        }
    };
    let (loud, none) = loud.with_value(|loud| (loud.clone(), loud.is_empty()));
    view! {
        <details class="replay-chapters" hidden=none>
            <summary class="button">{t!(replay.loud)}</summary>
            <ol role="list">{loud.into_iter().map(moment).collect_view()}</ol>
        </details>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loud_moments_are_those_of_what_is_played() {
        let found = loud_moments(&[500, 1_000, 4_999, 5_000], Cut { from: 1_000, to: 5_000 });
        assert_eq!(found, [0, 3_999]);
        assert_eq!(loud_marks(&found, 4_000), "M0 0v1M999 0v1");
    }
}
