//! Crop of a picture: a square that lies within it.

/// Largest zoom into a picture.
pub const MAX_ZOOM: f64 = 4.0;

/// A square part of a picture.
///
/// Invariant: the square lies within the picture, and is as large as it can be at [`Self::zoom`] 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Crop {
    width: f64,
    height: f64,
    zoom: f64,
    /// The square's middle, in pixels of the picture.
    x: f64,
    y: f64,
}

impl Crop {
    /// The middle of a picture of so many pixels.
    pub fn new(width: f64, height: f64) -> Self {
        Self { width, height, zoom: 1.0, x: width / 2.0, y: height / 2.0 }
    }

    /// The square: its left, its top, its side, in pixels of the picture.
    pub fn square(&self) -> (f64, f64, f64) {
        let side = self.side();
        (self.x - side / 2.0, self.y - side / 2.0, side)
    }

    /// Zoom into the picture: 1 to [`MAX_ZOOM`].
    pub fn zoom(&self) -> f64 {
        self.zoom
    }

    /// Goes into the picture, or back; its middle stays in the middle where it can.
    pub fn zoom_to(&mut self, zoom: f64) {
        self.zoom = zoom.clamp(1.0, MAX_ZOOM);
        self.stay_within();
    }

    /// Moves the square by parts of its own side.
    pub fn move_by(&mut self, right: f64, down: f64) {
        self.x += right * self.side();
        self.y += down * self.side();
        self.stay_within();
    }

    /// Position of the square between both ends of the picture: 0 to 1, ½ when it has no choice.
    pub fn place(&self) -> (f64, f64) {
        let (left, top, side) = self.square();
        let part = |at: f64, room: f64| if room > 0.0 { (at / room).clamp(0.0, 1.0) } else { 0.5 };
        (part(left, self.width - side), part(top, self.height - side))
    }

    /// Puts the square between both ends of the picture: 0 to 1 each; `None` leaves it there.
    pub fn place_at(&mut self, across: Option<f64>, down: Option<f64>) {
        let side = self.side();
        if let Some(across) = across {
            self.x = side / 2.0 + across * (self.width - side);
        }
        if let Some(down) = down {
            self.y = side / 2.0 + down * (self.height - side);
        }
        self.stay_within();
    }

    fn side(&self) -> f64 {
        self.width.min(self.height) / self.zoom
    }

    fn stay_within(&mut self) {
        let half = self.side() / 2.0;
        self.x = self.x.max(half).min(self.width - half);
        self.y = self.y.max(half).min(self.height - half);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_begins_with_the_middle() {
        assert_eq!(Crop::new(400.0, 300.0).square(), (50.0, 0.0, 300.0));
        assert_eq!(Crop::new(100.0, 300.0).square(), (0.0, 100.0, 100.0));
    }

    #[test]
    fn it_never_leaves_the_picture() {
        let mut crop = Crop::new(400.0, 300.0);
        crop.move_by(9.0, 9.0);
        assert_eq!(crop.square(), (100.0, 0.0, 300.0));
        crop.zoom_to(2.0);
        assert_eq!(crop.square(), (175.0, 75.0, 150.0), "the middle stays");
        crop.move_by(-9.0, -9.0);
        assert_eq!(crop.square(), (0.0, 0.0, 150.0));
        crop.zoom_to(0.1);
        assert_eq!((crop.zoom(), crop.square()), (1.0, (0.0, 0.0, 300.0)));
    }

    #[test]
    fn it_can_be_placed_by_numbers() {
        let mut crop = Crop::new(400.0, 300.0);
        assert_eq!(crop.place(), (0.5, 0.5));
        crop.place_at(Some(1.0), None);
        assert_eq!((crop.square(), crop.place().0), ((100.0, 0.0, 300.0), 1.0));
        crop.zoom_to(2.0);
        crop.place_at(None, Some(0.0));
        assert_eq!(crop.square().1, 0.0);
    }
}
