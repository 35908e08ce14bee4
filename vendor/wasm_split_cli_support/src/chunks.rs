//! Folding of chunks that are too small, or too many, into others or into the main module.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::fold::{Limits, Users};

/// Decides into what each chunk that is too small, or one too many, is folded: into the main module, or with
/// another chunk into one for the users of both; whatever makes splits load the fewest bytes without need.
///
/// Each chunk keeps the cheapest way that was found for it. Only what a change touches is looked at anew, so that
/// some thousand chunks take seconds.
pub(crate) fn small_chunks(
    sizes: &mut BTreeMap<BTreeSet<String>, u64>,
    weights: &BTreeMap<String, f64>,
    callers: &BTreeMap<String, Users>,
    limits: &Limits,
) -> HashMap<BTreeSet<String>, Users> {
    let splits = Splits::new(weights, callers);
    let mut folding = Folding::new(&splits, sizes, limits);
    while folding.step() {}
    *sizes = folding
        .chunks
        .iter()
        .filter(|chunk| chunk.is_there)
        .map(|chunk| (splits.names(chunk.users), chunk.size))
        .collect();
    let folded = folding.folded.iter();
    folded.map(|(users, into)| (splits.names(*users), into.map(|into| splits.names(into)))).collect()
}

/// Splits by number; a set of them is a number with their bits.
struct Splits<'a> {
    names: Vec<&'a String>,
    weights: Vec<f64>,
    all: f64,
    /// Those from which each is loaded; none if it may be the first one.
    callers: Vec<Option<u64>>,
    /// Those that are loaded from others.
    followers: u64,
}

impl<'a> Splits<'a> {
    fn new(weights: &'a BTreeMap<String, f64>, callers: &BTreeMap<String, Users>) -> Self {
        let names: Vec<&String> = weights.keys().collect();
        assert!(names.len() <= 64, "a set of splits has room for 64");
        let mut splits = Splits {
            weights: weights.values().copied().collect(),
            all: weights.values().sum(),
            callers: Vec::new(),
            followers: 0,
            names,
        };
        let callers = splits.names.iter().map(|name| {
            callers.get(*name).and_then(Option::as_ref).map(|users| splits.bits(users))
        });
        splits.callers = callers.collect();
        for (number, callers) in splits.callers.iter().enumerate() {
            splits.followers |= u64::from(callers.is_some()) << number;
        }
        splits
    }

    fn bits(&self, users: &BTreeSet<String>) -> u64 {
        let numbers = users.iter().filter_map(|user| self.names.binary_search(&user).ok());
        numbers.fold(0, |bits, number| bits | 1 << number)
    }

    fn names(&self, users: u64) -> BTreeSet<String> {
        numbers(users).map(|number| self.names[number].clone()).collect()
    }

    fn weight(&self, users: u64) -> f64 {
        numbers(users).map(|number| self.weights[number]).sum()
    }

    /// The users of both, without those that are loaded from all others of them.
    fn both(&self, one: u64, other: u64) -> u64 {
        let mut users = one | other;
        loop {
            let follower = numbers(users & self.followers)
                .find(|number| self.callers[*number].is_some_and(|callers| callers & !users == 0));
            match follower {
                Some(follower) => users &= !(1 << follower),
                None => return users,
            }
        }
    }
}

/// The numbers whose bits are set, the smallest first.
fn numbers(mut bits: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let number = bits.trailing_zeros() as usize;
        bits &= bits.wrapping_sub(1);
        (number < 64).then_some(number)
    })
}

struct Chunk {
    users: u64,
    weight: f64,
    size: u64,
    is_there: bool,
    /// The cheapest way to fold it, with its cost: with another chunk, or into the main module.
    best: Option<(f64, Option<usize>)>,
}

struct Folding<'a> {
    splits: &'a Splits<'a>,
    limits: &'a Limits,
    chunks: Vec<Chunk>,
    by_users: HashMap<u64, usize>,
    folded: HashMap<u64, Option<u64>>,
}

impl<'a> Folding<'a> {
    fn new(
        splits: &'a Splits<'a>,
        sizes: &BTreeMap<BTreeSet<String>, u64>,
        limits: &'a Limits,
    ) -> Self {
        let mut folding = Folding {
            splits,
            limits,
            chunks: Vec::with_capacity(sizes.len()),
            by_users: HashMap::new(),
            folded: HashMap::new(),
        };
        for (users, size) in sizes {
            folding.grow(splits.bits(users), *size);
        }
        folding
    }

