//! Statistics of a peer connection (`getStats`).

use js_sys::{Array, JSON};
use wasm_bindgen::JsValue;
use web_sys::RtcPeerConnection;

use crate::web;

/// The numbers of which something is made; addresses and the like stay in the browser.
const TAKEN: [&str; 16] = [
    "type",
    "kind",
    "packetsReceived",
    "packetsLost",
    "bytesReceived",
    "framesDecoded",
    "framesDropped",
    "framesPerSecond",
    "frameWidth",
    "frameHeight",
    "freezeCount",
    "totalFreezesDuration",
    "jitter",
    "currentRoundTripTime",
    "nominated",
    "timestamp",
];

/// The browser's reports on a connection, one object each.
pub async fn reports(connection: &RtcPeerConnection) -> Option<Array> {
    let reports = web::call(connection, "getStats", &[]).await.ok()?;
    let values = web::call_now(&reports, "values", &[]).ok()?;
    Some(Array::from(&values))
}

/// Bytes of sound and picture that have come.
pub async fn bytes_received(connection: &RtcPeerConnection) -> f64 {
    let Some(reports) = reports(connection).await else { return 0.0 };
    let inbound = reports.iter().filter(|report| web::get(report, "type") == "inbound-rtp");
    inbound.filter_map(|report| web::get(&report, "bytesReceived").as_f64()).sum()
}

/// Number of frames that the browser has decoded, if it tells.
pub async fn pictures_decoded(connection: &RtcPeerConnection) -> Option<f64> {
    let is_picture = |report: &JsValue| {
        web::get(report, "type") == "inbound-rtp" && web::get(report, "kind") == "video"
    };
    let report = reports(connection).await?.iter().find(is_picture)?;
    web::get(&report, "framesDecoded").as_f64()
}

/// Reports of a viewer's browser on its picture, as a JSON list.
pub async fn measured(connection: &RtcPeerConnection) -> Option<String> {
    let reports = reports(connection).await?;
    let telling = |report: &JsValue| {
        let kind = web::get(report, "type").as_string().unwrap_or_default();
        kind == "inbound-rtp" || kind == "candidate-pair"
    };
    let telling: Array = reports.iter().filter(telling).collect();
    let taken: Array = TAKEN.iter().map(|name| JsValue::from_str(name)).collect();
    let text = JSON::stringify_with_replacer(&telling, &taken).ok()?;
    text.as_string()
}
