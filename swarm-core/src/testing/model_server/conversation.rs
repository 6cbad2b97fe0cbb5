//! What a request shows of a conversation, by whichever interface it came.

/// All that was said so far, the oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Conversation {
    /// Instructions and conversation.
    pub(super) said: Vec<Said>,
    /// Whether the agent offers tools. Without, it asks for something on the
    /// side: a title, a summary.
    pub(super) tools: bool,
    /// The folder that the agent says it works in.
    pub(super) directory: Option<String>,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) by: Speaker,
    pub(super) text: String,
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Speaker {
    /// A prompt, or what an agent puts in front of it.
    User,
    /// We.
    Model,
    /// What a tool gave back, an agent's own instructions.
    Other,
}

impl Conversation {
    /// How often the model has answered since this message: what it says in
    /// one piece may come back in several.
    pub(super) fn answers_after(&self, message: usize) -> usize {
        let after = self.said.iter().skip(message + 1);
        let mut before = Speaker::User;
        let answers = after.filter(|said| {
            let begins = said.by == Speaker::Model && before != Speaker::Model;
            before = said.by;
            begins
        });
        answers.count()
    }
}
