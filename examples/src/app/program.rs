//! Finding programs, and asking them for their version.

use std::env::split_paths;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use swarm_core::ports::{CallContext, Stop};
use swarm_core::process::{Exit, ProcessSpec, capture};

use super::host::Host;

/// How long a program may take to say something short.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where a program is: a path, or a name looked up on `PATH`.
pub(super) fn find(program: &OsStr, host: &Host) -> Option<PathBuf> {
    if Path::new(program).components().count() > 1 {
        let path = host.path(Path::new(program));
        return is_program(&path).then_some(path);
    }
    split_paths(host.var("PATH")?)
        .map(|folder| host.path(&folder).join(program))
        .find(|path| is_program(path))
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    ["", "exe", "cmd", "bat"]
        .iter()
        .any(|end| fs::metadata(path.with_extension(end)).is_ok_and(|meta| meta.is_file()))
}

/// What a program prints, if it ends well and soon.
pub(super) async fn ask(program: &OsStr, args: &[&str], host: &Host) -> Option<String> {
    let spec = ProcessSpec {
        args: args.iter().map(Into::into).collect(),
        env: host.env.clone(),
        grace: Duration::from_secs(1),
        ..ProcessSpec::new(program, &host.directory)
    };
    let (stopper, context) = CallContext::stoppable();
    let mut answer = std::pin::pin!(capture(spec, 4096, &context));
    let output = tokio::select! {
        output = &mut answer => output,
        () = tokio::time::sleep(PATIENCE) => {
            stopper.stop(Stop::Now);
            answer.await
        }
    };
    let output = output.ok()?;
    (output.exit == Exit::Code(0)).then(|| output.text.trim().to_owned())
}
