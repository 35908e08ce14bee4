//! What files are, what they lose, and how they are sent.

use std::io::Cursor;

use bandstand_domain::uploads::{FileKind, UploadReason};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

use super::*;

/// A picture whose left half is red and whose right half is blue.
fn pixels(width: u32, height: u32) -> DynamicImage {
    let pixel = |x: u32, y: u32| match x < width / 2 {
        true => Rgb([250, (y % 8) as u8, 10]),
        false => Rgb([10, (x % 8) as u8, 250]),
    };
    DynamicImage::from(RgbImage::from_fn(width, height, pixel))
}

fn encoded(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    pixels(width, height).write_to(&mut file, format).unwrap();
    file.into_inner()
}

/// A JPEG file with segments behind its beginning.
pub fn jpeg(width: u32, height: u32, segments: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let file = encoded(width, height, ImageFormat::Jpeg);
    let mut all = file[..2].to_vec();
    for (marker, content) in segments {
        all.extend([0xff, *marker]);
        all.extend(u16::try_from(content.len() + 2).unwrap().to_be_bytes());
        all.extend(content);
    }
    all.extend(&file[2..]);
    all
}

/// Exif that says that a picture is to be turned to the right, and where it was taken.
fn exif() -> Vec<u8> {
    let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01".to_vec();
    exif.extend(b"\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0");
    exif.extend(b"GPS 38.7223N 9.1393W");
    exif
}

fn has(file: &[u8], what: &[u8]) -> bool {
    file.windows(what.len()).any(|it| it == what)
}

async fn bytes(user: &User, path: &str) -> Vec<u8> {
    let response = user.page(path).await;
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    response.bytes().await.unwrap().to_vec()
}

#[tokio::test]
async fn photo_loses_where_it_was_taken_and_nothing_else() {
    let app = TestApp::start().await;
    let ada = app.artist("ada").await;
    let room = app.upload_room(&ada).await;
    let icc = [b"ICC_PROFILE\0\x01\x01".as_slice(), b"colours"].concat();
    let mut photo = jpeg(
        2_000,
        1_000,
        &[
            (0xe1, exif()),
            (0xe1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta GPSLatitude='38'/>".to_vec()),
            (0xe2, icc),
            (0xe2, b"MPF\0 38.7223N".to_vec()),
            (0xed, b"Photoshop 3.0\0 Lisboa".to_vec()),
            (0xfe, b"a comment: Lisboa".to_vec()),
        ],
    );
    photo.extend(b"a video after the end, 38.7223N");
    let file = ada.share(&room, "IMG_1.HEIC", &photo).await.unwrap();
    assert_eq!((file.kind, file.size), (FileKind::Picture, Some((1_000, 2_000))));
    let whole = bytes(&ada, &file.path(room.id)).await;
    for secret in ["38.7", "GPS", "xmp", "Lisboa", "Photoshop"] {
        assert!(!has(&whole, secret.as_bytes()), "{secret}");
    }
    assert!(has(&whole, b"colours") && has(&whole, b"Exif\0\0MM\0\x2a"), "how it is turned stays");
    let open = |file: &[u8]| image::load_from_memory(file).unwrap().to_rgb8();
    assert!(open(&whole) == open(&photo), "no pixel has changed");
    for (path, size) in [(file.small(room.id), (160, 320)), (file.large(room.id), (800, 1_600))] {
        let version = bytes(&ada, &path).await;
        assert!(!has(&version, b"38.7") && !has(&version, b"Exif"));
        let version = open(&version);
        assert_eq!(version.dimensions(), size, "{path}");
        assert!(version.get_pixel(size.0 / 2, 4).0[0] > 200, "turned to the right");
    }
    app.stop().await;
}

#[tokio::test]
async fn png_and_webp_lose_their_metadata() {
    let app = TestApp::start().await;
    let ada = app.artist("ada").await;
    let room = app.upload_room(&ada).await;
    let mut png = encoded(60, 40, ImageFormat::Png);
    // A chunk of text behind the head.
    let mut text = b"\0\0\0\x10tEXtComment\0Lisboa!!".to_vec();
    let mut crc = flate2::Crc::new();
    crc.update(&text[4..]);
    text.extend(crc.sum().to_be_bytes());
    png.splice(33..33, text);
    let webp = encoded(60, 40, ImageFormat::WebP);
    let mut extended = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x04\0\0\0\x3b\0\0\x27\0\0".to_vec();
    extended.extend(&webp[12..]);
    extended.extend(b"XMP \x06\0\0\0Lisboa");
    let size = u32::try_from(extended.len() - 8).unwrap().to_le_bytes();
    extended[4..8].copy_from_slice(&size);
    for (name, picture, media) in [("a.png", png, "image/png"), ("a.webp", extended, "image/webp")]
    {
        let file = ada.share(&room, name, &picture).await;
        let file = file.unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert_eq!((file.kind, file.size), (FileKind::Picture, Some((60, 40))), "{name}");
        let response = ada.page(&file.path(room.id)).await;
        assert_eq!(response.headers()[header::CONTENT_TYPE], media);
        let whole = response.bytes().await.unwrap();
        assert!(!has(&whole, b"Lisboa"), "{name}");
        assert!(image::load_from_memory(&whole).unwrap().to_rgb8() == pixels(60, 40).to_rgb8());
    }
    app.stop().await;
}

#[tokio::test]
async fn picture_that_cannot_lose_its_place_or_be_read_is_refused() {
    let app = TestApp::start().await;
    let ada = app.artist("ada").await;
    let room = app.upload_room(&ada).await;
    // The head of a PNG is all that is needed: 100,000 × 100,000 pixels.
    let mut bomb = encoded(40, 30, ImageFormat::Png);
    bomb[16..20].copy_from_slice(&100_000_u32.to_be_bytes());
    bomb[20..24].copy_from_slice(&100_000_u32.to_be_bytes());
    let mut crc = flate2::Crc::new();
    crc.update(&bomb[12..29]);
    bomb.splice(29..33, crc.sum().to_be_bytes());
    let heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic and pixels".to_vec();
    let cut = encoded(40, 30, ImageFormat::Png)[..60].to_vec();
    for (name, file, reason) in [
        ("bomb.png", bomb, UploadReason::PictureTooWide),
        ("photo.heic", heic.clone(), UploadReason::PictureKind),
        ("photo.jpg", heic, UploadReason::PictureKind),
        ("photo.dng", b"II*\0\x08\0\0\0 38.7223N".to_vec(), UploadReason::PictureKind),
        ("cut.png", cut, UploadReason::BrokenPicture),
        (
            "clip.mp4",
            b"\0\0\0\x10ftypisom\0\0\0\0 and nothing".to_vec(),
            UploadReason::UnclearVideo,
        ),
        ("clip.avi", b"RIFF\0\0\0\0AVI LIST 38.7".to_vec(), UploadReason::UnclearVideo),
        ("clip.ogv", b"OggS\0\x02 and \x80theora 38.7".to_vec(), UploadReason::UnclearVideo),
        ("clip.ts", [&b"G"[..], &[0; 187]].concat().repeat(3), UploadReason::UnclearVideo),
    ] {
        assert_eq!(ada.share(&room, name, &file).await, because(reason), "{name}");
    }
    assert!(app.held().await.is_empty() && app.unfinished().is_empty() && app.stored().is_empty());
    assert_eq!(ada.files(&room).await.unwrap().files, []);
    app.stop().await;
}

/// A box of an ISO file.
fn boxed(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len() + 8).unwrap();
    [&length.to_be_bytes()[..], name, content].concat()
}

