//! Reads the tasks that a planner says, and checks them against those that are
//! there. Pure.
//!
//! A planner's final message holds the line `swarm:<nonce> TASKS` and behind it
//! a block of code with a JSON array, one object a task; where its harness makes
//! it answer by a schema, the answer holds the same objects. All or none: if one
//! of the tasks is wrong, none is added, and all mistakes are told at once.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::{Map, Value};

use super::plan;
use super::schema::proves;
use super::signals::{self, Planned, plain};
use crate::model::{NewTask, Nonce, Origin, Source, Task, TaskId, TaskRow};

#[cfg(test)]
mod tests;

/// The most tasks of one plan.
pub const MAX_TASKS: usize = 50;
/// The longest plan, in bytes.
pub const MAX_PLAN: usize = 256 * 1024;
/// The longest text of a task, in bytes.
pub const MAX_BODY: usize = 16 * 1024;
/// The longest title of a task, in bytes.
pub const MAX_TITLE: usize = 200;
/// The longest word for the sort of work, in bytes.
pub const MAX_KIND: usize = 40;
/// The most dependencies of one task.
pub const MAX_DEPENDENCIES: usize = 50;
/// The most mistakes that are told.
pub const MAX_MISTAKES: usize = 30;
/// The longest text of a mistake, in bytes.
const MAX_LINE: usize = 300;

/// The keys of a task.
const KEYS: [&str; 6] = ["id", "title", "body", "depends_on", "priority", "kind"];

/// All that is wrong with a plan, a line each; at least one. The lines hold
/// pieces of what an agent wrote, without control characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistakes(Vec<String>);

impl Mistakes {
    fn of(lines: impl IntoIterator<Item = String>) -> Self {
        let lines: Vec<String> = lines.into_iter().collect();
        let more = lines.len().saturating_sub(MAX_MISTAKES);
        let told = lines.into_iter().take(MAX_MISTAKES);
        let told = told.map(|line| plain(&line, MAX_LINE));
        let note = (more > 0).then(|| format!("and {more} more"));
        Self(told.chain(note).collect())
    }

    fn one(line: impl Into<String>) -> Self {
        Self::of([line.into()])
    }

    /// The lines.
    pub fn lines(&self) -> &[String] {
        &self.0
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

/// The tasks that a final message says.
///
/// ```
/// use swarm_core::{model::Nonce, protocol::planned};
/// let message = "\
/// swarm:n1 TASKS
/// ```json
/// [{\"id\": \"a\", \"body\": \"Do it.\"}, {\"id\": \"b\", \"body\": \"Then this.\", \"depends_on\": [\"a\"]}]
/// ```";
/// let tasks = planned::said(message, &Nonce::new("n1")).unwrap();
/// assert_eq!(tasks.len(), 2);
/// assert!(planned::said(message, &Nonce::new("n2")).is_err());
/// ```
pub fn said(message: &str, nonce: &Nonce) -> Result<Vec<Task>, Mistakes> {
    let text = match signals::planner(message, nonce) {
        Planned::Nothing => {
            return Err(Mistakes::one(
                "the final message has no line of its own with the word TASKS and this turn's nonce",
            ));
        }
        Planned::Word => {
            return Err(Mistakes::one(
                "no block of code with the tasks follows the TASKS line",
            ));
        }
        Planned::Block(text) => text,
    };
    if text.len() > MAX_PLAN {
        return Err(too_long(text.len()));
    }
    match serde_json::from_str(text) {
        Ok(Value::Array(tasks)) => read(&tasks),
        Ok(_) => Err(Mistakes::one("the block of code must hold one JSON array")),
        Err(error) => Err(Mistakes::one(format!(
            "the block of code is no JSON: {error}"
        ))),
    }
}

/// The tasks of an answer by [`planner_schema`](super::schema::planner_schema).
pub fn answered(answer: &Value, nonce: &Nonce) -> Result<Vec<Task>, Mistakes> {
    let said = answer.get("nonce").and_then(Value::as_str);
    if !said.is_some_and(|said| proves(said, nonce)) {
        return Err(Mistakes::one("`nonce` is not the nonce of this turn"));
    }
    let Some(Value::Array(tasks)) = answer.get("tasks") else {
        return Err(Mistakes::one("`tasks` must be an array"));
    };
    let length: usize = tasks.iter().map(weight).sum();
    if length > MAX_PLAN {
        return Err(too_long(length));
    }
    read(tasks)
}

/// The tasks as they can be added to these rows, all or none.
pub fn settled(
    tasks: Vec<Task>,
    rows: Vec<TaskRow>,
    origin: &Origin,
    source: &Source,
) -> Result<Vec<NewTask>, Mistakes> {
    let known: BTreeSet<&TaskId> = rows.iter().map(|row| &row.task.id).collect();
    let taken = tasks.iter().filter(|task| known.contains(&task.id));
    let mut wrong: Vec<String> = taken
        .map(|task| {
            format!(
                "there is a task {} already: give yours another id, or leave it out if it is the \
                 same",
                task.id
            )
        })
        .collect();
    let new: Vec<NewTask> = tasks
        .into_iter()
        .map(|mut task| {
            task.source = source.clone();
            NewTask::from(task.by(origin.clone()))
        })
        .collect();
    if wrong.is_empty() {
        let before: BTreeSet<plan::Problem> = plan::check(&rows).into_iter().collect();
        let problems = plan::check(&plan::with(rows, &new)).into_iter();
        let problems = problems.filter(|problem| !before.contains(problem));
        wrong.extend(problems.map(|problem| problem.to_string()));
    }
    if wrong.is_empty() {
        Ok(new)
    } else {
        Err(Mistakes::of(wrong))
    }
}

fn too_long(length: usize) -> Mistakes {
    Mistakes::one(format!(
        "the plan has {length} bytes, and at most {MAX_PLAN} are read: plan fewer tasks"
    ))
}

/// What a value takes, about.
fn weight(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(weight).sum(),
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| key.len() + weight(value))
            .sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 4,
    }
}

