//! Keepsake of an evening: the show's poster as a picture, with how many one was among.

use bandstand_domain::shows::ShowCard;
use futures::channel::oneshot;
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, CanvasRenderingContext2d, File, FilePropertyBag, HtmlCanvasElement, HtmlImageElement,
};

use crate::shows::design;

/// Width of the picture, in pixels; a poster is three wide and four high.
pub const WIDTH: u32 = 1_080;
/// Height of the picture.
pub const HEIGHT: u32 = 1_440;
/// Space between the words and the edge.
const MARGIN: f64 = 80.0;
/// The most lines of a title.
const MAX_LINES: usize = 3;

/// Words of a keepsake.
pub struct Words {
    /// Words for how many one was among.
    pub among: String,
    /// Day of the show.
    pub day: String,
    /// The venue.
    pub venue: String,
}

/// Draws the poster of `show` with its words.
///
/// # Errors
/// The exception that the browser threw.
pub async fn draw(
    canvas: &HtmlCanvasElement,
    show: &ShowCard,
    words: &Words,
) -> Result<(), JsValue> {
    let (pair, motif) = design(show);
    canvas.set_class_name(&pair);
    let style = window().get_computed_style(canvas)?.ok_or(JsValue::UNDEFINED)?;
    let value = |name: &str| style.get_property_value(name).map(|it| it.trim().to_owned());
    let (back, shape, ink) = (value("--back")?, value("--shape")?, value("--ink")?);
    let (display, text) = (value("--font-display")?, value("--font-text")?);
    let image = HtmlImageElement::new()?;
    let svg = js_sys::encode_uri_component(&poster(&motif, &back, &shape));
    image.set_src(&format!("data:image/svg+xml,{svg}"));
    JsFuture::from(image.decode()).await?;

    let context: CanvasRenderingContext2d =
        canvas.get_context("2d")?.ok_or(JsValue::UNDEFINED)?.unchecked_into();
    let (width, height) = (f64::from(WIDTH), f64::from(HEIGHT));
    context.set_fill_style_str(&back);
    context.fill_rect(0.0, 0.0, width, height);
    context.draw_image_with_html_image_element(&image, 0.0, 0.0)?;

    let title_font = format!("800 92px {display}");
    context.set_font(&title_font);
    let room = width - 2.0 * MARGIN;
    let lines = wrapped(&show.title, |line| {
        context.measure_text(line).is_ok_and(|measured| measured.width() <= room)
    });
    // From the foot upwards, on the ground alone, where it can be read.
    let mut rows = vec![
        (format!("600 36px {text}"), 64.0, format!("{} · {}", words.day, words.venue)),
        (format!("600 48px {text}"), 72.0, show.artist.stage_name.clone()),
    ];
    rows.extend(lines.into_iter().rev().map(|line| (title_font.clone(), 100.0, line)));
    rows.push((format!("700 48px {text}"), 110.0, words.among.clone()));
    let top = height - MARGIN - rows.iter().map(|(_, high, _)| high).sum::<f64>() - 20.0;
    context.set_fill_style_str(&back);
    context.fill_rect(0.0, top, width, height - top);
    context.set_fill_style_str(&ink);
    let mut foot = height - MARGIN;
    for (font, high, line) in rows {
        context.set_font(&font);
        context.fill_text_with_max_width(&line, MARGIN, foot, room)?;
        foot -= high;
    }
    Ok(())
}

/// The drawing of a poster as an image of its own, which no style sheet reaches.
fn poster(motif: &str, back: &str, shape: &str) -> String {
    let line = format!(r#"fill="none" stroke="{shape}""#);
    let motif = motif
        .replace(r#"class="l round""#, &format!(r#"{line} stroke-linecap="round""#))
        .replace(
            r#"class="l peak""#,
            &format!(r#"fill="{back}" stroke="{shape}" stroke-linejoin="round""#),
        )
        .replace(r#"class="l""#, &line)
        .replace(r#"class="s""#, &format!(r#"fill="{shape}""#))
        .replace(r#"class="g""#, &format!(r#"fill="{back}""#));
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 240 320">{motif}</svg>"#
    )
}

/// A text in lines that fit; what is too much for [`MAX_LINES`] stands in the last one.
fn wrapped(text: &str, fits: impl Fn(&str) -> bool) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.len() - 1;
        let longer = [lines[last].as_str(), word].join(" ").trim().to_owned();
        if lines[last].is_empty() || fits(&longer) || lines.len() == MAX_LINES {
            lines[last] = longer;
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// The picture as a file.
///
/// # Errors
/// The exception that the browser threw, or `undefined` when it makes none.
pub async fn file(canvas: &HtmlCanvasElement, name: &str) -> Result<JsValue, JsValue> {
    let (tell, told) = oneshot::channel();
    let mut tell = Some(tell);
    let made = Closure::<dyn FnMut(Option<Blob>)>::new(move |blob| {
        if let Some(tell) = tell.take() {
            // Nobody waits any more when the page is gone.
            let _ = tell.send(blob);
        }
    });
    canvas.to_blob(made.as_ref().unchecked_ref())?;
    let blob = told.await.ok().flatten().ok_or(JsValue::UNDEFINED)?;
    let parts = js_sys::Array::of1(&blob);
    let options = FilePropertyBag::new();
    options.set_type("image/png");
    File::new_with_blob_sequence_and_options(&parts, name, &options).map(JsValue::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_stands_in_three_lines_at_the_most() {
        let fits = |line: &str| line.chars().count() <= 10;
        assert_eq!(wrapped("Ghost Ferry", fits), ["Ghost", "Ferry"]);
        assert_eq!(wrapped("a b c d e", fits), ["a b c d e"]);
        assert_eq!(wrapped("Donaudampfschiff", fits), ["Donaudampfschiff"]);
        let long = wrapped("one two three four five six seven", fits);
        assert_eq!(long, ["one two", "three four", "five six seven"]);
    }

    #[test]
    fn a_poster_on_its_own_needs_no_style_sheet() {
        let motif = r#"<path class="l round"/><path class="l peak"/><path class="l"/><path class="s"/><path class="g"/>"#;
        let alone = poster(motif, "#000", "#fff");
        assert!(!alone.contains("class"), "{alone}");
        assert_eq!(alone.matches("#fff").count(), 4, "{alone}");
    }
}
