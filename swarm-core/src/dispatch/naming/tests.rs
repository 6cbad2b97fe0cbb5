use super::*;
use crate::dispatch::{Call, ClaimFacts, Fault, Input, Note, Policy, Setting, Ticket, Won};
use crate::error::Advice;
use crate::model::{Claim, Fence, HarnessName, Nonce, Oid, Timestamp};
use crate::ports::{Spent, Worktree};

fn task() -> TaskId {
    TaskId::new("t").expect("a good id")
}

fn handle(dispatcher: &mut Dispatcher, input: Input) -> Vec<Command> {
    dispatcher.handle(Timestamp(0), input)
}

fn answer(dispatcher: &mut Dispatcher, ticket: Ticket, answer: Answer) -> Vec<Command> {
    handle(dispatcher, Input::Answer { ticket, answer })
}

fn name(dispatcher: &mut Dispatcher, turn: u32) -> Vec<Command> {
    let session = SessionId::new("s");
    let task = task();
    handle(
        dispatcher,
        Input::Named {
            task,
            turn,
            session,
        },
    )
}

fn called(commands: &[Command]) -> (Ticket, &Call) {
    let call = |command: &Command| matches!(command, Command::Call { .. });
    match commands.iter().find(|command| call(command)) {
        Some(Command::Call { ticket, call, .. }) => (*ticket, call),
        other => panic!("no call: {other:?} of {commands:?}"),
    }
}

/// A dispatcher with one attempt in its first turn, and the turn's ticket.
fn working() -> (Dispatcher, Ticket) {
    let mut dispatcher = Dispatcher::new(Policy::default(), Setting::default());
    let start = Input::Start {
        target: "main".to_owned(),
        tip: Oid::new("0"),
    };
    let commands = handle(&mut dispatcher, start);
    let Some(Command::Claim { ticket, .. }) = commands.last() else {
        panic!("no claim: {commands:?}");
    };
    let won = Won {
        claim: Claim {
            task: task(),
            fence: Fence(1),
            nonce: Nonce::new("n"),
        },
        attempt: 1,
        tries: 1,
        max_attempts: None,
        harness: HarnessName::new("h"),
        kind: None,
        spent: Spent::default(),
        want: None,
        intent: None,
        cut_short: 0,
        earlier: None,
    };
    let facts = ClaimFacts {
        won: vec![won],
        ..ClaimFacts::default()
    };
    let claimed = Answer::Claimed(Ok(facts));
    let commands = answer(&mut dispatcher, *ticket, claimed);
    let tree = Worktree {
        path: "/w".into(),
        branch: "b".to_owned(),
        base: Oid::new("0"),
    };
    let (ticket, _) = called(&commands);
    let commands = answer(&mut dispatcher, ticket, Answer::Acquired(Ok(tree)));
    let (ticket, call) = called(&commands);
    assert!(matches!(call, Call::Apply(Note::Checkpoint(_))), "{call:?}");
    assert_eq!(name(&mut dispatcher, 1), [], "its turn has not begun");
    let commands = answer(&mut dispatcher, ticket, Answer::Applied(Ok(())));
    let (ticket, call) = called(&commands);
    assert!(matches!(call, Call::Run(_)), "{call:?}");
    (dispatcher, ticket)
}

fn failed() -> Answer {
    Answer::Applied(Err(Fault {
        advice: Advice::Retry,
        message: "no".to_owned(),
        task: None,
    }))
}

#[test]
fn a_name_is_written_down_beside_the_turn() {
    let (mut dispatcher, turn) = working();
    assert_eq!(name(&mut dispatcher, 2), [], "of no turn that is known");
    let commands = name(&mut dispatcher, 1);
    let [Command::Name { ticket, claim, .. }] = &commands[..] else {
        panic!("{commands:?}");
    };
    assert_eq!((*ticket != turn, &claim.task), (true, &task()));
    assert_eq!(
        answer(&mut dispatcher, *ticket, Answer::Applied(Ok(()))),
        []
    );
    assert!(dispatcher.attempts[&task()].pending == Some(turn));
}

#[test]
fn a_name_that_cannot_be_written_is_told_while_anybody_cares() {
    let (mut dispatcher, turn) = working();
    let ticket = |commands: Vec<Command>| match &commands[..] {
        [Command::Name { ticket, .. }] => *ticket,
        other => panic!("{other:?}"),
    };
    let first = ticket(name(&mut dispatcher, 1));
    let told = answer(&mut dispatcher, first, failed());
    assert!(
        matches!(told[..], [Command::Publish(Event::Trouble { .. })]),
        "{told:?}"
    );
    assert!(dispatcher.attempts[&task()].pending == Some(turn));
    // The attempt may be over before the answer comes: then it was refused,
    // and nothing is lost.
    let late = ticket(name(&mut dispatcher, 1));
    dispatcher.attempts.clear();
    assert!(!dispatcher.is_idle(), "the answer is out");
    let told = answer(&mut dispatcher, late, failed());
    let trouble = |command: &Command| matches!(command, Command::Publish(Event::Trouble { .. }));
    assert!(!told.iter().any(trouble), "{told:?}");
}
