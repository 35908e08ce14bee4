//! How many connections of one kind are open, in all and from one address.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Counts open connections.
#[derive(Clone, Debug)]
pub struct Connections {
    most: usize,
    most_from_address: usize,
    counts: Arc<Mutex<Counts>>,
}

#[derive(Debug, Default)]
struct Counts {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// One open connection; dropped, it counts no more.
#[derive(Debug)]
pub struct Admission {
    connections: Connections,
    address: IpAddr,
}

impl Connections {
    /// Nothing open.
    pub fn new(most: usize, most_from_address: usize) -> Self {
        Self { most, most_from_address, counts: Arc::default() }
    }

    /// Counts one more from `address`; `None` when that is one too many.
    pub fn admit(&self, address: IpAddr) -> Option<Admission> {
        let mut counts = self.counts();
        let from_address = counts.by_address.get(&address).copied().unwrap_or_default();
        if counts.all >= self.most || from_address >= self.most_from_address {
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
        let connections = Connections::new(8, 6);
        let (one, other) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let mut open: Vec<_> = (0..6).map(|_| connections.admit(one).unwrap()).collect();
        assert!(connections.admit(one).is_none());
        let others = [connections.admit(other).unwrap(), connections.admit(other).unwrap()];
        assert!(connections.admit(other).is_none(), "there is no room for anybody");
        open.pop();
        assert!(connections.admit(one).is_some());
        drop((open, others));
        assert_eq!(connections.count(), 0);
    }
}
