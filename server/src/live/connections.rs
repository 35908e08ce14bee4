//! How many live channels are open, in all and from one address.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The most live channels of the venue.
const MOST: usize = 20_000;
/// The most live channels from one address; wide enough for a school behind one.
const MOST_FROM_ADDRESS: usize = 256;

/// Counts open live channels.
#[derive(Clone, Debug)]
pub struct Connections {
    most_from_address: usize,
    counts: Arc<Mutex<Counts>>,
}

#[derive(Debug, Default)]
struct Counts {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// One open live channel; dropped, it counts no more.
#[derive(Debug)]
pub struct Admission {
    connections: Connections,
    address: IpAddr,
}

impl Connections {
    /// Nothing open; `scale` widens what one address may have.
    pub fn new(scale: u32) -> Self {
        let scale = usize::try_from(scale).unwrap_or(usize::MAX);
        let most_from_address = MOST_FROM_ADDRESS.saturating_mul(scale);
        Self { most_from_address, counts: Arc::default() }
    }

    /// Counts one more from `address`; `None` when that is one too many.
    pub fn admit(&self, address: IpAddr) -> Option<Admission> {
        let mut counts = self.counts();
        let from_address = counts.by_address.get(&address).copied().unwrap_or_default();
        if counts.all >= MOST || from_address >= self.most_from_address {
            return None;
        }
        counts.all += 1;
        counts.by_address.insert(address, from_address + 1);
        drop(counts);
        Some(Admission { connections: self.clone(), address })
    }

    /// How many are open.
    pub fn count(&self) -> usize {
        self.counts().all
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        let mut counts = self.connections.counts();
        counts.all = counts.all.saturating_sub(1);
        if let Some(count) = counts.by_address.get_mut(&self.address) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                counts.by_address.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_leaves_room_for_others() {
        let connections = Connections::new(1);
        let (one, other) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let mut open: Vec<_> =
            (0..MOST_FROM_ADDRESS).map(|_| connections.admit(one).unwrap()).collect();
        assert!(connections.admit(one).is_none());
        assert!(connections.admit(other).is_some());
        open.pop();
        assert!(connections.admit(one).is_some());
    }
}
