//! Claude Code's questions: control requests among its events, and control
//! responses on its standard input.

use std::collections::BTreeMap;

use swarm_core::agent_cli::Fields;
use swarm_core::ports::{Answer, Matter, Question};

/// The tool by which it asks what to do, rather than whether it may.
const CHOICE_TOOL: &str = "AskUserQuestion";
/// Longest description of what it wants to do, in bytes.
const MAX_WHAT: usize = 16 << 10;

/// A prompt, as a message of a conversation that goes on.
pub(crate) fn message(prompt: &str) -> Vec<u8> {
    let message = object(&[("role", &text("user")), ("content", &text(prompt))]);
    line(object(&[("type", &text("user")), ("message", &message)]))
}

/// Requests that wait for an answer, by their ids.
#[derive(Debug, Default)]
pub(crate) struct Requests(BTreeMap<String, Request>);

#[derive(Debug)]
struct Request {
    /// What the tool is to be called with, as it came.
    input: String,
    /// What is to be chosen; nothing if this is about a permission.
    choices: Vec<Choice>,
}

#[derive(Debug)]
struct Choice {
    text: String,
    chosen: Option<Answer>,
}

impl Requests {
    /// A `control_request`: what it asks.
    pub(crate) fn on_request(&mut self, event: &Fields<'_>) -> Vec<Question> {
        let request = event.object("request");
        if request.text("subtype") != "can_use_tool" {
            return Vec::new();
        }
        let id = event.text("request_id");
        let input = request.object("input");
        let tool = request.text("tool_name");
        let mut choices = Vec::new();
        let mut questions = Vec::new();
        if tool == CHOICE_TOOL {
            for asked in input.objects("questions") {
                let text = asked.text("question");
                let options = asked.objects("options");
                questions.push(Question {
                    name: format!("{id}#{}", questions.len()),
                    matter: Matter::Choice {
                        text: text.clone(),
                        options: options.iter().map(|option| option.text("label")).collect(),
                    },
                });
                choices.push(Choice { text, chosen: None });
            }
        }
        if questions.is_empty() {
            let what = what(&input, request.json("input"));
            questions.push(Question {
                name: id.clone(),
                matter: Matter::Permission { tool, what },
            });
        }
        let input = request.json("input").to_owned();
        self.0.insert(id, Request { input, choices });
        questions
    }

    /// A `control_cancel_request`: the names of the questions that are taken
    /// back.
    pub(crate) fn on_cancel(&mut self, event: &Fields<'_>) -> Vec<String> {
        let id = event.text("request_id");
        match self.0.remove(&id) {
            None => Vec::new(),
            Some(request) if request.choices.is_empty() => vec![id],
            Some(request) => (0..request.choices.len())
                .map(|number| format!("{id}#{number}"))
                .collect(),
        }
    }

    /// What to write when a question is answered: nothing until all that were
    /// asked together are.
    pub(crate) fn answer(&mut self, name: &str, answer: &Answer) -> Vec<u8> {
        let (id, number) = match name.rsplit_once('#') {
            Some((id, number)) if self.0.contains_key(id) => (id, number.parse().ok()),
            _ => (name, None),
        };
        let Some(request) = self.0.get_mut(id) else {
            return Vec::new();
        };
        if let Some(choice) = number.and_then(|number: usize| request.choices.get_mut(number)) {
            choice.chosen = Some(answer.clone());
        }
        if request.choices.iter().any(|choice| choice.chosen.is_none()) {
            return Vec::new();
        }
        let response = object(&[
            ("subtype", &text("success")),
            ("request_id", &text(id)),
            ("response", &request.response(answer)),
        ]);
        self.0.remove(id);
        line(object(&[
            ("type", &text("control_response")),
            ("response", &response),
        ]))
    }
}

