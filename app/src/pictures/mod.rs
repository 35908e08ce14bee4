//! Pictures that people bring, whatever they are of.

mod crop;
mod picture_field;

pub(crate) use picture_field::{PictureChoice, PictureTarget, PictureView, picture_field};
