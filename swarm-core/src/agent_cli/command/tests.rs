use super::*;

fn finish(lines: &[(Stream, &str)], exit: Exit) -> TurnReport {
    let mut printed = Box::new(Printed {
        message: Tail::new(MESSAGE),
        errors: Tail::new(ERRORS),
    });
    for (stream, text) in lines {
        let (stream, cut) = (*stream, false);
        assert_eq!(printed.on_line(Line { stream, text, cut }), []);
    }
    printed.finish(exit)
}

#[test]
fn how_a_program_ends_is_how_the_turn_ended() {
    let both = [
        (Stream::Stdout, "said"),
        (Stream::Stderr, "wrong\n  thing"),
        (Stream::Stdout, ""),
    ];
    assert_eq!(finish(&both, Exit::Code(0)), TurnReport::finished("said"));
    let other = EndReason::Killed { by: Killer::Other };
    let table = [
        (
            &both[..],
            Exit::Code(3),
            EndReason::Crashed,
            "exit code 3: wrong thing",
        ),
        (
            &both[..1],
            Exit::Code(3),
            EndReason::Crashed,
            "exit code 3: said",
        ),
        (&[], Exit::Code(3), EndReason::Crashed, "exit code 3"),
        (
            &both[..],
            Exit::Signal(9),
            other,
            "ended by signal 9: wrong thing",
        ),
    ];
    for (lines, exit, end, error) in table {
        let report = finish(lines, exit);
        assert_eq!((report.end, report.error.as_deref()), (end, Some(error)));
        assert_eq!(report.message.is_empty(), lines.is_empty());
    }
}

#[test]
fn message_and_error_are_bounded_from_the_front() {
    let line = "€".repeat(1000);
    let mut lines = vec![(Stream::Stdout, line.as_str()); 1000];
    lines.push((Stream::Stdout, "end"));
    let report = finish(&lines, Exit::Code(1));
    assert!(report.message.len() <= MESSAGE && report.message.len() > MESSAGE - 4);
    assert!(report.message.ends_with("€\nend"));
    let error = report.error.unwrap();
    assert_eq!(error.chars().count(), TOLD + "exit code 1: ".len());
    assert!(error.ends_with("€ end"));
}

#[test]
fn words_are_split_and_never_expanded() {
    let table: &[(&str, &[&str])] = &[
        ("agent", &["agent"]),
        (
            "  agent  --a 'b c' \"d e\" f\\ g ",
            &["agent", "--a", "b c", "d e", "f g"],
        ),
        (
            "agent $(touch x) `id` $HOME ~ * ; rm",
            &[
                "agent", "$(touch", "x)", "`id`", "$HOME", "~", "*", ";", "rm",
            ],
        ),
        ("agent '' \"\"", &["agent", "", ""]),
        ("/bin/日本 'a\nb'", &["/bin/日本", "a\nb"]),
    ];
    for (line, words) in table {
        let shown = format!("{:?}", CommandHarness::parse(line).unwrap());
        let agent = CommandAgent {
            program: words[0].into(),
            args: words[1..].iter().map(Into::into).collect(),
        };
        assert!(shown.contains(&format!("{agent:?}")), "{line}: {shown}");
    }
    for line in ["", "  ", "agent 'open", "agent \"open", "'' a"] {
        let error = CommandHarness::parse(line).unwrap_err();
        assert_eq!(error.advice(), Advice::FixConfiguration, "{line}");
    }
}

#[test]
fn a_relative_path_is_taken_from_here_and_a_name_is_not() {
    let here = std::env::current_dir().unwrap();
    assert_eq!(from_here("./a/b".as_ref()), here.join("a/b"));
    assert_eq!(from_here("a/b".as_ref()), here.join("a/b"));
    assert_eq!(from_here("agent".as_ref()), "agent");
    assert_eq!(from_here("/bin/agent".as_ref()), "/bin/agent");
}