impl Request {
    fn response(&self, last: &Answer) -> String {
        let mut answers = self.choices.iter().filter_map(|one| one.chosen.as_ref());
        let denied = answers.find(|answer| matches!(answer, Answer::Deny { .. }));
        let deny = |why| object(&[("behavior", &text("deny")), ("message", &text(why))]);
        match denied.unwrap_or(last) {
            Answer::Allow | Answer::Text { .. } => object(&[
                ("behavior", &text("allow")),
                ("updatedInput", &self.chosen()),
            ]),
            Answer::Deny { why } => deny(why),
            // A kind of answer that this does not know yet.
            _ => deny("Not allowed."),
        }
    }

    /// The tool's input as it came, with what was chosen.
    fn chosen(&self) -> String {
        let chosen = self.choices.iter().filter_map(|one| match &one.chosen {
            Some(Answer::Text { text: answer }) => Some((one.text.as_str(), text(answer))),
            _ => None,
        });
        let chosen: Vec<_> = chosen.collect();
        let fields: Vec<_> = chosen.iter().map(|(of, is)| (*of, is.as_str())).collect();
        match self.input.trim_end().strip_suffix('}') {
            // It has the questions already.
            Some(open) if !fields.is_empty() => format!("{open},\"answers\":{}}}", object(&fields)),
            _ => self.input.clone(),
        }
    }
}

/// What it wants to do, for people who judge it.
fn what(input: &Fields<'_>, raw: &str) -> String {
    let command = input.text("command");
    let what = if command.is_empty() { raw } else { &command };
    let cut = (0..=what.len().min(MAX_WHAT))
        .rev()
        .find(|at| what.is_char_boundary(*at))
        .unwrap_or_default();
    match what.len() - cut {
        0 => what.to_owned(),
        rest => format!("{}… ({rest} more bytes)", &what[..cut]),
    }
}

/// A JSON object, its values in JSON: written by hand, since what came is to go
/// back to the letter, half characters included.
fn object(fields: &[(&str, &str)]) -> String {
    let fields = fields
        .iter()
        .map(|(name, value)| format!("{}:{value}", text(name)));
    format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
}

/// A JSON string.
fn text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn line(mut json: String) -> Vec<u8> {
    json.push('\n');
    json.into_bytes()
}

#[cfg(test)]
mod tests {
    use swarm_core::agent_cli::Fields;
    use swarm_core::ports::{Answer, Matter, Question};

    use super::{MAX_WHAT, Requests, message};

    fn ask(requests: &mut Requests, id: &str, tool: &str, input: &str) -> Vec<Question> {
        let event = format!(
            r#"{{"type":"control_request","request_id":"{id}","request":{{"subtype":"can_use_tool","tool_name":"{tool}","input":{input}}}}}"#
        );
        requests.on_request(&Fields::parse(&event))
    }

    fn told(requests: &mut Requests, name: &str, answer: &Answer) -> String {
        String::from_utf8(requests.answer(name, answer)).unwrap()
    }

    fn deny() -> Answer {
        let why = "not \"now\"".to_owned();
        Answer::Deny { why }
    }

    fn words(text: &str) -> Answer {
        let text = text.to_owned();
        Answer::Text { text }
    }

    #[test]
    fn the_prompt_is_one_line_whatever_it_holds() {
        let line = String::from_utf8(message("a\n\"b\" \u{2028} c")).unwrap();
        assert_eq!(
            line,
            "{\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":\"a\\n\\\"b\\\" \u{2028} c\"}}\n"
        );
    }

    #[test]
    fn a_permission_is_given_for_what_was_asked_and_nothing_else() {
        // Half an emoji and a number that is no `f64` go back as they came.
        let input = r#"{"command":"echo \ud83d","n":12345678901234567890123}"#;
        let mut requests = Requests::default();
        let asked = ask(&mut requests, "r1", "Bash", input);
        assert_eq!(asked.len(), 1);
        let Matter::Permission { tool, what } = &asked[0].matter else {
            panic!("{asked:?}");
        };
        assert_eq!(tool, "Bash");
        assert!(what.starts_with("echo "));
        assert_eq!(
            told(&mut requests, "r1", &Answer::Allow),
            format!(
                "{{\"type\":\"control_response\",\"response\":{{\"subtype\":\"success\",\"request_id\":\"r1\",\"response\":{{\"behavior\":\"allow\",\"updatedInput\":{input}}}}}}}\n"
            )
        );
        assert_eq!(told(&mut requests, "r1", &Answer::Allow), "", "only once");
    }

