//! Bounds on open connections of one kind: in all, from one address, and from one site's IPv6 network.

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::Hash,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::limits::by_address;

/// Counts open connections.
#[derive(Clone, Debug)]
pub struct Connections {
    most: usize,
    most_from_address: usize,
    counts: Arc<Mutex<Counts>>,
}

/// Connections that a whole IPv6 site (/48) may open, as a multiple of one address's. Providers give a
/// /56 or a /48 to one customer; a /48 has 65,536 networks (/64) that each count as one address.
const MAX_FROM_SITE: usize = 4;

#[derive(Debug, Default)]
struct Counts {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
    /// By the first 48 bits of IPv6 addresses.
    by_site: HashMap<u64, usize>,
}

/// One open connection; dropped, it counts no more.
#[derive(Debug)]
pub struct Admission {
    connections: Connections,
    address: IpAddr,
    site: Option<u64>,
}

/// Reason for which a connection isn't taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoCapacity {
    /// There is none for anybody.
    ForAnybody,
    /// There is none for this address, or its site.
    ForAddress,
}

impl Connections {
    /// Nothing open.
    pub fn new(most: usize, most_from_address: usize) -> Self {
        Self { most, most_from_address, counts: Arc::default() }
    }

    /// Counts one more from `address`, of IPv6 by /64 and by /48.
    ///
    /// # Errors
    /// [`NoCapacity`] when that is one too many.
    pub fn admit(&self, address: IpAddr) -> Result<Admission, NoCapacity> {
        let address = by_address(address);
        let site = match address {
            IpAddr::V4(_) => None,
            IpAddr::V6(v6) => Some((v6.to_bits() >> 80) as u64),
        };
        let most_from_site = self.most_from_address.saturating_mul(MAX_FROM_SITE);
        let mut counts = self.counts();
        let from_address = counts.by_address.get(&address).copied().unwrap_or_default();
        let from_site =
            site.and_then(|site| counts.by_site.get(&site).copied()).unwrap_or_default();
        if counts.all >= self.most {
            return Err(NoCapacity::ForAnybody);
        }
        if from_address >= self.most_from_address || from_site >= most_from_site {
            return Err(NoCapacity::ForAddress);
        }
        counts.all += 1;
        counts.by_address.insert(address, from_address + 1);
        counts.by_site.extend(site.map(|site| (site, from_site + 1)));
        drop(counts);
        Ok(Admission { connections: self.clone(), address, site })
    }

    /// The number of open connections.
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
        count_less(&mut counts.by_address, self.address);
        if let Some(site) = self.site {
            count_less(&mut counts.by_site, site);
        }
    }
}

fn count_less<K: Eq + Hash>(counts: &mut HashMap<K, usize>, key: K) {
    if let Entry::Occupied(mut count) = counts.entry(key) {
        *count.get_mut() = count.get().saturating_sub(1);
        if *count.get() == 0 {
            count.remove();
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
        assert_eq!(connections.admit(one).unwrap_err(), NoCapacity::ForAddress);
        let others = [connections.admit(other).unwrap(), connections.admit(other).unwrap()];
        assert_eq!(connections.admit(other).unwrap_err(), NoCapacity::ForAnybody);
        open.pop();
        assert!(connections.admit(one).is_ok());
        drop((open, others));
        assert_eq!(connections.count(), 0);
    }

    #[test]
    fn an_ipv6_site_with_many_networks_leaves_room_for_others() {
        let connections = Connections::new(1_000, 2);
        let address = |site: u16, network: u16, host: u16| {
            IpAddr::from([0x2001, 0xdb8, site, network, 0, 0, 0, host])
        };
        let mut open: Vec<_> =
            (0..8).map(|host| connections.admit(address(1, host / 2, host)).unwrap()).collect();
        assert!(connections.admit(address(1, 0, 99)).is_err(), "one /64 has two");
        assert!(connections.admit(address(1, 77, 1)).is_err(), "one /48 has eight");
        open.push(connections.admit(address(2, 77, 1)).unwrap());
        open.remove(0);
        assert!(connections.admit(address(1, 77, 1)).is_ok());
        drop(open);
        let counts = connections.counts();
        assert_eq!((counts.all, counts.by_address.len(), counts.by_site.len()), (0, 0, 0));
    }
}
