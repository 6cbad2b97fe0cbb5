//! One file's text as a task.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use swarm_core::model::{HarnessName, Task, TaskId};

use super::duration::parse_duration;
use super::problem::{Problem, Unusable};
use super::text::{self, Parts};
use super::yaml::{self, Content, Entry, Node};

const KEYS: [&str; 12] = [
    "id",
    "title",
    "depends_on",
    "priority",
    "kind",
    "harness",
    "model",
    "gates",
    "timeout",
    "max_attempts",
    "draft",
    "meta",
];

/// Reads the text of a task file. `stem` is its name without `.md`, which is
/// the task's id unless the text says otherwise; `path` only names it in
/// problems.
///
/// ```
/// use swarm_store::files::parse;
/// let task = parse("fix", "tasks/fix.md".as_ref(), "---\npriority: 5\n---\n# Fix it\nNow.\n")
///     .expect("it is a task");
/// assert_eq!((task.id.as_str(), task.title.as_str(), task.priority), ("fix", "Fix it", 5));
/// ```
pub fn parse(stem: &str, path: &Path, text: &str) -> Result<Task, Unusable> {
    let mut file = File {
        path,
        mistakes: Vec::new(),
        unreadable: None,
    };
    let task = file.task(stem, text);
    if !file.mistakes.is_empty() {
        return Err(Unusable::Mistakes(file.mistakes));
    }
    match (task, file.unreadable) {
        (Ok(task), None) => Ok(task),
        (Ok(task), Some(problem)) => Err(Unusable::Unreadable {
            id: Some(task.id),
            problem,
        }),
        (Err(problem), _) => Err(Unusable::Unreadable {
            id: likely_id(stem, text),
            problem,
        }),
    }
}

/// The id that a file seems to have when it cannot be understood.
pub(super) fn likely_id(stem: &str, text: &str) -> Option<TaskId> {
    let mut lines = text.trim_start_matches('\u{feff}').lines();
    let front = lines.next().is_some_and(|line| line.trim_end() == "---");
    let mut front = lines.take_while(|line| front && line.trim_end() != "---");
    let named = front.find_map(|line| line.strip_prefix("id:"));
    let named = named.map(|id| id.trim().trim_matches(['"', '\'']));
    let text = |id: &&str| !id.is_empty() && !id.starts_with(['[', '{']);
    let id = named.filter(text).unwrap_or(stem);
    TaskId::new(id).or_else(|_| TaskId::new(stem)).ok()
}

/// A value has another type than its key wants.
struct Wanted(&'static str);

struct File<'a> {
    path: &'a Path,
    mistakes: Vec<Problem>,
    /// The first thing that cannot be understood.
    unreadable: Option<Problem>,
}

impl File<'_> {
    fn problem(&self, line: Option<usize>, message: impl Into<String>) -> Problem {
        Problem {
            path: self.path.to_owned(),
            line,
            message: message.into(),
        }
    }

    fn mistake(&mut self, line: usize, message: impl Into<String>) {
        let problem = self.problem(Some(line), message);
        self.mistakes.push(problem);
    }

    fn unreadable(&mut self, line: usize, message: impl Into<String>) {
        let problem = self.problem(Some(line), message);
        self.unreadable.get_or_insert(problem);
    }

    /// The task, as far as it can be understood.
    fn task(&mut self, stem: &str, text: &str) -> Result<Task, Problem> {
        let Ok(Parts { front, body }) = text::split(text) else {
            let why = "the front matter that begins here has no end; close it by a line of ---";
            return Err(self.problem(Some(1), why));
        };
        let entries = self.entries(front.as_deref().unwrap_or_default())?;
        let named = |entry: &&Entry| entry.key == "id" && !entry.value.is_null();
        let (id, line) = match entries.iter().find(named) {
            Some(entry) => (any_text(&entry.value), Some(entry.line)),
            None => (Some(stem), None),
        };
        let id = id.ok_or_else(|| self.problem(line, "id must be a text"))?;
        let mut task = match Task::new(id, body) {
            Ok(task) => task,
            Err(error) => {
                let problem = self.problem(line, error.to_string());
                self.mistakes.push(problem.clone());
                // Any other id, to find what else is wrong.
                Task::new("id", "").map_err(|_| problem)?
            }
        };
        if let Some(heading) = text::heading(&task.body) {
            task.title = heading.to_owned();
        }
        for entry in entries {
            self.set(&mut task, entry);
        }
        if task.body.is_empty() {
            self.unreadable(1, "it is empty; write down what is to be done");
        }
        Ok(task)
    }

    /// The keys and values of the front matter.
    fn entries(&self, front: &str) -> Result<Vec<Entry>, Problem> {
        let node = match yaml::parse(front, 1) {
            Ok(None) => return Ok(Vec::new()),
            Ok(Some(node)) => node,
            Err(mistake) => return Err(self.problem(Some(mistake.line), mistake.message)),
        };
        match node.content {
            Content::Map(entries) => Ok(entries),
            Content::Text { .. } | Content::List(_) => {
                let why = "the front matter must be lines of `key: value`";
                Err(self.problem(Some(node.line), why))
            }
        }
    }

    fn set(&mut self, task: &mut Task, entry: Entry) {
        let Entry { line, key, value } = entry;
        if !KEYS.contains(&key.as_str()) {
            self.mistake(line, unknown_key(&key));
            return;
        }
        if value.is_null() {
            return;
        }
        if key == "depends_on" {
            self.depends_on(task, &value);
        } else if let Err(Wanted(wanted)) = set(task, &key, value) {
            self.unreadable(line, format!("{key} must be {wanted}"));
        }
    }

    fn depends_on(&mut self, task: &mut Task, value: &Node) {
        let Some(ids) = texts(value) else {
            self.unreadable(value.line, "depends_on must be an id or a list of ids");
            return;
        };
        for (line, id) in ids {
            match TaskId::new(id) {
                Ok(id) => task.depends_on.push(id),
                Err(error) => self.mistake(line, error.to_string()),
            }
        }
    }
}

