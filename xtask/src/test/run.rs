//! Runs the steps, the first fault ends it.

use std::time::{Duration, Instant};

use crate::failure::{Failure, Result};

use super::steps::{Outcome, STEPS, Step};

/// Runs the named steps, all if none is named.
pub(crate) fn test(names: &[String]) -> Result<()> {
    let steps = chosen(names)?;
    let mut done = Vec::new();
    for step in steps {
        println!("\n== {}: {}", step.name, step.about);
        let began = Instant::now();
        let outcome = (step.run)().map_err(Failure::because(format!("step `{}`", step.name)))?;
        done.push((step.name, outcome, began.elapsed()));
    }
    println!();
    for (name, outcome, took) in &done {
        println!("{name:10} {}", line(outcome, *took));
    }
    println!("{}", summary(&done));
    Ok(())
}

fn chosen(names: &[String]) -> Result<Vec<&'static Step>> {
    if names.is_empty() {
        return Ok(STEPS.iter().collect());
    }
    let find = |name: &String| {
        let step = STEPS.iter().find(|step| step.name == name);
        step.ok_or_else(|| {
            let known: Vec<_> = STEPS.iter().map(|step| step.name).collect();
            Failure::new(format!("no step `{name}`; there are {}", known.join(", ")))
        })
    };
    names.iter().map(find).collect()
}

type Done = (&'static str, Outcome, Duration);

fn line(outcome: &Outcome, took: Duration) -> String {
    match outcome {
        Outcome::Passed => format!("passed in {:.1} s", took.as_secs_f64()),
        Outcome::NotRun(why) => format!("NOT RUN: {why}"),
    }
}

fn summary(done: &[Done]) -> String {
    let passed = done
        .iter()
        .filter(|(_, outcome, _)| *outcome == Outcome::Passed);
    let left_out = done.len() - passed.clone().count();
    let took: Duration = done.iter().map(|(_, _, took)| took).sum();
    format!(
        "{} steps passed, {left_out} not run, in {} s",
        passed.count(),
        took.as_secs()
    )
}

#[cfg(test)]
mod tests {
    use super::{Duration, Outcome, STEPS, chosen, summary};

    #[test]
    fn steps_are_chosen_by_name() {
        assert_eq!(chosen(&[]).map(|steps| steps.len()).ok(), Some(STEPS.len()));
        let one = chosen(&["tidy".to_owned()]).expect("a step");
        assert_eq!(one[0].name, "tidy");
        let unknown = chosen(&["tity".to_owned()]).expect_err("no such step");
        assert!(unknown.to_string().contains("there are format, tidy"));
    }

    #[test]
    fn the_summary_hides_nothing() {
        let done = [
            ("a", Outcome::Passed, Duration::from_secs(3)),
            (
                "b",
                Outcome::NotRun("c is missing".to_owned()),
                Duration::ZERO,
            ),
        ];
        assert_eq!(summary(&done), "1 steps passed, 1 not run, in 3 s");
    }
}
