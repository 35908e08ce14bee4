//! Content codings (RFC 9110 section 8.4.1) that the venue has ready.

use std::io::Write;

use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderValue, header},
};
use brotli::enc::BrotliEncoderParams;
use flate2::{Compression, write::GzEncoder};

/// The coding of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Brotli, the smallest (RFC 7932).
    Brotli,
    /// Gzip, for browsers that take no Brotli without TLS.
    Gzip,
    /// None.
    Identity,
}

impl Encoding {
    /// The smallest that the client takes.
    pub fn accepted(headers: &HeaderMap) -> Self {
        let (mut brotli, mut gzip) = (false, false);
        let values = headers.get_all(header::ACCEPT_ENCODING).into_iter();
        for coding in values.filter_map(|it| it.to_str().ok()).flat_map(|it| it.split(',')) {
            let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
            let weight = weight.trim().strip_prefix("q=").and_then(|it| it.parse::<f32>().ok());
            if weight == Some(0.0) {
                continue;
            }
            match name.trim() {
                "br" => brotli = true,
                "gzip" => gzip = true,
                _ => {}
            }
        }
        match (brotli, gzip) {
            (true, _) => Self::Brotli,
            (false, true) => Self::Gzip,
            (false, false) => Self::Identity,
        }
    }

    /// The value of `Content-Encoding`; none for what is sent as it is.
    pub fn header(self) -> Option<HeaderValue> {
        match self {
            Self::Brotli => Some(HeaderValue::from_static("br")),
            Self::Gzip => Some(HeaderValue::from_static("gzip")),
            Self::Identity => None,
        }
    }
}

/// `plain` in Brotli of this quality, 0 to 11.
pub fn brotli(plain: &[u8], quality: i32) -> Bytes {
    let mut compressed = Vec::with_capacity(plain.len() / 4);
    let size_hint = plain.len();
    let parameters = BrotliEncoderParams { quality, lgwin: 18, size_hint, ..Default::default() };
    // Writing to memory doesn't fail.
    let _ = brotli::BrotliCompress(&mut &*plain, &mut compressed, &parameters);
    compressed.into()
}

/// `plain` in gzip.
pub fn gzip(plain: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 4), Compression::default());
    // Writing to memory doesn't fail.
    let _ = encoder.write_all(plain);
    encoder.finish().unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_coding_that_is_accepted_is_taken() {
        let check = |accepted: &'static str, want: Encoding| {
            let value = HeaderValue::from_static(accepted);
            let headers = [(header::ACCEPT_ENCODING, value)].into_iter().collect();
            assert_eq!(Encoding::accepted(&headers), want, "{accepted}");
        };
        check("gzip, deflate, br, zstd", Encoding::Brotli);
        check("gzip;q=1.0, br;q=0", Encoding::Gzip);
        check("br;q=0.0,gzip ; q=0", Encoding::Identity);
        check("deflate, brotli", Encoding::Identity);
        assert_eq!(Encoding::accepted(&HeaderMap::new()), Encoding::Identity);
    }
}
