//! What a person should know of git and the repository before a run.

use swarm_core::model::Check;

use crate::repo::Repo;

/// The oldest git that everything works with.
const OLDEST: (u32, u32) = (2, 38);
const INSTALL: &str = "install git 2.38 or newer";

impl Repo {
    pub(crate) fn preflight(&self) -> Vec<Check> {
        let mut checks = vec![self.version_check()];
        checks.extend(hooks(
            "git hooks of landings",
            &self.hooks(),
            "they make landings slower, and can refuse them",
        ));
        checks.extend(hooks(
            "git hooks of agents",
            &self.agent_hooks(),
            "they run when an agent commits: make sure that they end and need nobody",
        ));
        checks
    }

    fn version_check(&self) -> Check {
        let subject = "git";
        match self.version() {
            Err(error) => Check::broken(subject, error.to_string(), INSTALL),
            Ok(version) => {
                if at_least(version, OLDEST) {
                    Check::fine(subject, version)
                } else {
                    Check::broken(subject, format!("{version} is too old"), INSTALL)
                }
            }
        }
    }
}

fn hooks(subject: &str, names: &[String], remedy: &str) -> Option<Check> {
    let found = || format!("{} will run", names.join(", "));
    (!names.is_empty()).then(|| Check::doubtful(subject, found(), remedy))
}

fn at_least(version: &str, least: (u32, u32)) -> bool {
    let mut numbers = version
        .split(['.', ' '])
        .map_while(|part| part.parse().ok());
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) >= least
}

#[cfg(test)]
mod tests {
    use super::at_least;

    #[test]
    fn versions_are_compared_by_number() {
        assert!(at_least("2.38.0", (2, 38)));
        assert!(at_least("2.100.0 (Apple Git-1)", (2, 38)));
        assert!(at_least("3.0", (2, 38)));
        assert!(!at_least("2.9.5", (2, 38)));
        assert!(!at_least("unknown", (2, 38)));
    }
}
