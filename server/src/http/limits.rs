//! Rate limits (token buckets) by address, account, person or session.

use std::{
    hash::{BuildHasher, Hash, RandomState},
    net::IpAddr,
    num::NonZeroU32,
    sync::{PoisonError, RwLock},
    time::Duration,
};

use governor::{DefaultKeyedRateLimiter, Quota, clock::Clock};

/// The most keys that are remembered of one kind. Should even more be active at once, all are forgotten:
/// bounded memory before perfect memory.
const MAX_KEYS: usize = 100_000;

/// A rate limit: the action that is counted, and the key by which it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Making accounts, by address.
    Registration,
    /// Logging in, by address and account together: nobody can lock another person out.
    LogIn,
    /// Logging in, by address alone; wide enough for a school.
    LogInAddress,
    /// Asking for mails with links, by address.
    Forgotten,
    /// Using links from mails, by address.
    Link,
    /// Mails of one kind to one reader, whatever stands behind a `+` in the address.
    Letter,
    /// Changing one's own account, by account.
    Settings,
    /// Taking along one's data, by account.
    Export,
    /// Becoming a guest or taking another name, by address.
    Guest,
    /// Making, changing and deleting shows, by account.
    Shows,
    /// Chat messages, by person.
    Chat,
    /// Chat messages of guests, by address.
    GuestChat,
    /// Reactions to messages, by person.
    Reaction,
    /// Reactions of guests, by address.
    GuestReaction,
    /// Searching in chats, by address.
    Search,
    /// Hiding people, and noting how far one has read, by person.
    Reading,
    /// Likes, by person.
    Like,
    /// Entering shows and going on stage, by address.
    Join,
    /// Looking in at doors, by address.
    Look,
    /// Opening live channels, by address.
    Connect,
    /// Beginning to follow topics, by address.
    Subscribe,
    /// Making and revoking stream keys, by account.
    StreamKeys,
    /// Trying stream keys that aren't good, by address.
    StreamKeyTries,
    /// Going on stage with a stream key, by key.
    StageTakes,
    /// Revoking API tokens, by account.
    ApiTokens,
    /// Requests with API tokens, and polls of device logins, by address.
    Api,
    /// Beginning device logins, by address.
    DeviceLogins,
    /// The same, by site.
    DeviceLoginSites,
    /// Polls of a device login, by its code.
    DevicePolls,
    /// Codes of device logins that somebody types, by account.
    UserCodes,
    /// The same, by address.
    UserCodeAddress,
    /// Titles beside the sound of a program that is on stage, by its stream key.
    StreamTitles,
    /// Asking how well media flows, by address.
    Figures,
    /// Asking for podcasts, by address.
    Feeds,
    /// Saving a profile, following and no longer following, by account.
    People,
    /// Showing another picture, by account.
    Picture,
    /// Codes of second factors, by address and account; who knows the password alone gets here.
    Code,
    /// Asking for another size of the picture, by media session.
    Layer,
    /// Beginning ICE anew, by media session.
    Restart,
    /// Ending sessions, by the session that asks: a thief who is to be thrown out can't use it up.
    Sessions,
    /// Deleting messages and muting people, by show and person.
    Moderation,
    /// Pausing and ending what is live, by show and person.
    Stage,
    /// Taking another handle or stage name, by account: every show to come is announced anew.
    Rename,
    /// Choosing what one's figure wears, by person.
    Wear,
    /// Letters to addresses that nobody has confirmed, by domain.
    LetterDomain,
    /// All letters of the venue to addresses that nobody has confirmed.
    LetterVenue,
    /// Ranges and files of recordings, by address.
    RecordingFiles,
    /// Setting and forgetting bookmarks, by account.
    Bookmarks,
    /// Making and changing rooms and invitations, by person.
    Rooms,
    /// Looking for rooms, by address.
    RoomLooks,
    /// Joining rooms, by account or address.
    RoomJoins,
    /// Knocking at rooms, by address.
    Knocks,
    /// Reading notifications and choosing how to be told, by account.
    Notifications,
    /// Files of rooms and their ranges, by address.
    RoomFiles,
    /// Pieces of files that are shared in rooms, by person.
    UploadPieces,
    /// Beginning to share files in rooms, and removing them, by person.
    Uploads,
    /// Planning, changing and calling off happenings, by person.
    Happenings,
    /// Answers to happenings, by person.
    HappeningAnswers,
    /// Asking for translations of messages, by person.
    Translation,
    /// The same, by address.
    TranslationAddress,
}