    #[test]
    fn a_denial_says_why() {
        let mut requests = Requests::default();
        ask(&mut requests, "r1", "Write", r#"{"file_path":"/x"}"#);
        let line = told(&mut requests, "r1", &deny());
        assert!(line.contains(r#"{"behavior":"deny","message":"not \"now\""}"#));
    }

    #[test]
    fn requests_that_are_open_at_once_are_kept_apart() {
        let mut requests = Requests::default();
        ask(&mut requests, "r1", "Bash", r#"{"command":"one"}"#);
        ask(&mut requests, "r2", "Bash", r#"{"command":"two"}"#);
        assert!(told(&mut requests, "r2", &Answer::Allow).contains("two"));
        assert!(told(&mut requests, "r1", &Answer::Allow).contains("one"));
    }

    #[test]
    fn choices_are_asked_one_by_one_and_answered_together() {
        let input = r#"{"questions":[{"question":"Which?","options":[{"label":"A"},{"label":"B"}]},{"question":"When?","options":[]}]}"#;
        let mut requests = Requests::default();
        let asked = ask(&mut requests, "r#1", "AskUserQuestion", input);
        let matter = Matter::Choice {
            text: "Which?".to_owned(),
            options: vec!["A".to_owned(), "B".to_owned()],
        };
        assert_eq!(asked[0].matter, matter);
        assert_eq!(told(&mut requests, &asked[1].name, &words("now")), "");
        let line = told(&mut requests, &asked[0].name, &words("B"));
        let open = input.strip_suffix('}').unwrap();
        let updated = format!(r#"{open},"answers":{{"Which?":"B","When?":"now"}}}}"#);
        assert!(
            line.contains(&format!(r#""updatedInput":{updated}"#)),
            "{line}"
        );

        let asked = ask(&mut requests, "r2", "AskUserQuestion", input);
        assert_eq!(told(&mut requests, &asked[0].name, &deny()), "");
        let line = told(&mut requests, &asked[1].name, &words("now"));
        assert!(line.contains(r#""behavior":"deny""#), "{line}");
    }

    #[test]
    fn what_is_asked_is_shown_in_full_or_said_to_be_cut() {
        let mut requests = Requests::default();
        let input = format!(r#"{{"content":"{}"}}"#, "ä".repeat(MAX_WHAT));
        let asked = ask(&mut requests, "r1", "Write", &input);
        let Matter::Permission { what, .. } = &asked[0].matter else {
            panic!("{asked:?}");
        };
        assert!(what.starts_with(r#"{"content":"ä"#) && what.ends_with("more bytes)"));
        assert!(told(&mut requests, "r1", &Answer::Allow).contains(&input));
    }

    #[test]
    fn what_is_taken_back_is_not_answered() {
        let mut requests = Requests::default();
        let choices = r#"{"questions":[{"question":"A?"},{"question":"B?"}]}"#;
        let asked = [
            ask(&mut requests, "r1", "Bash", r#"{"command":"make"}"#),
            ask(&mut requests, "r2", "AskUserQuestion", choices),
        ];
        for (id, asked) in ["r1", "r2"].into_iter().zip(asked) {
            let event = format!(r#"{{"type":"control_cancel_request","request_id":"{id}"}}"#);
            let names = requests.on_cancel(&Fields::parse(&event));
            let asked: Vec<_> = asked.into_iter().map(|question| question.name).collect();
            assert_eq!(names, asked);
            assert!(requests.on_cancel(&Fields::parse(&event)).is_empty());
            assert!(
                asked
                    .iter()
                    .all(|name| requests.answer(name, &deny()).is_empty())
            );
        }
    }

    #[test]
    fn other_requests_are_none_of_ours() {
        let event = r#"{"type":"control_request","request_id":"x","request":{"subtype":"new"}}"#;
        let mut requests = Requests::default();
        assert!(requests.on_request(&Fields::parse(event)).is_empty());
        assert!(requests.answer("x", &Answer::Allow).is_empty());
    }
}
