//! What can go wrong with a model's service.

use std::time::Duration;

use crate::model::Timestamp;

/// What a request gets instead of its answer, or with it.
///
/// Every fault is told in the words of the interface that was asked, as the
/// services tell it. Those of a stream (see each) leave answers alone that were
/// not asked for as a stream: Claude Code asks for those when streams fail.
///
/// See [`Answer::fails`](super::Answer::fails) for how a script has them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// 401: the key is not valid.
    Unauthorized,
    /// 403: the key may not do this.
    Forbidden,
    /// 404: there is no such model.
    UnknownModel,
    /// 429: too many requests.
    RateLimited {
        /// The header `retry-after`, in whole seconds; none without.
        retry_after: Option<Duration>,
    },
    /// 429: the plan's allowance is used up. Claude Code tells the time only if
    /// it is logged in, not with a key: see
    /// [`ModelServer::claude_login_env`](super::ModelServer::claude_login_env).
    UsageLimit {
        /// When there will be a new one; whole seconds. Codex tells whole
        /// minutes, rounded down.
        resets_at: Timestamp,
    },
    /// The same; the allowance is new so long after each refusal.
    UsageLimitFor {
        /// How long; whole seconds.
        span: Duration,
    },
    /// The account has no credit: 400 (Messages) or 429 (Responses).
    NoCredit,
    /// 529: the service has too much to do.
    Overloaded,
    /// The same, told in the middle of a stream.
    OverloadedInStream,
    /// 500: the service is broken.
    ServerError,
    /// 503: the service is not there.
    Unavailable,
    /// Any other status.
    Status {
        /// 400 to 599.
        status: u16,
        /// What people read.
        message: String,
    },
    /// The conversation is longer than the model takes: 400 (Messages) or a
    /// stream that fails (Responses).
    PromptTooLong,
    /// The answer ends where the model may say no more.
    MaxOutputTokens,
    /// The model, or a filter behind it, declines: its answer ends so.
    Refusal,
    /// The connection is closed where the answer should begin.
    DropBeforeHeaders,
    /// The connection is closed in the middle of the stream.
    DropInStream,
    /// Nothing is answered until the client leaves.
    HangBeforeHeaders,
    /// Nothing follows the first half of the stream until the client leaves.
    HangInStream,
    /// The whole answer, but it begins late.
    Late {
        /// How late.
        by: Duration,
    },
    /// The whole answer, but in a stream of small pieces with pauses.
    Slow {
        /// How long each event is held back.
        pause: Duration,
    },
    /// A stream without an event.
    EmptyStream,
    /// A stream that ends, in good order, in the middle of its second event.
    TruncatedEvent,
    /// A stream that ends, in good order, before the event that says so.
    NoLastEvent,
    /// A stream of which one event is no JSON.
    MalformedEvent,
    /// A stream with an event of a kind that nobody knows, else whole.
    UnknownEvent,
    /// 200, and a page for people: the login of a proxy.
    Page,
}

impl Fault {
    /// A name for tables and scripts: `rate_limited`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::UnknownModel => "unknown_model",
            Self::RateLimited { .. } => "rate_limited",
            Self::UsageLimit { .. } => "usage_limit",
            Self::UsageLimitFor { .. } => "usage_limit_for",
            Self::NoCredit => "no_credit",
            Self::Overloaded => "overloaded",
            Self::OverloadedInStream => "overloaded_in_stream",
            Self::ServerError => "server_error",
            Self::Unavailable => "unavailable",
            Self::Status { .. } => "status",
            Self::PromptTooLong => "prompt_too_long",
            Self::MaxOutputTokens => "max_output_tokens",
            Self::Refusal => "refusal",
            Self::DropBeforeHeaders => "drop_before_headers",
            Self::DropInStream => "drop_in_stream",
            Self::HangBeforeHeaders => "hang_before_headers",
            Self::HangInStream => "hang_in_stream",
            Self::Late { .. } => "late",
            Self::Slow { .. } => "slow",
            Self::EmptyStream => "empty_stream",
            Self::TruncatedEvent => "truncated_event",
            Self::NoLastEvent => "no_last_event",
            Self::MalformedEvent => "malformed_event",
            Self::UnknownEvent => "unknown_event",
            Self::Page => "page",
        }
    }

    /// One of each kind, for tables over all of them. Limits end in an hour,
    /// pauses are of a second.
    pub fn samples() -> Vec<Self> {
        let (second, hour) = (Duration::from_secs(1), Duration::from_secs(3600));
        vec![
            Self::Unauthorized,
            Self::Forbidden,
            Self::UnknownModel,
            Self::RateLimited { retry_after: None },
            Self::UsageLimit {
                resets_at: Timestamp::wall().plus(hour),
            },
            Self::UsageLimitFor { span: hour },
            Self::NoCredit,
            Self::Overloaded,
            Self::OverloadedInStream,
            Self::ServerError,
            Self::Unavailable,
            Self::Status {
                status: 418,
                message: "no coffee here".to_owned(),
            },
            Self::PromptTooLong,
            Self::MaxOutputTokens,
            Self::Refusal,
            Self::DropBeforeHeaders,
            Self::DropInStream,
            Self::HangBeforeHeaders,
            Self::HangInStream,
            Self::Late { by: second },
            Self::Slow { pause: second },
            Self::EmptyStream,
            Self::TruncatedEvent,
            Self::NoLastEvent,
            Self::MalformedEvent,
            Self::UnknownEvent,
            Self::Page,
        ]
    }
}
