//! Cases 40 to 48: repositories and folders that were made to harm, mislead or stop whoever looks at them.

use crate::rig::{PATIENCE, as_root, end, harmless, history, history_uncounted, key, keysift, owner, scan};
use crate::support::git::{self, Fixture, fifo};
use crate::support::program;
use crate::traps::booby_trapped;
use std::ffi::OsStr;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

/// Every subcommand that reads a repository.
const COMMANDS: [&[&str]; 6] = [
    &["scan", "."],
    &["history", "."],
    &["history", ".", "--full-blobs"],
    &["history", ".", "--submodules"],
    &["staged", "."],
    &["range", "HEAD~1..HEAD", "."],
];
fn leaking(number: u64) -> (Fixture, crate::rig::Key) {
    let (repo, key) = (harmless(), key(number));
    repo.commit_file("a", &key.lines, "leak");
    (repo, key)
}

#[test]
fn case_40_another_owner_changes_nothing_and_a_large_blob_is_read() {
    let (repo, key) = (harmless(), key(40));
    let mut content = "harmless words\n".repeat((20 << 20) / 15);
    let line = content.lines().count() + 2;
    content.push_str(&key.lines);
    repo.commit_file("large", &content, "large");
    let proof = booby_trapped(&repo);
    for packed in [false, true] {
        if packed {
            repo.git(&["-c", "core.fsmonitor=false", "repack", "-adq"]);
        }
        assert!(!proof.exists(), "git itself springs no trap here");
        as_root(&["chown", "-R", "12345:12345", repo.path().to_str().unwrap()]);
        let found = history_uncounted(repo.path());
        as_root(&["chown", "-R", &owner(), repo.path().to_str().unwrap()]);
        found.found(&key, &[&format!("commit large:{line}")], "ref");
        assert!(!proof.exists(), "something was run");
    }
}

#[test]
fn case_41_attributes_that_call_everything_binary() {
    let (repo, key) = (harmless(), key(41));
    repo.write(
        ".gitattributes",
        "* binary -diff -text linguist-generated export-ignore working-tree-encoding=UTF-16\n",
    );
    repo.write(".git/info/attributes", "* binary -diff\n");
    repo.write("a", &key.lines);
    // With this encoding git would convert on the way in.
    let blob = repo.git(&["hash-object", "-w", "--no-filters", "a"]);
    repo.git(&["update-index", "--add", "--cacheinfo", &format!("100644,{blob},a")]);
    keysift(repo.path(), ["staged"]).found(&key, &["staged a:2"], "");
    repo.git(&["commit", "-q", "-m", "leak"]);
    history(repo.path()).found(&key, &["commit a:2"], "ref");
    keysift(repo.path(), ["range", "HEAD~1..HEAD"]).found(&key, &["commit a:2"], "ref");
    scan(repo.path()).found(&key, &["file a:2"], "");
}

#[test]
fn case_42_ignore_files_and_hidden_files() {
    let repo = harmless();
    let names = [".env", ".aws/credentials", "tracked.log", "sub/deep.txt"];
    let keys: Vec<_> = (420..).take(names.len()).map(key).collect();
    for (name, key) in names.iter().zip(&keys) {
        repo.write(name, &key.lines);
    }
    repo.git(&["add", "-f", "tracked.log"]);
    for other in [".ignore", ".rgignore", ".fdignore", ".dockerignore", ".npmignore", ".agignore", ".keysiftignore"] {
        repo.write(other, "*\n");
    }
    repo.write("sub/.ignore", "*\n");
    repo.write(".gitignore", "*.log\n");
    let found = scan(repo.path());
    for (name, key) in names.iter().zip(&keys) {
        found.found(key, &[&format!("file {name}:2")], "");
    }
    // What git ignores and does not track is left out, and counted.
    repo.write("untracked.log", "words\n");
    assert_eq!(scan(repo.path()).skipped("ignored by .gitignore"), 1);
}

/// Runs `command` in `folder`; it must end quickly, however it ends.
fn quickly(folder: &Path, command: &[&str]) -> crate::rig::Outcome {
    let start = Instant::now();
    let outcome = keysift(folder, command);
    assert!(start.elapsed() < PATIENCE / 2, "{command:?} took {:?}", start.elapsed());
    outcome
}