/// A track of this kind, whose one sample of six bytes is at `offset`.
fn track(handler: &[u8; 4], offset: u32) -> Vec<u8> {
    let numbers =
        |numbers: &[u32]| numbers.iter().flat_map(|it| it.to_be_bytes()).collect::<Vec<_>>();
    let stbl = [
        boxed(b"stsc", &numbers(&[0, 1, 1, 1, 1])),
        boxed(b"stsz", &numbers(&[0, 0, 1, 6])),
        boxed(b"stco", &numbers(&[0, 1, offset])),
    ];
    let hdlr = boxed(b"hdlr", &[&[0; 8], &handler[..], &[0; 13]].concat());
    let minf = boxed(b"minf", &boxed(b"stbl", &stbl.concat()));
    let mdia = boxed(b"mdia", &[boxed(b"mdhd", &[0; 24]), hdlr, minf].concat());
    let udta = boxed(b"udta", &boxed(b"loci", b"Lisboa"));
    boxed(b"trak", &[boxed(b"tkhd", &[0; 84]), mdia, udta].concat())
}

#[tokio::test]
async fn video_loses_where_it_was_taken_and_plays_in_place() {
    let app = TestApp::start().await;
    let ada = app.artist("ada").await;
    let room = app.upload_room(&ada).await;
    let ftyp = boxed(b"ftyp", b"qt  \0\0\0\0qt  ");
    let mdat = boxed(b"mdat", b"pixels38.7N!38.7E!");
    let start = u32::try_from(ftyp.len() + 8).unwrap();
    let udta = boxed(b"udta", &boxed(b"\xa9xyz", b"+38.7223-009.1393/"));
    let moov = boxed(
        b"moov",
        &[
            boxed(b"mvhd", &[7; 100]),
            track(b"vide", start),
            track(b"meta", start + 6),
            track(b"sbtl", start + 12),
            udta,
            boxed(b"meta", b"com.apple.quicktime.location.ISO6709 +38.7"),
            boxed(b"gps ", b"38.7"),
        ]
        .concat(),
    );
    let video = [ftyp, mdat, moov, boxed(b"uuid", b"xmp 38.7"), boxed(b"free", b"38.7")].concat();
    let file = ada.share(&room, "clip.mov", &video).await.unwrap();
    assert_eq!((file.kind, file.bytes), (FileKind::Video, video.len() as u64));
    let response = ada.page(&file.path(room.id)).await;
    assert_eq!(response.headers()[header::CONTENT_TYPE], "video/mp4");
    assert!(
        response.headers()[header::CONTENT_DISPOSITION].to_str().unwrap().starts_with("inline")
    );
    let whole = response.bytes().await.unwrap();
    for secret in ["38.7", "Lisboa", "location"] {
        assert!(!has(&whole, secret.as_bytes()), "{secret}");
    }
    assert!(has(&whole, b"pixels") && has(&whole, &[7; 100]) && has(&whole, b"vide"));
    app.stop().await;
}

