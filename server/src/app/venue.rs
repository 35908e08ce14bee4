//! The venue: what lives as long as the program, put together.

use std::sync::Arc;

use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{StartError, pages, periodic, personal_data, rendering::Renderings};
use crate::{
    accounts::{
        emails::EmailHandler,
        store::{EpochGate, settle_email_keys},
    },
    background::{
        bus::Bus,
        jobs::{JobHandlers, Jobs},
        schedule::Schedule,
        tasks::TaskGroup,
    },
    channel::{channels::Channels, hub::Hub, topic_source::TopicSources, turns::TopicTurns},
    chat::{followers::ChatFollowers, room_topic::RoomTopic},
    clock,
    config::Config,
    crowd::{Crowds, door::DoorTopic},
    crypto::{
        key::VenueKey, listening_token::ListeningTokens, origin::Origins, passwords::Passwords,
        seal::Seal, token::Tokens, unsubscribe_token::UnsubscribeTokens,
    },
    database::Database,
    happenings::news::HappeningNewsHandler,
    http::{limits::Limits, page_cache::PageCache},
    mail::Mail,
    media::{self, Media, registry::MediaSessions, source::CoreSources},
    notifications::{mails::NotificationMailHandler, topic::InboxTopic},
    people,
    pictures::ImageProcessor,
    quality::Monitor,
    radio::{AllSources, Radio, mounts::Mounts},
    recordings::{Mp3Handler, Recorders, Storing},
    services::Services,
    sessions::{
        self,
        open_sessions::{MAX_MEDIA, MAX_PLAYERS, OpenSessions},
    },
    shows::topic::ShowListTopic,
    stage::{
        lasting_titles::LastingTitles,
        stages::Stages,
        titles::Titles,
        topic::{self, ShowTopic},
    },
    storage::{
        files::Files,
        folders::{is_open_to_others, make_private},
    },
    translation::Translator,
};

/// The venue.
#[derive(Debug)]
pub struct Venue {
    /// Services that every feature may use.
    pub services: Arc<Services>,
    /// The live channels.
    pub channels: Arc<Channels>,
    /// The people present at each show.
    pub crowds: Crowds,
    /// The people who follow chats.
    pub followers: ChatFollowers,
    /// The artist on each stage.
    pub stages: Arc<Stages>,
    /// Media over HTTP.
    pub media: Media,
    /// Sound over HTTP.
    pub radio: Radio,
    /// Recorders of shows.
    pub recorders: Arc<Recorders>,
    /// Mover of recordings into storage.
    pub storing: Arc<Storing>,
    /// Monitor of the quality of media.
    pub monitor: Monitor,
    /// The server that translates messages, if the operator names one.
    pub translator: Option<Arc<Translator>>,
    /// Pages for people whom nobody knows.
    pub page_cache: Arc<PageCache>,
    /// Pages that are rendered now.
    pub renderings: Renderings,
    /// Periodic work.
    pub schedule: Schedule,
    /// Cancelled when the media core has ended of its own accord: without it there is no stage, and it
    /// can't be started anew in the same process.
    pub core_ended: CancellationToken,
}

