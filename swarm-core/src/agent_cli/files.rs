//! The private folder with the files that a program is to read.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::Invocation;
use crate::error::{Advice, Failure};
use crate::ports::{HarnessError, HarnessErrorKind};

/// A folder that only this user can look into. Gone when dropped.
#[derive(Debug)]
pub(super) struct Files(PathBuf);

impl Files {
    /// Writes the files of a call and puts their folder's path into its
    /// arguments. `None` if there are no files.
    pub(super) fn place(call: &mut Invocation) -> Result<Option<Self>, HarnessError> {
        if call.files.is_empty() {
            return Ok(None);
        }
        let path = std::env::temp_dir().join(format!("swarm-{}", crate::nonce()));
        let files = Self(path);
        let what = |error: io::Error| {
            let what = format!("write the agent's files into {}", files.0.display());
            Failure::new(HarnessErrorKind::Start, what, Advice::NeedsPerson).because(error)
        };
        make_private(&files.0).map_err(what)?;
        for (name, contents) in &call.files {
            fs::write(files.0.join(name), contents).map_err(what)?;
        }
        for arg in &mut call.args {
            *arg = filled(arg, &files.0);
        }
        Ok(Some(files))
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(path = %self.0.display(), %error, "a temporary folder stays");
        }
    }
}

/// Fails if the folder is there already: it would be somebody else's.
fn make_private(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(path)
}

/// The argument with the folder in the place of its mark.
fn filled(arg: &OsStr, folder: &Path) -> OsString {
    // An argument with the mark was made from text by an adapter.
    let Some((before, after)) = arg
        .to_str()
        .and_then(|text| text.split_once(Invocation::FOLDER))
    else {
        return arg.to_owned();
    };
    let mut whole = OsString::from(before);
    whole.push(folder);
    whole.push(after);
    whole
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::Files;
    use crate::agent_cli::Invocation;

    fn call(name: &str) -> Invocation {
        Invocation {
            args: vec![
                "--x".into(),
                format!("--f={}/{name}", Invocation::FOLDER).into(),
            ],
            files: vec![(name.to_owned(), b"{}".to_vec())],
            ..Invocation::default()
        }
    }

    #[test]
    fn the_files_are_there_for_nobody_else_and_then_gone() {
        let mut call = call("a.json");
        let files = Files::place(&mut call).unwrap().unwrap();
        let arg = call.args[1].to_str().unwrap().to_owned();
        let path = arg.strip_prefix("--f=").unwrap();
        assert_eq!(fs::read(path).unwrap(), b"{}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&files.0).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o700);
        }
        assert_eq!(call.args[0], "--x");
        let folder = files.0.clone();
        drop(files);
        assert!(!folder.exists());
    }

    #[test]
    fn without_files_nothing_is_made() {
        assert!(Files::place(&mut Invocation::default()).unwrap().is_none());
    }

    #[test]
    fn what_could_not_be_written_leaves_nothing() {
        let error = Files::place(&mut call("no/such/folder")).unwrap_err();
        let folder = error.to_string();
        let folder = folder.split_once("into ").unwrap().1;
        let folder = folder.split_once(": ").unwrap().0;
        assert!(!std::path::Path::new(folder).exists(), "{error}");
    }
}
