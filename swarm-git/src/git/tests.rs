use std::ffi::OsString;

use super::environment;

fn env(pairs: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
    pairs.iter().map(|(n, v)| (n.into(), v.into())).collect()
}

#[test]
fn children_never_see_the_variables_of_another_repository() {
    let given = env(&[
        ("GIT_DIR", "/elsewhere"),
        ("GIT_INDEX_FILE", "x"),
        ("GIT_AUTHOR_NAME", "A"),
        ("HOME", "/h"),
    ]);
    let kept = environment(&given);
    assert!(kept.contains(&("GIT_AUTHOR_NAME".into(), "A".into())));
    assert!(kept.contains(&("HOME".into(), "/h".into())));
    assert!(
        !kept
            .iter()
            .any(|(name, _)| name == "GIT_DIR" || name == "GIT_INDEX_FILE")
    );
}

#[test]
fn messages_are_english_and_the_character_set_stays() {
    let kept = environment(&env(&[("LC_ALL", "de_DE.UTF-8"), ("LC_MESSAGES", "de")]));
    let of = |name: &str| -> Vec<_> { kept.iter().filter(|(n, _)| n == name).collect() };
    assert!(of("LC_ALL").is_empty());
    assert_eq!(of("LC_CTYPE")[0].1, "de_DE.UTF-8");
    assert_eq!(of("LC_MESSAGES").len(), 1);
    assert_eq!(of("LC_MESSAGES")[0].1, "C");
}
