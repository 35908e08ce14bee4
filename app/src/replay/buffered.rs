//! Ranges of seconds that are buffered, in order, and a position among them.

/// Seconds at the end of what is buffered in which browsers wait for more.
const EDGE: f64 = 0.25;
/// Seconds by which it is begun behind the edge of what is buffered.
const INSIDE: f64 = 0.01;

/// Seconds that are buffered from `position` on, without what is missing between.
pub fn ahead(buffered: &[(f64, f64)], position: f64) -> f64 {
    buffered.iter().map(|(start, end)| (end - start.max(position)).max(0.0)).sum()
}

/// True if `position` is buffered, and something after it.
pub fn holds(buffered: &[(f64, f64)], position: f64) -> bool {
    buffered.iter().any(|(start, end)| *start <= position && position < end - EDGE)
}

/// Second at which what stands still at `position` goes on, if it has come to the edge of something missing.
pub fn jump(buffered: &[(f64, f64)], position: f64) -> Option<f64> {
    if holds(buffered, position) {
        return None;
    }
    buffered.iter().map(|range| range.0).find(|start| *start > position).map(|it| it + INSIDE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_not_ahead_and_is_jumped_over() {
        let buffered = [(0.0, 10.0), (60.0, 65.0)];
        assert_eq!((ahead(&buffered, 4.0), ahead(&buffered, 62.0)), (11.0, 3.0));
        assert_eq!(jump(&buffered, 4.0), None);
        for at_the_edge in [9.9, 10.0, 30.0] {
            assert_eq!(jump(&buffered, at_the_edge), Some(60.0 + INSIDE));
        }
        assert_eq!(jump(&buffered, 64.9), None);
        assert!(holds(&buffered, 9.0) && !holds(&buffered, 9.9) && !holds(&buffered, 30.0));
    }
}
