//! Layout of the places: rows in perspective, in front of a stage.

/// Side from which the people are seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Side {
    /// From behind, as one of them.
    #[default]
    Back,
    /// From the stage.
    Front,
}

/// Measures of a crowd as it is seen from one side.
struct Measures {
    /// Height of the crowd, as a part of the room's.
    height: f32,
    /// Height of the crowd, at most such a part of the room's width.
    width: f32,
    /// Height of the crowd at most, in CSS pixels.
    most: f32,
    /// Height of a figure from crown to hip, as a part of the height of the crowd.
    tall: f32,
    /// Height of the viewer's eyes above the crown of somebody in the front row, likewise.
    eyes: f32,
    /// Distance between two neighbours, as a part of the figure's height.
    elbow: f32,
}

impl Side {
    fn measures(self) -> Measures {
        match self {
            // Above the last row there is room for raised arms and hearts.
            Self::Back => Measures {
                height: 0.88,
                width: 0.5,
                most: 340.0,
                tall: 0.66,
                eyes: 0.47,
                elbow: 0.37,
            },
            // From a stage one looks down on the crowd, and sees the faces of all rows.
            Self::Front => Measures {
                height: 0.95,
                width: 0.6,
                most: 560.0,
                tall: 0.36,
                eyes: 0.68,
                elbow: 0.42,
            },
        }
    }
}

/// Distance between rows, as a part of the distance of the first.
const DEPTH: f32 = 0.2;
/// Number of rows that begin before a row is full from edge to edge.
const SPREAD: f32 = 2.2;

/// A place as it is seen.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spot {
    /// The row; 0 is the nearest to the viewer.
    pub row: u16,
    /// The middle of the figure, in CSS pixels from the left.
    pub x: f32,
    /// The crown of the figure, in CSS pixels from the top.
    pub y: f32,
}

/// All places for a given number of people and a given size.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    /// Side from which the people are seen.
    pub side: Side,
    /// In CSS pixels.
    pub width: f32,
    /// In CSS pixels.
    pub height: f32,
    /// Height of a figure of the front row from crown to hip, in CSS pixels.
    pub tall: f32,
    /// The places, the best first. That a crowd grows or shrinks moves none of them.
    pub spots: Vec<Spot>,
    /// Places of each full row.
    pub capacities: Vec<u16>,
}

/// The size of a figure in a row, as a part of one in the front row.
pub fn scale(row: u16) -> f32 {
    1.0 / (1.0 + DEPTH * f32::from(row))
}

/// A number from -1 to 1 that is always the same for a place, so that rows don't look drilled.
fn disorder(row: u16, column: i32, salt: u32) -> f32 {
    let mut hash = (u32::from(row) << 16) ^ (column as u32).wrapping_mul(0x9e37_79b9) ^ salt;
    hash = (hash ^ (hash >> 15)).wrapping_mul(0x2c1b_3c6d);
    hash = (hash ^ (hash >> 12)).wrapping_mul(0x297a_2d39);
    (hash ^ (hash >> 15)) as f32 / (u32::MAX as f32 / 2.0) - 1.0
}

impl Layout {
    /// Lays out at least `people` places, seen from one side, on `width` × `height` CSS pixels.
    pub fn new(side: Side, width: f32, height: f32, people: usize) -> Self {
        let (width, height) = (width.max(40.0), height.max(24.0));
        let measures = side.measures();
        let crowd = (height * measures.height).min(width * measures.width).min(measures.most);
        let tall = crowd * measures.tall;
        let horizon = height - crowd * 0.98;
        let mut ranked: Vec<(f32, Spot)> = Vec::new();
        let mut capacities = Vec::new();
        // A row begins at the cost of its number: what costs less is complete then, and counts.
        while ranked.iter().filter(|(cost, _)| *cost < capacities.len() as f32).count() < people {
            let row = capacities.len() as u16;
            let scale = scale(row);
            let distance = tall * measures.elbow * scale;
            let half = width / 2.0 - distance * 0.4;
            let offset = if row.is_multiple_of(2) { 0.0 } else { 0.5 };
            let columns = (half / distance) as i32 + 1;
            let before = ranked.len();
            for column in -columns..=columns {
                let x = (column as f32 + offset) * distance;
                if x.abs() > half && (row, column) != (0, 0) {
                    continue;
                }
                let spot = Spot {
                    row,
                    x: width / 2.0 + x + distance * 0.16 * disorder(row, column, 1),
                    y: horizon
                        + (crowd * measures.eyes + tall * 0.035 * disorder(row, column, 2)) * scale,
                };
                ranked.push((f32::from(row) + x.abs() / half.max(1.0) * SPREAD, spot));
            }
            capacities.push((ranked.len() - before) as u16);
        }
        ranked.sort_by(|(one, _), (other, _)| one.total_cmp(other));
        let spots = ranked.into_iter().take(people).map(|(_, spot)| spot).collect();
        Self { side, width, height, tall, spots, capacities }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_number_of_people_has_places_that_stay_as_the_crowd_grows() {
        for (width, height) in [(360.0, 110.0), (920.0, 260.0), (2_560.0, 400.0), (1.0, 1.0)] {
            for side in [Side::Back, Side::Front] {
                let large = Layout::new(side, width, height, 5_000);
                assert_eq!(large.spots.len(), 5_000);
                for people in [0, 1, 2, 30, 412, 2_000] {
                    let layout = Layout::new(side, width, height, people);
                    assert_eq!(layout.spots, large.spots[..people]);
                }
                assert_eq!(large.spots[0].row, 0);
            }
        }
    }

    #[test]
    fn the_crowd_begins_in_front_and_in_the_middle_and_stays_inside() {
        for (side, rows_of) in [(Side::Back, 8..16), (Side::Front, 8..20)] {
            let layout = Layout::new(side, 920.0, 260.0, 412);
            assert!((layout.spots[0].x - 460.0).abs() < 20.0);
            for spot in &layout.spots {
                assert!((0.0..920.0).contains(&spot.x), "{spot:?}");
                assert!((0.0..260.0).contains(&spot.y), "{spot:?}");
            }
            let rows: Vec<u16> = layout.spots.iter().map(|spot| spot.row).collect();
            assert!(rows[..6].iter().all(|row| *row == 0));
            assert!(rows_of.contains(rows.iter().max().unwrap()));
        }
    }
}
