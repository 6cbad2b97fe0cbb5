//! Finding programs, and asking them for their version.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use swarm_core::ports::{CallContext, Stop};
use swarm_core::process::{self, Exit, ProcessSpec, capture};

use super::host::Host;

/// How long a program may take to say something short.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where a program is: a path, or a name looked up on `PATH`.
pub(super) fn find(program: &OsStr, host: &Host) -> Option<PathBuf> {
    let path = Path::new(program);
    if path.components().count() > 1 {
        return process::find(host.path(path).as_os_str(), &host.env);
    }
    process::find(program, &host.env)
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