impl Limit {
    const ALL: [Self; 60] = [
        Self::Registration,
        Self::LogIn,
        Self::LogInAddress,
        Self::Forgotten,
        Self::Link,
        Self::Letter,
        Self::Settings,
        Self::Export,
        Self::Guest,
        Self::Shows,
        Self::Chat,
        Self::GuestChat,
        Self::Reaction,
        Self::GuestReaction,
        Self::Search,
        Self::Reading,
        Self::Like,
        Self::Join,
        Self::Look,
        Self::Connect,
        Self::Subscribe,
        Self::StreamKeys,
        Self::StreamKeyTries,
        Self::StageTakes,
        Self::ApiTokens,
        Self::Api,
        Self::DeviceLogins,
        Self::DeviceLoginSites,
        Self::DevicePolls,
        Self::UserCodes,
        Self::UserCodeAddress,
        Self::StreamTitles,
        Self::Figures,
        Self::Feeds,
        Self::People,
        Self::Picture,
        Self::Code,
        Self::Layer,
        Self::Restart,
        Self::Sessions,
        Self::Moderation,
        Self::Stage,
        Self::Rename,
        Self::Wear,
        Self::LetterDomain,
        Self::LetterVenue,
        Self::RecordingFiles,
        Self::Bookmarks,
        Self::Rooms,
        Self::RoomLooks,
        Self::RoomJoins,
        Self::Knocks,
        Self::Notifications,
        Self::RoomFiles,
        Self::UploadPieces,
        Self::Uploads,
        Self::Happenings,
        Self::HappeningAnswers,
        Self::Translation,
        Self::TranslationAddress,
    ];

    /// The quota: the largest burst, and the time until one more is allowed.
    const fn quota(self) -> (u32, Duration) {
        match self {
            Self::Registration => (10, Duration::from_secs(360)),
            Self::LogIn => (10, Duration::from_secs(60)),
            Self::LogInAddress => (60, Duration::from_secs(5)),
            Self::Forgotten => (10, Duration::from_secs(60)),
            Self::Link => (20, Duration::from_secs(10)),
            Self::Letter => (3, Duration::from_secs(1_200)),
            Self::Settings => (20, Duration::from_secs(10)),
            Self::Export => (3, Duration::from_secs(600)),
            Self::Guest => (30, Duration::from_secs(5)),
            Self::Shows => (30, Duration::from_secs(10)),
            Self::Chat => (5, Duration::from_secs(1)),
            Self::GuestChat => (10, Duration::from_millis(500)),
            Self::Reaction => (20, Duration::from_millis(500)),
            Self::GuestReaction => (40, Duration::from_millis(250)),
            Self::Search => (20, Duration::from_secs(1)),
            Self::Reading => (30, Duration::from_secs(1)),
            Self::Like => (3, Duration::from_secs(2)),
            Self::Join => (60, Duration::from_millis(500)),
            Self::Look => (60, Duration::from_millis(500)),
            Self::Connect => (60, Duration::from_millis(500)),
            // Two topics a page.
            Self::Subscribe => (120, Duration::from_millis(250)),
            Self::StreamKeys => (20, Duration::from_secs(30)),
            Self::StreamKeyTries => (30, Duration::from_secs(5)),
            Self::StageTakes => (30, Duration::from_secs(2)),
            Self::ApiTokens => (20, Duration::from_secs(30)),
            Self::Api => (120, Duration::from_millis(250)),
            Self::DeviceLogins => (10, Duration::from_secs(30)),
            Self::DeviceLoginSites => (40, Duration::from_secs(10)),
            // As often as programs are told to; one may be on its way for longer than the next.
            Self::DevicePolls => (2, Duration::from_secs(5)),
            Self::UserCodes => (20, Duration::from_secs(60)),
            Self::UserCodeAddress => (60, Duration::from_secs(20)),
            Self::StreamTitles => (60, Duration::from_secs(1)),
            Self::Figures => (60, Duration::from_millis(500)),
            // One program may ask for many artists'.
            Self::Feeds => (120, Duration::from_millis(500)),
            Self::People => (30, Duration::from_secs(5)),
            Self::Wear => (20, Duration::from_secs(10)),
            Self::Picture => (10, Duration::from_secs(60)),
            Self::Code => (10, Duration::from_secs(60)),
            Self::Layer => (20, Duration::from_secs(2)),
            Self::Restart => (10, Duration::from_secs(2)),
            Self::Sessions => (30, Duration::from_secs(2)),
            Self::Moderation => (20, Duration::from_secs(1)),
            Self::Stage => (10, Duration::from_secs(1)),
            Self::Rename => (10, Duration::from_secs(300)),
            Self::LetterDomain => (200, Duration::from_secs(5)),
            // Some 5,000 a day.
            Self::LetterVenue => (1_000, Duration::from_secs(17)),
            // A player asks every few seconds, or sixty times a second while somebody keeps an arrow pressed: that
            // lasts for half a minute.
            Self::RecordingFiles => (600, Duration::from_millis(25)),
            Self::Bookmarks => (60, Duration::from_secs(1)),
            Self::Rooms => (20, Duration::from_secs(10)),
            Self::RoomLooks => (120, Duration::from_millis(200)),
            Self::RoomJoins => (30, Duration::from_secs(5)),
            Self::Knocks => (10, Duration::from_secs(20)),
            Self::Notifications => (60, Duration::from_secs(1)),
            // A page of pictures is fifty.
            Self::RoomFiles => (600, Duration::from_millis(25)),
            // Two files of 50 MB in pieces of one, and all the trouble of a bad line.
            Self::UploadPieces => (600, Duration::from_millis(50)),
            Self::Uploads => (60, Duration::from_secs(1)),
            // Each is told to all members.
            Self::Happenings => (20, Duration::from_secs(60)),
            Self::HappeningAnswers => (30, Duration::from_secs(2)),
            // A page of history is three.
            Self::Translation => (30, Duration::from_secs(1)),
            Self::TranslationAddress => (120, Duration::from_millis(100)),
        }
    }
}

