//! How an agent is told to end its turn.
//!
//! The lines are shown with NONCE in place of the nonce, and the nonce apart
//! from them: what is shown is no signal, however it is echoed.

use std::fmt::Write as _;

use super::Form;
use crate::model::{Nonce, Role};
use crate::protocol::signals::{NONCE_LINE, Word};

pub(in crate::protocol) fn sign_off(
    words: &[Word],
    role: Role,
    form: Form,
    nonce: &Nonce,
) -> String {
    match form {
        Form::Lines => lines(words, role, nonce),
        Form::Structured => structured(words, role, nonce),
    }
}

/// For a final message that ends in a signal.
fn lines(words: &[Word], role: Role, nonce: &Nonce) -> String {
    let mut text = String::from(
        "End your final message with one of these lines, alone, neither indented nor quoted nor \
         in a code block, with this turn's nonce in place of NONCE:\n\n",
    );
    for &word in words {
        let _ = match argument(word) {
            "" => writeln!(text, "swarm:NONCE {word}"),
            argument => writeln!(text, "swarm:NONCE {word} {argument}"),
        };
    }
    text.push_str(&meanings(words, role, Form::Lines));
    let _ = writeln!(text, "\n{NONCE_LINE}{nonce}");
    text
}

/// For an answer by a schema: what that has room for is told, and nothing else.
fn structured(words: &[Word], role: Role, nonce: &Nonce) -> String {
    let (otherwise, reasons) = match role {
        Role::Review => ("", ""),
        Role::Validate => ("", "\nThe reason for BLOCKED or CLOSE goes into `why`.\n"),
        Role::Implement | Role::Commit | Role::Fix | Role::Resolve | Role::Decide | Role::Plan => (
            ", or NONE if none of them fits",
            "\nThe reason, or for HANDOFF the note, goes into `why`.\n",
        ),
    };
    let mut text = format!(
        "End with an answer in the structure that is demanded of you. Put this turn's nonce into \
         `nonce`, and one of these words into `signal`{otherwise}:\n"
    );
    text.push_str(&meanings(words, role, Form::Structured));
    text.push_str(reasons);
    let _ = writeln!(text, "\n{NONCE_LINE}{nonce}");
    text
}

fn meanings(words: &[Word], role: Role, form: Form) -> String {
    words.iter().fold("\n".to_owned(), |mut text, &word| {
        let _ = writeln!(text, "{word}: {}", meaning(word, role, form));
        text
    })
}

fn argument(word: Word) -> &'static str {
    match word {
        Word::Claim => "id, id",
        Word::FollowUp | Word::Blocked | Word::Close => "why",
        Word::Done
        | Word::HandOff
        | Word::Ready
        | Word::NotReady
        | Word::Approved
        | Word::Changes
        | Word::Tasks => "",
    }
}

fn meaning(word: Word, role: Role, form: Form) -> &'static str {
    match word {
        Word::Done if role == Role::Decide => "all that was open is decided.",
        Word::Done => "the task is done, and all of it is committed.",
        Word::Claim => {
            "you want these pending tasks, too; you are told which of them you got, and go on."
        }
        Word::FollowUp => {
            "it is not done, and going on in the same way does not help. This is not success."
        }
        Word::Blocked => "it cannot be done as things are.",
        Word::HandOff => {
            "your conversation is nearly full; a new one goes on from the note that you leave."
        }
        Word::Close => "nothing needs to be done, and you left nothing behind.",
        Word::Ready => "it can be worked on as it is now.",
        Word::NotReady if form == Form::Structured => {
            "its author must say more first. List what is missing in `concerns`."
        }
        Word::NotReady => {
            "its author must say more first. List what is missing after the line, each on a line \
             that begins with \"- \"."
        }
        Word::Tasks => "these are the new tasks, in a block of code right after the line.",
        Word::Approved => "the change is good.",
        Word::Changes if form == Form::Structured => {
            "something must be repaired first. List it in `findings`, each with file and line."
        }
        Word::Changes => {
            "something must be repaired first. List it after the line, each on a line that begins \
             with \"- \" and names file and line. Write nothing after that."
        }
    }
}
