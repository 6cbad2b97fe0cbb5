use super::*;

fn vars(names: &[&str]) -> Vars {
    names.iter().map(|name| (name.into(), "x".into())).collect()
}

#[test]
fn an_agent_inherits_what_it_needs_and_no_secrets() {
    let table = [
        ("PATH", true),
        ("HOME", true),
        ("LC_ALL", true),
        ("XDG_RUNTIME_DIR", true),
        ("https_proxy", true),
        ("ALL_PROXY", true),
        ("SSL_CERT_FILE", true),
        ("NODE_EXTRA_CA_CERTS", true),
        ("CARGO_HOME", true),
        ("SSH_AUTH_SOCK", true),
        ("GIT_AUTHOR_NAME", true),
        ("GIT_CONFIG_GLOBAL", true),
        ("ANTHROPIC_API_KEY", true),
        ("IS_SANDBOX", true),
        ("MY_OWN", true),
        ("SWARM_PROCESS", true),
        ("OPENAI_API_KEY", false),
        ("CARGO_REGISTRY_TOKEN", false),
        ("NODE_AUTH_TOKEN", false),
        ("npm_config__authToken", false),
        ("AWS_SECRET_ACCESS_KEY", false),
        ("GITHUB_TOKEN", false),
        ("DATABASE_URL", false),
        ("GIT_DIR", false),
        ("GIT_INDEX_FILE", false),
        ("PATHS", false),
        ("MY_OWN_2", false),
        ("path", false),
        ("SWARM_NONCE", false),
    ];
    for (name, allowed) in table {
        let (kept, dropped) = allow_list(vars(&[name]), &["ANTHROPIC_", "IS_SANDBOX"], &["MY_OWN"]);
        assert_eq!(!kept.is_empty(), allowed, "{name}");
        assert_eq!(dropped.is_empty(), allowed, "{name}");
    }
}

#[test]
fn a_prefix_lets_no_repository_through_but_a_name_does() {
    let all = vars(&["GIT_DIR", "GIT_PAGER"]);
    let (kept, dropped) = allow_list(all.clone(), &["GIT_"], &[] as &[&str]);
    assert_eq!(kept, vars(&["GIT_PAGER"]));
    assert_eq!(dropped, ["GIT_DIR"]);
    let (kept, _) = allow_list(all, &["GIT_"], &["GIT_DIR"]);
    assert_eq!(kept.len(), 2);
}

#[test]
fn git_is_freed_of_its_repository_and_keeps_its_settings() {
    let left = without_git_local(vars(&["GIT_DIR", "GIT_SSH", "A", "GIT_COMMON_DIR"]));
    assert_eq!(left, vars(&["GIT_SSH", "A"]));
}

#[cfg(unix)]
#[test]
fn names_that_are_no_text_are_dropped_without_harm() {
    use std::os::unix::ffi::OsStringExt;
    let odd = OsString::from_vec(vec![b'A', 0xFF]);
    let (kept, dropped) = allow_list(vec![(odd, "x".into())], &[] as &[&str], &[] as &[&str]);
    assert!(kept.is_empty());
    assert_eq!(dropped, ["A\u{FFFD}"]);
}
