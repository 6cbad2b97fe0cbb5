//! The limits and rules of a run: options and keys of the settings file alike,
//! which become a [`Policy`].

use std::fmt;

use clap::{Arg, Args, ValueEnum};
use serde::Deserialize;
use swarm_core::Policy;
use swarm_core::dispatch::{Backoff, Budget, Completion, LargeDiff};
use swarm_core::model::{Cost, HarnessName};

use super::heading::{ATTEMPT, JUDGING, RUN};
use super::values::{AtLeastOne, Count, Dollars, Limit, Percent, Share, Span, shares};

/// What was said of them; the rest is as in [`Policy::default`].
#[derive(Clone, Debug, Default, PartialEq, Args, Deserialize)]
#[command(mut_args(with_default))]
#[serde(rename_all = "kebab-case", default)]
pub(in crate::app) struct Rules {
    /// Agents at once
    #[arg(long, value_name = "N", help_heading = RUN)]
    pub(in crate::app) jobs: Option<AtLeastOne>,
    /// Of these at most so many for tasks of one agent, such as codex=2; may be
    /// repeated
    #[arg(long, value_name = "HARNESS=N", help_heading = RUN)]
    #[serde(deserialize_with = "shares")]
    pub(in crate::app) harness_jobs: Vec<Share>,
    /// Of these at most so many for tasks of one `kind`, such as docs=1; may be
    /// repeated
    #[arg(long, value_name = "KIND=N", help_heading = RUN)]
    #[serde(deserialize_with = "shares")]
    pub(in crate::app) kind_jobs: Vec<Share>,
    /// A task that has been ready for so long counts as one priority higher
    #[arg(long, value_name = "DUR", help_heading = RUN)]
    pub(in crate::app) ageing: Option<Limit>,
    /// Attempts before a task is given up
    #[arg(long, value_name = "N", help_heading = RUN)]
    pub(in crate::app) max_attempts: Option<AtLeastOne>,
    /// How often in a row an attempt of a task may be cut short, by a stop or by
    /// the death of its run, before a person must look
    #[arg(long, value_name = "N", help_heading = RUN)]
    pub(in crate::app) max_restarts: Option<Count>,
    /// The pause after the first failed attempt; it doubles three times
    #[arg(long, value_name = "DUR", help_heading = RUN)]
    pub(in crate::app) backoff: Option<Span>,
    /// Longest time to wait while the service of an agent lets nothing through:
    /// a usage limit, an overload
    #[arg(long, value_name = "DUR", help_heading = RUN)]
    pub(in crate::app) max_wait: Option<Limit>,
    /// When so many different tasks fail alike, one after another, nothing more
    /// is begun; 0 never stops
    #[arg(long, value_name = "N", help_heading = RUN)]
    pub(in crate::app) breaker: Option<Count>,
    /// Finished work that may wait to be landed before nothing new is begun
    #[arg(long, value_name = "N", help_heading = RUN)]
    pub(in crate::app) max_queue: Option<AtLeastOne>,
    /// How long the task of a run that fell silent is left alone, where it cannot
    /// be seen that the run is dead
    #[arg(long, value_name = "DUR", help_heading = RUN)]
    pub(in crate::app) lease: Option<Limit>,
    /// Money for the whole run, as far as the agents tell what they cost
    #[arg(long, value_name = "USD", help_heading = RUN)]
    pub(in crate::app) max_cost: Option<Dollars>,
    /// Tokens for the whole run, cached or not
    #[arg(long, value_name = "N", help_heading = RUN)]
    pub(in crate::app) max_tokens: Option<AtLeastOne>,
    /// Time for the whole run, waiting included
    #[arg(long, value_name = "DUR", help_heading = RUN)]
    pub(in crate::app) max_time: Option<Limit>,
    /// Money for one task, over all of its attempts
    #[arg(long, value_name = "USD", help_heading = RUN)]
    pub(in crate::app) task_cost: Option<Dollars>,
    /// Tokens for one task, over all of its attempts
    #[arg(long, value_name = "N", help_heading = RUN)]
    pub(in crate::app) task_tokens: Option<AtLeastOne>,
    /// Time for one task, over all of its attempts
    #[arg(long, value_name = "DUR", help_heading = RUN)]
    pub(in crate::app) task_time: Option<Limit>,

