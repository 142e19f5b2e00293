//! Case 39: a configuration that names a program for whatever git does. No subcommand runs any of them, asks anybody or
//! writes anything but what it is there to write.

use crate::rig::{Key, end, harmless, key, snapshot};
use crate::support::git::{self, Fixture};
use crate::support::program::{self, Ended};
use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Sets the traps for whatever git does in a repository; returns the file that one makes when it is sprung.
pub fn booby_trapped(repo: &Fixture) -> PathBuf {
    let (trap, proof) = (repo.join(".git/trap"), repo.join(".git/sprung"));
    std::fs::write(&trap, format!("#!/bin/sh\ntouch '{}'\ncat\n", proof.display())).unwrap();
    std::fs::set_permissions(&trap, PermissionsExt::from_mode(0o755)).unwrap();
    let trap = trap.to_str().unwrap();
    let mut config = std::fs::read_to_string(repo.join(".git/config")).unwrap();
    config.push_str(&format!(
        "[core]\n\tfsmonitor = {trap}\n\tpager = {trap}\n\tsshCommand = {trap}\n\teditor = {trap}\n\taskPass = {trap}\n\
         \tgitProxy = {trap}\n\thooksPath = {hooks}\n\talternateRefsCommand = {trap}\n\
         [diff]\n\texternal = {trap}\n\ttool = evil\n\
         [diff \"evil\"]\n\tcommand = {trap}\n\ttextconv = {trap}\n\tcachetextconv = true\n\
         [difftool \"evil\"]\n\tcmd = {trap}\n\tpath = {trap}\n\
         [filter \"evil\"]\n\tclean = {trap}\n\tsmudge = {trap}\n\tprocess = {trap}\n\trequired = true\n\
         [merge]\n\ttool = evil\n[merge \"evil\"]\n\tdriver = {trap}\n[mergetool \"evil\"]\n\tcmd = {trap}\n\tpath = {trap}\n\
         [interactive]\n\tdiffFilter = {trap}\n[pager]\n\tlog = {trap}\n\tdiff = {trap}\n\
         [gpg]\n\tprogram = {trap}\n[gpg \"ssh\"]\n\tprogram = {trap}\n\tdefaultKeyCommand = {trap}\n\
         [gpg \"x509\"]\n\tprogram = {trap}\n\
         [credential]\n\thelper = {trap}\n[credential \"https://example.com\"]\n\thelper = !{trap}\n\
         [sequence]\n\teditor = {trap}\n[uploadpack]\n\tpackObjectsHook = {trap}\n\
         [remote \"origin\"]\n\turl = ext::{trap}\n\tpromisor = true\n\tuploadpack = {trap}\n\treceivepack = {trap}\n\
         \tvcs = evil\n[extensions]\n\tpartialClone = origin\n[alias]\n\tlog = !{trap}\n\
         [trailer \"evil\"]\n\tcommand = {trap}\n\tcmd = {trap}\n[submodule \"evil\"]\n\tupdate = !{trap}\n\
         [hook \"evil\"]\n\tcommand = {trap}\n\tevent = pre-commit\n\
         [web]\n\tbrowser = evil\n[browser \"evil\"]\n\tcmd = {trap}\n[man \"evil\"]\n\tcmd = {trap}\n\
         [instaweb]\n\thttpd = {trap}\n[sendemail]\n\tsendmailCmd = {trap}\n\ttoCmd = {trap}\n\tccCmd = {trap}\n\
         [lfs \"customtransfer.evil\"]\n\tpath = {trap}\n[lfs \"extension.evil\"]\n\tclean = {trap}\n\tsmudge = {trap}\n\
         [lfs]\n\tstandalonetransferagent = evil\n\
         [protocol \"ext\"]\n\tallow = always\n[log]\n\tshowSignature = true\n",
        hooks = repo.join(".git/trap-hooks").display()
    ));
    std::fs::write(repo.join(".git/config"), config).unwrap();
    repo.write(".gitattributes", "* filter=evil diff=evil merge=evil\n");
    repo.write(
        ".gitmodules",
        format!("[submodule \"evil\"]\n\tpath = evil\n\turl = ext::{trap}\n\tupdate = !{trap}\n"),
    );
    std::fs::create_dir_all(repo.join(".git/trap-hooks")).unwrap();
    for hook in [
        "pre-commit",
        "pre-merge-commit",
        "pre-push",
        "commit-msg",
        "pre-receive",
        "update",
        "post-checkout",
        "post-index-change",
        "reference-transaction",
        "fsmonitor-watchman",
        "query-watchman",
        "proc-receive",
    ] {
        for folder in [".git/hooks", ".git/trap-hooks"] {
            std::fs::create_dir_all(repo.join(folder)).unwrap();
            std::fs::copy(trap, repo.join(folder).join(hook)).unwrap();
        }
    }
    proof
}

/// What a subcommand may write.
#[derive(Clone, Copy, PartialEq)]
enum Writes {
    Nothing,
    /// Files whose path in the repository begins so.
    Below(&'static [&'static str]),
}
use Writes::{Below, Nothing};

