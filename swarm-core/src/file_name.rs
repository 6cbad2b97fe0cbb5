//! File names made of ids that may be any text.

use std::fmt::Write as _;

use crate::stable_hash::stable_hash;

/// A name that is safe on every file system, and another for every id: what is
/// not plain is written as the hex of its bytes.
pub(crate) fn file_name(id: &str) -> String {
    let mut name = String::new();
    for byte in id.bytes() {
        if byte.is_ascii_alphanumeric() || byte == b'-' {
            name.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(name, "_{byte:02x}");
        }
    }
    if name.len() > 120 {
        // The tail keeps long ids apart that differ only there, for people; the
        // hash does for all.
        let tail = name.split_off(name.len() - 40);
        name.truncate(70);
        let hash = stable_hash(id.bytes());
        let _ = write!(name, "_{hash:016x}_{tail}");
    }
    name
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::file_name;

    #[test]
    fn names_are_plain_and_never_shared() {
        let ids = [
            "a", "A", "a b", "a_20b", "a.b", "..", "日本", "-rf", "x;y", "con", "a-1", "$(x)",
        ];
        let long = [
            "x".repeat(300),
            format!("{}y", "x".repeat(299)),
            format!("y{}", "x".repeat(299)),
        ];
        let mut seen = BTreeSet::new();
        for id in ids.iter().map(ToString::to_string).chain(long) {
            let name = file_name(&id);
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            assert!(name.chars().all(plain) && name.len() <= 140, "{name}");
            assert!(seen.insert(name), "{id} shares its name");
        }
    }
}
