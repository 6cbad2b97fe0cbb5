//! A folder of its own for a fixture, and the programs that were started there.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use super::Ability;

/// A new folder, which goes when this is dropped. So does every program that
/// still runs in it: a broken adapter leaves some.
#[derive(Debug)]
pub(super) struct Place(PathBuf);

impl Place {
    pub(super) fn new() -> Self {
        let path = env::temp_dir().join(format!("swarm-suite-{}", crate::nonce().as_str()));
        let made = fs::create_dir(&path).and_then(|()| path.canonicalize());
        Self(made.expect("the folder for temporary files can be written to"))
    }

    /// What cannot be seen from here: processes are found on Linux only.
    pub(super) fn lacks() -> Vec<Ability> {
        if cfg!(target_os = "linux") {
            Vec::new()
        } else {
            vec![Ability::Processes]
        }
    }

    /// A place with some work in it.
    pub(super) fn with_work() -> Self {
        let place = Self::new();
        place.folder("work/src");
        place.write("work/src/main.rs", b"Hello, NAME\n");
        place
    }

    /// The folder with the work.
    pub(super) fn work(&self) -> PathBuf {
        self.path("work")
    }

    /// Every file of the work with its bytes, and every folder.
    pub(super) fn contents(&self) -> String {
        let mut files = BTreeMap::new();
        let mut folders = vec![self.work()];
        while let Some(folder) = folders.pop() {
            let entries = fs::read_dir(folder).into_iter().flatten();
            for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
                if path.is_dir() {
                    folders.push(path.clone());
                }
                let bytes = fs::read(&path).unwrap_or_default();
                files.insert(path, bytes);
            }
        }
        format!("{files:?}")
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// A folder in it, made if it is not there.
    pub(super) fn folder(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(&path).expect("a folder of one's own can be written to");
        path
    }

    pub(super) fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path(name), bytes).expect("a folder of one's own can be written to");
    }

    /// A program that is a shell script.
    pub(super) fn program(&self, name: &str, script: &str) -> PathBuf {
        let path = self.path(name);
        written(&path, script).expect("a shell can write a file");
        path
    }

    /// Command lines of the programs whose folder is in here. Linux only.
    pub(super) fn living(&self) -> Vec<String> {
        let living = living(&self.0).into_iter();
        living.map(|(pid, line)| format!("{pid}: {line}")).collect()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        for (pid, _) in living(&self.0) {
            kill(pid);
        }
        // Left to whoever cleans the folder for temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// By another process: a program cannot be started while somebody has it open
/// for writing, which a process that is forked off meanwhile would have.
fn written(path: &Path, script: &str) -> io::Result<()> {
    let mut shell = Command::new("sh")
        .args(["-c", "cat > \"$0\" && chmod +x \"$0\""])
        .arg(path)
        .stdin(Stdio::piped())
        .spawn()?;
    if let Some(mut input) = shell.stdin.take() {
        input.write_all(script.as_bytes())?;
    }
    shell.wait().map(drop)
}

#[cfg(target_os = "linux")]
fn living(place: &Path) -> Vec<(i32, String)> {
    let processes = fs::read_dir("/proc").into_iter().flatten();
    let here = processes.filter_map(|entry| {
        let process = entry.ok()?.path();
        let pid = process.file_name()?.to_str()?.parse().ok()?;
        // What has ended has no folder any more.
        let folder = fs::read_link(process.join("cwd")).ok()?;
        let line = fs::read(process.join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        folder.starts_with(place).then_some((pid, line))
    });
    here.collect()
}

#[cfg(not(target_os = "linux"))]
fn living(_: &Path) -> Vec<(i32, String)> {
    Vec::new()
}

#[cfg(target_os = "linux")]
fn kill(pid: i32) {
    if let Some(pid) = rustix::process::Pid::from_raw(pid) {
        // It may have ended meanwhile.
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
    }
}

#[cfg(not(target_os = "linux"))]
fn kill(_: i32) {}