#[test]
fn case_43_traps_in_the_place_of_files_that_are_read() {
    // The configuration and the index decide whether there is an answer. Of a HEAD that is a link, as git's first
    // years had it, only the refs are unknown.
    for (name, commands) in
        [(".git/config", &COMMANDS[1..]), (".git/HEAD", &COMMANDS[1..]), (".git/index", &COMMANDS[4..5])]
    {
        for trap in ["fifo", "zero", "folder"] {
            let (repo, _) = leaking(43);
            let path = repo.join(name);
            std::fs::remove_file(&path).unwrap();
            match trap {
                "fifo" => fifo(&path),
                "zero" => symlink("/dev/zero", &path).unwrap(),
                _ => std::fs::create_dir(&path).unwrap(),
            }
            for command in commands {
                let outcome = quickly(repo.path(), command);
                if (name, trap) == (".git/HEAD", "zero") && outcome.code != Some(2) {
                    outcome.gap("ref", &["HEAD"]);
                    continue;
                }
                assert_eq!(outcome.code, Some(2), "{name} as {trap}, {command:?}: {}", outcome.err);
            }
        }
    }
    // Ignore files are opened only when they are files; everything is searched then.
    for name in [".gitignore", ".git/info/exclude", ".ignore", ".keysiftignore", ".gitattributes", ".gitmodules"] {
        for trap in ["fifo", "zero"] {
            let (repo, key) = leaking(43);
            let _ = std::fs::remove_file(repo.join(name));
            match trap {
                "fifo" => fifo(repo.join(name)),
                _ => symlink("/dev/zero", repo.join(name)).unwrap(),
            }
            quickly(repo.path(), &["scan", "."]).finding(&key);
            quickly(repo.path(), &["history", "."]).finding(&key);
        }
    }
    // What decides what is reported is not passed over: the repository's configuration and its baseline.
    for name in [".keysift.toml", ".keysift-baseline"] {
        for trap in ["fifo", "zero"] {
            let (repo, key) = leaking(43);
            match trap {
                "fifo" => fifo(repo.join(name)),
                _ => symlink("/dev/zero", repo.join(name)).unwrap(),
            }
            for command in COMMANDS {
                quickly(repo.path(), command).refused(&[name, "regular file"]);
            }
            for command in [["baseline", "prune"], ["config", "show"], ["hook", "run pre-commit"]] {
                let words = command.iter().flat_map(|words| words.split(' '));
                let ended = end(program::keysift(words).current_dir(repo.path()));
                assert_eq!(ended.code, Some(2), "{command:?}: {}", ended.err);
                assert!(ended.err.contains(name) && ended.err.contains("regular file"), "{command:?}: {}", ended.err);
            }
            quickly(repo.path(), &["history", "--no-repo-config"]).finding(&key);
        }
    }
    let (repo, key) = leaking(43);
    fifo(repo.join("fifo"));
    for path in ["fifo", "/dev/zero"] {
        for option in ["--config", "--baseline"] {
            quickly(repo.path(), &["history", option, path]).refused(&[path, "regular file"]);
        }
        // What is remembered only makes a run faster.
        let outcome = quickly(repo.path(), &["history", "--store", path]);
        assert!(outcome.finding(&key)["exposure"].is_object());
    }
    // Rules that the user names are opened as they are named.
    let folder = tempfile::tempdir().unwrap();
    fifo(folder.path().join("rules.toml"));
    symlink("/dev/zero", folder.path().join("zero.toml")).unwrap();
    for name in ["rules.toml", "zero.toml", "."] {
        quickly(folder.path(), &["scan", "-", "--rules", name]).refused(&["regular file"]);
    }
}

#[test]
fn case_44_special_files_and_links() {
    let folder = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    let [inside, hidden, target] = [441, 442, 443].map(key);
    std::fs::write(outside.path().join("secret"), &hidden.lines).unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("plain"), &inside.lines).unwrap();
    fifo(at("fifo"));
    let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
    for (name, to) in [("zero", "/dev/zero"), ("mem", "/proc/self/mem"), ("loop", "loop"), ("dangling", "nowhere")] {
        symlink(to, at(name)).unwrap();
    }
    symlink(outside.path(), at("out")).unwrap();
    symlink(outside.path().join("secret"), at("out-file")).unwrap();
    symlink("..", at("up")).unwrap();
    let text = format!("x?aws_access_key_id={}&aws_secret_access_key={}", target.id, target.secret.replace('/', "+"));
    symlink(text, at("link")).unwrap();
    let found = quickly(folder.path(), &["scan", "."]);
    found.found(&inside, &["file plain:2"], "");
    assert_eq!(found.finding(&target)["location"]["path"], "link");
    assert!(!found.report.to_string().contains(&hidden.id), "a link was followed outside");
    assert_eq!((found.skipped("FIFO"), found.skipped("socket")), (1, 1));
    // Eight links and the plain file.
    assert_eq!((found.count("scanned"), found.count("seen")), (9, 11));
    for name in ["fifo", "socket", "zero", "mem"] {
        let outcome = quickly(folder.path(), &["scan", name]);
        assert_eq!(outcome.code, Some(3), "{name}: {}", outcome.report);
    }
}