impl Venue {
    /// Opens the venue: its data folder, its database, the media core. Whoever was on stage when the
    /// program ended before is off it now, and the audience is told.
    ///
    /// # Errors
    /// Fails when one of them can't be used.
    pub async fn open(config: Config) -> Result<Arc<Self>, StartError> {
        let config = Arc::new(config);
        make_private(&config.data)
            .map_err(|source| StartError::Data { folder: config.data.clone(), source })?;
        if is_open_to_others(&config.data) {
            tracing::warn!(
                folder = %config.data.display(),
                "others on this machine can look into the data folder: take that away with chmod 700"
            );
        }
        let mail = Mail::open(&config)?;
        let translator = config.translation.as_ref().map(Translator::new).transpose();
        let translator = translator.map_err(StartError::Translation)?.map(Arc::new);
        let database =
            Database::open(config.database().reveal()).await.map_err(StartError::Database)?;
        settle_email_keys(&database).await.map_err(StartError::Database)?;
        let files = Files::open(&config, &database).await?;
        people::adopt_pictures(&database, &files).await.map_err(StartError::Files)?;
        let key = VenueKey::open(&config.data).map_err(StartError::Key)?;
        let seal = Seal::new(&key).map_err(StartError::Key)?;
        let (sfu, events) = media::start(&config)?;

        let tasks = TaskGroup::default();
        let bus = Bus::default();
        let (most_media, most_players) = (config.widened(MAX_MEDIA), config.widened(MAX_PLAYERS));
        let open_sessions = OpenSessions::new(database.clone(), most_media, most_players);
        let requests = TaskTracker::new();
        let services = Arc::new(Services {
            limits: Arc::new(Limits::new(config.limit_scale)),
            files,
            pictures: ImageProcessor::default(),
            jobs: Jobs::default(),
            mail,
            personal_data: personal_data::gather(),
            seal,
            listening_tokens: ListeningTokens::new(key.clone()),
            origins: Origins::new(key.clone()),
            unsubscribe_tokens: UnsubscribeTokens::new(key.clone()),
            tokens: Tokens::new(key, clock::now()),
            passwords: Passwords::default(),
            sessions: sessions::SqlSessionStore::new(database.clone(), EpochGate),
            open_sessions: Arc::new(open_sessions),
            hub: Arc::new(Hub::new(database.clone(), tasks.clone(), topic::ends)),
            turns: TopicTurns::default(),
            bus: bus.clone(),
            tasks: tasks.clone(),
            requests: requests.clone(),
            database: database.clone(),
            config: config.clone(),
        });
        let crowds = Crowds::new(database.clone(), tasks.clone());
        let titles = Titles::new(tasks.clone(), LastingTitles::new(services.clone()));
        let mounts = Arc::new(Mounts::new(titles.clone(), tasks.clone()));
        let core = CoreSources(sfu.clone());
        let sources = Arc::new(AllSources { core, mounts: mounts.clone() });
        let stages = Arc::new(Stages::new(database.clone(), bus.clone(), sources));
        bus.subscribe(&services.hub);
        bus.subscribe(&services.open_sessions);
        bus.subscribe(&stages);
        crowds.subscribe(&bus);
        let followers = ChatFollowers::default();
        followers.subscribe(&bus);
        stages.compare().await.map_err(StartError::Database)?;

        let show = ShowTopic {
            services: services.clone(),
            stages: stages.clone(),
            titles,
            crowds: crowds.clone(),
            followers: followers.clone(),
        };
        let channels = Channels::new(
            config.clone(),
            services.limits.clone(),
            services.hub.clone(),
            services.open_sessions.clone(),
            tasks.clone(),
            TopicSources {
                shows: Box::new(ShowListTopic { database: database.clone() }),
                show: Box::new(show),
                door: Box::new(DoorTopic { services: services.clone(), crowds: crowds.clone() }),
                room: Box::new(RoomTopic {
                    services: services.clone(),
                    followers: followers.clone(),
                }),
                inbox: Box::new(InboxTopic { services: services.clone() }),
            },
        );
        let sessions = Arc::new(MediaSessions::new(sfu.clone(), tasks));
        let media = Media::new(services.clone(), stages.clone(), sessions, sfu.clone());
        let radio = Radio::new(services.clone(), stages.clone(), mounts.clone(), media.sound());
        let storing = Storing::new(services.clone());
        let inputs = (media.readers(), mounts);
        let recorders = Recorders::new(services.clone(), stages.clone(), inputs, storing.clone());
        bus.subscribe(&recorders);
        let (monitor, core_ended) = (Monitor::new(sfu), CancellationToken::new());
        let page_cache = PageCache::new(
            pages::SHARED,
            sessions::cookie_name(config.secure()),
            database.revision,
            requests,
        );
        let venue = Self {
            services,
            channels,
            crowds,
            followers,
            stages,
            media,
            radio,
            recorders,
            storing,
            monitor,
            translator,
            page_cache: Arc::new(page_cache),
            renderings: Renderings::default(),
            schedule: Schedule::default(),
            core_ended,
        };
        periodic::start(&venue, events);
        Ok(Arc::new(venue))
    }

    /// Starts to do jobs.
    pub fn start_jobs(&self) {
        let services = &self.services;
        let mut handlers = JobHandlers::new();
        let letters = EmailHandler { services: services.clone() };
        handlers.insert(EmailHandler::JOB, Box::new(letters));
        let news = HappeningNewsHandler { services: services.clone() };
        handlers.insert(HappeningNewsHandler::JOB, Box::new(news));
        let notifications = NotificationMailHandler { services: services.clone() };
        handlers.insert(NotificationMailHandler::JOB, Box::new(notifications));
        let libraries = self.radio.libraries().clone();
        let mp3 = Mp3Handler { services: services.clone(), libraries };
        handlers.insert(Mp3Handler::JOB, Box::new(mp3));
        services.jobs.start(&services.database, services.tasks.closing(), handlers);
    }

    /// Says goodbye to everybody: live channels and media. The stages stay as they are in the
    /// database; the next start finds nobody on them.
    pub async fn stop(&self) {
        self.services.tasks.end().await;
        self.media.sfu.stop();
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    #[tokio::test]
    async fn secrets_are_the_venues_own_in_a_folder_that_is_open_to_others() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        make_private(&data).unwrap();
        assert!(!is_open_to_others(&data));
        fs::set_permissions(&data, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(is_open_to_others(&data));
        let config =
            Config { data: data.clone(), media: ([127, 0, 0, 1], 0).into(), ..Config::default() };
        let venue = Venue::open(config).await.unwrap();
        for entry in fs::read_dir(&data).unwrap() {
            let path = entry.unwrap().path();
            let others = fs::metadata(&path).unwrap().permissions().mode() & 0o077;
            assert_eq!(others, 0, "{}", path.display());
        }
        venue.stop().await;
        venue.services.database.close().await;
    }
}
