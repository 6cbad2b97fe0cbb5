use super::*;

#[test]
fn what_is_said_is_what_is_understood() {
    let opening = Opening {
        input: true,
        grace: Duration::from_millis(1234),
        length: 77,
    };
    assert_eq!(Opening::decode(opening.encode()), opening);
    for order in [Order::Live, Order::Ask, Order::Kill, Order::Leave] {
        assert_eq!(Order::decode(order.encode()), Some(order));
    }
    for report in [
        Report::Refused(2),
        Report::Started(i32::MAX),
        Report::Code(-1),
        Report::Signal(9),
        Report::Survivor(7),
        Report::Gone,
    ] {
        assert_eq!(Report::decode(report.encode()), Some(report));
    }
    assert_eq!(Order::decode(b'?'), None);
    assert_eq!(Report::decode(*b"hello"), None);
}

#[test]
fn a_command_line_comes_through_as_it_is() {
    let args: Vec<OsString> = vec!["".into(), "a b".into(), OsString::from_vec(vec![0xFF])];
    let line = line_up("sh".as_ref(), &args).unwrap();
    assert_eq!(take_apart(&line), Some(("sh".into(), args)));
    let alone = line_up("sh".as_ref(), &[]).unwrap();
    assert_eq!(take_apart(&alone), Some(("sh".into(), Vec::new())));
    assert_eq!(line_up("s\0h".as_ref(), &[]), None);
    assert_eq!(take_apart(b""), None);
    assert_eq!(take_apart(b"cut off"), None);
}
