//! Paths as git stores them: bytes, parts divided by `/`.

use std::path::PathBuf;

use gix::bstr::{BStr, BString};

/// A path of a tree as a path of this system. A name that this system cannot
/// have is shown as near as it goes.
pub(crate) fn to_path(name: &BStr) -> PathBuf {
    gix::path::from_bstr(name).map_or_else(
        |_| PathBuf::from(name.to_string()),
        std::borrow::Cow::into_owned,
    )
}

/// Paths of a tree, in order, each once.
pub(crate) fn to_paths(mut names: Vec<BString>) -> Vec<PathBuf> {
    names.sort_unstable();
    names.dedup();
    names.iter().map(|name| to_path(name.as_ref())).collect()
}
