//! Personal data of all features.

use crate::{
    accounts::personal_data::AccountData,
    api_tokens::personal_data::ApiTokenData,
    chat::personal_data::{ChatData, HiddenData, ReactionData},
    crowd::personal_data::CrowdData,
    factors::personal_data::FactorData,
    happenings::personal_data::HappeningData,
    notifications::personal_data::NotificationData,
    people::personal_data::ProfileData,
    personal_data::{AllPersonalData, PersonalData},
    recordings::personal_data::{BookmarkData, RecordingData},
    rooms::personal_data::RoomData,
    sessions::personal_data::{PlayerSessionData, SessionData},
    shows::personal_data::ShowData,
    storage::personal_data::FileData,
    stream_keys::personal_data::StreamKeyData,
    uploads::personal_data::UploadData,
};

/// The personal data of all features, in the order in which it is erased.
pub fn gather() -> AllPersonalData {
    let all: Vec<Box<dyn PersonalData>> = vec![
        Box::new(AccountData),
        Box::new(SessionData),
        Box::new(PlayerSessionData),
        Box::new(ChatData),
        Box::new(ReactionData),
        Box::new(HiddenData),
        Box::new(CrowdData),
        Box::new(StreamKeyData),
        Box::new(ApiTokenData),
        Box::new(FactorData),
        Box::new(ProfileData),
        Box::new(NotificationData),
        Box::new(HappeningData),
        Box::new(RecordingData),
        Box::new(BookmarkData),
        Box::new(RoomData),
        Box::new(UploadData),
        // After all names, which the logs then hold no more.
        Box::new(ShowData),
        // Last, because all who write files wait for it.
        Box::new(FileData),
    ];
    AllPersonalData(all.into())
}
