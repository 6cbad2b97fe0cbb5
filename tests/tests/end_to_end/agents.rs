//! The agents' real command lines: where they are, and whom they talk to.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use swarm_core::testing::model_server::ModelServer;

use crate::sandbox::Sandbox;

/// Tells both agents where the model is, and that there is nothing else. What
/// they would send elsewhere comes to the server, as to a proxy.
pub(crate) fn connect(sandbox: &mut Sandbox, server: &ModelServer) {
    let url = server.url();
    sandbox.prefer(&programs());
    for (name, value) in [
        ("ANTHROPIC_API_KEY", "dummy"),
        ("ANTHROPIC_BASE_URL", &url),
        ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"),
        ("CLAUDE_CODE_MAX_RETRIES", "1"),
        ("OPENAI_API_KEY", "dummy"),
        ("HTTP_PROXY", &url),
        ("HTTPS_PROXY", &url),
        ("NO_PROXY", "127.0.0.1"),
    ] {
        sandbox.set(name, value);
    }
    let uid = fs::metadata(sandbox.dir()).expect("a folder").uid();
    if uid == 0 {
        sandbox.set("IS_SANDBOX", "1");
    }
    let config = format!(
        "model_provider = \"loopback\"\n\n\
         [model_providers.loopback]\n\
         name = \"loopback\"\n\
         base_url = \"{url}/v1\"\n\
         env_key = \"OPENAI_API_KEY\"\n\
         wire_api = \"responses\"\n\
         request_max_retries = 1\n\
         stream_max_retries = 1\n"
    );
    sandbox.write("home/.codex/config.toml", &config);
}

/// The folder with the agents' programs.
fn programs() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    let folder = root.expect("a workspace").join("target/cli/bin");
    for name in ["claude", "codex"] {
        assert!(
            folder.join(name).is_file(),
            "{name} is not in {}: run `cargo xtask setup`",
            folder.display()
        );
    }
    folder
}
