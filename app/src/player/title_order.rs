//! The order of titles that are shown when they are heard: each waits as long as what is heard is behind what
//! has come, which changes.

/// Numbers of titles.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct TitleOrder {
    /// The latest that has come.
    come: u32,
    /// The latest that was shown.
    shown: u32,
}

impl TitleOrder {
    /// Number of a title that has come.
    pub(super) fn number(&mut self) -> u32 {
        self.come += 1;
        self.come
    }

    /// Tells whether a title is to be shown now: one that came before another that is shown already isn't.
    pub(super) fn is_next(&mut self, number: u32) -> bool {
        let next = number > self.shown;
        self.shown = self.shown.max(number);
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_that_waited_longer_than_the_next_is_not_shown() {
        let mut order = TitleOrder::default();
        let (one, two) = (order.number(), order.number());
        assert!(order.is_next(two) && !order.is_next(one));
        let three = order.number();
        let four = order.number();
        assert!(order.is_next(three) && order.is_next(four));
    }
}
