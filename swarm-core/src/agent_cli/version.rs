//! Whether a version is one that was tested.

use crate::model::Check;

use super::preflight::Program;

/// What a version of a program means.
pub(super) fn check(program: &Program, subject: &str, at: &str, said: &str) -> Check {
    let product = program.product;
    let Some(version) = (program.version)(said) else {
        return Check::broken(
            subject,
            format!("{at} does not tell its version"),
            format!(
                "install {product}, if this is another program: {}",
                program.install
            ),
        );
    };
    let found = format!("{at} {version}");
    let (oldest, newest) = program.tested;
    let age = if numbers(version) < numbers(oldest) {
        "older"
    } else if numbers(version) > numbers(newest) {
        "newer"
    } else {
        return Check::fine(subject, found);
    };
    let tested = if oldest == newest {
        oldest.to_owned()
    } else {
        format!("{oldest} to {newest}")
    };
    Check::doubtful(
        subject,
        format!("{found} is {age} than what this was tested with"),
        format!("if it misbehaves, install one of {tested}"),
    )
}

/// The numbers of a version; what follows them does not count.
fn numbers(version: &str) -> Vec<u64> {
    let plain = version
        .split(|c: char| !c.is_ascii_digit() && c != '.')
        .next()
        .unwrap_or_default();
    plain
        .split('.')
        .map_while(|part| part.parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::agent_cli::Program;
    use crate::model::CheckState::{self, Broken, Doubtful, Fine};

    fn state(said: &str) -> CheckState {
        let program = Program {
            name: "toy".into(),
            product: "Toy",
            install: "npm install toy",
            tested: ("1.9.0", "1.10.2"),
            version: |said| said.strip_prefix("toy "),
        };
        check(&program, "toy", "/bin/toy", said).state
    }

    #[test]
    fn only_what_was_tested_is_beyond_doubt() {
        for (said, expected) in [
            ("toy 1.9.0", Fine),
            ("toy 1.9.9", Fine),
            ("toy 1.10.2", Fine),
            ("toy 1.10.2-beta.1", Fine),
            ("toy 1.10.3", Doubtful),
            ("toy 2", Doubtful),
            ("toy 1.8.99", Doubtful),
            ("command not found", Broken),
            ("", Broken),
        ] {
            assert_eq!(state(said), expected, "{said}");
        }
    }
}