/// Sets what a key says, or tells what it should be.
fn set(task: &mut Task, key: &str, value: Node) -> Result<(), Wanted> {
    let word = |value: &Node| any_text(value).map(str::to_owned).ok_or(Wanted("a text"));
    match key {
        "title" => task.title = word(&value)?,
        "kind" => task.kind = Some(word(&value)?),
        "harness" => task.harness = Some(HarnessName::new(word(&value)?)),
        "model" => task.model = Some(word(&value)?),
        "priority" => {
            let number = number(&value).and_then(|number| number.try_into().ok());
            task.priority = number.ok_or(Wanted("a whole number"))?;
        }
        "gates" => {
            let gates = texts(&value).ok_or(Wanted("a list of gate names"))?;
            task.gates = Some(gates.into_iter().map(|(_, gate)| gate.to_owned()).collect());
        }
        "timeout" => task.timeout = Some(timeout(&value)?),
        "max_attempts" => {
            let number = number(&value).and_then(|number| number.try_into().ok());
            let number = number.filter(|number| *number > 0);
            task.max_attempts = Some(number.ok_or(Wanted("a whole number from 1"))?);
        }
        "draft" => {
            let yes = plain(&value).and_then(yaml::boolean);
            task.draft = yes.ok_or(Wanted("true or false"))?;
        }
        "meta" => task.meta = meta(value)?,
        // The id is set already.
        _ => {}
    }
    Ok(())
}

fn timeout(value: &Node) -> Result<Duration, Wanted> {
    let time = any_text(value).and_then(|text| parse_duration(text).ok());
    let time = time.filter(|time| !time.is_zero());
    time.ok_or(Wanted(
        "a duration such as 90s, 10m, 1h30m or a number of seconds",
    ))
}

fn meta(value: Node) -> Result<BTreeMap<String, Value>, Wanted> {
    match value.into_json() {
        Value::Object(map) => Ok(map.into_iter().collect()),
        _ => Err(Wanted("a mapping of anything")),
    }
}

fn any_text(value: &Node) -> Option<&str> {
    match &value.content {
        Content::Text { text, .. } => Some(text),
        Content::List(_) | Content::Map(_) => None,
    }
}

fn plain(value: &Node) -> Option<&str> {
    match &value.content {
        Content::Text { text, plain: true } => Some(text),
        Content::Text { .. } | Content::List(_) | Content::Map(_) => None,
    }
}

fn number(value: &Node) -> Option<i64> {
    plain(value).and_then(yaml::integer)
}

/// One text, or a list of texts, and their lines.
fn texts(value: &Node) -> Option<Vec<(usize, &str)>> {
    let nodes = match &value.content {
        Content::Text { .. } => std::slice::from_ref(value),
        Content::List(list) => list,
        Content::Map(_) => return None,
    };
    let texts = nodes.iter().map(|node| Some((node.line, any_text(node)?)));
    texts.collect()
}

fn unknown_key(key: &str) -> String {
    let plain = key.to_lowercase().replace(['-', ' '], "_");
    let near = KEYS
        .into_iter()
        .map(|known| (strsim::jaro_winkler(&plain, known), known));
    let best = near.max_by(|(one, _), (two, _)| one.total_cmp(two));
    match best {
        Some((likeness, known)) if likeness >= 0.8 => {
            format!("unknown key {key:?}; did you mean {known:?}?")
        }
        _ => format!(
            "unknown key {key:?}; put it under \"meta\", or use one of {}",
            KEYS.join(", ")
        ),
    }
}
