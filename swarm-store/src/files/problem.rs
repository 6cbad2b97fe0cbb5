//! What can be wrong with task files.

use std::fmt;
use std::path::PathBuf;

use swarm_core::model::TaskId;

/// Something wrong in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file, as it was named.
    pub path: PathBuf,
    /// Its line, from 1, if it is in a line.
    pub line: Option<usize>,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match self.line {
            Some(line) => write!(f, "{path}:{line}: {}", self.message),
            None => write!(f, "{path}: {}", self.message),
        }
    }
}

/// Why a file gives no task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unusable {
    /// Its author made mistakes that may change what all the tasks mean:
    /// unknown keys, impossible ids. Nothing should run before they are mended.
    Mistakes(Vec<Problem>),
    /// It cannot be read or understood. The other tasks may run.
    Unreadable {
        /// The task that it would have been, as far as can be told.
        id: Option<TaskId>,
        /// What is wrong.
        problem: Problem,
    },
}

/// A folder that cannot be used as it is: everything that its authors must
/// mend first, one line each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilesError {
    /// At least one, in the order of the files.
    pub problems: Vec<Problem>,
}

impl std::error::Error for FilesError {}

impl fmt::Display for FilesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, problem) in self.problems.iter().enumerate() {
            if n > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}
