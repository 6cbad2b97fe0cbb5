//! The fixture for gates of shell commands.

use std::fmt;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::{Begun, GateFixture, StepDoes};
use crate::ports::Gate;
use crate::testing::Ability;
use crate::testing::place::Place;

/// A gate whose steps are commands for `sh -c`. It needs `sh` and the usual
/// small programs; what lives is known on Linux only.
pub struct CommandFixture {
    place: Place,
    gate: Box<Builder>,
}

/// Makes a gate of named commands with a limit of time for each.
type Builder = dyn Fn(&[(String, String)], Duration) -> Arc<dyn Gate> + Send + Sync;

impl CommandFixture {
    /// `gate` makes a gate of names and commands, each of which may take as
    /// long as the limit.
    pub fn new<G: Gate + 'static>(
        gate: impl Fn(&[(String, String)], Duration) -> G + Send + Sync + 'static,
    ) -> Self {
        Self {
            place: Place::with_work(),
            gate: Box::new(move |steps, limit| Arc::new(gate(steps, limit))),
        }
    }

    fn command(&self, step: &str, does: StepDoes) -> String {
        let begun = self.place.path("begun");
        let begun = format!("echo '{step}' \"$(pwd -P)\" >> '{}'", begun.display());
        let hang = "while :; do sleep 0.05; done";
        let breed = "if command -v setsid > /dev/null; then setsid sleep 600 & \
                     else sleep 600 & fi";
        match does {
            StepDoes::Passes => begun,
            StepDoes::Fails => format!("{begun}; echo 'this is wrong' >&2; exit 3"),
            StepDoes::Floods => format!(
                "{begun}; echo first; head -c 10000000 /dev/zero | tr '\\0' x | fold -w 1000; \
                 echo; echo last; exit 1"
            ),
            StepDoes::Garbles => format!("{begun}; printf 'before \\377\\376 after\\n'; exit 1"),
            StepDoes::Hangs => format!("{begun}; {hang}"),
            StepDoes::LeavesBehind => format!("{breed}; {begun}"),
            StepDoes::Breeds => format!("{breed}; {begun}; {hang}"),
        }
    }
}

impl GateFixture for CommandFixture {
    fn gate(&self, steps: &[(&str, StepDoes)], limit: Duration) -> Arc<dyn Gate> {
        let command = |(step, does): &(&str, StepDoes)| {
            let command = self.command(step, *does);
            ((*step).to_owned(), command)
        };
        let commands: Vec<_> = steps.iter().map(command).collect();
        (self.gate)(&commands, limit)
    }

    fn directory(&self) -> PathBuf {
        self.place.work()
    }

    fn contents(&self) -> String {
        self.place.contents()
    }

    fn begun(&self) -> Vec<Begun> {
        let text = fs::read_to_string(self.place.path("begun")).unwrap_or_default();
        let lines = text.lines().filter_map(|line| line.split_once(' '));
        let begun = lines.map(|(step, directory)| Begun {
            step: step.to_owned(),
            directory: directory.into(),
        });
        begun.collect()
    }

    fn living(&self) -> Vec<String> {
        self.place.living()
    }

    fn lacks(&self) -> Vec<Ability> {
        Place::lacks()
    }
}

impl fmt::Debug for CommandFixture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CommandFixture")
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}
