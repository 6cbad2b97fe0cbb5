//! `mod.rs` and `lib.rs` show what is there: modules and re-exports, no code.

use crate::tidy::finding::Finding;
use crate::tidy::items::skip_attributes;
use crate::tidy::source::Source;
use crate::tidy::words::{bracketed, words};

pub(super) fn check(file: &Source) -> Vec<Finding> {
    let facade = matches!(file.file_name(), "mod.rs" | "lib.rs") && file.path.contains("src/");
    let code = if facade { file.code.as_str() } else { "" };
    let mut at = skip_attributes(code, 0);
    while at < code.len() {
        let Some(end) = facade_item(&code[at..]) else {
            let message = "only modules and re-exports; give this code a file of its own";
            return vec![file.finding(at, "facade", message)];
        };
        at = skip_attributes(code, at + end);
    }
    Vec::new()
}

/// Where a `mod x;` or `use x;` ends.
fn facade_item(code: &str) -> Option<usize> {
    let mut item = code;
    if words(item).next() == Some((0, "pub")) {
        item = item["pub".len()..].trim_start();
        if item.starts_with('(') {
            item = item[bracketed(item, 0)?.end..].trim_start();
        }
    }
    let (_, word) = words(item).next().filter(|&(at, _)| at == 0)?;
    let end = item.find(';')?;
    let fits = match word {
        "use" => true,
        "mod" => !item[..end].contains('{'),
        _ => false,
    };
    fits.then_some(code.len() - item.len() + end + 1)
}

#[cfg(test)]
mod tests {
    use super::{Source, check};

    #[test]
    fn code_in_a_facade_is_caught() {
        let table = [
            (
                "//! Doc.\n#![warn(x)]\nmod a;\npub(crate) mod b;\npub use a::{B, c::D};\n",
                0,
            ),
            (
                "#[cfg(test)]\nmod tests;\n#[cfg(any(test, x))]\npub(in crate::a) use b::*;",
                0,
            ),
            ("mod a;\nfn f() {}", 1),
            ("mod a { fn f() {} }", 1),
            ("pub struct A;", 1),
            ("pub use a::b;\nmacro_rules! m { () => {} }", 1),
        ];
        for (text, faults) in table {
            assert_eq!(
                check(&Source::new("a/src/x/mod.rs", text)).len(),
                faults,
                "{text}"
            );
            assert_eq!(
                check(&Source::new("a/src/lib.rs", text)).len(),
                faults,
                "{text}"
            );
            assert_eq!(check(&Source::new("a/src/x.rs", text)), []);
        }
    }

    #[test]
    fn the_line_is_the_codes_own() {
        let file = Source::new("a/src/lib.rs", "mod a;\n\n#[doc(hidden)]\nfn f() {}\n");
        assert_eq!(check(&file)[0].line, 4);
    }
}