#[test]
fn case_45_hostile_names_are_escaped_everywhere() {
    let names: [&[u8]; 9] = [
        b"a\nb",
        b"\x1b[31mred",
        b"\x1b]8;;http:x\x07link",
        b"-rf",
        b"::error::x",
        b"\xff\xfe\x80",
        "r\u{202e}l".as_bytes(),
        b"%2e%2e",
        b"<script>alert(1)<script>",
    ];
    let repo = harmless();
    let keys: Vec<_> = (4500..).take(names.len()).map(key).collect();
    for (name, key) in names.iter().zip(&keys) {
        std::fs::write(repo.join(OsStr::from_bytes(name)), &key.lines).unwrap();
    }
    repo.commit("hostile \u{1b}[31m names\u{202e}");
    for (command, kind) in [("scan", "file"), ("history", "commit")] {
        let found = keysift(repo.path(), [command, "."]);
        for (name, key) in names.iter().zip(&keys) {
            let path = String::from_utf8_lossy(name);
            found.found(key, &[&format!("{kind} {path}:2")], if command == "scan" { "" } else { "ref" });
        }
        for arguments in [&["--color", "never"][..], &["-v", "--color", "never"], &["--format", "sarif"]] {
            let ended = program::run(repo.path(), [&[command, "."], arguments].concat());
            let text = format!("{}{}", ended.out, ended.err);
            let loose = text.chars().find(|c| (c.is_control() && *c != '\n') || matches!(c, '\u{202e}'));
            assert_eq!(loose, None, "{command} {arguments:?}");
            assert!(!text.lines().any(|line| line.starts_with("::")), "a workflow command");
        }
        let sarif = program::run(repo.path(), [command, ".", "--format", "sarif"]).out;
        for uri in ["a%0Ab", "%1B%5B31mred", "%FF%FE%80", "r%E2%80%AEl", "%252e%252e"] {
            assert!(sarif.contains(uri), "{uri} in {sarif}");
        }
    }
}