#[tokio::test]
async fn whatever_a_browser_would_execute_is_a_download() {
    let app = TestApp::start().await;
    let ada = app.artist("ada").await;
    let room = app.upload_room(&ada).await;
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>".as_slice();
    let html = b"<!doctype html><script>alert(1)</script>".as_slice();
    for (name, content) in [
        ("picture.svg", svg),
        ("page.html", html),
        // These lie about what they are.
        ("photo.jpg", html),
        ("clip.mp4", svg),
        ("feed.xml", b"<?xml version='1.0'?><?xml-stylesheet href='x'?><a/>"),
        ("paper.pdf", b"%PDF-1.4 and a script"),
        ("moving.gif", b"GIF89a\x01\0\x01\0\0\0\0<script>"),
    ] {
        let file = ada.share(&room, name, content).await.unwrap();
        assert_eq!((file.kind, file.size), (FileKind::Other, None), "{name}");
        let response = ada.page(&file.path(room.id)).await;
        let headers = response.headers().clone();
        assert_eq!(headers[header::CONTENT_TYPE], "application/octet-stream", "{name}");
        let disposition = headers[header::CONTENT_DISPOSITION].to_str().unwrap();
        assert_eq!(
            disposition,
            format!("attachment; filename=\"{name}\"; filename*=UTF-8''{name}")
        );
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert_eq!(headers[header::CONTENT_SECURITY_POLICY], "sandbox; default-src 'none'");
        assert_eq!(headers[header::CACHE_CONTROL], "private, no-cache");
        assert_eq!(response.bytes().await.unwrap(), content, "{name}");
        assert_eq!(ada.page(&file.small(room.id)).await.status(), StatusCode::NOT_FOUND);
    }
    // The picture as it came is saved, too: what was made anew of it is shown.
    let polyglot = jpeg(40, 30, &[(0xfe, html.to_vec())]);
    let file = ada.share(&room, "page.html", &polyglot).await.unwrap();
    let disposition = async |path: String| {
        let response = ada.page(&path).await;
        assert_eq!(response.headers()[header::CONTENT_TYPE], "image/jpeg");
        response.headers()[header::CONTENT_DISPOSITION].to_str().unwrap().to_owned()
    };
    assert!(disposition(file.path(room.id)).await.starts_with("attachment"));
    assert!(disposition(file.small(room.id)).await.starts_with("inline; filename=\"page.jpg\""));
    app.stop().await;
}

#[tokio::test]
async fn name_leads_nowhere_and_hides_nothing() {
    let app = TestApp::start().await;
    let ada = app.artist("ada").await;
    let room = app.upload_room(&ada).await;
    for (typed, name) in [
        ("../../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("a\r\nSet-Cookie: x=1\r\n\r\n<html>", "a Set-Cookie_ x=1 _html_"),
        ("a\0b\u{1b}[2J.txt", "ab[2J.txt"),
        ("photo\u{202e}gpj.exe", "photogpj.exe"),
        ("a\"; filename=\"b.exe", "a_; filename=_b.exe"),
        ("", "file"),
    ] {
        let file = ada.share(&room, typed, b"hello").await.unwrap();
        assert_eq!(file.name, name, "{typed:?}");
        let response = ada.page(&file.path(room.id)).await;
        assert!(!response.headers().contains_key(header::SET_COOKIE));
        let disposition = response.headers()[header::CONTENT_DISPOSITION].to_str().unwrap();
        assert!(disposition.starts_with(&format!("attachment; filename=\"{name}\"; ")));
    }
    assert_eq!(app.stored().len(), 7);
    app.stop().await;
}