    /// Calls of agents within one attempt
    #[arg(long, value_name = "N", help_heading = ATTEMPT)]
    pub(in crate::app) max_turns: Option<AtLeastOne>,
    /// Money for one attempt
    #[arg(long, value_name = "USD", help_heading = ATTEMPT)]
    pub(in crate::app) attempt_cost: Option<Dollars>,
    /// Tokens for one attempt
    #[arg(long, value_name = "N", help_heading = ATTEMPT)]
    pub(in crate::app) attempt_tokens: Option<AtLeastOne>,
    /// Time for one attempt, waiting included
    #[arg(long, value_name = "DUR", help_heading = ATTEMPT)]
    pub(in crate::app) attempt_time: Option<Limit>,
    /// Longest call of an agent, such as 90s or 1h30m
    #[arg(long, value_name = "DUR", help_heading = ATTEMPT)]
    pub(in crate::app) turn_timeout: Option<Limit>,
    /// Longest silence of an agent
    #[arg(long, value_name = "DUR", help_heading = ATTEMPT)]
    pub(in crate::app) idle_timeout: Option<Limit>,
    /// How long a call that was asked to end may take before it is given up
    #[arg(long, value_name = "DUR", help_heading = ATTEMPT)]
    pub(in crate::app) grace: Option<Limit>,
    /// Calls in a row that leave neither work nor a word, before the agent is
    /// told its last ways out
    #[arg(long, value_name = "N", help_heading = ATTEMPT)]
    pub(in crate::app) silent_turns: Option<Count>,
    /// Calls in a row that change nothing and look at nothing new, before the
    /// agent is told its last ways out
    #[arg(long, value_name = "N", help_heading = ATTEMPT)]
    pub(in crate::app) stalled_turns: Option<Count>,
    /// Calls that end without finished work, whatever they change, before the
    /// attempt fails
    #[arg(long, value_name = "N", help_heading = ATTEMPT)]
    pub(in crate::app) uncommitted_turns: Option<AtLeastOne>,
    /// How often an agent may ask to go on aimed at something else (FOLLOWUP)
    #[arg(long, value_name = "N", help_heading = ATTEMPT)]
    pub(in crate::app) follow_ups: Option<Count>,
    /// New conversations after one that was full or handed over (HANDOFF)
    #[arg(long, value_name = "N", help_heading = ATTEMPT)]
    pub(in crate::app) continuations: Option<Count>,
    /// How full a conversation may be, in percent, before its agent is asked to
    /// hand it on, where nobody else sees to it; 0 never asks
    #[arg(long, value_name = "PERCENT", help_heading = ATTEMPT)]
    pub(in crate::app) hand_off_at: Option<Percent>,
    /// How full it may be before a new one takes its place; 0: never
    #[arg(long, value_name = "PERCENT", help_heading = ATTEMPT)]
    pub(in crate::app) fresh_at: Option<Percent>,
    /// Has an agent say first whether a task is ready to be worked on
    #[arg(long, value_name = "BOOL", help_heading = ATTEMPT, num_args = 0..=1, default_missing_value = "true")]
    pub(in crate::app) validate: Option<bool>,
    /// Has an agent decide first what a task leaves open
    #[arg(long, value_name = "BOOL", help_heading = ATTEMPT, num_args = 0..=1, default_missing_value = "true")]
    pub(in crate::app) decide: Option<bool>,
    /// Further tasks that an agent may claim for one attempt; they land together
    #[arg(long, value_name = "N", help_heading = ATTEMPT)]
    pub(in crate::app) claims: Option<Count>,

    /// When work counts as done: with commits on its branch, or only when the
    /// agent also says so
    #[arg(long, value_name = "WHEN", help_heading = JUDGING)]
    pub(in crate::app) completion: Option<CompletionKind>,
    /// How often a failed gate sends the agent back within one attempt
    #[arg(long, value_name = "N", help_heading = JUDGING)]
    pub(in crate::app) gate_rounds: Option<Count>,
    /// Reviews within one attempt before its work is rejected
    #[arg(long, value_name = "N", help_heading = JUDGING)]
    pub(in crate::app) review_rounds: Option<AtLeastOne>,
    /// Longest diff that a reviewer is shown, in bytes
    #[arg(long, value_name = "BYTES", help_heading = JUDGING)]
    pub(in crate::app) review_diff: Option<AtLeastOne>,
    /// What becomes of work with too large a diff for a reviewer: it reads the
    /// rest in the worktree, or a person must look
    #[arg(long, value_name = "WHAT", help_heading = JUDGING)]
    pub(in crate::app) large_diff: Option<LargeDiffKind>,
}

/// When work counts as done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::app) enum CompletionKind {
    /// The agent ended by itself, and its branch has commits
    Evidence,
    /// The agent also said DONE
    Strict,
}

/// What becomes of work that is too large for a reviewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::app) enum LargeDiffKind {
    /// The reviewer reads the rest in the worktree
    Read,
    /// A person must review it
    Hold,
}