/// A baseline, and how git is to merge two.
const BASELINE: &[&str] = &[".keysift-", ".gitattributes"];

/// Every subcommand, in an order in which each has something to do. `REPORT` is a report, `HEAD` the head.
const EVERY: [(&[&str], Writes); 32] = [
    (&["scan", "."], Nothing),
    (&["history", "."], Nothing),
    (&["history", ".", "--full-blobs"], Nothing),
    (&["history", ".", "--submodules"], Nothing),
    (&["history", ".", "--no-attribution"], Nothing),
    (&["staged", "."], Nothing),
    (&["staged", ".", "--whole-files"], Nothing),
    (&["range", "HEAD~1..HEAD", "."], Nothing),
    (&["verify"], Nothing),
    (&["hook", "status"], Nothing),
    (&["hook", "run", "auto"], Nothing),
    (&["hook", "run", "pre-commit"], Nothing),
    (&["hook", "run", "pre-merge-commit"], Nothing),
    (&["hook", "run", "commit-msg", "--", "readme.txt"], Nothing),
    (&["hook", "run", "pre-push", "--", "origin"], Nothing),
    (&["hook", "run", "pre-receive"], Nothing),
    (&["report", "convert", "REPORT"], Nothing),
    (&["report", "merge", "REPORT", "REPORT"], Nothing),
    (&["report", "diff", "REPORT", "REPORT"], Nothing),
    (&["report", "blobs", "REPORT"], Nothing),
    (&["rules", "list"], Nothing),
    (&["rules", "show", "aws-access-key-id"], Nothing),
    (&["rules", "test"], Nothing),
    (&["config", "show"], Nothing),
    (&["config", "import", ".gitleaks.toml"], Nothing),
    (&["config", "import", ".gitleaks.toml", "-o", ".keysift-imported.toml"], Below(&[".keysift-"])),
    (&["baseline", "create", "--owner", "jane", "--reason", "old"], Below(BASELINE)),
    (&["baseline", "update", "--owner", "jane", "--reason", "old"], Below(BASELINE)),
    (&["baseline", "prune"], Below(BASELINE)),
    (&["baseline", "audit"], Nothing),
    (&["hook", "install", "pre-commit"], Below(&[".git/trap-hooks"])),
    (&["hook", "uninstall", "pre-commit"], Below(&[".git/trap-hooks"])),
];

/// A repository full of traps, a report of it, and what `hook run` is told on standard input.
struct Trapped {
    repo: Fixture,
    key: Key,
    proof: PathBuf,
    beside: tempfile::TempDir,
}

fn trapped(number: u64) -> Trapped {
    let (repo, key) = (harmless(), key(number));
    repo.commit_file("a", &key.lines, "leak");
    repo.write("b", key.lines.replace("default", "other"));
    repo.write(".gitleaks.toml", "[allowlist]\npaths = ['''^docs/''']\n");
    repo.git(&["add", "b"]);
    let proof = booby_trapped(&repo);
    // The traps are live: git itself springs them.
    let _ = git::command(repo.path(), git::START).args(["diff", "--stat"]).output();
    assert!(std::fs::remove_file(&proof).is_ok(), "the trap does not work, so this test shows nothing");
    let mut config = std::fs::read_to_string(repo.join(".git/config")).unwrap();
    git::fifo(repo.join(".git/fifo"));
    let fifo = repo.join(".git/fifo").display().to_string();
    config.push_str(&format!(
        "[include]\n\tpath = /dev/zero\n[includeIf \"gitdir:/\"]\n\tpath = {fifo}\n[core]\n\texcludesFile = {fifo}\n\
         \tattributesFile = /dev/zero\n\tworktree = /nonexistent\n[mailmap]\n\tfile = {fifo}\n\
         [blame]\n\tignoreRevsFile = {fifo}\n[commit]\n\ttemplate = {fifo}\n[init]\n\ttemplateDir = {fifo}\n"
    ));
    repo.write(".git/config", config);
    let beside = tempfile::tempdir().unwrap();
    let report = beside.path().join("report.json");
    let made = program::run(repo.path(), ["history", "--format", "json", "-o", report.to_str().unwrap()]);
    assert_eq!(made.code, Some(1), "{}", made.err);
    let head = std::fs::read_to_string(repo.join(".git/refs/heads/main")).unwrap();
    let (head, none) = (head.trim(), "0".repeat(40));
    std::fs::write(beside.path().join("pre-push"), format!("refs/heads/main {head} refs/heads/main {none}\n")).unwrap();
    std::fs::write(beside.path().join("pre-receive"), format!("{none} {head} refs/heads/main\n")).unwrap();
    Trapped { repo, key, proof, beside }
}

