//! Image processing: a square picture, made anew from the pixels of what somebody brought.

use std::io::Cursor;

use bandstand_domain::people::{MAX_PICTURE_SIDE, PeopleReason};
use image::{
    DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, Rgb, RgbImage,
    codecs::jpeg::JpegEncoder, imageops::FilterType, metadata::Orientation,
};

/// Sides of the two pictures that are made of one, in pixels.
#[derive(Clone, Copy, Debug)]
pub struct Sides {
    /// Of the large one; a smaller one is not blown up.
    pub large: u32,
    /// Of the small one.
    pub small: u32,
}

/// The most memory that a picture may take once it is unpacked, in bytes.
const MAX_MEMORY: u64 = 160 * 1024 * 1024;
/// JPEG's quality, of 100.
const QUALITY: u8 = 85;

/// A picture as it is kept: two JPEG files.
#[derive(Debug)]
pub struct Square {
    /// The large one.
    pub large: Vec<u8>,
    /// The small one.
    pub small: Vec<u8>,
}

/// The most pixels of a photo's side.
const MAX_PHOTO_SIDE: u32 = 16_384;

/// Photo with two smaller versions of itself, as JPEG files.
#[derive(Debug)]
pub struct Photo {
    /// The large version.
    pub large: Vec<u8>,
    /// The small version.
    pub small: Vec<u8>,
    /// Width and height in pixels, as it is seen.
    pub size: (u32, u32),
    /// How the file is to be turned, from 1 to 8, as Exif counts.
    pub orientation: u8,
}

/// Makes versions of a JPEG, PNG or WebP file that fit into squares of these sides: turned as its metadata says,
/// whole, and nothing but its pixels.
///
/// # Errors
/// Returns an error when it isn't such a picture, or is larger than allowed.
pub fn photo(file: &[u8], sides: Sides) -> Result<Photo, PeopleReason> {
    let (mut picture, orientation) = decode(file, MAX_PHOTO_SIDE)?;
    let shrink = |picture: &DynamicImage, side: u32| {
        let is_larger = picture.width().max(picture.height()) > side;
        is_larger.then(|| picture.resize(side, side, FilterType::Triangle))
    };
    let (width, height) = (picture.width(), picture.height());
    if let Some(large) = shrink(&picture, sides.large) {
        picture = large;
    }
    picture.apply_orientation(orientation);
    let is_turned = orientation.to_exif() >= 5;
    let small = shrink(&picture, sides.small);
    Ok(Photo {
        large: file_of(&picture)?,
        small: file_of(small.as_ref().unwrap_or(&picture))?,
        size: if is_turned { (height, width) } else { (width, height) },
        orientation: orientation.to_exif(),
    })
}

/// Makes a square of a JPEG, PNG or WebP file: turned as its metadata says, its middle, and nothing but
/// its pixels. What the file says of its kind by its name is not asked.
///
/// # Errors
/// Returns an error when it isn't such a picture, or is larger than allowed.
pub fn square(file: &[u8], sides: Sides) -> Result<Square, PeopleReason> {
    let (picture, orientation) = decode(file, MAX_PICTURE_SIDE)?;
    let side = picture.width().min(picture.height());
    let (left, top) = ((picture.width() - side) / 2, (picture.height() - side) / 2);
    let mut picture = picture.crop_imm(left, top, side, side);
    if side > sides.large {
        picture = picture.resize_exact(sides.large, sides.large, FilterType::Triangle);
    }
    picture.apply_orientation(orientation);
    let small = picture.resize_exact(sides.small, sides.small, FilterType::Triangle);
    Ok(Square { large: file_of(&picture)?, small: file_of(&small)? })
}

