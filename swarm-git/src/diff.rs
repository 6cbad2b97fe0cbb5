//! What a branch changes, as text for a reviewer.

use swarm_core::ports::{Diff, DiffRequest};

use crate::changes::head_of;
use crate::error::Result;
use crate::git::Limit;
use crate::path::to_paths;
use crate::repo::Repo;

impl Repo {
    pub(crate) fn diff(&self, what: &DiffRequest) -> Result<Diff> {
        let head = head_of(self, &what.tree)?;
        let base = self.fork_point(&what.tree.base, &head)?;
        // One byte more than wanted tells whether there is more.
        let mut text = self
            .git()
            .args([
                "diff",
                "--no-ext-diff",
                "--no-textconv",
                "--no-color",
                "--find-renames",
            ])
            .args([
                "--src-prefix=a/",
                "--dst-prefix=b/",
                "--ignore-submodules=none",
            ])
            .args([base.as_str(), head.as_str()])
            .limit(Limit::READ)
            .keep(what.limit.saturating_add(1))
            .output("read what the branch changes")?;
        let more = text.len() > what.limit;
        text.truncate(what.limit);
        let (text, shorter) = shown(text, what.limit);
        Ok(Diff {
            text,
            cut: more || shorter,
            paths: to_paths(self.changed_paths(&base, &head)?),
        })
    }
}

/// As text of at most so many bytes, and whether some went for that: bytes that
/// are no text take more room once they are replaced.
fn shown(mut bytes: Vec<u8>, limit: usize) -> (String, bool) {
    if let Err(error) = std::str::from_utf8(&bytes)
        && error.error_len().is_none()
    {
        // A character was cut through at the end.
        bytes.truncate(error.valid_up_to());
    }
    let mut text = String::from_utf8_lossy(&bytes).into_owned();
    let whole = text.len();
    while text.len() > limit {
        text.pop();
    }
    let shorter = text.len() < whole;
    (text, shorter)
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn text_is_whole_and_no_longer_than_wanted() {
        let text = "abcdé日本".as_bytes();
        for end in 0..=text.len() {
            let (shown, shorter) = shown(text[..end].to_vec(), end);
            assert!("abcdé日本".starts_with(&shown), "{end}");
            assert!(end - shown.len() < 3 && !shorter, "{end}");
        }
        assert_eq!(
            shown(b"a\xff\xff".to_vec(), 4),
            ("a\u{fffd}".to_owned(), true)
        );
    }
}
