//! Faults of what one on stage sends, the worst first, and which panel helps.

use std::time::Duration;

use leptos::{
    prelude::*,
    wasm_split::{SplitLoaderError, wasm_split},
};

use super::{
    session::Studio,
    state::{QualityLimit, SendStats, StudioStatus},
};
use crate::{
    t,
    ui::every,
    webrtc::devices::{NO_CAMERA, interruption::DeviceKind},
};

/// Interval at which faults are looked for.
const LOOK: Duration = Duration::from_secs(1);
/// Looks for which a connection has to be bad before it is told: most recover by themselves.
const PATIENT: u32 = 6;

/// Something that the audience would notice, or will.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The microphone is gone, or gives nothing.
    Microphone,
    /// The artist has muted themselves.
    Muted,
    /// The microphone gives silence.
    Silent,
    /// The camera is gone, or gives nothing.
    Camera,
    /// The artist has turned the picture off.
    Dark,
    /// Much is lost on the way to the venue.
    Loss,
    /// The line carries less than the picture wants.
    Line,
    /// The device is too slow for the picture.
    Device,
}

/// Panel of the studio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Panel {
    /// Camera, microphone, level.
    Devices,
    /// Figures of what is sent, and of what arrives.
    Connection,
}

impl Fault {
    /// Returns whether it is of the connection, which is never quite still.
    fn passes(self) -> bool {
        matches!(self, Self::Loss | Self::Line | Self::Device)
    }

    /// Panel that helps. What the artist did by a button in sight, and a picture that is only smaller, are
    /// told in a line alone.
    pub fn panel(self) -> Option<Panel> {
        match self {
            Self::Microphone | Self::Silent | Self::Camera => Some(Panel::Devices),
            Self::Loss => Some(Panel::Connection),
            Self::Muted | Self::Dark | Self::Line | Self::Device => None,
        }
    }
}

/// Signs by which faults are found.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Signs {
    /// There is sound, and nothing has taken it away.
    pub sound: bool,
    /// There is a picture, and nothing has taken it away.
    pub picture: bool,
    /// The artist wants no camera.
    pub sound_only: bool,
    /// The microphone is off.
    pub muted: bool,
    /// The camera is off.
    pub dark: bool,
    /// The level was at its lowest for a while.
    pub silent: bool,
    /// Figures of what is sent.
    pub sending: SendStats,
}

/// Packets lost, in tenths of a percent, from which on the audience hears it.
const LOSSY: u32 = 50;

impl Signs {
    /// The worst of what is wrong.
    pub fn fault(&self) -> Option<Fault> {
        let limit = self.sending.limit;
        let faults = [
            (!self.sound, Fault::Microphone),
            (self.muted, Fault::Muted),
            (self.silent, Fault::Silent),
            (!self.picture && !self.sound_only, Fault::Camera),
            (self.dark && self.picture, Fault::Dark),
            (self.sending.lost >= LOSSY, Fault::Loss),
            (limit == QualityLimit::Line, Fault::Line),
            (limit == QualityLimit::Device, Fault::Device),
        ];
        faults.into_iter().find_map(|(is, fault)| is.then_some(fault))
    }
}

/// Tells faults: those of a connection once they have lasted.
#[derive(Clone, Copy, Debug, Default)]
struct Watch {
    passing: u32,
}

impl Watch {
    /// Returns what is told when `fault` is found now.
    fn look(&mut self, fault: Option<Fault>) -> Option<Fault> {
        let passes = fault.is_some_and(Fault::passes);
        self.passing = if passes { self.passing + 1 } else { 0 };
        fault.filter(|_| !passes || self.passing >= PATIENT)
    }
}

fn signs(studio: Studio) -> Signs {
    let devices = studio.devices;
    let given = |kind| !devices.interruption(kind).lasts();
    Signs {
        sound: devices.sound.with(Option::is_some) && given(DeviceKind::Microphone),
        picture: devices.picture.with(Option::is_some) && given(DeviceKind::Camera),
        sound_only: devices.camera.get() == NO_CAMERA,
        muted: studio.muted.get(),
        dark: studio.dark.get(),
        silent: studio.silent.get(),
        sending: studio.publisher.sending.get(),
    }
}

/// One line: that all is well, or what is wrong. A part of its own.
#[wasm_split(house, wasm_split_path = ::leptos::wasm_split, fallible)]
pub(super) fn wellbeing(studio: Studio) -> Result<AnyView, SplitLoaderError> {
    Ok(view! { <Wellbeing studio/> }.into_any())
}

#[component]
fn Wellbeing(studio: Studio) -> impl IntoView {
    let live = Memo::new(move |_| studio.status.get() == StudioStatus::Live);
    let watch = StoredValue::new(Watch::default());
    let look = move || {
        let fault = untrack(|| signs(studio).fault()).filter(|_| live.get_untracked());
        let told = watch.try_update_value(|watch| watch.look(fault)).flatten();
        studio.fault.maybe_update(|old| std::mem::replace(old, told) != told);
    };
    Effect::new(move || {
        if live.get() {
            every(LOOK, look);
        } else {
            look();
        }
    });
    let words = move || match studio.fault.get() {
        None => t!(studio.well.all),
        Some(Fault::Microphone) => t!(studio.well.microphone),
        Some(Fault::Muted) => t!(studio.well.muted),
        Some(Fault::Silent) => t!(studio.well.silent),
        Some(Fault::Camera) => t!(studio.well.camera),
        Some(Fault::Dark) => t!(studio.well.dark),
        Some(Fault::Loss) => t!(studio.well.loss),
        Some(Fault::Line) => t!(studio.well.line),
        Some(Fault::Device) => t!(studio.well.device),
    };
    view! {
        <p class="wellbeing" class:wrong=move || studio.fault.get().is_some() role="status" hidden=move || !live.get()>
            {words}
        </p>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_connection_is_told_once_it_lasts_and_a_lost_device_at_once() {
        let mut watch = Watch::default();
        let told: Vec<_> = (0..PATIENT).map(|_| watch.look(Some(Fault::Line))).collect();
        assert!(told[..told.len() - 1].iter().all(Option::is_none));
        assert_eq!(told.last(), Some(&Some(Fault::Line)));
        assert_eq!(watch.look(None), None);
        assert_eq!(watch.look(Some(Fault::Line)), None);
        assert_eq!(watch.look(Some(Fault::Camera)), Some(Fault::Camera));
    }

    #[test]
    fn the_worst_is_told_and_leads_to_the_panel_that_helps() {
        let fine = Signs { sound: true, picture: true, ..Signs::default() };
        assert_eq!(fine.fault(), None);
        assert_eq!(Signs { picture: false, sound_only: true, ..fine }.fault(), None);
        let lossy = SendStats { lost: 60, limit: QualityLimit::Line, ..SendStats::default() };
        let bad = Signs { sending: lossy, ..fine };
        assert_eq!(bad.fault(), Some(Fault::Loss));
        let worse = Signs { picture: false, ..bad };
        assert_eq!(worse.fault().and_then(Fault::panel), Some(Panel::Devices));
        let worst = Signs { muted: true, silent: true, ..worse };
        assert_eq!(worst.fault(), Some(Fault::Muted));
        assert_eq!(Fault::Muted.panel(), None);
    }
}
