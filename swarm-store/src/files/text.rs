//! The parts of a task file's text.

/// A file's text, taken apart. Line ends are `\n`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parts {
    /// What is between the `---` lines; it begins in line 2.
    pub(super) front: Option<String>,
    /// The rest, without blank lines around it.
    pub(super) body: String,
}

/// The front matter has no end.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unended;

pub(super) fn split(text: &str) -> Result<Parts, Unended> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let text = text.replace("\r\n", "\n");
    let mut lines = text.split_inclusive('\n');
    if !lines.next().is_some_and(is_fence) {
        return Ok(Parts {
            front: None,
            body: trim(&text),
        });
    }
    let mut front = String::new();
    for line in lines.by_ref() {
        if is_fence(line) {
            let rest: String = lines.collect();
            return Ok(Parts {
                front: Some(front),
                body: trim(&rest),
            });
        }
        front.push_str(line);
    }
    Err(Unended)
}

fn is_fence(line: &str) -> bool {
    line.trim_end() == "---"
}

/// Without blank lines around it; the first line keeps its indentation.
fn trim(text: &str) -> String {
    let blank = text
        .split_inclusive('\n')
        .take_while(|line| line.trim().is_empty());
    let blank: usize = blank.map(str::len).sum();
    text[blank..].trim_end().to_owned()
}

/// The first heading (`# Like this`) that is not in a code block.
pub(super) fn heading(body: &str) -> Option<&str> {
    let mut fence: Option<&str> = None;
    for line in body.lines() {
        let text = line.trim_start();
        match (
            fence,
            ["```", "~~~"]
                .into_iter()
                .find(|mark| text.starts_with(mark)),
        ) {
            (None, Some(mark)) => fence = Some(mark),
            (Some(open), Some(mark)) if open == mark => fence = None,
            (Some(_), _) => {}
            (None, None) => {
                if let Some(title) = title(line) {
                    return Some(title);
                }
            }
        }
    }
    None
}

fn title(line: &str) -> Option<&str> {
    let text = line.trim_start_matches('#');
    let level = line.len() - text.len();
    if !(1..=6).contains(&level) || !text.starts_with([' ', '\t']) {
        return None;
    }
    let text = text.trim();
    // A heading may be closed by marks too.
    let open = text.trim_end_matches('#');
    let text = if open.is_empty() || open.ends_with([' ', '\t']) {
        open.trim_end()
    } else {
        text
    };
    (!text.is_empty()).then_some(text)
}
