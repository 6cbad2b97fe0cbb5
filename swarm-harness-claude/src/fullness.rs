//! How full a conversation is.

use swarm_core::agent_cli::Fields;
use swarm_core::model::ContextUse;

use crate::spent::of_service;

/// Follows the main agent's messages.
///
/// Each request to the model holds the whole conversation, so the last message
/// tells how long that is: what was read for it, from a cache or not, and what
/// was written. Its own output is a placeholder while the stream runs; the
/// conversation is longer than reported by the last answer's tokens. The sums
/// of a `result` are of all requests, and say nothing about that.
#[derive(Debug, Default)]
pub(crate) struct Fullness {
    used: u64,
    model: String,
    limit: u64,
}

impl Fullness {
    /// A message of the model to the main conversation.
    pub(crate) fn on_message(&mut self, message: &Fields<'_>) {
        let used = of_service(&message.object("usage")).total();
        if used > 0 {
            self.used = used;
            self.model = message.text("model");
        }
    }

    /// The conversation was shortened.
    pub(crate) fn on_compacted(&mut self, event: &Fields<'_>) {
        let left = event.object("compact_metadata").count("post_tokens");
        if left > 0 {
            self.used = left;
        }
    }

    /// A result names the limits of all models that were used, by the names
    /// that they were asked for (`opus[1m]`).
    pub(crate) fn on_result(&mut self, result: &Fields<'_>) {
        let models = result.object("modelUsage");
        let ours = |name: &str, model: &Fields<'_>| {
            let plain = name.split('[').next();
            plain == Some(&*self.model) || model.text("canonicalModel") == self.model
        };
        let limit = models
            .each_object()
            .find(|(name, model)| ours(name, model))
            .map(|(_, model)| model.count("contextWindow"));
        self.limit = limit.unwrap_or(self.limit);
    }

    /// `None` if no message told.
    pub(crate) fn told(&self) -> Option<ContextUse> {
        (self.used > 0).then_some(ContextUse {
            used: self.used,
            limit: self.limit,
        })
    }
}
