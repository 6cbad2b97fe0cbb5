//! Programs that tests start: shell scripts, the worst of them included. Also
//! used by the end-to-end tests.

use std::ffi::OsString;
use std::fs;
use std::time::Duration;

use swarm_core::ports::{Stop, Stopper};
use swarm_core::process::{Line, LineSink, ProcessSpec, Stream};
use tempfile::TempDir;

/// A shell script with an environment that tells its processes from others.
pub(crate) struct Script {
    pub(crate) folder: TempDir,
    pub(crate) tag: String,
    pub(crate) spec: ProcessSpec,
}

impl Script {
    pub(crate) fn new(script: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let tag = folder.path().display().to_string();
        let path = std::env::var_os("PATH").unwrap();
        let spec = ProcessSpec {
            args: vec!["-c".into(), script.into()],
            env: vec![
                ("PATH".into(), path),
                ("TEST_TAG".into(), OsString::from(&tag)),
            ],
            max_line: 1024,
            max_log: 1 << 20,
            grace: Duration::from_secs(20),
            ..ProcessSpec::new("sh", folder.path())
        };
        Self { folder, tag, spec }
    }

    pub(crate) fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// Who of its processes lives.
    pub(crate) fn living(&self) -> Vec<String> {
        let tag = format!("TEST_TAG={}", self.tag);
        let folder = self.folder.path().canonicalize().unwrap();
        let processes = fs::read_dir("/proc").unwrap();
        processes
            .filter_map(|entry| {
                let path = entry.ok()?.path();
                let environment = fs::read(path.join("environ")).ok()?;
                let mut variables = environment.split(|byte| *byte == 0);
                let tagged = variables.any(|variable| variable == tag.as_bytes());
                let here = fs::read_link(path.join("cwd")).is_ok_and(|cwd| cwd == folder);
                (tagged || here).then(|| fs::read_to_string(path.join("cmdline")).ok())?
            })
            .collect()
    }
}

/// Keeps all lines, and stops the program when it says "ready".
#[derive(Default)]
pub(crate) struct Ears {
    pub(crate) lines: Vec<(Stream, String, bool)>,
    pub(crate) on_ready: Option<(Stopper, Stop)>,
}

impl Ears {
    pub(crate) fn stopping(stopper: &Stopper, how: Stop) -> Self {
        Self {
            lines: Vec::new(),
            on_ready: Some((stopper.clone(), how)),
        }
    }

    pub(crate) fn text(&self) -> Vec<&str> {
        self.lines
            .iter()
            .map(|(_, text, _)| text.as_str())
            .collect()
    }
}

impl LineSink for Ears {
    fn line(&mut self, line: Line<'_>) {
        self.lines
            .push((line.stream, line.text.to_owned(), line.cut));
        if line.text == "ready"
            && let Some((stopper, how)) = &self.on_ready
        {
            stopper.stop(*how);
        }
    }
}

/// Does something with each line.
pub(crate) struct Each<F>(pub(crate) F);

impl<F: FnMut(&str) + Send> LineSink for Each<F> {
    fn line(&mut self, line: Line<'_>) {
        (self.0)(line.text);
    }
}

/// Programs that do not want to die, each says "ready" when it is set up.
pub(crate) const STUBBORN: &[(&str, &str)] = &[
    (
        "ignores TERM",
        "trap '' TERM HUP INT; echo ready; while :; do sleep 1; done",
    ),
    ("forks", "sleep 600 & sleep 600 & echo ready; wait"),
    (
        "new session",
        "setsid sh -c 'echo ready; exec sleep 600' & wait",
    ),
    (
        "double fork",
        "(setsid sh -c '(sleep 600 & echo ready) ; exit' &) ; sleep 600",
    ),
    (
        "nohup",
        "nohup sh -c 'trap \"\" TERM; echo ready; while :; do sleep 1; done' & wait",
    ),
    (
        "empty environment",
        "env -i setsid sh -c 'echo ready; exec sleep 600' & wait",
    ),
    (
        "all of it",
        "(setsid nohup sh -c 'trap \"\" TERM HUP; (setsid sh -c \"trap \\\"\\\" TERM; echo ready; while :; do sleep 1; done\" &) ; while :; do sleep 1; done' &) ; trap '' TERM; while :; do sleep 1; done",
    ),
];

/// A process of somebody else's.
pub(crate) struct Bystander(pub(crate) std::process::Child);
impl Drop for Bystander {
    fn drop(&mut self) {
        // Its own child, `sleep 1`, ends by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
