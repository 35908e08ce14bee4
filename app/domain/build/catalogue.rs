//! Reading the catalogues, and comparing the translations with the English one.

use std::collections::{BTreeMap, BTreeSet};

use toml::{Table, Value};

/// The language of which every key and every gap is taken.
pub const REFERENCE: &str = "en";
/// Sections that browsers are not sent.
const SERVER_ONLY: [&str; 2] = ["mail", "server"];
/// The plural categories of Unicode TR 35, part 3.
const CATEGORIES: [&str; 6] = ["zero", "one", "two", "few", "many", "other"];
/// The gap whose number chooses the plural form.
pub const COUNT: &str = "count";
/// Words that can't be names in Rust.
const KEYWORDS: &[&str] = &[
    "as", "async", "await", "break", "const", "continue", "crate", "dyn", "else", "enum", "extern",
    "false", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "match", "mod", "move", "mut",
    "pub", "ref", "return", "self", "static", "struct", "super", "trait", "true", "try", "type",
    "unsafe", "use", "where", "while",
];

/// All catalogues, with the same keys; the reference first.
#[derive(Debug)]
pub struct Catalogues(pub Vec<Catalogue>);

/// One language.
#[derive(Debug)]
pub struct Catalogue {
    /// The subtag of BCP 47, which is the file's name.
    pub tag: String,
    /// What a catalogue says of its language.
    pub header: Header,
    /// Texts by their dotted key.
    pub texts: BTreeMap<String, Entry>,
}

/// The section `[language]`.
#[derive(Debug)]
pub struct Header {
    /// What those who speak it call it.
    pub name: String,
    /// Its English name, which is that of the variant of `Language`.
    pub variant: String,
    /// The locale of dates where the browser has none of this language.
    pub locale: String,
    /// What stands before the tenths of a number.
    pub decimal: String,
    /// Its plural categories in the order of their forms.
    pub plural: Vec<String>,
}

/// One text.
#[derive(Debug)]
pub struct Entry {
    /// Its only form, or one a plural category.
    pub forms: Vec<String>,
    /// Whether it has plural forms.
    pub plural: bool,
    /// The names of its gaps; `count` first where it has plural forms.
    pub gaps: Vec<String>,
}

impl Catalogues {
    /// Reads catalogues from their tags and contents.
    pub fn read(mut files: Vec<(String, String)>) -> Result<Self, Vec<String>> {
        files.sort_by_key(|(tag, _)| (tag != REFERENCE, tag.clone()));
        let mut complaints = Vec::new();
        let mut all = Vec::new();
        for (tag, content) in files {
            match Catalogue::read(&tag, &content, &mut complaints) {
                Some(catalogue) => all.push(catalogue),
                None => complaints.push(format!("texts/{tag}.toml can't be read")),
            }
        }
        match all.split_first() {
            Some((reference, others)) if reference.tag == REFERENCE => {
                for other in others {
                    compare(reference, other, &mut complaints);
                }
            }
            _ => complaints.push(format!("texts/{REFERENCE}.toml is missing")),
        }
        if complaints.is_empty() { Ok(Self(all)) } else { Err(complaints) }
    }

    /// The keys in their order: first those that browsers are sent, then the server's.
    pub fn keys(&self) -> (Vec<&str>, Vec<&str>) {
        self.0[0].texts.keys().map(String::as_str).partition(|key| {
            let section = key.split('.').next().unwrap_or_default();
            !SERVER_ONLY.contains(&section)
        })
    }
}

impl Catalogue {
    fn read(tag: &str, content: &str, complaints: &mut Vec<String>) -> Option<Self> {
        let mut table = match content.parse::<Table>() {
            Ok(table) => table,
            Err(error) => {
                let text = error.to_string().replace('\n', " ");
                complaints.push(format!("texts/{tag}.toml: {text}"));
                return None;
            }
        };
        let header = Header::read(table.remove("language"));
        let Some(header) = header else {
            complaints.push(format!(
                "texts/{tag}.toml: [language] needs name, variant, locale, decimal and plural"
            ));
            return None;
        };
        let mut catalogue = Self { tag: tag.into(), header, texts: BTreeMap::new() };
        catalogue.add("", &table, complaints);
        Some(catalogue)
    }

