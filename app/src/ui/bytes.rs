//! Lengths of files.

use crate::texts::language;

/// Bytes as people read them: `0.4 MB`, `812 MB`, `1.5 GB`.
pub fn write_bytes(bytes: u64) -> String {
    let (unit, name) =
        if bytes < 1_000_000_000 { (1_000_000, "MB") } else { (1_000_000_000, "GB") };
    // Rounded up to a tenth: nothing but nothing is 0.
    let tenths = bytes.div_ceil(unit / 10);
    match (tenths / 10, tenths % 10) {
        (whole, 0) => format!("{whole} {name}"),
        (whole, _) if whole >= 10 && name == "MB" => format!("{} {name}", whole + 1),
        (whole, tenth) => format!("{whole}{}{tenth} {name}", language().decimal()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short_and_never_nothing() {
        let check = |bytes: u64, text: &str| assert_eq!(write_bytes(bytes), text);
        check(0, "0 MB");
        check(1, "0.1 MB");
        check(2_340_000, "2.4 MB");
        check(812_100_000, "813 MB");
        check(1_500_000_000, "1.5 GB");
        check(10_000_000_000, "10 GB");
    }
}