/// The pixels of a JPEG, PNG or WebP file, and how they are to be turned.
fn decode(file: &[u8], max_side: u32) -> Result<(DynamicImage, Orientation), PeopleReason> {
    let mut reader = ImageReader::new(Cursor::new(file))
        .with_guessed_format()
        .map_err(|_| PeopleReason::NotAPicture)?;
    let known = [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP];
    if !reader.format().is_some_and(|format| known.contains(&format)) {
        return Err(PeopleReason::NotAPicture);
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(max_side);
    limits.max_image_height = Some(max_side);
    limits.max_alloc = Some(MAX_MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(why)?;
    if decoder.total_bytes() > MAX_MEMORY {
        return Err(PeopleReason::PictureTooWide);
    }
    let orientation = decoder.orientation().map_err(why)?;
    let picture = DynamicImage::from_decoder(decoder).map_err(why)?;
    Ok((picture, orientation))
}

fn why(error: ImageError) -> PeopleReason {
    match error {
        ImageError::Limits(_) => PeopleReason::PictureTooWide,
        _ => PeopleReason::NotAPicture,
    }
}

/// A JPEG file; what can be seen through becomes white.
fn file_of(picture: &DynamicImage) -> Result<Vec<u8>, PeopleReason> {
    let pixels = picture.to_rgba8();
    let mut opaque = RgbImage::new(pixels.width(), pixels.height());
    for (to, from) in opaque.pixels_mut().zip(pixels.pixels()) {
        let [red, green, blue, alpha] = from.0.map(u32::from);
        let over_white =
            |part: u32| u8::try_from((part * alpha + 255 * (255 - alpha)) / 255).unwrap_or(u8::MAX);
        *to = Rgb([over_white(red), over_white(green), over_white(blue)]);
    }
    let mut file = Vec::new();
    JpegEncoder::new_with_quality(&mut file, QUALITY).encode_image(&opaque).map_err(why)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LARGE: u32 = 512;
    const SMALL: u32 = 96;

    fn square(file: &[u8]) -> Result<Square, PeopleReason> {
        super::square(file, Sides { large: LARGE, small: SMALL })
    }

    /// Red on the left, blue on the right; encoded as `format`.
    fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
        let pixels = RgbImage::from_fn(width, height, |x, _| {
            if x < width / 2 { Rgb([250, 10, 10]) } else { Rgb([10, 10, 250]) }
        });
        let mut file = Cursor::new(Vec::new());
        DynamicImage::from(pixels).write_to(&mut file, format).unwrap();
        file.into_inner()
    }

    /// A JPEG file with metadata: it is to be turned a quarter to the right, and holds a secret.
    fn with_metadata() -> Vec<u8> {
        let file = picture(64, 48, ImageFormat::Jpeg);
        let mut tiff = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01".to_vec();
        // Tag 0x0112 (orientation), type 3 (short), one value: 6. No further directory.
        tiff.extend(b"\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0");
        tiff.extend(b"38.7223N 9.1393W");
        let mut all = file[..2].to_vec();
        all.extend([0xff, 0xe1]);
        all.extend(u16::try_from(tiff.len() + 2).unwrap().to_be_bytes());
        all.extend(tiff);
        all.extend(&file[2..]);
        all
    }

    fn open(file: &[u8]) -> RgbImage {
        image::load_from_memory_with_format(file, ImageFormat::Jpeg).unwrap().to_rgb8()
    }

    #[test]
    fn a_picture_becomes_a_square_of_its_middle() {
        for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
            let square = square(&picture(900, 600, format)).unwrap();
            let (large, small) = (open(&square.large), open(&square.small));
            assert_eq!(large.dimensions(), (LARGE, LARGE), "{format:?}");
            assert_eq!(small.dimensions(), (SMALL, SMALL), "{format:?}");
            assert!(small.get_pixel(5, 48).0[0] > 200 && small.get_pixel(90, 48).0[2] > 200);
        }
        assert_eq!(open(&square(&picture(40, 30, ImageFormat::Png)).unwrap().large).width(), 30);
    }

    #[test]
    fn it_is_turned_first_and_its_metadata_is_gone() {
        let file = with_metadata();
        assert!(file.windows(4).any(|it| it == b"Exif"));
        let square = square(&file).unwrap();
        let large = open(&square.large);
        // What was left is on top once the picture is turned to the right.
        assert!(large.get_pixel(24, 4).0[0] > 200, "{:?}", large.get_pixel(24, 4));
        assert!(large.get_pixel(24, 44).0[2] > 200, "{:?}", large.get_pixel(24, 44));
        for kept in [square.large, square.small] {
            assert!(!kept.windows(4).any(|it| it == b"Exif" || it == b"38.7"));
        }
    }

    #[test]
    fn nothing_else_is_a_picture() {
        let png = picture(40, 30, ImageFormat::Png);
        let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
        for wrong in
            [b"".as_slice(), b"GIF89a\x01\0\x01\0", svg, b"<html>", b"%PDF-1.4", &png[..60]]
        {
            assert_eq!(square(wrong).unwrap_err(), PeopleReason::NotAPicture, "{wrong:?}");
        }
    }

    #[test]
    fn a_small_file_that_unpacks_into_a_huge_picture_is_refused_before_it_is_unpacked() {
        // A PNG's header is all that is needed to be refused: 100000 × 100000 pixels.
        let mut bomb = picture(40, 30, ImageFormat::Png);
        bomb[16..20].copy_from_slice(&100_000_u32.to_be_bytes());
        bomb[20..24].copy_from_slice(&100_000_u32.to_be_bytes());
        let mut crc = flate_crc(&bomb[12..29]).to_be_bytes().to_vec();
        bomb.splice(29..33, crc.drain(..));
        assert_eq!(square(&bomb).unwrap_err(), PeopleReason::PictureTooWide);
    }

    /// PNG's checksum (ISO 3309).
    fn flate_crc(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(u32::MAX, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
                if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 }
            })
        })
    }
}
