//! A body that lies ready: plain, with its compressed twins and its ETag. Assets and pages are made of it.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use brotli::enc::BrotliEncoderParams;
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use protocol::digest::{sha256, to_hex};
use std::io::Write as _;

/// For what is compressed while people wait for it, once a second at most: nearly as small as the best, in
/// a fraction of the time.
const BROTLI_QUALITY: i32 = 5;
const GZIP_LEVEL: u32 = 6;

/// The same content, as it may go out.
pub(super) struct Twins {
    etag: HeaderValue,
    plain: Bytes,
    brotli: Option<Bytes>,
    gzip: Option<Bytes>,
}

impl Twins {
    /// Of a content that was compressed before.
    pub(super) fn new(plain: Bytes, brotli: Option<Bytes>, gzip: Option<Bytes>) -> Self {
        let etag = format!("\"{}\"", to_hex(&sha256(&plain)[..8]));
        Self {
            etag: HeaderValue::from_str(&etag).unwrap_or(HeaderValue::from_static("\"\"")),
            plain,
            brotli,
            gzip,
        }
    }

    /// Compresses a content.
    pub(super) fn compressed(plain: Bytes) -> Self {
        let (brotli, gzip) = (brotli(&plain), gzip(&plain));
        Self::new(plain, brotli, gzip)
    }

    /// The smallest that this reader takes, or 304 for who has it.
    pub(super) fn answer(&self, headers: &HeaderMap) -> Response {
        let fresh = headers
            .get(header::IF_NONE_MATCH)
            .is_some_and(|known| names(known, &self.etag));
        let (body, coding) = self.coded(headers);
        let mut response = Response::new(match fresh {
            true => Body::empty(),
            false => Body::from(body.clone()),
        });
        if fresh {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        }
        let out = response.headers_mut();
        out.insert(header::ETAG, self.etag.clone());
        if let Some(coding) = coding {
            out.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
        }
        response
    }

    fn coded(&self, headers: &HeaderMap) -> (&Bytes, Option<&'static str>) {
        let accepted = headers
            .get(header::ACCEPT_ENCODING)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let takes = |coding: &str| {
            accepted.split(',').any(|part| {
                let mut words = part.split(';').map(str::trim);
                words.next() == Some(coding) && !words.any(|word| matches!(word, "q=0" | "q=0.0"))
            })
        };
        match self {
            Self {
                brotli: Some(body), ..
            } if takes("br") => (body, Some("br")),
            Self {
                gzip: Some(body), ..
            } if takes("gzip") => (body, Some("gzip")),
            _ => (&self.plain, None),
        }
    }
}

/// A cache in between may have called the tag weak, or know several.
fn names(known: &HeaderValue, etag: &HeaderValue) -> bool {
    known == etag
        || known.to_str().is_ok_and(|known| {
            known
                .split(',')
                .map(|tag| tag.trim().trim_start_matches("W/"))
                .any(|tag| tag.as_bytes() == etag.as_bytes())
        })
}

fn brotli(plain: &Bytes) -> Option<Bytes> {
    let params = BrotliEncoderParams {
        quality: BROTLI_QUALITY,
        size_hint: plain.len(),
        ..BrotliEncoderParams::default()
    };
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut &plain[..], &mut packed, &params).ok()?;
    Some(packed.into())
}

fn gzip(plain: &Bytes) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(GZIP_LEVEL));
    encoder.write_all(plain).ok()?;
    Some(encoder.finish().ok()?.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(pairs: &[(header::HeaderName, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn each_reader_gets_the_smallest_they_take() {
        let twins = Twins::compressed(Bytes::from("again and ".repeat(100)));
        let coding = |accepted| {
            let answer = twins.answer(&asked(&[(header::ACCEPT_ENCODING, accepted)]));
            let coding = answer.headers().get(header::CONTENT_ENCODING);
            coding.map(|coding| coding.to_str().unwrap().to_owned())
        };
        assert_eq!(coding("gzip, deflate, br").as_deref(), Some("br"));
        assert_eq!(coding("gzip, br;q=0").as_deref(), Some("gzip"));
        assert_eq!(coding("identity"), None);
    }

    #[test]
    fn who_has_it_gets_304_whatever_a_cache_made_of_the_tag() {
        let twins = Twins::compressed(Bytes::from_static(b"x"));
        let etag = twins.etag.to_str().unwrap().to_owned();
        for known in [etag.clone(), format!("W/{etag}"), format!("\"y\", {etag}")] {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_NONE_MATCH, known.parse().unwrap());
            assert_eq!(twins.answer(&headers).status(), StatusCode::NOT_MODIFIED);
        }
        let other = asked(&[(header::IF_NONE_MATCH, "\"y\"")]);
        assert_eq!(twins.answer(&other).status(), StatusCode::OK);
    }
}
