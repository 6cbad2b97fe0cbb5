//! What a turn used up.

use swarm_core::agent_cli::Fields;
use swarm_core::model::{Cost, Usage};

/// Adds up one turn.
///
/// A `result` has the whole truth, subagents and compaction included. Newer
/// versions keep totals over the whole session, resumed ones too, and say apart
/// what is new since the last result; older ones have totals of the process,
/// which may have had turns before. Until there is a result, the messages tell
/// what was read; what they say of the output is a placeholder.
#[derive(Debug, Default)]
pub(crate) struct Spent {
    settled: Usage,
    cost: Option<Cost>,
    /// Of messages since the last result.
    open: Usage,
    last_message: String,
    /// Of the process's turns before this one.
    before: (Usage, Cost),
}

impl Spent {
    /// A message of the model. Returns whether it brought something new: there
    /// is one event for each block of its content.
    pub(crate) fn on_message(&mut self, message: &Fields<'_>) -> bool {
        let id = message.text("id");
        if id == self.last_message {
            return false;
        }
        self.last_message = id;
        self.open += of_service(&message.object("usage"));
        true
    }

    pub(crate) fn on_result(&mut self, result: &Fields<'_>) {
        self.open = Usage::default();
        if result.has("model_usage_since_last_result") {
            let (usage, cost) = of_models(&result.object("model_usage_since_last_result"));
            self.settled += usage;
            self.cost = Some(self.cost.unwrap_or_default() + cost);
            return;
        }
        let models = result.object("modelUsage");
        if models.is_empty() {
            self.settled += of_service(&result.object("usage"));
        } else {
            self.settled = of_models(&models).0;
        }
        if let Some(total) = result.number("total_cost_usd") {
            self.cost = Some(Cost::from_usd(total));
        }
    }

    /// Of this turn.
    pub(crate) fn total(&self) -> (Usage, Option<Cost>) {
        let (usage_before, cost_before) = self.before;
        let mut usage = self.settled.minus(usage_before);
        usage += self.open;
        (usage, self.cost.map(|cost| cost.minus(cost_before)))
    }

    /// Another turn of the process begins.
    pub(crate) fn next_turn(&mut self) -> Self {
        Self {
            settled: self.settled,
            cost: self.cost,
            open: Usage::default(),
            last_message: std::mem::take(&mut self.last_message),
            before: (self.settled, self.cost.unwrap_or_default()),
        }
    }
}

/// In the words of the service.
pub(crate) fn of_service(usage: &Fields<'_>) -> Usage {
    Usage {
        input: usage.count("input_tokens"),
        output: usage.count("output_tokens"),
        cache_read: usage.count("cache_read_input_tokens"),
        cache_write: usage.count("cache_creation_input_tokens"),
        reasoning: usage
            .object("output_tokens_details")
            .count("thinking_tokens"),
    }
}

/// In the words of Claude Code, by model.
fn of_models(models: &Fields<'_>) -> (Usage, Cost) {
    let mut usage = Usage::default();
    let mut usd = 0.0;
    for (_, model) in models.each_object() {
        usage += Usage {
            input: model.count("inputTokens"),
            output: model.count("outputTokens"),
            cache_read: model.count("cacheReadInputTokens"),
            cache_write: model.count("cacheCreationInputTokens"),
            reasoning: model.count("thinkingTokens"),
        };
        usd += model.number("costUSD").unwrap_or_default();
    }
    (usage, Cost::from_usd(usd))
}
