//! Performers on stage, and successors who wait beside it.

use std::collections::VecDeque;

use bandstand_domain::{Millis, stream_keys::StreamKeyId};

use super::source::SourceId;

use crate::ids::{AccountId, SessionName};

/// The most stream keys that are remembered as replaced; the oldest gives way.
const MAX_REPLACED: usize = 16;
/// Turns within [`TURN_WINDOW`] after which programs that throw each other off are held apart.
const MAX_TURNS: usize = 3;
/// In milliseconds.
const TURN_WINDOW: i64 = Millis::MINUTE;

/// ClaimProof what right somebody goes on stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The private identity of the artist's account.
    pub artist: AccountId,
    /// Proof of the claim.
    pub by: ClaimProof,
}

/// Proof of the right to go on stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClaimProof {
    /// A token that was given to this session.
    Session(SessionName),
    /// A stream key.
    Key(StreamKeyId),
}

impl Claim {
    /// The stream key, when it is one.
    pub fn key(&self) -> Option<StreamKeyId> {
        match &self.by {
            ClaimProof::Session(_) => None,
            ClaimProof::Key(key) => Some(*key),
        }
    }
}

/// The publisher on a stage.
#[derive(Clone, Debug)]
pub struct Performer {
    pub source: SourceId,
    pub publication: i64,
    pub claim: Claim,
    /// The audience was told.
    pub arrived: bool,
    /// They take a break.
    pub paused: bool,
    /// The audience was told that nothing comes from them.
    pub silent: bool,
    /// The highest number that somebody was given on this stage who may never have been on it.
    pub given: i64,
    /// The stream keys whose programs were thrown off the stage since it was last free. Such programs
    /// come back by themselves, and would throw off again whoever the artist wants there.
    pub replaced: Vec<StreamKeyId>,
    /// Times at which programs threw each other off since the stage was last free.
    pub turns: Turns,
}

/// The publisher that is to take over a stage.
#[derive(Clone, Debug)]
pub struct Successor {
    pub source: SourceId,
    pub publication: i64,
    pub claim: Claim,
    /// Its handshake is done.
    pub connected: bool,
}

impl Performer {
    /// Somebody who has just gone on stage.
    pub fn new(source: SourceId, publication: i64, claim: Claim) -> Self {
        Self {
            source,
            publication,
            claim,
            arrived: false,
            paused: false,
            silent: false,
            given: publication,
            replaced: Vec::new(),
            turns: Turns::default(),
        }
    }

    /// Their picture or sound has come, and the audience was told that they are live: a break from
    /// before, when somebody else was to be seen, is over.
    pub fn arrive(&mut self) {
        self.arrived = true;
        self.paused = false;
    }

    /// Tells whether the audience sees them: it was told of their arrival, and of no silence since.
    pub fn is_seen(&self) -> bool {
        self.arrived && !self.silent
    }

    /// Tells whether the program with `key` must not come back: it was replaced, and its successor is heard.
    pub fn keeps_off(&self, key: StreamKeyId) -> bool {
        !self.silent && self.replaced.contains(&key)
    }

    /// The same stage, taken over from `before`.
    pub fn after(self, before: Option<Self>, now: Millis) -> Self {
        let Some(before) = before else { return self };
        let next = self.claim.key();
        let mut turns = before.turns.clone();
        if next.is_some() && next == before.claim.key() && !before.silent {
            turns.note(now);
        }
        let given = before.given.max(self.publication);
        Self { given, turns, replaced: before.replaced_by(next), ..self }
    }

    /// The keys that must not come back while the next one, who may have one too, is on stage.
    fn replaced_by(self, next: Option<StreamKeyId>) -> Vec<StreamKeyId> {
        let mut replaced = self.replaced;
        if let Some(key) = self.claim.key()
            && Some(key) != next
        {
            replaced.retain(|other| *other != key);
            replaced.push(key);
        }
        replaced.retain(|other| Some(*other) != next);
        let surplus = replaced.len().saturating_sub(MAX_REPLACED);
        replaced.drain(..surplus);
        replaced
    }

    /// Tells whether a program with `key` would go on with a quarrel: one with the same key is on stage, or
    /// somebody is about to be, and they have thrown each other off too often of late. Who tries on is
    /// kept off for as long as they do, so it settles.
    pub fn is_contested(
        &mut self,
        key: StreamKeyId,
        waiting: Option<&Successor>,
        now: Millis,
    ) -> bool {
        let same = self.claim.key() == Some(key) && !self.silent;
        let thrown_off = same || waiting.is_some_and(|it| it.connected);
        let contested = thrown_off && self.turns.are_many(now);
        if contested {
            self.turns.note(now);
        }
        contested
    }
}

