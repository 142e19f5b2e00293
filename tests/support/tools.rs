//! The programs of others that tests drive, installed by `tests/tools/install`.

use std::path::{Path, PathBuf};

/// Path of an installed Python tool, such as `moto_server`.
pub fn python(name: &str) -> PathBuf {
    installed(&format!("python/bin/{name}"))
}

/// Path of an installed Node tool.
pub fn node(name: &str) -> PathBuf {
    installed(&format!("node_modules/.bin/{name}"))
}

/// A test that cannot run its tool has not passed: it fails and says what to do.
fn installed(path: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(".tools").join(path);
    assert!(path.exists(), "{} is missing: run tests/tools/install first", path.display());
    path
}

/// Microsoft's validator of SARIF. The script around it cannot pass a `;` on.
pub fn sarif_validator() -> PathBuf {
    let system = if cfg!(target_os = "macos") { "darwin" } else { "linux" };
    installed(&format!("node_modules/@microsoft/sarif-multitool-{system}/Sarif.Multitool"))
}