/// Writes an object that git would not make by itself; returns its id.
fn object(repo: &Fixture, kind: &str, content: &[u8]) -> String {
    let mut child = git::command(repo.path(), git::START)
        .args(["hash-object", "-t", kind, "-w", "--literally", "--stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(content).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().trim().to_string()
}

fn raw(id: &str) -> Vec<u8> {
    gix::ObjectId::from_hex(id.as_bytes()).unwrap().as_slice().to_vec()
}

fn tree(repo: &Fixture, entries: &[(&str, &str, &str)]) -> String {
    let content: Vec<u8> = entries
        .iter()
        .flat_map(|(mode, name, id)| [format!("{mode} {name}\0").into_bytes(), raw(id)].concat())
        .collect();
    object(repo, "tree", &content)
}

const PEOPLE: &str = "author A <a@example.com> 1700000000 +0000\ncommitter C <c@example.com> 1700000000 +0000\n";

#[test]
fn case_46_tree_entries_that_lead_out_and_twice_the_same() {
    let (repo, key) = (harmless(), key(46));
    let blob = object(&repo, "blob", key.lines.as_bytes());
    let inner = tree(&repo, &[("100644", "leak", &blob)]);
    let entries: Vec<(&str, &str, &str)> = [
        ("100644", "/tmp/absolute"),
        ("100644", ".."),
        ("100644", "."),
        ("40000", ".git"),
        ("40000", "..."),
        ("100644", ""),
        ("100644", "a/b"),
        ("100644", "same"),
        ("100644", "same"),
        ("0", "no mode"),
        ("777777777777", "long mode"),
        ("120000", "link"),
    ]
    .iter()
    .map(|(mode, name)| (*mode, *name, if *mode == "40000" { inner.as_str() } else { blob.as_str() }))
    .collect();
    let root = tree(&repo, &entries);
    let outer = tree(&repo, &[("40000", "..", &root)]);
    let commit = object(&repo, "commit", format!("tree {outer}\n{PEOPLE}\nhostile\n").as_bytes());
    repo.git(&["update-ref", "refs/heads/hostile", &commit]);
    let around = repo.path().parent().unwrap().to_path_buf();
    let siblings = || std::fs::read_dir(&around).unwrap().count();
    let before = siblings();
    let found = history(repo.path());
    assert_eq!(found.code, Some(1));
    let places = found.places(&key);
    for path in ["../../tmp/absolute", "../..", "../a/b", "../same", "../.git/leak"] {
        let path = path.replace("../../tmp", "..//tmp");
        assert!(places.contains(&format!("commit {path}:2")), "{path} in {places:?}");
    }
    let ranged = keysift(repo.path(), ["range", "main..hostile"]);
    assert_eq!(ranged.code, Some(1), "{}", ranged.report);
    ranged.finding(&key);
    assert!(siblings() <= before + 8, "other tests come and go, but nothing was written beside the repository");
    assert!(!Path::new("/tmp/absolute").exists());
}

#[test]
fn case_47_nothing_in_the_tree_turns_the_scanner_off() {
    let repo = harmless();
    // Those of the first row allow their line and nothing else, and the report lists what they leave out.
    let honoured = ["gitleaks:allow", "trufflehog:ignore", "pragma: allowlist secret", "keysift:allow"];
    let others = ["nosec", "ggignore", "noqa", "keysift:allow-all", "keysift:ignore-file"];
    let keys: Vec<_> = (4700..).take(honoured.len() + others.len()).map(key).collect();
    for (n, (mark, key)) in honoured.iter().chain(&others).zip(&keys).enumerate() {
        let lines: String = key.lines.lines().map(|line| format!("{line} # {mark}\n")).collect();
        repo.write(&format!("file{n}"), format!("# {mark} for the whole file\n\n{lines}"));
    }
    for name in [".gitleaks.toml", ".gitleaksignore", ".trufflehogignore", ".secrets.baseline", ".gitguardian.yaml"] {
        repo.write(name, "[allowlist]\npaths = ['''.*''']\nregexes = ['''.*''']\n*\n");
    }
    let off = "[[allow]]\nreason = 'all is well'\npaths = ['**']\n";
    repo.write(".keysift.toml", off);
    repo.commit("all allowed");
    let others = &keys[honoured.len()..];
    for command in ["scan", "history"] {
        // What the repository's own configuration allows is listed, and a caller who does not trust it leaves it out.
        let by_all = keysift(repo.path(), [command, "."]);
        assert_eq!(by_all.report["findings"].as_array().map(Vec::len), Some(0), "{}", by_all.report);
        assert!(by_all.report["suppressions"].as_array().is_some_and(|list| list.len() >= keys.len()));
        let by_markers = keysift(repo.path(), [command, ".", "--no-repo-config"]);
        for key in others {
            by_markers.finding(key);
        }
        let left_out = by_markers.report["suppressions"].as_array().expect("suppressions are a list");
        let by: Vec<&str> = left_out.iter().filter_map(|entry| entry["source"].as_str()).collect();
        assert_eq!(by, honoured, "{command}");
        let all = keysift(repo.path(), [command, ".", "--no-repo-config", "--no-markers"]);
        for key in &keys {
            all.finding(key);
        }
    }
}

#[test]
fn case_48_dates_and_names_beyond_reason() {
    let repo = harmless();
    let dates =
        ["0", "-1", "-9999999999999999", "253402300799", "9223372036854775807", "99999999999999999999999", "x", ""];
    let keys: Vec<_> = (4800..).take(dates.len() + 1).map(key).collect();
    let mut parent = repo.head();
    for (n, date) in dates.iter().enumerate() {
        let blob = object(&repo, "blob", keys[n].lines.as_bytes());
        let root = tree(&repo, &[("100644", &format!("file{n}"), &blob)]);
        let zone = ["+0000", "-9999", "+99999999", ""][n % 4];
        let text = format!(
            "tree {root}\nparent {parent}\nauthor A <a@x> {date} {zone}\ncommitter C <c@x> {date} {zone}\n\ndate {n}\n"
        );
        parent = object(&repo, "commit", text.as_bytes());
    }
    let blob = object(&repo, "blob", keys[dates.len()].lines.as_bytes());
    let root = tree(&repo, &[("100644", "last", &blob)]);
    let name = "A ".repeat(1 << 19);
    let text =
        format!("tree {root}\nparent {parent}\nauthor {name}<{name}> 1 +0000\ncommitter {name}<> 1 +0000\n\nlast\n");
    let head = object(&repo, "commit", text.as_bytes());
    repo.git(&["update-ref", "refs/heads/odd", &head]);
    let found = history(repo.path());
    for (n, key) in keys.iter().enumerate() {
        let path = if n < dates.len() { format!("file{n}") } else { "last".to_string() };
        found.found(key, &[&format!("commit {path}:2")], "ref");
    }
    assert!(found.report.to_string().len() < 200_000, "the name is cut");
    for format in ["human", "jsonl", "sarif"] {
        let ended = program::run(repo.path(), ["history", ".", "--format", format]);
        assert_eq!(ended.code, Some(1), "{format}: {}", ended.err);
        assert!(!ended.out.contains(&"A ".repeat(500)), "{format}: the name is cut");
    }
    let ranged = keysift(repo.path(), ["range", "main..odd"]);
    for key in &keys {
        ranged.finding(key);
    }
}
