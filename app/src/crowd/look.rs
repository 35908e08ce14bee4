//! Look of a person: always the same for the same person, unless they choose another.

use bandstand_domain::crowd::{ChosenLook, LOOK_PARTS};

/// Hair style, seen from behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hair {
    /// Close to the head.
    Short,
    /// To the chin.
    Bob,
    /// Over the shoulders.
    Long,
    /// A knot on top.
    Bun,
    /// One tail.
    Tail,
    /// Two braids.
    Braids,
    /// Round and large.
    Afro,
    /// In spikes.
    Spikes,
    /// A strip in the middle.
    Mohawk,
    /// None.
    Bald,
}

/// Headwear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hat {
    /// Nothing.
    None,
    /// A cap, its peak towards the stage.
    Cap,
    /// A knitted hat with a pompom.
    Beanie,
    /// A bucket hat.
    Bucket,
    /// A wide straw hat.
    Straw,
    /// Headphones.
    Headphones,
    /// A crown of flowers.
    Flowers,
    /// A band with two ears.
    Ears,
}

/// Print on the back of the shirt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Print {
    /// Nothing.
    Plain,
    /// Stripes all over.
    Stripes,
    /// A large dot, as on a tour shirt.
    Dot,
    /// Lines of text, as on a tour shirt.
    Dates,
    /// A hood.
    Hood,
    /// A backpack.
    Backpack,
    /// Straps of dungarees.
    Straps,
}

/// All hair styles, in the order of their choices.
pub const ALL_HAIR: [Hair; 10] = [
    Hair::Short,
    Hair::Bob,
    Hair::Long,
    Hair::Bun,
    Hair::Tail,
    Hair::Braids,
    Hair::Afro,
    Hair::Spikes,
    Hair::Mohawk,
    Hair::Bald,
];
/// All headwear, in the order of its choices.
pub const ALL_HATS: [Hat; 8] = [
    Hat::None,
    Hat::Cap,
    Hat::Beanie,
    Hat::Bucket,
    Hat::Straw,
    Hat::Headphones,
    Hat::Flowers,
    Hat::Ears,
];
/// All prints, in the order of their choices.
pub const ALL_PRINTS: [Print; 7] = [
    Print::Plain,
    Print::Stripes,
    Print::Dot,
    Print::Dates,
    Print::Hood,
    Print::Backpack,
    Print::Straps,
];

const STYLES: [Hair; 13] = [
    Hair::Short,
    Hair::Short,
    Hair::Short,
    Hair::Bob,
    Hair::Bob,
    Hair::Long,
    Hair::Long,
    Hair::Bun,
    Hair::Tail,
    Hair::Braids,
    Hair::Afro,
    Hair::Spikes,
    Hair::Mohawk,
];
const HATS: [Hat; 7] =
    [Hat::Cap, Hat::Beanie, Hat::Bucket, Hat::Straw, Hat::Headphones, Hat::Flowers, Hat::Ears];
const PRINTS: [Print; 11] = [
    Print::Plain,
    Print::Plain,
    Print::Plain,
    Print::Stripes,
    Print::Stripes,
    Print::Dot,
    Print::Dot,
    Print::Dates,
    Print::Hood,
    Print::Backpack,
    Print::Straps,
];

/// Skin, from light to dark; with each the tone of its shade.
pub const SKINS: [(&str, &str); 8] = [
    ("#ffdcc4", "#e8b795"),
    ("#f6c9a4", "#d9a177"),
    ("#e8b083", "#c68a5c"),
    ("#d19a6c", "#ac764a"),
    ("#b67b4f", "#935c35"),
    ("#95603b", "#744525"),
    ("#744729", "#573219"),
    ("#543220", "#3c2114"),
];
/// Hair; with each the tone of its light.
pub const HAIRS: [(&str, &str); 11] = [
    ("#1f1a22", "#3d3442"),
    ("#2b2119", "#4a3a2d"),
    ("#3d2617", "#5f4029"),
    ("#5f3a1f", "#875832"),
    ("#8a5226", "#b37a45"),
    ("#c08a3e", "#e2b468"),
    ("#e6cc7f", "#f8e8b4"),
    ("#d8d4dc", "#f4f2f6"),
    ("#b8442c", "#dd6c4c"),
    ("#6b57d6", "#9485f0"),
    ("#e05a9c", "#f68cc0"),
];
/// Shirts; with each the tone of its shade.
pub const SHIRTS: [(&str, &str); 14] = [
    ("#ff6b57", "#d4483a"),
    ("#ffb454", "#d98a2b"),
    ("#f7e06b", "#cfb23d"),
    ("#a6e635", "#7cb41c"),
    ("#3ecf8e", "#24a069"),
    ("#5eead4", "#33b8a4"),
    ("#4aa3df", "#2d79b3"),
    ("#7c9cff", "#5672d6"),
    ("#c184ff", "#9459d6"),
    ("#f472b6", "#cc4890"),
    ("#e8e4f0", "#bbb4cc"),
    ("#334155", "#202b3c"),
    ("#5b3fa0", "#412b78"),
    ("#b03a5b", "#832641"),
];