/// The highest number that somebody was given on a stage; 0 when nobody is known there.
pub fn highest_given(on_stage: Option<&Performer>, waiting: Option<&Successor>) -> i64 {
    let (on_stage, waiting) = (on_stage.map(|it| it.given), waiting.map(|it| it.publication));
    on_stage.max(waiting).unwrap_or(0)
}

/// Times at which programs threw each other off a stage; as many as matter.
#[derive(Clone, Debug, Default)]
pub struct Turns(VecDeque<Millis>);

impl Turns {
    /// One more.
    pub fn note(&mut self, now: Millis) {
        if self.0.len() == MAX_TURNS {
            self.0.pop_front();
        }
        self.0.push_back(now);
    }

    /// Tells whether the last [`TURN_WINDOW`] had [`MAX_TURNS`].
    fn are_many(&self, now: Millis) -> bool {
        let since = now.plus(-TURN_WINDOW);
        self.0.iter().filter(|at| **at > since).count() == MAX_TURNS
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn performer(publication: i64, key: StreamKeyId) -> Performer {
        Performer::new(
            SourceId(0),
            publication,
            Claim { artist: AccountId::new("ada"), by: ClaimProof::Key(key) },
        )
    }

    #[test]
    fn programs_with_one_key_settle_after_three_turns_in_a_minute() {
        let (key, other) = (StreamKeyId(Uuid::from_u128(1)), StreamKeyId(Uuid::from_u128(2)));
        let mut on_stage = performer(1, key);
        let mut now = Millis(1_000_000);
        for publication in 2..5 {
            assert!(!on_stage.is_contested(key, None, now));
            on_stage = performer(publication, key).after(Some(on_stage), now);
            now = now.plus(2_000);
        }
        // Whoever goes on trying stays off, however long.
        for _ in 0..100 {
            assert!(on_stage.is_contested(key, None, now));
            now = now.plus(2_000);
        }
        // Another key takes over, and so does the same once nobody is heard, or nobody tries.
        assert!(!on_stage.is_contested(other, None, now));
        let mut silent = Performer { silent: true, ..on_stage.clone() };
        assert!(!silent.is_contested(key, None, now));
        assert!(!on_stage.is_contested(key, None, now.plus(TURN_WINDOW)));
    }

    #[test]
    fn a_replaced_program_may_come_back_once_its_successor_is_silent() {
        let (key, other) = (StreamKeyId(Uuid::from_u128(1)), StreamKeyId(Uuid::from_u128(2)));
        let mut on_stage = performer(2, other).after(Some(performer(1, key)), Millis(0));
        assert!(on_stage.keeps_off(key));
        on_stage.silent = true;
        assert!(!on_stage.keeps_off(key));
        // Then it keeps off the other, and not itself.
        let back = performer(3, key).after(Some(on_stage), Millis(0));
        assert!(back.keeps_off(other));
        assert!(!back.keeps_off(key));
    }

    #[test]
    fn a_break_taken_before_the_picture_came_ends_with_it() {
        let mut performer = performer(1, StreamKeyId(Uuid::from_u128(1)));
        performer.paused = true;
        assert!(!performer.is_seen());
        performer.arrive();
        assert!(performer.is_seen() && !performer.paused);
        performer.silent = true;
        assert!(!performer.is_seen());
    }

    #[test]
    fn a_number_given_to_who_waits_is_not_given_again() {
        let Performer { source, claim, .. } = performer(1, StreamKeyId(Uuid::from_u128(1)));
        let waiting = Successor { source, publication: 4, claim, connected: false };
        let on_stage = performer(3, StreamKeyId(Uuid::from_u128(1)));
        assert_eq!(highest_given(Some(&on_stage), Some(&waiting)), 4);
        assert_eq!(highest_given(None, Some(&waiting)), 4);
        assert_eq!(highest_given(Some(&on_stage), None), 3);
        assert_eq!(highest_given(None, None), 0);
    }

    #[test]
    fn who_comes_back_after_a_break_of_the_line_makes_no_turn() {
        let key = StreamKeyId(Uuid::from_u128(1));
        let mut on_stage = performer(1, key);
        for publication in 2..20 {
            on_stage.silent = true;
            on_stage = performer(publication, key).after(Some(on_stage), Millis(0));
        }
        assert!(!on_stage.is_contested(key, None, Millis(0)));
        assert!(on_stage.replaced.is_empty());
    }
}
