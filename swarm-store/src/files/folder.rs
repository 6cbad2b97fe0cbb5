//! A folder of task files.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use swarm_core::model::{NewTask, Origin, OriginKind, Source, Task, TaskId, Timestamp};

use super::front::{likely_id, parse};
use super::problem::{FilesError, Problem, Unusable};

/// What a folder of task files holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskFolder {
    /// Marks the tasks of this folder in a store: its full path.
    pub source: Source,
    /// Its tasks in the order of their ids. One whose file cannot be read or
    /// understood has a problem, and would be blocked for that.
    pub tasks: Vec<NewTask>,
}

impl TaskFolder {
    /// Reads every task file in a folder.
    ///
    /// # Errors
    ///
    /// All mistakes at once: no such folder, unknown keys, ids that are no
    /// ids, two files with one id. Nothing of such a folder should be run,
    /// since what was meant is not known.
    pub fn read(dir: &Path) -> Result<Self, FilesError> {
        let no_folder = |error: io::Error| FilesError {
            problems: vec![Problem {
                path: dir.to_owned(),
                line: None,
                message: match error.kind() {
                    io::ErrorKind::NotFound => "there is no such folder of tasks".to_owned(),
                    _ => format!("the folder of tasks cannot be read: {error}"),
                },
            }],
        };
        let full = dir.canonicalize().map_err(no_folder)?;
        let source = Source(full.to_string_lossy().into_owned());
        let mut reading = Reading {
            source: source.clone(),
            tasks: BTreeMap::new(),
            problems: Vec::new(),
        };
        for path in task_files(dir).map_err(no_folder)? {
            reading.file(path);
        }
        if !reading.problems.is_empty() {
            let problems = reading.problems;
            return Err(FilesError { problems });
        }
        let tasks = reading.tasks.into_values().map(|(_, task)| task).collect();
        Ok(Self { source, tasks })
    }
}

/// The task files of a folder, by name.
fn task_files(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(dir)? {
        let name = entry?.file_name();
        let hidden = name.as_encoded_bytes().starts_with(b".");
        let path = dir.join(&name);
        let markdown = path
            .extension()
            .is_some_and(|end| end.eq_ignore_ascii_case("md"));
        if markdown && !hidden && !path.is_dir() {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

struct Reading {
    source: Source,
    tasks: BTreeMap<TaskId, (PathBuf, NewTask)>,
    problems: Vec<Problem>,
}

impl Reading {
    fn file(&mut self, path: PathBuf) {
        let Some(stem) = path.file_stem().and_then(|stem| stem.to_str()) else {
            let message = "its name is no UTF-8 text; rename it".to_owned();
            let problem = Problem {
                path,
                line: None,
                message,
            };
            self.problems.push(problem);
            return;
        };
        let unusable = match read(&path) {
            Ok(text) => match parse(stem, &path, &text) {
                Ok(task) => return self.add(path, task.into()),
                Err(unusable) => unusable,
            },
            Err((message, text)) => Unusable::Unreadable {
                id: likely_id(stem, &text),
                problem: Problem {
                    path: path.clone(),
                    line: None,
                    message,
                },
            },
        };
        match unusable {
            Unusable::Mistakes(problems) => self.problems.extend(problems),
            Unusable::Unreadable { id, problem } => {
                let task = match id {
                    Some(id) => Task::new(id, ""),
                    None => Task::new(stem, ""),
                };
                match task {
                    Ok(task) => {
                        let problem = Some(problem.to_string());
                        self.add(path, NewTask { task, problem });
                    }
                    Err(error) => {
                        let message = error.to_string();
                        let line = None;
                        self.problems.push(Problem {
                            path,
                            line,
                            message,
                        });
                    }
                }
            }
        }
    }

    fn add(&mut self, path: PathBuf, mut new: NewTask) {
        new.task.source = self.source.clone();
        let id = new.task.id.clone();
        if let Some((other, _)) = self.tasks.get(&id) {
            let message = format!(
                "the id {:?} is also that of {}",
                id.as_str(),
                other.display()
            );
            let problem = Problem {
                path,
                line: None,
                message,
            };
            self.problems.push(problem);
            return;
        }
        new.task.origin = origin(&path);
        self.tasks.insert(id, (path, new));
    }
}

/// The file, and when it was written last: the same for one that is read again.
fn origin(path: &Path) -> Origin {
    let written = fs::metadata(path).and_then(|about| about.modified());
    let at = written.map_or_else(|_| Timestamp::wall(), Timestamp::from);
    let name = path.display().to_string();
    Origin::new(OriginKind::File, name, at).expect("a listed file has a name")
}

/// A file's text, or what is wrong with it and as much as can be read.
fn read(path: &Path) -> Result<String, (String, String)> {
    let bytes = match fs::metadata(path) {
        // Reading a pipe might never end.
        Ok(about) if !about.is_file() => Err("it is no ordinary file".to_owned()),
        Ok(_) => fs::read(path).map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    let bytes = bytes.map_err(|why| (format!("it cannot be read: {why}"), String::new()))?;
    String::from_utf8(bytes).map_err(|error| {
        let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
        let valid = error.utf8_error().valid_up_to();
        let line = text[..valid].matches('\n').count() + 1;
        (format!("line {line} is no UTF-8 text"), text)
    })
}