impl Trapped {
    /// Runs a subcommand with `command` in front of it.
    fn run(&self, mut command: Command, words: &[&str]) -> Ended {
        let report = self.beside.path().join("report.json");
        let input = self.beside.path().join(words.get(2).copied().unwrap_or_default());
        let input = std::fs::File::open(input).ok().filter(|_| words.starts_with(&["hook", "run"]));
        program::isolate(&mut command);
        for word in words {
            command.arg(if *word == "REPORT" { report.as_os_str() } else { word.as_ref() });
        }
        let ended = end(command.stdin(input.map_or(Stdio::null(), Stdio::from)).current_dir(self.repo.path()));
        // Two of them ask people.
        let asks = words == ["verify"] || words == ["baseline", "audit"];
        let codes = if asks { 0..=3 } else { 0..=1 };
        assert!(ended.code.is_some_and(|code| codes.contains(&code)), "{words:?}: {:?} {}", ended.code, ended.err);
        assert!(!self.proof.exists(), "{words:?} ran something");
        assert!(!format!("{}{}", ended.out, ended.err).contains(&self.key.secret), "{words:?}: the secret shows");
        ended
    }
}

#[test]
fn case_39_no_subcommand_runs_what_the_configuration_names() {
    let trapped = trapped(39);
    for (words, writes) in EVERY {
        let before = snapshot(trapped.repo.path());
        let ended = trapped.run(Command::new(env!("CARGO_BIN_EXE_keysift")), words);
        let after = snapshot(trapped.repo.path());
        let changed: BTreeSet<&Path> = before.symmetric_difference(&after).map(|entry| entry.0.as_path()).collect();
        for path in changed {
            let within = path.strip_prefix(trapped.repo.path()).unwrap().to_str().unwrap();
            // A folder changes with what is made in it.
            let allowed = match writes {
                Nothing => false,
                Below(all) => {
                    all.iter().any(|begin| within.starts_with(begin) || path.is_dir() && begin.starts_with(within))
                }
            };
            assert!(allowed, "{words:?} wrote {within}");
        }
        if matches!(words[0], "scan" | "history" | "range") || words.starts_with(&["report", "convert"]) {
            assert!(ended.out.contains(&trapped.key.id), "{words:?}: {}", ended.out);
        }
    }
}

/// The subcommands that the help lists below `words`, each with those words.
fn listed(words: &[String]) -> Vec<Vec<String>> {
    let help = program::run(Path::new("/"), words.iter().map(String::as_str).chain(["--help"])).out;
    let Some((_, list)) = help.split_once("\nCommands:\n") else { return vec![words.to_vec()] };
    let list = list.split("\n\n").next().unwrap();
    let names = list.lines().filter_map(|line| line.strip_prefix("  ").filter(|line| !line.starts_with(' ')));
    let names = names.filter_map(|line| line.split(' ').next()).filter(|name| *name != "help");
    names.flat_map(|name| listed(&[words, &[name.to_string()]].concat())).collect()
}

#[test]
fn case_39_tries_every_subcommand_that_there_is() {
    let all = listed(&[]);
    assert!(all.len() > 15, "{all:?}");
    for words in all {
        let tried = EVERY.iter().any(|(tried, _)| tried.len() >= words.len() && tried[..words.len()] == words[..]);
        assert!(tried, "{words:?} is not tried");
    }
}

/// Whether a system call is about what begins with `begin` in a folder.
#[cfg(target_os = "linux")]
fn names(call: &str, folder: &Path, begin: &str) -> bool {
    let folder = folder.display();
    let before = ["\"".to_string(), "\"./".to_string(), format!("\"{folder}/"), format!("\"{folder}/./")];
    before.iter().any(|before| call.contains(&format!("{before}{begin}")))
}

/// From outside: the one program that is started is keysift, it opens no socket, and it opens nothing for writing but
/// what it is there to write.
#[cfg(target_os = "linux")]
#[test]
fn case_39_the_kernel_sees_no_program_no_socket_and_no_write() {
    let trapped = trapped(391);
    let log = tempfile::NamedTempFile::new().unwrap();
    for (words, writes) in EVERY {
        let mut traced = Command::new("strace");
        traced.args(["-f", "-qq", "-s", "4096", "-e", "trace=execve,execveat,fork,vfork,socket,connect,%file"]);
        traced.arg("-o").arg(log.path()).arg(env!("CARGO_BIN_EXE_keysift"));
        let ended = trapped.run(traced, words);
        let calls = std::fs::read_to_string(log.path()).unwrap();
        let count = |name: &str| calls.lines().filter(|line| line.contains(name)).count();
        let what = format!("{words:?}: is strace allowed here? {}", ended.err);
        assert_eq!((count("execve("), count("execveat(")), (1, 0), "{what}");
        assert_eq!((count("socket("), count("connect("), count("fork(")), (0, 0, 0), "{what}");
        let writing =
            ["O_WRONLY", "O_RDWR", "O_CREAT", "mkdir", "unlink", "rename", "chmod", "utime", "truncate", "link("];
        let harmless = ["readlink(", "/dev/null", "/dev/tty"];
        let loose = calls.lines().find(|line| {
            let may = match writes {
                Nothing => false,
                Below(all) => all.iter().chain([&".tmp"]).any(|begin| names(line, trapped.repo.path(), begin)),
            };
            writing.iter().any(|word| line.contains(word)) && !harmless.iter().any(|word| line.contains(word)) && !may
        });
        assert_eq!(loose, None, "{words:?}");
    }
}