/// Look of a person, made from their seed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// Index into [`SKINS`].
    pub skin: u8,
    /// Index into [`HAIRS`].
    pub hair: u8,
    /// Hair style.
    pub style: Hair,
    /// Headwear.
    pub hat: Hat,
    /// Index into [`SHIRTS`]: the hat.
    pub hat_colour: u8,
    /// Index into [`SHIRTS`].
    pub shirt: u8,
    /// Print on the shirt.
    pub print: Print,
    /// Height, 1 for the average.
    pub height: f32,
    /// Breadth of the shoulders, 1 for the average.
    pub build: f32,
    /// Phase of the sway, in radians: near to all others, as people who hear the same.
    pub phase: f32,
    /// Amount of movement, 1 for the average.
    pub eager: f32,
}

impl Look {
    /// The look of a person: what follows from their seed, in what they chose.
    pub fn of(seed: u64, chosen: Option<ChosenLook>) -> Self {
        let look = Self::by_chance(seed);
        let Some(chosen) = chosen else { return look };
        let [skin, hair, style, hat, hat_colour, shirt, print] = chosen.parts();
        Self {
            skin,
            hair,
            style: ALL_HAIR[style as usize],
            hat: ALL_HATS[hat as usize],
            hat_colour,
            shirt,
            print: ALL_PRINTS[print as usize],
            ..look
        }
    }

    /// Choices that make this look.
    pub fn parts(&self) -> [u8; LOOK_PARTS] {
        let (style, hat, print) = (self.style as u8, self.hat as u8, self.print as u8);
        [self.skin, self.hair, style, hat, self.hat_colour, self.shirt, print]
    }

    /// The look that follows from a person's seed.
    fn by_chance(seed: u64) -> Self {
        let mut rest = seed;
        let mut pick = |choices: u64| {
            let choice = rest % choices;
            rest /= choices;
            choice
        };
        let skin = pick(SKINS.len() as u64) as u8;
        // Bright hair is rarer than natural hair.
        let natural = pick(6) > 0;
        let hair = pick(if natural { 8 } else { HAIRS.len() as u64 }) as u8;
        let style = match pick(24) {
            0 => Hair::Bald,
            choice => STYLES[(choice as usize) % STYLES.len()],
        };
        let hat = if pick(10) < 3 { HATS[pick(HATS.len() as u64) as usize] } else { Hat::None };
        let mut shade = || pick(1_024) as f32 / 1_023.0;
        let (height, build) = (0.88 + 0.2 * shade(), 0.88 + 0.26 * shade());
        let (phase, eager) = (1.4 * (shade() - 0.5), 0.6 + 0.8 * shade());
        Self {
            skin,
            hair,
            style,
            hat,
            hat_colour: (seed >> 40) as u8 % SHIRTS.len() as u8,
            shirt: (seed >> 48) as u8 % SHIRTS.len() as u8,
            print: PRINTS[(seed >> 56) as usize % PRINTS.len()],
            height,
            build,
            phase,
            eager,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bandstand_domain::{PersonId, crowd::LOOK_CHOICES};

    #[test]
    fn people_look_different_and_always_the_same() {
        let looks: Vec<Look> =
            (0..200).map(|i| Look::of(PersonId::new(format!("person{i}")).seed(), None)).collect();
        let distinct = looks.iter().enumerate().filter(|(i, look)| !looks[..*i].contains(look));
        assert!(distinct.count() >= 199);
        assert!(looks.iter().any(|look| look.hat != Hat::None));
        assert!(looks.iter().all(|look| (0.85..1.1).contains(&look.height)));
        assert_eq!(looks[7], Look::of(PersonId::new("person7").seed(), None));
    }

    #[test]
    fn chosen_parts_are_worn_by_the_same_person() {
        let lengths = [SKINS.len(), HAIRS.len(), ALL_HAIR.len(), ALL_HATS.len(), SHIRTS.len()];
        let lengths = lengths.into_iter().chain([SHIRTS.len(), ALL_PRINTS.len()]);
        assert!(lengths.eq(LOOK_CHOICES.into_iter().map(usize::from)));
        let seed = PersonId::new("person7").seed();
        let found = Look::of(seed, None);
        assert_eq!(Look::of(seed, ChosenLook::of(found.parts())), found);
        for step in 0..14 {
            let parts = LOOK_CHOICES.map(|choices| step % choices);
            let worn = Look::of(seed, ChosenLook::of(parts));
            assert_eq!(worn.parts(), parts);
            assert_eq!((worn.height, worn.build), (found.height, found.build));
        }
    }
}