impl Rules {
    /// Puts what was said on top of a policy.
    pub(in crate::app) fn apply(&self, policy: &mut Policy) {
        set(&mut policy.jobs, self.jobs.map(AtLeastOne::size));
        let by_harness = self.harness_jobs.iter();
        let by_harness = by_harness.map(|share| (HarnessName::new(&share.name), share.jobs.size()));
        policy.harness_jobs.extend(by_harness);
        let by_kind = self.kind_jobs.iter();
        let by_kind = by_kind.map(|share| (share.name.clone(), share.jobs.size()));
        policy.kind_jobs.extend(by_kind);
        set(&mut policy.ageing, self.ageing.map(|span| Some(span.0)));
        set(&mut policy.max_attempts, self.max_attempts.map(|n| n.0));
        set(&mut policy.max_restarts, self.max_restarts.map(|n| n.0));
        set(&mut policy.max_queue, self.max_queue.map(AtLeastOne::size));
        set(&mut policy.lease, self.lease.map(|span| span.0));
        let backoff = self.backoff.map(|span| Backoff::from(span.0));
        set(&mut policy.backoff, backoff);
        set(&mut policy.max_wait, self.max_wait.map(|span| span.0));
        set(&mut policy.breaker, self.breaker.map(Count::size));
        let budget = &mut policy.run_budget;
        bound(budget, self.max_cost, self.max_tokens, self.max_time);
        let budget = &mut policy.task_budget;
        bound(budget, self.task_cost, self.task_tokens, self.task_time);
        let (cost, tokens) = (self.attempt_cost, self.attempt_tokens);
        bound(&mut policy.attempt_budget, cost, tokens, self.attempt_time);
        set(&mut policy.max_turns, self.max_turns.map(|n| n.0));
        set(&mut policy.turn_limit, self.turn_timeout.map(|span| span.0));
        set(&mut policy.idle_limit, self.idle_timeout.map(|span| span.0));
        set(&mut policy.grace, self.grace.map(|span| span.0));
        set(&mut policy.silent_turns, self.silent_turns.map(|n| n.0));
        set(&mut policy.stalled_turns, self.stalled_turns.map(|n| n.0));
        let uncommitted = self.uncommitted_turns.map(|n| n.0);
        set(&mut policy.uncommitted_turns, uncommitted);
        set(&mut policy.hand_off_at, self.hand_off_at.map(|n| n.0));
        set(&mut policy.fresh_at, self.fresh_at.map(|n| n.0));
        set(&mut policy.validate, self.validate);
        set(&mut policy.decide, self.decide);
        set(&mut policy.claims, self.claims.map(Count::size));
        set(&mut policy.follow_ups, self.follow_ups.map(|n| n.0));
        set(&mut policy.continuations, self.continuations.map(|n| n.0));
        let completion = self.completion.map(|kind| match kind {
            CompletionKind::Evidence => Completion::Evidence,
            CompletionKind::Strict => Completion::Strict,
        });
        set(&mut policy.completion, completion);
        set(&mut policy.gate_rounds, self.gate_rounds.map(|n| n.0));
        set(&mut policy.review_rounds, self.review_rounds.map(|n| n.0));
        set(
            &mut policy.review_diff,
            self.review_diff.map(AtLeastOne::size),
        );
        let large_diff = self.large_diff.map(|kind| match kind {
            LargeDiffKind::Read => LargeDiff::Read,
            LargeDiffKind::Hold => LargeDiff::Hold,
        });
        set(&mut policy.large_diff, large_diff);
    }

    /// The settings file's keys for them.
    pub(in crate::app) fn keys() -> Vec<String> {
        let command = Self::augment_args(clap::Command::new("rules"));
        let names = command.get_arguments().filter_map(Arg::get_long);
        names.map(str::to_owned).collect()
    }
}

fn bound(
    budget: &mut Budget,
    cost: Option<Dollars>,
    tokens: Option<AtLeastOne>,
    time: Option<Limit>,
) {
    set(
        &mut budget.cost,
        cost.map(|usd| Some(Cost::from_usd(usd.0))),
    );
    set(&mut budget.tokens, tokens.map(|n| Some(u64::from(n.0))));
    set(&mut budget.time, time.map(|span| Some(span.0)));
}

fn set<T>(value: &mut T, said: Option<T>) {
    if let Some(said) = said {
        *value = said;
    }
}

/// An option that says what happens without it. The library knows; it is
/// written down nowhere else.
fn with_default(option: Arg) -> Arg {
    let Some(default) = default(option.get_id().as_str(), &Policy::default()) else {
        return option;
    };
    let help = option.get_help().map(ToString::to_string);
    option.help(format!("{} [default: {default}]", help.unwrap_or_default()))
}

