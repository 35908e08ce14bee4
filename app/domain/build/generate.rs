//! The Rust code of the catalogues.

use std::fmt::Write;

use crate::catalogue::{Catalogue, Catalogues, Entry};

/// The enumeration of languages, a constant or a struct for each key, and the texts themselves.
pub fn code(catalogues: &Catalogues) -> String {
    let mut code = String::new();
    languages(&catalogues.0, &mut code);
    let (pages, server) = catalogues.keys();
    let keys: Vec<&str> = pages.iter().chain(&server).copied().collect();
    let reference = &catalogues.0[0];
    let mut root = Section::default();
    for (number, key) in keys.iter().enumerate() {
        let path: Vec<&str> = key.split('.').collect();
        root.insert(&path, number, &reference.texts[*key]);
    }
    line(&mut code, "/// The keys of the catalogues.");
    line(&mut code, "#[allow(missing_docs, non_camel_case_types, non_upper_case_globals)]");
    line(&mut code, "pub mod keys {");
    root.write(&mut code);
    line(&mut code, "}");
    texts(catalogues, &keys, pages.len(), &mut code);
    code
}

fn line(code: &mut String, text: &str) {
    code.push_str(text);
    code.push('\n');
}

fn languages(all: &[Catalogue], code: &mut String) {
    line(code, "/// The languages of the catalogues.");
    line(
        code,
        "#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]",
    );
    line(code, "pub enum Language {");
    for (number, language) in all.iter().enumerate() {
        let Catalogue { tag, header, .. } = language;
        let _ = writeln!(code, "/// {}.", header.name);
        if number == 0 {
            line(code, "#[default]");
        }
        let _ = writeln!(code, "#[serde(rename = {tag:?})]\n{},", header.variant);
    }
    line(code, "}");
    line(code, "impl Language {");
    let variants: Vec<String> =
        all.iter().map(|language| format!("Self::{}", language.header.variant)).collect();
    let _ = writeln!(
        code,
        "/// All of them.\npub const ALL: [Self; {}] = [{}];",
        all.len(),
        variants.join(", ")
    );
    line(code, "const TRAITS: [Traits; Self::ALL.len()] = [");
    for Catalogue { tag, header, .. } in all {
        let forms = header.plural.join("_");
        let _ = writeln!(
            code,
            "Traits {{ tag: {tag:?}, name: {:?}, locale: {:?}, decimal: {:?}, plural: plural::{forms} }},",
            header.name, header.locale, header.decimal
        );
    }
    line(code, "];\n}");
}

/// A section with its texts and the sections in it.
#[derive(Default)]
struct Section<'a> {
    texts: Vec<(&'a str, usize, &'a Entry)>,
    sections: Vec<(&'a str, Section<'a>)>,
}

impl<'a> Section<'a> {
    fn insert(&mut self, path: &[&'a str], number: usize, entry: &'a Entry) {
        match path {
            [] => {}
            [name] => self.texts.push((name, number, entry)),
            [name, rest @ ..] => {
                let found = self.sections.iter().position(|(other, _)| other == name);
                let at = found.unwrap_or_else(|| {
                    self.sections.push((name, Self::default()));
                    self.sections.len() - 1
                });
                self.sections[at].1.insert(rest, number, entry);
            }
        }
    }

    fn write(&self, code: &mut String) {
        for (name, number, entry) in &self.texts {
            let _ = writeln!(code, "#[doc = {:?}]", format!("`{}`", entry.forms.join("` · `")));
            write_key(code, name, *number, entry);
        }
        for (name, section) in &self.sections {
            let _ = writeln!(code, "pub mod {name} {{");
            section.write(code);
            line(code, "}");
        }
    }
}

fn write_key(code: &mut String, name: &str, number: usize, entry: &Entry) {
    const TEXTS: &str = "crate::texts";
    if entry.gaps.is_empty() {
        let _ = writeln!(code, "pub const {name}: {TEXTS}::Key = {TEXTS}::Key({number});");
        return;
    }
    // What fills a gap is of one type, so that it can be a text or a piece of a page. A number that
    // chooses the plural form has to be one.
    let (generic, kind) =
        if entry.plural { ("", format!("{TEXTS}::Arg")) } else { ("<T>", "T".to_owned()) };
    let fields: String = entry.gaps.iter().map(|gap| format!("pub {gap}: {kind}, ")).collect();
    let values: String = entry.gaps.iter().map(|gap| format!("self.{gap}, ")).collect();
    let _ = writeln!(
        code,
        "#[derive(Debug)] pub struct {name}{generic} {{ {fields} }}\n\
         impl{generic} {name}{generic} {{ #[inline] pub fn filled(self) -> ({TEXTS}::Key, Vec<{kind}>) \
         {{ ({TEXTS}::Key({number}), vec![{values}]) }} }}"
    );
}

fn texts(catalogues: &Catalogues, keys: &[&str], pages: usize, code: &mut String) {
    let reference = &catalogues.0[0];
    // FNV-1a over what the numbers stand for.
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for key in &keys[..pages] {
        let name = format!("{key} {}\n", reference.texts[*key].gaps.join(" "));
        for byte in name.bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    let _ = writeln!(
        code,
        "/// What the numbers of the keys stand for, in sixteen digits.\n\
         pub const FINGERPRINT: &str = \"{hash:016x}\";"
    );
    line(code, "#[cfg(not(target_family = \"wasm\"))]");
    let _ = writeln!(
        code,
        "/// How many keys browsers are sent; those of the server follow.\nconst PAGES: usize = {pages};"
    );
    line(code, "#[cfg(not(target_family = \"wasm\"))]");
    let _ = writeln!(code, "static TEXTS: [[&str; {}]; Language::ALL.len()] = [", keys.len());
    for catalogue in &catalogues.0 {
        line(code, "[");
        for key in keys {
            let _ = writeln!(code, "{:?},", numbered(&catalogue.texts[*key]));
        }
        line(code, "],");
    }
    line(code, "];");
}

/// The forms of a text, divided by tabs, with the numbers of its gaps in place of their names.
fn numbered(entry: &Entry) -> String {
    let mut text = entry.forms.join("\t");
    for (number, gap) in entry.gaps.iter().enumerate() {
        text = text.replace(&format!("{{{gap}}}"), &format!("{{{number}}}"));
    }
    text
}
