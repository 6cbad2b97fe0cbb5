//! Cases of a table: what the model does, and how the turn must end.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::thread;

use swarm_core::model::Cost;
use swarm_core::ports::{Stop, TurnRequest};
use swarm_core::testing::model_server::{Answer, Fault, Script};

use crate::faults_turn::{Bench, Cli, Moment, Options, Turned};

/// How many agents run at once.
const AT_ONCE: usize = 4;
/// No fault makes an agent ask more often than this, with one retry.
const MOST_REQUESTS: usize = 12;

/// What else must hold; says what does not.
type Check = Box<dyn Fn(&Turned, &Bench) -> Result<(), String> + Send>;

/// One turn, and how it must end.
pub(crate) struct Case {
    name: String,
    cli: Cli,
    answers: Vec<Answer>,
    options: Options,
    session: Option<&'static str>,
    budget: Option<Cost>,
    end: &'static str,
    checks: Vec<Check>,
}

impl Case {
    /// The model answers so; the turn ends with this word.
    pub(crate) fn new(
        cli: Cli,
        name: &str,
        answers: impl IntoIterator<Item = Answer>,
        end: &'static str,
    ) -> Self {
        Self {
            name: name.to_owned(),
            cli,
            answers: answers.into_iter().collect(),
            options: Options::default(),
            session: None,
            budget: None,
            end,
            checks: Vec::new(),
        }
    }

    /// The model's only answer fails so, always.
    pub(crate) fn fault(cli: Cli, fault: Fault, end: &'static str) -> Self {
        let name = fault.as_str();
        // Long enough for a middle.
        let answer = Answer::new().text("All is well, and there is more to say.");
        Self::new(cli, name, [answer.fails(fault)], end)
    }

    pub(crate) fn named(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut Options)) -> Self {
        change(&mut self.options);
        self
    }

    pub(crate) fn stopped(self, at: Moment, how: Stop) -> Self {
        self.with(|options| options.stop = Some((at, how)))
    }

    pub(crate) fn session(mut self, session: &'static str) -> Self {
        self.session = Some(session);
        self
    }

    pub(crate) fn budget(mut self, budget: Cost) -> Self {
        self.budget = Some(budget);
        self
    }

    /// The model was asked so often, retries included.
    pub(crate) fn asks(self, times: usize) -> Self {
        self.that(
            format!("the model was asked {times} times"),
            move |turned, _| turned.asked() == times,
        )
    }

    /// The agent's last words, and those of the model.
    pub(crate) fn says(self, message: &'static str) -> Self {
        self.that(format!("it said {message:?}"), move |turned, _| {
            turned.report.message == message
        })
    }

    /// Something else that must hold.
    pub(crate) fn that(
        mut self,
        what: impl Into<String>,
        holds: impl Fn(&Turned, &Bench) -> bool + Send + 'static,
    ) -> Self {
        let what = what.into();
        self.checks.push(Box::new(move |turned, bench| {
            let holds = holds(turned, bench);
            holds.then_some(()).ok_or_else(|| format!("not so: {what}"))
        }));
        self
    }

    /// Says what is wrong, and shows all there is to see.
    fn run(self) -> Result<(), String> {
        let script = Script::new("case", self.answers);
        let bench = Bench::new(&self.name, self.cli, [script]);
        let turn = TurnRequest {
            session: self.session.map(swarm_core::model::SessionId::new),
            budget: self.budget,
            ..bench.request("Do as the script says: [script:case]")
        };
        let turned = wait(bench.run(turn, self.options))?;
        let usual = [
            ends_as(&turned, self.end),
            asks_nobody_else(&turned),
            (turned.requests.len() <= MOST_REQUESTS)
                .then_some(())
                .ok_or_else(|| format!("{} requests", turned.requests.len())),
        ];
        let special = self.checks.iter().map(|check| check(&turned, &bench));
        let wrong: Vec<_> = usual
            .into_iter()
            .chain(special)
            .filter_map(Result::err)
            .collect();
        if wrong.is_empty() {
            return Ok(());
        }
        Err(format!("{}\n{turned}", wrong.join("\n")))
    }
}

fn ends_as(turned: &Turned, end: &str) -> Result<(), String> {
    let report = &turned.report;
    if report.end.as_str() != end {
        return Err(format!("ended {}, not {end}", report.end.as_str()));
    }
    let explained = report.error.as_ref().is_some_and(|error| !error.is_empty());
    if explained == (end == "finished") {
        return Err(format!("an odd explanation: {:?}", report.error));
    }
    Ok(())
}

/// Whoever it asks, it asks our server, which is its proxy as well.
pub(crate) fn asks_nobody_else(turned: &Turned) -> Result<(), String> {
    let odd = turned.asked_for_else();
    let none = odd.is_empty();
    none.then_some(())
        .ok_or_else(|| format!("also asked for: {odd:?}"))
}

/// Runs an agent's turn on this thread.
pub(crate) fn wait<T>(turn: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(turn)
}

/// Runs all cases, some at once, and fails with all that is wrong.
pub(crate) fn run(cases: Vec<Case>) {
    let only = std::env::var("SWARM_CASE").ok();
    let wanted = |case: &Case| only.as_ref().is_none_or(|only| case.name.contains(only));
    let cases: VecDeque<_> = cases.into_iter().filter(wanted).collect();
    let (cases, wrong) = (Mutex::new(cases), Mutex::new(Vec::new()));
    let work = || {
        loop {
            let Some(case) = cases.lock().expect("no panic").pop_front() else {
                return;
            };
            let name = format!("{} ({:?})", case.name, case.cli);
            let done = thread::Builder::new()
                .name(name.clone())
                .spawn(|| case.run());
            let done = done.expect("a thread").join();
            let done = done.unwrap_or_else(|_| Err("it panicked, see above".to_owned()));
            if let Err(why) = done {
                wrong
                    .lock()
                    .expect("no panic")
                    .push(format!("== {name}: {why}"));
            }
        }
    };
    thread::scope(|threads| {
        for _ in 0..AT_ONCE {
            threads.spawn(work);
        }
    });
    let wrong = wrong.into_inner().expect("no panic");
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