fn read(values: &[Value]) -> Result<Vec<Task>, Mistakes> {
    if values.len() > MAX_TASKS {
        return Err(Mistakes::one(format!(
            "there are {} tasks, and at most {MAX_TASKS} can be planned at once",
            values.len()
        )));
    }
    let mut tasks: Vec<Task> = Vec::new();
    let mut wrong = Vec::new();
    for (at, value) in values.iter().enumerate() {
        let mut reader = Reader::of(at, value);
        let task = reader.task();
        wrong.append(&mut reader.wrong);
        let Some(task) = task else {
            continue;
        };
        if tasks.iter().any(|other| other.id == task.id) {
            wrong.push(format!("two tasks have the id {}", task.id));
        }
        tasks.push(task);
    }
    if wrong.is_empty() {
        Ok(tasks)
    } else {
        Err(Mistakes::of(wrong))
    }
}

/// Reads one task, and notes all that is wrong with it.
struct Reader<'a> {
    name: String,
    fields: Option<&'a Map<String, Value>>,
    wrong: Vec<String>,
}

impl<'a> Reader<'a> {
    fn of(at: usize, value: &'a Value) -> Self {
        let fields = value.as_object();
        let id = fields.and_then(|fields| fields.get("id")?.as_str());
        Self {
            name: match id {
                Some(id) => format!("task {} ({})", at + 1, plain(id, 60)),
                None => format!("task {}", at + 1),
            },
            fields,
            wrong: Vec::new(),
        }
    }

    fn note(&mut self, what: impl fmt::Display) {
        self.wrong.push(format!("{}: {what}", self.name));
    }

    fn get(&self, key: &str) -> Option<&'a Value> {
        let value = self.fields?.get(key)?;
        (!value.is_null()).then_some(value)
    }

    fn task(&mut self) -> Option<Task> {
        let Some(fields) = self.fields else {
            self.note("it must be an object");
            return None;
        };
        for key in fields.keys().filter(|key| !KEYS.contains(&key.as_str())) {
            let key = plain(key, 60);
            self.note(format!("unknown key {key:?}; write {}", KEYS.join(", ")));
        }
        let id = self.required("id", usize::MAX);
        let title = self.text("title", MAX_TITLE);
        let body = self.required("body", MAX_BODY);
        let depends_on = self.dependencies();
        let priority = self.priority();
        let kind = self.text("kind", MAX_KIND);
        let mut task = match Task::new(id?, body?) {
            Ok(task) => task,
            Err(error) => {
                self.note(error);
                return None;
            }
        };
        if let Some(title) = title.filter(|title| !title.trim().is_empty()) {
            task.title = plain(title.trim(), MAX_TITLE);
        }
        task.kind = kind.map(|kind| plain(kind, MAX_KIND));
        task.depends_on = depends_on;
        task.priority = priority;
        Some(task)
    }

    fn required(&mut self, key: &str, limit: usize) -> Option<&'a str> {
        let text = self.text(key, limit);
        if self.get(key).is_none() || text.is_some_and(|text| text.trim().is_empty()) {
            self.note(format!("{key:?} is missing"));
            return None;
        }
        text
    }

    fn text(&mut self, key: &str, limit: usize) -> Option<&'a str> {
        match self.get(key)? {
            Value::String(text) if text.len() <= limit => Some(text),
            Value::String(text) => {
                let length = text.len();
                self.note(format!("{key:?} has {length} bytes; at most {limit} fit"));
                None
            }
            _ => {
                self.note(format!("{key:?} must be a text"));
                None
            }
        }
    }

    fn priority(&mut self) -> i32 {
        let Some(value) = self.get("priority") else {
            return 0;
        };
        let number = value.as_i64().and_then(|number| i32::try_from(number).ok());
        number.unwrap_or_else(|| {
            self.note("\"priority\" must be a whole number of 32 bits");
            0
        })
    }

    fn dependencies(&mut self) -> Vec<TaskId> {
        let ids = match self.get("depends_on") {
            None => return Vec::new(),
            Some(Value::Array(ids)) => ids,
            Some(_) => {
                self.note("\"depends_on\" must be an array of ids");
                return Vec::new();
            }
        };
        if ids.len() > MAX_DEPENDENCIES {
            let count = ids.len();
            self.note(format!(
                "it depends on {count} tasks; at most {MAX_DEPENDENCIES} fit"
            ));
            return Vec::new();
        }
        let mut known = Vec::new();
        for id in ids {
            match id.as_str().map(TaskId::new) {
                Some(Ok(id)) if known.contains(&id) => {}
                Some(Ok(id)) => known.push(id),
                Some(Err(error)) => self.note(format!("\"depends_on\": {error}")),
                None => self.note("\"depends_on\" must be an array of ids"),
            }
        }
        known
    }
}
