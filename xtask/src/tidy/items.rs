//! Where the items of a masked Rust file begin and end.

use std::ops::Range;

use super::words::{bracketed, words};

/// A function with a body.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Function<'a> {
    pub(super) name: &'a str,
    /// From `fn` to the closing brace.
    pub(super) span: Range<usize>,
}

/// Every function that has a body, nested ones too.
pub(super) fn functions(code: &str) -> Vec<Function<'_>> {
    let mut found = Vec::new();
    let mut words = words(code).peekable();
    while let Some((at, word)) = words.next() {
        // `fn(u8)` is a type: a name stands apart by white space only.
        let name = match words.peek() {
            Some(&(start, name)) if word == "fn" && code[at + 2..start].trim().is_empty() => name,
            _ => continue,
        };
        if let Some(end) = item_end(code, at).filter(|&end| code[..end].ends_with('}')) {
            found.push(Function {
                name,
                span: at..end,
            });
        }
    }
    found
}

/// Where the item that starts at `start` ends: behind its `;` or its `}`.
pub(super) fn item_end(code: &str, start: usize) -> Option<usize> {
    let mut at = start;
    loop {
        at += code.get(at..)?.find([';', '{', '(', '['])?;
        match code.as_bytes()[at] {
            b';' => return Some(at + 1),
            b'{' => return Some(bracketed(code, at)?.end),
            _ => at = bracketed(code, at)?.end,
        }
    }
}

/// What only the tests see: items under `#[cfg(test)]`, attribute included.
pub(super) fn test_items(code: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut from = 0;
    while let Some(at) = code[from..].find("#[cfg(").map(|at| from + at) {
        from = at + "#[cfg(".len();
        let (Some(condition), Some(attribute)) =
            (bracketed(code, from - 1), bracketed(code, at + 1))
        else {
            break;
        };
        if !only_in_tests(&code[condition]) {
            continue;
        }
        if let Some(end) = item_end(code, skip_attributes(code, attribute.end)) {
            found.push(at..end);
            from = end;
        }
    }
    found
}

fn only_in_tests(condition: &str) -> bool {
    let mut words = words(condition).map(|(_, word)| word);
    match words.next() {
        Some("test") => true,
        Some("all") => words.any(|word| word == "test") && !condition.contains("not("),
        _ => false,
    }
}

/// The first place at or behind `at` that is no attribute and no white space.
pub(super) fn skip_attributes(code: &str, mut at: usize) -> usize {
    loop {
        let rest = code[at..].trim_start();
        at = code.len() - rest.len();
        let open = match rest.as_bytes() {
            [b'#', b'[', ..] => at + 1,
            [b'#', b'!', b'[', ..] => at + 2,
            _ => return at,
        };
        match bracketed(code, open) {
            Some(attribute) => at = attribute.end,
            None => return at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{functions, test_items};

    #[test]
    fn functions_with_bodies_are_found() {
        let code = "trait T { fn a(&self); fn b(x: [u8; 4]) -> fn(u8) { fn c() {} } }";
        let found: Vec<_> = functions(code)
            .into_iter()
            .map(|f| (f.name, &code[f.span]))
            .collect();
        assert_eq!(
            found,
            [
                ("b", "fn b(x: [u8; 4]) -> fn(u8) { fn c() {} }"),
                ("c", "fn c() {}"),
            ]
        );
    }

    #[test]
    fn test_items_are_found() {
        let table = [
            (
                "a #[cfg(test)] mod tests { x } b",
                vec!["#[cfg(test)] mod tests { x }"],
            ),
            (
                "#[cfg(test)] #[allow(x)] mod tests; b",
                vec!["#[cfg(test)] #[allow(x)] mod tests;"],
            ),
            (
                "#[cfg(all(test, unix))] fn f() {} b",
                vec!["#[cfg(all(test, unix))] fn f() {}"],
            ),
            ("#[cfg(not(test))] fn f() {}", vec![]),
            ("#[cfg(all(unix, not(test)))] fn f() {}", vec![]),
            ("#[cfg(any(test, feature = \"x\"))] fn f() {}", vec![]),
        ];
        for (code, expected) in table {
            let found: Vec<_> = test_items(code).into_iter().map(|r| &code[r]).collect();
            assert_eq!(found, expected, "{code}");
        }
    }
}
