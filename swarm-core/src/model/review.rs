//! What reviewers said of the work.

use serde::{Deserialize, Serialize};

use super::{Cost, Usage};

/// What a reviewer answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The work is good.
    Approved,
    /// Something must change; the findings.
    Changes(Vec<String>),
    /// No judgement could be had; why.
    Unavailable(String),
}

/// One call of a reviewer. A round has one for every reviewer that was asked
/// in it: those that could not judge, and the one that did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewRecord {
    /// Counted from 1 within the attempt.
    pub round: u32,
    /// Who was asked.
    #[serde(default)]
    pub reviewer: String,
    /// The answer. Findings are kept to 32 KiB a round.
    pub verdict: Verdict,
    /// How long it took, in milliseconds.
    #[serde(default)]
    pub duration_ms: u64,
    /// The changed paths that were judged, as text for people; the first ones
    /// if there are many.
    #[serde(default)]
    pub paths: Vec<String>,
    /// How many more there are.
    #[serde(default)]
    pub more_paths: usize,
    /// Tokens of this call.
    #[serde(default)]
    pub usage: Usage,
    /// Money of this call, if known.
    #[serde(default)]
    pub cost: Option<Cost>,
}

impl ReviewRecord {
    /// What must be repaired; empty if the verdict is another.
    pub fn findings(&self) -> &[String] {
        match &self.verdict {
            Verdict::Changes(findings) => findings,
            Verdict::Approved | Verdict::Unavailable(_) => &[],
        }
    }
}
