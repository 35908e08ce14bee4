//! Pictures that people bring, whatever they are of.

mod crop;
mod picture_field;

pub(crate) use picture_field::{PictureTarget, PictureView, picture_field};