    /// Adds bytes to the chunk of these users; answers which it is.
    fn grow(&mut self, users: u64, size: u64) -> usize {
        let number = *self.by_users.entry(users).or_insert_with(|| {
            let weight = self.splits.weight(users);
            self.chunks.push(Chunk { users, weight, size: 0, is_there: true, best: None });
            self.chunks.len() - 1
        });
        self.chunks[number].size += size;
        number
    }

    /// Splits with more chunks than they may have.
    fn crowded(&self) -> u64 {
        let Some(most) = self.limits.most_chunks else { return 0 };
        let mut counts = [0; 64];
        for chunk in self.chunks.iter().filter(|chunk| chunk.is_there) {
            numbers(chunk.users).for_each(|number| counts[number] += 1);
        }
        (0..64).filter(|number| counts[*number] > most).fold(0, |bits, number| bits | 1 << number)
    }

    fn cost(&self, one: &Chunk, other: &Chunk) -> f64 {
        let weight = self.splits.weight(self.splits.both(one.users, other.users));
        one.size as f64 * (weight - one.weight) + other.size as f64 * (weight - other.weight)
    }

    fn best(&self, number: usize) -> (f64, Option<usize>) {
        let chunk = &self.chunks[number];
        let mut best = (chunk.size as f64 * (self.splits.all - chunk.weight), None);
        for (other_number, other) in self.chunks.iter().enumerate() {
            if other.is_there && other_number != number {
                let cost = self.cost(chunk, other);
                if cost < best.0 {
                    best = (cost, Some(other_number));
                }
            }
        }
        best
    }

    /// Folds one chunk; false if none is too small or one too many.
    fn step(&mut self) -> bool {
        let crowded = self.crowded();
        let mut cheapest: Option<(f64, usize, Option<usize>)> = None;
        for number in 0..self.chunks.len() {
            let chunk = &self.chunks[number];
            let is_large = chunk.size >= self.limits.smallest_chunk && chunk.users & crowded == 0;
            if !chunk.is_there || is_large {
                continue;
            }
            let best = match chunk.best {
                Some(best) => best,
                None => self.best(number),
            };
            self.chunks[number].best = Some(best);
            if cheapest.is_none_or(|(least, ..)| best.0 < least) {
                cheapest = Some((best.0, number, best.1));
            }
        }
        let Some((_, number, other)) = cheapest else { return false };
        let into = other.and_then(|other| {
            let both = self.splits.both(self.chunks[number].users, self.chunks[other].users);
            self.resolve(both)
        });
        let mut grown = None;
        for moved in [Some(number), other].into_iter().flatten() {
            let chunk = &mut self.chunks[moved];
            let (users, size) = (chunk.users, std::mem::take(&mut chunk.size));
            if into == Some(users) {
                grown = Some(self.grow(users, size));
                continue;
            }
            chunk.is_there = false;
            self.by_users.remove(&users);
            self.folded.insert(users, into);
            grown = into.map(|into| self.grow(into, size)).or(grown);
        }
        self.look_again(&[Some(number), other, grown], grown);
        true
    }

    /// Looks anew at chunks for which the `changed` ones were the cheapest, and whether the one that has `grown` is.
    fn look_again(&mut self, changed: &[Option<usize>], grown: Option<usize>) {
        for number in 0..self.chunks.len() {
            let chunk = &self.chunks[number];
            let Some((cost, other)) = chunk.best else { continue };
            if changed.contains(&Some(number)) || (other.is_some() && changed.contains(&other)) {
                self.chunks[number].best = None;
            } else if let Some(grown) = grown {
                let with_grown = self.cost(chunk, &self.chunks[grown]);
                if with_grown < cost {
                    self.chunks[number].best = Some((with_grown, Some(grown)));
                }
            }
        }
    }

    /// Where what is loaded by `users` is by now.
    fn resolve(&self, users: u64) -> Option<u64> {
        let mut users = Some(users);
        while let Some(into) = users.and_then(|users| self.folded.get(&users)) {
            users = *into;
        }
        users
    }
}
