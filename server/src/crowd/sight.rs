//! Sight of a crowd: how much of it a listener is told.

use bandstand_domain::crowd::{CrowdChange, CrowdSnapshot, Figure};

/// Share of a crowd that a listener is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// People who are there.
    Whole,
    /// Figures without names, as seen from the door.
    Nameless,
    /// Number of those who are there.
    Count,
    /// Nothing, until it is decided.
    Undecided,
}

impl Sight {
    /// Every sight of something.
    pub const ALL: [Self; 3] = [Self::Whole, Self::Nameless, Self::Count];

    /// The crowd as it is seen so.
    pub fn snapshot(self, snapshot: CrowdSnapshot) -> CrowdSnapshot {
        match self {
            Self::Whole => snapshot,
            Self::Nameless => CrowdSnapshot { figures: nameless(snapshot.figures), ..snapshot },
            Self::Count | Self::Undecided => {
                let count = u32::try_from(snapshot.figures.len()).ok();
                CrowdSnapshot { figures: Vec::new(), count, ..snapshot }
            }
        }
    }

    /// A change as it is seen so.
    pub fn change(self, change: CrowdChange) -> CrowdChange {
        match self {
            Self::Whole => change,
            Self::Nameless => CrowdChange { came: nameless(change.came), ..change },
            Self::Count | Self::Undecided => CrowdChange {
                came: Vec::new(),
                left: Vec::new(),
                gestures: Vec::new(),
                more: Vec::new(),
                ..change
            },
        }
    }
}

fn nameless(figures: Vec<Figure>) -> Vec<Figure> {
    figures.into_iter().map(|figure| Figure { name: String::new(), ..figure }).collect()
}
