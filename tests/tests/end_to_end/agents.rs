//! The agents' real command lines: where they are, and whom they talk to.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use swarm_core::testing::model_server::ModelServer;

use crate::sandbox::Sandbox;

/// Tells both agents where the model is, and that there is nothing else. What
/// they would send elsewhere comes to the server, as to a proxy.
pub(crate) fn connect(sandbox: &mut Sandbox, server: &ModelServer) {
    sandbox.prefer(&programs());
    let variables = server.claude_env().into_iter().chain(server.codex_env());
    for (name, value) in variables.chain(trust(sandbox)) {
        sandbox.set(&name.to_string_lossy(), value);
    }
    sandbox.set("CLAUDE_CODE_MAX_RETRIES", "1");
    let config = server.codex_config() + "request_max_retries = 1\nstream_max_retries = 1\n";
    sandbox.write("home/.codex/config.toml", &config);
}

/// What Claude Code wants to hear from root.
pub(crate) fn trust(sandbox: &Sandbox) -> Option<(OsString, OsString)> {
    let uid = fs::metadata(sandbox.dir()).expect("a folder").uid();
    (uid == 0).then(|| ("IS_SANDBOX".into(), "1".into()))
}

/// The folder with the agents' programs.
fn programs() -> PathBuf {
    let claude = program("claude");
    program("codex");
    claude.parent().expect("a folder").to_owned()
}

/// An agent's program. That it is missing is a fault, not a reason to test less.
pub(crate) fn program(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    let folder = root.expect("a workspace").join("target/cli/bin");
    let program = folder.join(name);
    assert!(
        program.is_file(),
        "{name} is not in {}: run `cargo xtask setup`",
        folder.display()
    );
    program
}
