//! A tracked file, as the rules see it.

use std::ops::Range;

use super::finding::Finding;
use super::items::test_items;
use super::mask::mask;

/// A text file of the repository.
pub(super) struct Source {
    /// From the root of the repository, with `/`.
    pub(super) path: String,
    /// As it is on disk.
    pub(super) text: String,
    /// The text with comments and literals blanked; empty if it is no Rust.
    pub(super) code: String,
    tests: Vec<Range<usize>>,
    all_tests: bool,
}

impl Source {
    pub(super) fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        let (path, text) = (path.into(), text.into());
        let code = if has_extension(&path, "rs") {
            mask(&text)
        } else {
            String::new()
        };
        Self {
            tests: test_items(&code),
            all_tests: is_test_path(&path),
            path,
            text,
            code,
        }
    }

    pub(super) fn is_rust(&self) -> bool {
        has_extension(&self.path, "rs")
    }

    pub(super) fn is_document(&self) -> bool {
        has_extension(&self.path, "md")
    }

    pub(super) fn is_manifest(&self) -> bool {
        self.file_name() == "Cargo.toml"
    }

    pub(super) fn file_name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// Whether the byte at this place is compiled for tests only.
    pub(super) fn is_test(&self, at: usize) -> bool {
        self.all_tests || self.tests.iter().any(|range| range.contains(&at))
    }

    /// The number of the line of this byte, from 1.
    pub(super) fn line(&self, at: usize) -> usize {
        self.text[..at].matches('\n').count() + 1
    }

    /// How many lines the file has, tests not counted.
    pub(super) fn lines_without_tests(&self) -> usize {
        if self.all_tests {
            return 0;
        }
        let tests = self.tests.iter();
        let tests: usize = tests
            .map(|r| self.line(r.end) - self.line(r.start) + 1)
            .sum();
        self.text.lines().count() - tests
    }

    pub(super) fn finding(
        &self,
        at: usize,
        rule: &'static str,
        message: impl Into<String>,
    ) -> Finding {
        Finding {
            path: self.path.clone(),
            line: self.line(at),
            rule,
            message: message.into(),
        }
    }
}

fn has_extension(path: &str, extension: &str) -> bool {
    path.rsplit_once('.')
        .is_some_and(|(_, found)| found == extension)
}

/// `tests.rs`, `*_tests.rs`, and all below a folder `tests`.
fn is_test_path(path: &str) -> bool {
    let mut parts = path.rsplit('/');
    let file = parts.next().unwrap_or(path);
    file == "tests.rs" || file.ends_with("_tests.rs") || parts.any(|folder| folder == "tests")
}

#[cfg(test)]
mod tests {
    use super::Source;

    #[test]
    fn tests_are_told_by_path_and_by_attribute() {
        for path in [
            "a/src/x/tests.rs",
            "a/src/x_tests.rs",
            "a/tests/x.rs",
            "tests/src/lib.rs",
        ] {
            assert!(Source::new(path, "fn f() {}").is_test(0), "{path}");
        }
        let file = Source::new("a/src/x.rs", "fn f() {}\n#[cfg(test)]\nmod tests {\n}\n");
        assert!(!file.is_test(0));
        assert!(file.is_test(30));
        assert_eq!(file.lines_without_tests(), 1);
    }

    #[test]
    fn lines_count_from_one() {
        let file = Source::new("x.md", "a\nb\n");
        assert_eq!((file.line(0), file.line(2)), (1, 2));
    }
}