    fn add(&mut self, section: &str, table: &Table, complaints: &mut Vec<String>) {
        for (name, value) in table {
            let key = if section.is_empty() { name.clone() } else { format!("{section}.{name}") };
            let mut complain = |what: &str| {
                complaints.push(format!("texts/{}.toml: {key} {what}", self.tag));
            };
            if !is_identifier(name) {
                complain("is no name in Rust: it needs a–z, 0–9 and _, and must not be a keyword");
                continue;
            }
            match value {
                Value::String(_) if section.is_empty() => complain("belongs into a section"),
                Value::String(text) => match Entry::plain(text) {
                    Ok(entry) => drop(self.texts.insert(key, entry)),
                    Err(what) => complain(&what),
                },
                Value::Table(forms) if is_plural(forms) => {
                    match Entry::plural(forms, &self.header.plural) {
                        Ok(entry) => drop(self.texts.insert(key, entry)),
                        Err(what) => complain(&what),
                    }
                }
                Value::Table(table) => self.add(&key, table, complaints),
                _ => complain("is neither a text nor a section"),
            }
        }
    }
}

impl Header {
    fn read(value: Option<Value>) -> Option<Self> {
        let table = value?.as_table()?.clone();
        let text = |name: &str| table.get(name)?.as_str().map(str::to_owned);
        Some(Self {
            name: text("name")?,
            variant: text("variant")?,
            locale: text("locale")?,
            decimal: text("decimal")?,
            plural: text("plural")?.split_whitespace().map(str::to_owned).collect(),
        })
    }
}

impl Entry {
    fn plain(text: &str) -> Result<Self, String> {
        let gaps = gaps(text)?.into_iter().collect();
        Ok(Self { forms: vec![text.into()], plural: false, gaps })
    }

    fn plural(forms: &Table, categories: &[String]) -> Result<Self, String> {
        let given: BTreeSet<&str> = forms.keys().map(String::as_str).collect();
        let wanted: BTreeSet<&str> = categories.iter().map(String::as_str).collect();
        if given != wanted {
            return Err(format!("needs the forms {}", categories.join(", ")));
        }
        let mut texts = Vec::new();
        let mut all = BTreeSet::new();
        for category in categories {
            let text = forms[category].as_str().ok_or("has a form that is no text")?;
            all.extend(gaps(text)?);
            texts.push(text.to_owned());
        }
        if !all.remove(COUNT) {
            return Err(format!("has plural forms and no {{{COUNT}}}"));
        }
        // A form may leave the number out, as in “one more”, but nothing else.
        for text in &texts {
            let mut own = gaps(text)?;
            own.remove(COUNT);
            if own != all {
                return Err("has forms with different gaps".into());
            }
        }
        let gaps = [COUNT.to_owned()].into_iter().chain(all).collect();
        Ok(Self { forms: texts, plural: true, gaps })
    }
}

/// Says in what `other` differs from the reference.
fn compare(reference: &Catalogue, other: &Catalogue, complaints: &mut Vec<String>) {
    let tag = &other.tag;
    for (key, entry) in &reference.texts {
        match other.texts.get(key) {
            None => complaints.push(format!("texts/{tag}.toml: {key} is missing")),
            Some(own) if own.plural != entry.plural => {
                complaints.push(format!("texts/{tag}.toml: {key} has plural forms in one language"))
            }
            Some(own) if own.gaps != entry.gaps => complaints.push(format!(
                "texts/{tag}.toml: {key} has the gaps {:?} instead of {:?}",
                own.gaps, entry.gaps
            )),
            Some(_) => {}
        }
    }
    for key in other.texts.keys().filter(|key| !reference.texts.contains_key(*key)) {
        complaints.push(format!("texts/{tag}.toml: {key} is not in texts/{REFERENCE}.toml"));
    }
}

fn is_plural(table: &Table) -> bool {
    table.contains_key("other") && table.keys().all(|key| CATEGORIES.contains(&key.as_str()))
}

fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && !KEYWORDS.contains(&name)
}

/// The names in braces. Lines and tabs divide texts and forms in what browsers are sent.
fn gaps(text: &str) -> Result<BTreeSet<String>, String> {
    if text.is_empty() || text.contains(['\n', '\r', '\t']) {
        return Err("is empty, or has a line break or a tab".into());
    }
    let mut gaps = BTreeSet::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let name = rest[at..].strip_prefix('{').and_then(|gap| gap.split_once('}'));
        let Some((name, after)) = name.filter(|(name, _)| is_identifier(name)) else {
            return Err("has a brace that is no gap".into());
        };
        gaps.insert(name.to_owned());
        rest = after;
    }
    Ok(gaps)
}
