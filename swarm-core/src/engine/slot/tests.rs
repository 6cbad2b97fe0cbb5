use std::collections::BTreeSet;

use super::folder;
use crate::model::TaskId;

#[test]
fn log_folders_are_plain_and_never_shared() {
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
        let name = folder(&TaskId::new(&id).expect("a good id"), 1);
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        assert!(name.chars().all(plain) && name.len() <= 160, "{name}");
        assert!(seen.insert(name), "{id} shares its folder");
    }
}
