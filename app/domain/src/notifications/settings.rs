//! How somebody wants to be told: ways of kinds, quiet hours.

use serde::{Deserialize, Serialize};

use super::NotificationKind;
use crate::{
    FieldErrors, text,
    texts::{Tell, Text},
};

/// Minutes of a day.
const DAY: u16 = 24 * 60;

/// Way that a kind of notification takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// None: it isn't even kept.
    Nowhere,
    /// Open pages, and the page of notifications.
    Page,
    /// The same, and a mail unless it was read before.
    PageAndMail,
}

impl Delivery {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Nowhere, Self::Page, Self::PageAndMail];

    /// Name in forms.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nowhere => "nowhere",
            Self::Page => "page",
            Self::PageAndMail => "page_and_mail",
        }
    }

    /// The way with a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|delivery| delivery.name() == name)
    }
}

impl Tell for Delivery {
    fn text(&self) -> Text {
        match self {
            Self::Nowhere => text!(notifications.delivery.nowhere),
            Self::Page => text!(notifications.delivery.page),
            Self::PageAndMail => text!(notifications.delivery.page_and_mail),
        }
    }
}

/// Hours of every day in which nothing calls: minutes since midnight, in the person's time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuietHours {
    /// First minute.
    pub from: u16,
    /// The minute after the last; before `from` when midnight lies between.
    pub to: u16,
}

impl Default for QuietHours {
    /// The night.
    fn default() -> Self {
        Self { from: 22 * 60, to: 8 * 60 }
    }
}

/// A minute of the day as forms have it: `07:30`.
pub fn write_minute(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// Reads what [`write_minute`] writes, also with seconds behind it.
pub fn read_minute(text: &str) -> Option<u16> {
    let mut parts = text.trim().split(':').map(|part| part.parse::<u16>().ok());
    let (hour, minute) = (parts.next()??, parts.next()??);
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

/// Choices of somebody about how they are told of things.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotificationSettings {
    /// Ways of kinds; those that are missing take their usual one.
    pub deliveries: Vec<(NotificationKind, Delivery)>,
    /// False when no mails are wanted at all, whatever stands above.
    pub mails: bool,
    /// Quiet hours, if there are any.
    pub quiet: Option<QuietHours>,
    /// Time zone of the quiet hours and of times in mails, by its IANA name.
    pub time_zone: String,
}

impl Default for NotificationSettings {
    fn default() -> Self {
        Self { deliveries: Vec::new(), mails: true, quiet: None, time_zone: "UTC".into() }
    }
}

impl NotificationSettings {
    /// The way of a kind.
    pub fn delivery(&self, kind: NotificationKind) -> Delivery {
        let chosen = self.deliveries.iter().find(|(other, _)| *other == kind);
        chosen.map_or(kind.usual_delivery(), |(_, delivery)| *delivery)
    }

    /// Checks the form, but for the time zone.
    ///
    /// # Errors
    /// Complaints, field by field.
    pub fn check(&self) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::default();
        if let Some(QuietHours { from, to }) = self.quiet
            && (from == to || from >= DAY || to >= DAY)
        {
            errors.add("quiet_to", text!(complaint.quiet_hours));
        }
        errors.into_result()
    }

    /// The settings as they are kept: each known kind at most once.
    #[must_use]
    pub fn tidy(mut self) -> Self {
        let given = std::mem::take(&mut self.deliveries);
        self.deliveries = NotificationKind::KNOWN
            .into_iter()
            .filter_map(|kind| given.iter().find(|(other, _)| *other == kind).copied())
            .collect();
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_are_read_as_they_are_written() {
        for minute in [0, 59, 60, 450, 1_439] {
            assert_eq!(read_minute(&write_minute(minute)), Some(minute));
        }
        assert_eq!(read_minute("07:30:00"), Some(450));
        for wrong in ["", "7", "24:00", "12:60", "a:b", "-1:00"] {
            assert_eq!(read_minute(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn settings_keep_each_known_kind_once() {
        let settings = NotificationSettings {
            deliveries: vec![
                (NotificationKind::Unknown, Delivery::Page),
                (NotificationKind::Reply, Delivery::Nowhere),
                (NotificationKind::Reply, Delivery::PageAndMail),
            ],
            ..NotificationSettings::default()
        };
        let tidy = settings.tidy();
        assert_eq!(tidy.deliveries, [(NotificationKind::Reply, Delivery::Nowhere)]);
        assert_eq!(tidy.delivery(NotificationKind::Reply), Delivery::Nowhere);
        assert_eq!(tidy.delivery(NotificationKind::Mention), Delivery::Page);
        assert_eq!(tidy.delivery(NotificationKind::Reminder), Delivery::PageAndMail);
    }

    #[test]
    fn quiet_hours_are_a_part_of_the_day() {
        let check = |from, to| {
            let quiet = Some(QuietHours { from, to });
            NotificationSettings { quiet, ..NotificationSettings::default() }.check().is_ok()
        };
        assert!(check(22 * 60, 8 * 60) && check(0, DAY - 1));
        assert!(!check(60, 60) && !check(DAY, 60) && !check(60, DAY));
    }
}
