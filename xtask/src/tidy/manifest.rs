//! Just enough of `Cargo.toml` to see what a crate takes from the workspace.

/// One `key = value` of a manifest, as it is written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry<'a> {
    /// The header above it, without brackets.
    pub(super) section: &'a str,
    pub(super) key: &'a str,
    pub(super) value: &'a str,
    /// Its place in the file.
    pub(super) at: usize,
}

/// The entries of a manifest. Of a value on several lines, the first line.
pub(super) fn entries(text: &str) -> Vec<Entry<'_>> {
    let (mut section, mut found, mut start) = ("", Vec::new(), 0);
    for line in text.split_inclusive('\n') {
        let at = start;
        start += line.len();
        if let Some(header) = line.strip_prefix('[') {
            section = header.split(']').next().unwrap_or(header).trim_matches('[');
        } else if let Some((key, value)) = line.split_once('=')
            && line.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '-')
        {
            found.push(Entry {
                section,
                key: key.trim(),
                value: value.trim(),
                at,
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{Entry, entries};

    #[test]
    fn entries_know_their_section() {
        let text = "[package]\nname = \"a\"\n# x = 1\n\n[dependencies]\nb.workspace = true\n";
        assert_eq!(
            entries(text),
            [
                Entry {
                    section: "package",
                    key: "name",
                    value: "\"a\"",
                    at: 10
                },
                Entry {
                    section: "dependencies",
                    key: "b.workspace",
                    value: "true",
                    at: 45
                },
            ]
        );
    }
}
