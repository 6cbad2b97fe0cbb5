//! The YAML of front matter: a tree that knows its lines. What front matter
//! has no use for (anchors, tags, several documents) is refused.

use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Number, Value};

/// Nobody nests front matter deeper.
const DEPTH: usize = 32;

/// A value, and the line of the file that it begins in.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) line: usize,
    pub(super) content: Content,
}

#[derive(Debug)]
pub(super) enum Content {
    /// A text; a plain one may mean a number or the like.
    Text {
        text: String,
        plain: bool,
    },
    List(Vec<Node>),
    Map(Vec<Entry>),
}

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) line: usize,
    pub(super) key: String,
    pub(super) value: Node,
}

/// What is wrong, and where.
#[derive(Debug)]
pub(super) struct Mistake {
    pub(super) line: usize,
    pub(super) message: String,
}

fn mistake<T>(line: usize, message: impl Into<String>) -> Result<T, Mistake> {
    let message = message.into();
    Err(Mistake { line, message })
}

/// Reads a document that begins after so many lines of its file. `None`: it is
/// empty.
pub(super) fn parse(text: &str, lines_before: usize) -> Result<Option<Node>, Mistake> {
    let mut tree = Tree::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| Mistake {
            line: error.marker().line() + lines_before,
            message: error.info().to_owned(),
        })?;
        tree.take(event, span.start.line() + lines_before)?;
    }
    Ok(tree.root)
}

#[derive(Default)]
struct Tree {
    root: Option<Node>,
    open: Vec<Open>,
}

/// A list or a mapping that has not ended.
struct Open {
    node: Node,
    key: Option<(usize, String)>,
}

impl Tree {
    fn take(&mut self, event: Event<'_>, line: usize) -> Result<(), Mistake> {
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
            Event::DocumentStart(_) if self.root.is_none() => Ok(()),
            Event::DocumentStart(_) => mistake(line, "only one YAML document is allowed"),
            Event::Alias(_) => mistake(line, "YAML aliases (*name) are not allowed here; quote it"),
            Event::Scalar(_, _, anchor, _)
            | Event::SequenceStart(anchor, _)
            | Event::MappingStart(anchor, _)
                if anchor > 0 =>
            {
                mistake(line, "YAML anchors (&name) are not allowed here; quote it")
            }
            Event::Scalar(_, _, _, Some(_))
            | Event::SequenceStart(_, Some(_))
            | Event::MappingStart(_, Some(_)) => {
                mistake(line, "YAML tags (!name) are not allowed here; quote it")
            }
            Event::Scalar(text, style, _, None) => {
                let plain = style == ScalarStyle::Plain;
                let text = text.into_owned();
                self.put(line, Content::Text { text, plain })
            }
            Event::SequenceStart(_, None) => self.begin(line, Content::List(Vec::new())),
            Event::MappingStart(_, None) => self.begin(line, Content::Map(Vec::new())),
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(open) => self.put(open.node.line, open.node.content),
                None => Ok(()),
            },
        }
    }

    fn begin(&mut self, line: usize, content: Content) -> Result<(), Mistake> {
        if self.open.len() >= DEPTH {
            return mistake(line, "it is nested too deeply");
        }
        let node = Node { line, content };
        self.open.push(Open { node, key: None });
        Ok(())
    }

    fn put(&mut self, line: usize, content: Content) -> Result<(), Mistake> {
        let node = Node { line, content };
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match &mut open.node.content {
            Content::List(list) => list.push(node),
            Content::Map(entries) => match (open.key.take(), node.content) {
                (Some((line, key)), content) => {
                    let value = Node {
                        line: node.line,
                        content,
                    };
                    entries.push(Entry { line, key, value });
                }
                (None, Content::Text { text, .. }) => {
                    if entries.iter().any(|entry| entry.key == text) {
                        return mistake(line, format!("the key {text} is here twice"));
                    }
                    open.key = Some((line, text));
                }
                (None, Content::List(_) | Content::Map(_)) => {
                    return mistake(line, "a key must be a text");
                }
            },
            Content::Text { .. } => {}
        }
        Ok(())
    }
}

impl Node {
    /// Nothing was written, or `null`.
    pub(super) fn is_null(&self) -> bool {
        match &self.content {
            Content::Text { text, plain } => *plain && is_null(text),
            Content::List(_) | Content::Map(_) => false,
        }
    }

    /// The value as JSON, by YAML's core schema.
    pub(super) fn into_json(self) -> Value {
        match self.content {
            Content::Text { text, plain: false } => Value::String(text),
            Content::Text { text, plain: true } => plain(text),
            Content::List(list) => list.into_iter().map(Node::into_json).collect(),
            Content::Map(entries) => {
                let entries = entries.into_iter();
                let map: Map<_, _> = entries
                    .map(|entry| (entry.key, entry.value.into_json()))
                    .collect();
                Value::Object(map)
            }
        }
    }
}

fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

pub(super) fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

pub(super) fn integer(text: &str) -> Option<i64> {
    let digits = |text: &str, radix| {
        let plain = text.starts_with(|c: char| c.is_digit(radix));
        plain.then(|| i64::from_str_radix(text, radix).ok())?
    };
    if let Some(octal) = text.strip_prefix("0o") {
        return digits(octal, 8);
    }
    if let Some(hex) = text.strip_prefix("0x") {
        return digits(hex, 16);
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    digits(unsigned, 10)?;
    text.parse().ok()
}

fn plain(text: String) -> Value {
    if is_null(&text) {
        return Value::Null;
    }
    if let Some(yes) = boolean(&text) {
        return Value::Bool(yes);
    }
    if let Some(number) = integer(&text) {
        return Value::Number(number.into());
    }
    // `parse` would take words such as "inf" too.
    let numeric = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | 'e' | 'E');
    let number = text.parse().ok().filter(|_| text.chars().all(numeric));
    match number.and_then(Number::from_f64) {
        Some(number) => Value::Number(number),
        None => Value::String(text),
    }
}