type Limiter = DefaultKeyedRateLimiter<u64>;

/// All limits. Keys are kept as keyed hashes only.
#[derive(Debug)]
pub struct Limits {
    scale: u32,
    hasher: RandomState,
    limiters: [RwLock<Limiter>; Limit::ALL.len()],
}

impl Limits {
    /// Limits as they are, each `scale` times as wide.
    pub fn new(scale: u32) -> Self {
        Self {
            scale,
            hasher: RandomState::new(),
            limiters: Limit::ALL.map(|limit| RwLock::new(limiter(limit, scale))),
        }
    }

    /// Counts one more; when it is one too many, answers after how many seconds it is possible again.
    ///
    /// # Errors
    /// Seconds to wait, at least 1.
    pub fn check(&self, limit: Limit, key: impl Hash) -> Result<(), u32> {
        let key = self.hasher.hash_one(key);
        let limiter = self.limiters[limit as usize].read().unwrap_or_else(PoisonError::into_inner);
        limiter.check_key(&key).map_err(|not_until| {
            let wait = not_until.wait_time_from(limiter.clock().now());
            u32::try_from(wait.as_millis().div_ceil(1_000)).unwrap_or(u32::MAX).max(1)
        })
    }

    /// Forgets those who have not come near their limit of late. To be called now and then.
    pub fn tidy(&self) {
        for (limit, lock) in Limit::ALL.into_iter().zip(&self.limiters) {
            let crowded = {
                let limiter = lock.read().unwrap_or_else(PoisonError::into_inner);
                limiter.retain_recent();
                limiter.shrink_to_fit();
                limiter.len() > MAX_KEYS
            };
            if crowded {
                *lock.write().unwrap_or_else(PoisonError::into_inner) = limiter(limit, self.scale);
            }
        }
    }
}

fn limiter(limit: Limit, scale: u32) -> Limiter {
    let (burst, refill) = limit.quota();
    let burst = NonZeroU32::new(burst.saturating_mul(scale)).unwrap_or(NonZeroU32::MIN);
    let refill = (refill / scale).max(Duration::from_nanos(1));
    Limiter::keyed(
        Quota::with_period(refill).unwrap_or(Quota::per_second(burst)).allow_burst(burst),
    )
}

/// By what an address is counted: whoever has an IPv6 address usually has the whole /64 around it.
pub fn by_address(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() & !u128::from(u64::MAX)).into()),
        v4 => v4,
    }
}

/// By what a site is counted: one customer of a provider has up to a /48 of IPv6.
pub fn by_site(address: IpAddr) -> IpAddr {
    match by_address(address) {
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() >> 80 << 80).into()),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_too_many_waits_and_nobody_else_does() {
        let limits = Limits::new(1);
        for _ in 0..10 {
            assert_eq!(limits.check(Limit::LogIn, "ana"), Ok(()));
        }
        let wait = limits.check(Limit::LogIn, "ana").unwrap_err();
        assert!((1..=60).contains(&wait), "{wait}");
        assert_eq!(limits.check(Limit::LogIn, "ben"), Ok(()));
        assert_eq!(limits.check(Limit::Chat, "ana"), Ok(()));
    }

    #[test]
    fn a_household_counts_as_one() {
        let of = |text: &str| by_address(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2:3::4"), of("2001:db8:1:2:ffff::1"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
        let site = |text: &str| by_site(text.parse().unwrap());
        assert_eq!(site("2001:db8:1:2::1"), site("2001:db8:1:ffff::1"));
        assert_ne!(site("2001:db8:1::1"), site("2001:db8:2::1"));
        assert_eq!(site("192.0.2.1"), of("192.0.2.1"));
    }
}
