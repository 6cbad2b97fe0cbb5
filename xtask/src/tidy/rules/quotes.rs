//! Code in a document is code that compiles: a block that names a file, by
//! `<!-- path -->` on the line above it, is that file, letter by letter. And
//! what is promised to be short is short.

use crate::metadata::Package;
use crate::tidy::finding::Finding;
use crate::tidy::source::Source;

/// Files that show how little is needed, and the most lines they may have.
const SHORT: &[(&str, usize)] = &[
    ("examples/examples/custom_harness.rs", 50),
    ("examples/examples/mocked_orchestration.rs", 30),
    ("examples/tests/adapter.rs", 25),
];

pub(super) fn check(files: &[Source], _: &[Package]) -> Vec<Finding> {
    let documents = files.iter().filter(|file| file.is_document());
    let quotes = documents.flat_map(|document| {
        let wrong = quotes(&document.text)
            .into_iter()
            .filter(|(_, path, code)| {
                !files
                    .iter()
                    .any(|file| file.path == *path && file.text.trim_end() == code.trim_end())
            });
        wrong.map(|(at, path, _)| {
            let message = format!("this is not what `{path}` says; copy it again");
            document.finding(at, "quotes", message)
        })
    });
    let long = files.iter().filter_map(|file| {
        let (_, most) = SHORT.iter().find(|(path, _)| *path == file.path)?;
        let lines = file.text.lines().count();
        let message = format!("{lines} lines, {most} are promised");
        (lines > *most).then(|| file.finding(0, "quotes", message))
    });
    quotes.chain(long).collect()
}

/// Where a quotation begins, the file it names, and its text.
fn quotes(text: &str) -> Vec<(usize, &str, &str)> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("<!-- ") {
        let rest = &text[at + 5..];
        let Some((path, rest)) = rest.split_once(" -->\n```") else {
            continue;
        };
        // Another comment, and a quotation further down.
        if path.contains(['\n', ' ']) {
            continue;
        }
        let code = rest.split_once('\n').map_or("", |(_, code)| code);
        let code = code.split_once("\n```").map_or(code, |(code, _)| code);
        found.push((at, path, code));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{Source, check};

    #[test]
    fn a_quotation_that_drifts_is_caught() {
        let quote = |code: &str| format!("Words.\n\n<!-- a.rs -->\n```rust\n{code}\n```\nMore.\n");
        let files = |code: &str| {
            [
                Source::new("a.rs", "fn a() {}\n"),
                Source::new("README.md", quote(code)),
            ]
        };
        assert_eq!(check(&files("fn a() {}"), &[]).len(), 0);
        assert_eq!(check(&files("fn b() {}"), &[]).len(), 1);
        assert_eq!(check(&files("fn a() {}")[1..], &[]).len(), 1);
    }

    #[test]
    fn what_is_promised_to_be_short_is_short() {
        let file = |lines| {
            let text = "\n".repeat(lines);
            Source::new("examples/examples/mocked_orchestration.rs", text)
        };
        assert_eq!(check(&[file(30)], &[]).len(), 0);
        assert_eq!(check(&[file(31)], &[]).len(), 1);
    }
}
