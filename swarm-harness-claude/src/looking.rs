//! What Claude Code looks at by a tool.

use swarm_core::agent_cli::Fields;

/// The tools by which it looks at something, and where their input says at
/// what. Which part of a file is read does not matter: it is one thing. What
/// writes is not among them, for git tells that.
const LOOKING: [(&str, &[&str]); 8] = [
    ("Bash", &["command"]),
    ("Glob", &["pattern", "path"]),
    ("Grep", &["pattern", "path", "glob"]),
    ("LS", &["path"]),
    ("NotebookRead", &["notebook_path"]),
    ("Read", &["file_path"]),
    ("WebFetch", &["url"]),
    ("WebSearch", &["query"]),
];

/// The tool and what it is to look at; nothing for any other tool.
pub(crate) fn looked_at(call: &Fields<'_>) -> Option<String> {
    let name = call.text("name");
    let (_, fields) = LOOKING.iter().find(|(tool, _)| *tool == name)?;
    let input = call.object("input");
    let told = fields.iter().map(|field| input.text(field));
    let told: Vec<String> = told.filter(|text| !text.is_empty()).collect();
    (!told.is_empty()).then(|| format!("{name} {}", told.join(" ")))
}

#[cfg(test)]
mod tests {
    use swarm_core::agent_cli::Fields;

    use super::looked_at;

    #[test]
    fn what_it_looks_at_is_told_with_the_tool() {
        for (call, told) in [
            (
                r#"{"name":"Read","input":{"offset":7,"file_path":"/w/a.rs","limit":9}}"#,
                Some("Read /w/a.rs"),
            ),
            (
                r#"{"name":"Grep","input":{"path":"src","pattern":"fn main"}}"#,
                Some("Grep fn main src"),
            ),
            (
                r#"{"name":"Bash","input":{"command":"cat a","description":"x"}}"#,
                Some("Bash cat a"),
            ),
            (r#"{"name":"Bash","input":{"cmd":5}}"#, None),
            (r#"{"name":"Read"}"#, None),
            (r#"{"name":"Write","input":{"file_path":"/w/a.rs"}}"#, None),
            ("{}", None),
        ] {
            assert_eq!(looked_at(&Fields::parse(call)).as_deref(), told, "{call}");
        }
    }
}
