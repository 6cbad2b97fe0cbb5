//! The paths that some masked code names, with `use` groups spelled out.

use super::words::{bracketed, is_word};

/// Every path of two or more segments and where it stands.
///
/// `use std::{fs, time::Duration as D};` gives `std::fs` and
/// `std::time::Duration`.
pub(super) fn paths(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = code[at..].find(is_word).map(|found| at + found) {
        at = tree(code, start, "", &mut found);
    }
    found
}

/// Reads the path at `start`, below `above`, and gives where it ends.
fn tree(code: &str, start: usize, above: &str, found: &mut Vec<(usize, String)>) -> usize {
    let rest = &code[start..];
    let end = start + rest.find(|c| !is_word(c)).unwrap_or(rest.len());
    let path = match above {
        "" => code[start..end].to_owned(),
        above => format!("{above}::{}", &code[start..end]),
    };
    let Some(next) = code[end..].strip_prefix("::") else {
        if !above.is_empty() {
            found.push((start, path));
        }
        return end;
    };
    let below = end + "::".len();
    match next.chars().next() {
        Some(c) if is_word(c) => tree(code, below, &path, found),
        Some('{') => group(code, below, &path, found),
        // `path::*`, `Vec::<u8>`: the path ends here.
        _ => {
            found.push((start, path));
            below
        }
    }
}

fn group(code: &str, open: usize, above: &str, found: &mut Vec<(usize, String)>) -> usize {
    let end = bracketed(code, open).map_or(code.len(), |range| range.end);
    let mut at = open + 1;
    while let Some(start) = code[at..end].find(is_word).map(|found| at + found) {
        at = tree(code, start, above, found);
        // `as name` names nothing new.
        let rest = code[at..end]
            .find([',', '}'])
            .map_or(end, |found| at + found);
        at = rest.max(at);
    }
    end
}

#[cfg(test)]
mod tests {
    use super::paths;

    #[test]
    fn groups_are_spelled_out() {
        let code = "use std::{fs, time::{Duration as D, Instant}, io::*}; a::b::<u8>(); c(d)";
        let found: Vec<_> = paths(code).into_iter().map(|(_, path)| path).collect();
        assert_eq!(
            found,
            [
                "std::fs",
                "std::time::Duration",
                "std::time::Instant",
                "std::io",
                "a::b"
            ]
        );
    }
}
