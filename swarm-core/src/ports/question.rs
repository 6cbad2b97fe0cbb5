//! What an agent may ask in the middle of its work, and how it is answered.

use serde::{Deserialize, Serialize};

/// Something an agent asks, and then waits for the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// The agent's own name for it, which goes back with the answer. No two
    /// open questions of one turn share it; a run gives out ids of its own.
    pub name: String,
    /// What it is about.
    #[serde(flatten)]
    pub matter: Matter,
}

/// What a question is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "matter", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Matter {
    /// May it use this tool? Answered by [`Answer::Allow`] or [`Answer::Deny`].
    Permission {
        /// The tool, as the agent calls it.
        tool: String,
        /// What it would do: a command line, a path, or the tool's whole input.
        /// Written by the agent: show it, never execute it.
        what: String,
    },
    /// What should it do? Answered by [`Answer::Text`] or [`Answer::Deny`].
    Choice {
        /// The question.
        text: String,
        /// Answers that the agent proposes; others are as good.
        options: Vec<String>,
    },
}

/// The answer to a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Answer {
    /// Yes, this once.
    Allow,
    /// No; or, for a choice, no answer.
    Deny {
        /// What the agent is told.
        why: String,
    },
    /// In words.
    Text {
        /// The words.
        text: String,
    },
}

impl Matter {
    /// Whether this kind of answer goes with this kind of question.
    pub fn takes(&self, answer: &Answer) -> bool {
        match (self, answer) {
            (_, Answer::Deny { .. })
            | (Self::Permission { .. }, Answer::Allow)
            | (Self::Choice { .. }, Answer::Text { .. }) => true,
            (Self::Permission { .. }, Answer::Text { .. })
            | (Self::Choice { .. }, Answer::Allow) => false,
        }
    }

    /// What is answered where nobody does: a permission is not given, and a
    /// choice is left to the agent.
    ///
    /// ```
    /// use swarm_core::ports::{Answer, Matter};
    /// let matter = Matter::Choice { text: "Which colour?".into(), options: vec![] };
    /// assert!(matches!(matter.unanswered(), Answer::Deny { .. }));
    /// ```
    pub fn unanswered(&self) -> Answer {
        let why = match self {
            Self::Permission { .. } => {
                "Nobody is there to allow this. Go on without it, in another way if there is one."
            }
            Self::Choice { .. } => {
                "Nobody is there to answer. Choose what the task's author most likely wants."
            }
        };
        Answer::Deny {
            why: why.to_owned(),
        }
    }
}
