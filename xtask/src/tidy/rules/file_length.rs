//! A Rust file has at most 400 lines, tests not counted.

use crate::tidy::finding::Finding;
use crate::tidy::source::Source;

const MOST: usize = 400;

pub(super) fn check(file: &Source) -> Vec<Finding> {
    let lines = file.lines_without_tests();
    if !file.is_rust() || lines <= MOST {
        return Vec::new();
    }
    let message = format!("{lines} lines without tests, {MOST} are allowed; one idea a file");
    vec![file.finding(0, "file-length", message)]
}

#[cfg(test)]
mod tests {
    use super::{Source, check};

    #[test]
    fn a_long_file_is_caught_and_tests_do_not_count() {
        let code = "const A: u8 = 0;\n";
        let test = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", code.repeat(500));
        assert_eq!(check(&Source::new("a/src/x.rs", code.repeat(401))).len(), 1);
        assert_eq!(
            check(&Source::new("a/src/x.rs", code.repeat(400) + &test)),
            []
        );
        assert_eq!(
            check(&Source::new("a/src/x/tests.rs", code.repeat(401))),
            []
        );
        assert_eq!(check(&Source::new("README.md", code.repeat(401))), []);
    }
}
