//! Choice of the layer that is recorded, of all in which a picture is sent.

use crate::packet::{Micros, micros};
use std::time::Duration;

/// Time over which the layers' rates are measured, and after which a silent one is given up.
const WINDOW: Micros = 1_000_000;
/// Ratio by which another layer has to be the larger one, in hundredths, so that jitter changes nothing.
const LARGER: u64 = 115;
/// The most layers that are told apart.
const MAX_LAYERS: usize = 8;

/// Chooser of the best layer: the one with the most bytes, which is the largest picture wherever codec and
/// content are the same. It goes from one layer to another at a keyframe.
#[derive(Debug, Default)]
pub struct BestLayer {
    session: Option<u64>,
    layers: [Layer; MAX_LAYERS],
    current: Option<u8>,
    target: Option<u8>,
    window: Micros,
}

#[derive(Clone, Copy, Debug, Default)]
struct Layer {
    bytes: u64,
    before: u64,
}

impl BestLayer {
    /// Takes note of a packet that came at `now`; returns whether it is to be recorded. `keyframe` is true where
    /// a keyframe may begin.
    pub fn takes(
        &mut self,
        now: Duration,
        session: u64,
        (layer, bytes): (u8, usize),
        keyframe: bool,
    ) -> bool {
        if self.session != Some(session) {
            *self = BestLayer { session: Some(session), window: micros(now), ..Self::default() };
        }
        let Some(known) = self.layers.get_mut(usize::from(layer)) else { return false };
        known.bytes += bytes as u64;
        self.measure(micros(now));
        // The first one is recorded whatever it is, so that the recorder asks for its keyframe.
        let turns = keyframe && self.target == Some(layer);
        if turns || self.current.is_none() {
            (self.current, self.target) = (Some(layer), None);
        }
        self.current == Some(layer)
    }

    /// Layer of which a keyframe is needed: the one that is to be recorded from there on.
    pub fn wanted(&self) -> Option<u8> {
        self.target.or(self.current)
    }

    /// True while a better layer is waited for, of which a keyframe is to be asked for.
    pub fn waits(&self) -> bool {
        self.target.is_some()
    }

    fn measure(&mut self, now: Micros) {
        if now - self.window < WINDOW {
            return;
        }
        self.window = now;
        for layer in &mut self.layers {
            (layer.before, layer.bytes) = (layer.bytes, 0);
        }
        let best = (0..MAX_LAYERS).max_by_key(|at| self.layers[*at].before).unwrap_or_default();
        let best_rate = self.layers[best].before;
        let rate = self.current.map_or(0, |it| self.layers[usize::from(it)].before);
        let better = best_rate * 100 > rate * LARGER;
        self.target = u8::try_from(best).ok().filter(|it| better && Some(*it) != self.current);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds a second of packets of layers of these sizes each 20 ms, with a keyframe at its beginning where
    /// asked; returns the layers that were recorded.
    fn second(best: &mut BestLayer, at: u64, sizes: &[usize], keyframe: bool) -> Vec<u8> {
        let mut recorded = Vec::new();
        for tick in 0..50 {
            for (layer, size) in sizes.iter().enumerate().filter(|it| *it.1 > 0) {
                let now = Duration::from_millis(at * 1_000 + tick * 20);
                let layer = layer as u8;
                if best.takes(now, 1, (layer, *size), keyframe && tick == 1) {
                    recorded.push(layer);
                }
            }
        }
        recorded.dedup();
        recorded
    }

    #[test]
    fn the_largest_layer_is_recorded_from_a_keyframe_on() {
        let mut best = BestLayer::default();
        assert_eq!(second(&mut best, 0, &[100, 0, 0], true), [0]);
        // The others come as the line allows.
        assert_eq!(second(&mut best, 1, &[100, 400, 900], false), [0]);
        assert_eq!(second(&mut best, 2, &[100, 400, 900], false), [0]);
        assert!(best.waits());
        assert_eq!(best.wanted(), Some(2));
        assert_eq!(second(&mut best, 3, &[100, 400, 900], true), [0, 2]);
        assert!(!best.waits());
        // A layer that is hardly larger is none that is changed for.
        assert_eq!(second(&mut best, 4, &[100, 950, 900], true), [2]);
    }

    #[test]
    fn a_layer_that_falls_silent_is_left() {
        let mut best = BestLayer::default();
        second(&mut best, 0, &[0, 0, 900], true);
        assert_eq!(second(&mut best, 1, &[100, 400, 0], false), []);
        assert_eq!(second(&mut best, 2, &[100, 400, 0], false), []);
        assert_eq!(best.wanted(), Some(1));
        assert_eq!(second(&mut best, 3, &[100, 400, 0], true), [1]);
    }

    #[test]
    fn another_session_begins_anew() {
        let mut best = BestLayer::default();
        second(&mut best, 0, &[0, 0, 900], true);
        assert!(best.takes(Duration::from_secs(1), 2, (0, 100), false));
        assert!(!best.takes(Duration::from_secs(1), 2, (1, 100), true));
    }
}