fn default(option: &str, policy: &Policy) -> Option<String> {
    let text = |value: &dyn fmt::Display| Some(value.to_string());
    match option {
        "jobs" => text(&policy.jobs),
        "harness_jobs" | "kind_jobs" => Some("no such limit".to_owned()),
        "ageing" => Some(
            policy
                .ageing
                .map_or("never".to_owned(), |span| Span(span).to_string()),
        ),
        "max_attempts" => text(&policy.max_attempts),
        "max_restarts" => text(&policy.max_restarts),
        "max_queue" => text(&policy.max_queue),
        "lease" => text(&Span(policy.lease)),
        "backoff" => text(&Span(policy.backoff.first)),
        "max_wait" => text(&Span(policy.max_wait)),
        "breaker" => text(&policy.breaker),
        "max_cost" => text(&spending(policy.run_budget.cost)),
        "max_tokens" => text(&spending(policy.run_budget.tokens)),
        "max_time" => text(&spending(policy.run_budget.time.map(Span))),
        "task_cost" => text(&spending(policy.task_budget.cost)),
        "task_tokens" => text(&spending(policy.task_budget.tokens)),
        "task_time" => text(&spending(policy.task_budget.time.map(Span))),
        "attempt_cost" => text(&spending(policy.attempt_budget.cost)),
        "attempt_tokens" => text(&spending(policy.attempt_budget.tokens)),
        "attempt_time" => text(&spending(policy.attempt_budget.time.map(Span))),
        "max_turns" => text(&policy.max_turns),
        "turn_timeout" => text(&Span(policy.turn_limit)),
        "idle_timeout" => text(&Span(policy.idle_limit)),
        "grace" => text(&Span(policy.grace)),
        "silent_turns" => text(&policy.silent_turns),
        "stalled_turns" => text(&policy.stalled_turns),
        "uncommitted_turns" => text(&policy.uncommitted_turns),
        "hand_off_at" => text(&policy.hand_off_at),
        "fresh_at" => text(&policy.fresh_at),
        "validate" => text(&policy.validate),
        "decide" => text(&policy.decide),
        "claims" => text(&policy.claims),
        "follow_ups" => text(&policy.follow_ups),
        "continuations" => text(&policy.continuations),
        "completion" => text(match policy.completion {
            Completion::Evidence => &"evidence",
            Completion::Strict => &"strict",
        }),
        "gate_rounds" => text(&policy.gate_rounds),
        "review_rounds" => text(&policy.review_rounds),
        "review_diff" => text(&policy.review_diff),
        "large_diff" => text(match policy.large_diff {
            LargeDiff::Read => &"read",
            LargeDiff::Hold => &"hold",
        }),
        _ => None,
    }
}

fn spending(most: Option<impl fmt::Display>) -> String {
    most.map_or("no limit".to_owned(), |most| most.to_string())
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use clap::Args;
    use swarm_core::Policy;

    use super::Rules;

    fn rules(toml: &str) -> Policy {
        let rules: Rules = toml::from_str(toml).unwrap();
        let mut policy = Policy::default();
        rules.apply(&mut policy);
        policy
    }

    #[test]
    fn silence_leaves_the_library_its_defaults() {
        assert_eq!(rules(""), Policy::default());
    }

    /// Each field of a policy, and what it is set to.
    fn fields(policy: &Policy) -> BTreeMap<String, String> {
        let text = format!("{policy:#?}");
        let mut fields = BTreeMap::new();
        let mut name = String::new();
        for line in text.lines().filter_map(|line| line.strip_prefix("    ")) {
            if let Some((field, _)) = line.split_once(':').filter(|_| !line.starts_with(' ')) {
                name = field.to_owned();
            }
            let value: &mut String = fields.entry(name.clone()).or_default();
            value.push_str(line);
        }
        fields
    }

    #[test]
    fn every_rule_tells_its_default_and_changes_something_and_nothing_has_no_rule() {
        let command = Rules::augment_args(clap::Command::new("rules"));
        for option in command.get_arguments() {
            let help = option.get_help().unwrap().to_string();
            assert!(help.contains("[default: "), "{help}");
        }
        let usual = fields(&Policy::default());
        // Options of their own: `--watch`, `--unreviewed`.
        let mut ruled = BTreeSet::from(["until".to_owned(), "unreviewed".to_owned()]);
        for key in Rules::keys() {
            let said = match key.as_str() {
                "completion" => "'strict'",
                "large-diff" => "'hold'",
                "max-cost" => "7.5",
                "validate" | "decide" => "true",
                "harness-jobs" | "kind-jobs" => "{ codex = 7 }",
                _ => "7",
            };
            let other = fields(&rules(&format!("{key} = {said}")));
            let changed: Vec<&String> =
                usual.keys().filter(|at| usual[*at] != other[*at]).collect();
            assert_eq!(changed.len(), 1, "{key}: {changed:?}");
            ruled.extend(changed.into_iter().cloned());
        }
        let all: BTreeSet<String> = usual.into_keys().collect();
        assert_eq!(ruled, all, "what a policy has is in nobody's hands");
    }
}
