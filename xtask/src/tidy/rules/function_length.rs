//! A function has at most 60 lines, unless it is a table: one row a case, of
//! transitions or of a test.
//!
//! A table says so itself, in the comments and attributes right above it:
//! `// tidy: table`.

use crate::tidy::finding::Finding;
use crate::tidy::items::{Function, functions};
use crate::tidy::source::Source;

const MOST: usize = 60;
const MARK: &str = "// tidy: table";

pub(super) fn check(file: &Source) -> Vec<Finding> {
    let long = functions(&file.code).into_iter().filter_map(|function| {
        let Function { name, span } = function;
        let lines = file.line(span.end - 1) - file.line(span.start) + 1;
        let allowed = lines <= MOST || is_table(&file.text[..span.start]);
        (!allowed).then(|| {
            let message = format!(
                "`{name}` has {lines} lines, {MOST} are allowed; \
                 split it, or mark a table with `{MARK}`"
            );
            file.finding(span.start, "function-length", message)
        })
    });
    long.collect()
}

/// Whether the mark is in the comments and attributes that end the text.
fn is_table(before: &str) -> bool {
    let mut above = before.lines().rev();
    // The line of the `fn` itself, as far as its visibility.
    if !before.ends_with('\n') {
        above.next();
    }
    above
        .map(str::trim)
        .take_while(|line| line.starts_with("//") || line.starts_with('#'))
        .any(|line| line == MARK)
}

#[cfg(test)]
mod tests {
    use super::{Source, check};

    fn function(above: &str, lines: usize) -> Source {
        let body = "    x();\n".repeat(lines - 2);
        Source::new("x.rs", format!("{above}pub(crate) fn f() {{\n{body}}}\n"))
    }

    #[test]
    fn a_long_function_is_caught() {
        assert_eq!(check(&function("", 60)), []);
        let found = check(&function("\n", 61));
        assert_eq!(found[0].line, 2);
        assert!(found[0].message.starts_with("`f` has 61 lines"));
    }

    #[test]
    fn a_marked_table_may_be_long() {
        let mark = "// tidy: table\n";
        assert_eq!(check(&function(mark, 100)), []);
        assert_eq!(
            check(&function(&format!("/// Doc.\n{mark}#[must_use]\n"), 100)),
            []
        );
        assert_eq!(check(&function(&format!("{mark}\n"), 100)).len(), 1);
    }

    #[test]
    fn braces_in_literals_count_for_nothing() {
        let text = format!(
            "fn f() {{ a(\"}}\") }}\n{}fn g() {{}}\n",
            "// {\n".repeat(70)
        );
        assert_eq!(check(&Source::new("x.rs", text)), []);
    }
}
