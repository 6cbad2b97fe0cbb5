//! What every [`Harness`] must do: run it against yours.
//!
//! The adapter of a command-line agent has its fixture in [`CliFixture`]: a
//! fake program that says things as the real one would. Anything else writes a
//! [`HarnessFixture`].
//!
//! ```
//! # #[cfg(target_os = "linux")] {
//! use swarm_core::agent_cli::CommandHarness;
//! use swarm_core::testing::harness_suite::{self, CliFixture, Plain};
//!
//! let fresh = || {
//!     let harness = |program: &std::path::Path| CommandHarness::new(program, [""; 0]);
//!     CliFixture::new(Plain, harness)
//! };
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! let clause = "a_finished_turn_tells_its_message";
//! harness_suite::check_one(clause, fresh).await.assert_kept();
//! # });
//! # }
//! # Ok::<_, std::io::Error>(())
//! ```

mod calls;
mod cli;
mod ends;
mod keeping;
mod stops;
mod turns;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub use cli::{CliFixture, Dialect, Plain};

use super::suite::{Ability, suite};
use crate::model::SessionId;
use crate::ports::{Harness, TurnRequest};

/// What an agent does in each of its turns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// Ends well with this final message.
    Says(String),
    /// Ends well with its prompt, a short word, as the final message.
    Echoes,
    /// Ends well; the final message is `before`, the bytes FF and FE, `after`.
    Garbles,
    /// As `Says`, and the last line that it prints has no line end.
    SaysWithoutEnd(String),
    /// Prints a line of 5 MB and many lines, 16 MB or more in all, and then
    /// ends well with the final message `done`.
    Floods,
    /// Looks at this a hundred times, and then ends well with the final message
    /// `done`.
    Looks(String),
    /// Ends with an error, as it would if it had crashed.
    Fails,
    /// Prints something and goes on. Asked to end, it ends as if all were
    /// well, with the final message `done`.
    Hangs,
    /// Goes on, also when it is asked to end.
    HangsOn,
    /// Starts a program in a session of its own, which holds the agent's
    /// output open, and ends well with the final message `done`.
    LeavesBehind,
    /// Starts such a program, and goes on until it is asked to end.
    Breeds,
    /// Its program does not exist.
    Missing,
}

/// What an agent was told when it was started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// Its prompt.
    pub prompt: String,
    /// The folder that it was started in.
    pub directory: PathBuf,
    /// The conversation that it was to go on with.
    pub session: Option<SessionId>,
}

impl From<TurnRequest> for Heard {
    /// All of it, as it was asked for.
    fn from(turn: TurnRequest) -> Self {
        Self {
            prompt: turn.prompt,
            directory: turn.directory,
            session: turn.session,
        }
    }
}

/// A harness of its own for one clause, and eyes for what its agents do.
pub trait HarnessFixture: Send + Sync {
    /// The harness, with agents that do this. Called once.
    fn harness(&self, does: &Behaviour) -> Arc<dyn Harness>;

    /// A folder of this name for a turn; the same one for the same name.
    fn directory(&self, name: &str) -> PathBuf;

    /// What the agents were told that have begun, in any order. One that goes
    /// on has begun when it is ready to be stopped.
    fn turns(&self) -> Vec<Heard>;

    /// What lives of the agents and of all that they started.
    fn living(&self) -> Vec<String>;

    /// What the harness, or this fixture, is without.
    fn lacks(&self) -> Vec<Ability> {
        Vec::new()
    }
}

/// The longest that a clause may take.
const LIMIT: Duration = Duration::from_secs(120);

suite! {
    HarnessFixture, limit: Some(LIMIT);
    /// An agent that ends well is reported as finished, with its whole final
    /// message.
    turns::a_finished_turn_tells_its_message;
    /// A prompt of a megabyte with quotes, dashes, dollars and line ends
    /// arrives as it is.
    turns::the_prompt_arrives_whole;
    /// The agent is started in the directory of its turn.
    turns::a_turn_runs_in_its_directory;
    /// Bytes that are no UTF-8 lose nothing around them.
    turns::invalid_text_survives;
    /// The last line of the output counts without a line end.
    turns::the_last_line_needs_no_end [Programs];
    /// Many megabytes of output, a line of 5 MB among them, do not block the
    /// agent.
    turns::large_output_does_not_block [Programs];
    /// While an agent prints, `CallContext::alive` (or `emit`) is called.
    turns::output_shows_that_the_call_is_alive;
    /// A finished turn tells its session.
    turns::a_session_is_told [Resume];
    /// A turn that is given a session goes on with that one.
    turns::a_session_goes_on [Resume];
    /// What the agent looks at again and again is told as one thing.
    turns::what_is_looked_at_is_told_once [Looking];
    /// One harness has several turns under way at once, and a stop ends its
    /// own turn only.
    calls::calls_run_at_once;
    /// Turns that run at once do not see each other's prompts and messages.
    calls::calls_do_not_mix;
    /// An agent that fails is a report that is not finished and says why,
    /// never an error.
    ends::a_failure_is_a_report;
    /// A program that does not exist is an error of the kind `NotFound`.
    ends::a_missing_program_is_an_error [Programs];
    /// The turn is over when the agent has ended, even if something that it
    /// started holds its output open.
    ends::a_held_pipe_does_not_hold_the_turn [Programs];
    /// When the call returns, nothing lives of what the agent started.
    ends::nothing_survives_the_end [Processes];
    /// What a turn keeps for the next one ends when it is let go, with all that
    /// belongs to it.
    keeping::what_is_kept_ends_when_it_is_let_go [Processes];
    /// It ends with its place, if nobody lets it go.
    keeping::what_is_kept_ends_with_its_place [Processes];
    /// A turn in another conversation ends what was kept for the first.
    keeping::another_conversation_ends_what_was_kept [Processes];
    /// Told to stop gently, the call returns within seconds.
    stops::a_gentle_stop_is_prompt;
    /// Told to stop now, the call returns at once.
    stops::a_stop_now_is_prompt;
    /// An agent that ignores the request to end is ended by force.
    stops::force_follows_the_request [Programs];
    /// A turn that was stopped is reported as killed by the swarm, whatever
    /// the agent made of the request.
    stops::a_stopped_turn_is_no_success;
    /// A turn that a limit ended is reported as timed out, with that limit.
    stops::a_limit_is_told;
    /// A call that was stopped before starts no agent.
    stops::a_stop_before_the_start_starts_nothing;
    /// Dropping the call ends the agent.
    stops::a_dropped_call_ends_the_agent [Processes];
    /// When a stopped call returns, nothing lives of what the agent started.
    stops::nothing_survives_a_stop [Processes];
}
