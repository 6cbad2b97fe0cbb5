//! Paths in JSON, which holds text only: what is no UTF-8 in one becomes U+FFFD.
//! For people; nobody finds a file by it.

use std::path::{Path, PathBuf};

use serde::{Serialize, Serializer};

pub(crate) fn lossy<S: Serializer>(path: &Path, to: S) -> Result<S::Ok, S::Error> {
    path.to_string_lossy().serialize(to)
}

pub(crate) fn all_lossy<S: Serializer>(paths: &[PathBuf], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(paths.iter().map(|path| path.to_string_lossy()))
}

#[expect(clippy::ref_option, reason = "serde's signature")]
pub(crate) fn optional_lossy<S: Serializer>(
    path: &Option<PathBuf>,
    to: S,
) -> Result<S::Ok, S::Error> {
    let text = path.as_ref().map(|path| path.to_string_lossy());
    text.serialize(to)
}
