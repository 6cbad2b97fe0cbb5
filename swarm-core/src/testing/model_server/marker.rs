//! Finding out what a prompt asks for.

use super::conversation::{Conversation, Speaker};
use super::fill::Values;
use crate::protocol::signals::NONCE_LINE;

const MARKER: &str = "[script:";
const TAG: &str = "[swarm run=";

/// Where a conversation stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The script asked for.
    pub(super) script: String,
    /// The role that the latest prompt names, `implement` if none.
    pub(super) role: String,
    /// Which turn of its attempt that prompt begins; 0 if it does not say.
    pub(super) turn: u32,
    /// Which message is that prompt.
    pub(super) prompt: usize,
    /// How often the model has answered since that prompt.
    pub(super) answer: usize,
    /// What texts of the script may refer to.
    pub(super) values: Values,
}

/// Reads the place from the latest prompt; a prompt of a resumed session names
/// no script, an earlier one does. `None` if none does.
pub(super) fn place(conversation: &Conversation) -> Option<Place> {
    let said = conversation.said.iter().enumerate().rev();
    let mut users = said.filter(|(_, said)| said.by == Speaker::User);
    let (at, prompt) = users
        .clone()
        .find(|(_, said)| is_prompt(&said.text))
        .map(|(at, said)| (at, said.text.as_str()))?;
    let (script, mut values) = users.find_map(|(_, said)| marker(&said.text))?;
    values.extend(nonce(prompt).map(|nonce| ("nonce".to_owned(), nonce.to_owned())));
    let directory = conversation.directory.clone();
    values.extend(directory.map(|path| ("cwd".to_owned(), path)));
    Some(Place {
        script,
        role: role(prompt).unwrap_or("implement").to_owned(),
        turn: turn(prompt).unwrap_or_default(),
        prompt: at,
        answer: conversation.answers_after(at),
        values,
    })
}

/// Agents put words of their own between and before prompts.
fn is_prompt(text: &str) -> bool {
    marker(text).is_some() || role(text).is_some()
}

/// The last marker's name and values.
fn marker(text: &str) -> Option<(String, Values)> {
    let (_, rest) = text.rsplit_once(MARKER)?;
    let (inside, _) = rest.split_once(']')?;
    let mut words = inside.split_whitespace();
    let name = words.next()?.to_owned();
    let pairs = words.filter_map(|word| word.split_once('='));
    let values = pairs.map(|(key, value)| (key.to_owned(), value.to_owned()));
    Some((name, values.collect()))
}

/// The role in a prompt's first line. The task's id in it may hold anything.
fn role(text: &str) -> Option<&str> {
    let (_, role) = tag(text)?.rsplit_once(" role=")?;
    role.strip_suffix(']')
}

/// The turn's number there.
fn turn(text: &str) -> Option<u32> {
    let (_, turn) = tag(text)?.rsplit_once(" turn=")?;
    turn.split_whitespace().next()?.parse().ok()
}

/// The last of several: an agent puts a prompt that was not answered and the
/// next one into one message.
fn tag(text: &str) -> Option<&str> {
    text.lines().rfind(|line| line.starts_with(TAG))
}

/// The nonce that a prompt tells last.
fn nonce(text: &str) -> Option<&str> {
    let mut lines = text.lines().rev();
    let nonce = lines.find_map(|line| line.strip_prefix(NONCE_LINE))?;
    nonce.split_whitespace().next()
}
