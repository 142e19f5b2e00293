//! Bad networks: a proxy that throttles, breaks off, dawdles, answers itself or wants a login. keysift and boto3 go
//! through the same; keysift comes to the same end with no more requests.

use crate::stand_in::{STS, program, verification};
use crate::support::program::end;
use crate::support::tools;
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use tempfile::TempDir;

struct Proxy {
    folder: TempDir,
    /// Port of the proxy, and of the address that speaks TLS for the stand-in.
    forward: u64,
    tls: u64,
    _process: Child,
}

static PROXY: LazyLock<Proxy> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tools/weather.py");
    let mut command = Command::new(tools::python("mitmdump"));
    command
        .arg("--quiet")
        .arg("-s")
        .arg(script)
        .args(["--listen-host", "127.0.0.1", "--mode", "regular@127.0.0.1:0"])
        .args(["--mode", &format!("reverse:{}@localhost:0", STS.address)])
        .args(["--set", &format!("confdir={}", folder.path().display())])
        .args(["--set", &format!("sts={}", STS.address)])
        .args(["--set", &format!("requests={}", folder.path().join("requests").display())])
        .args(["--set", "connection_strategy=lazy", "--set", "upstream_cert=false", "--set", "keep_host_header=true"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut process = command.spawn().expect("mitmdump starts");
    let mut line = String::new();
    BufReader::new(process.stdout.take().expect("is piped")).read_line(&mut line).expect("it tells its ports");
    let ports: Value = serde_json::from_str(&line).expect("one line of JSON");
    let port = |mode: &str| ports[mode].as_u64().expect("it listens");
    Proxy { folder, forward: port("regular"), tls: port("reverse"), _process: process }
});

impl Proxy {
    /// Sends `command` through the weather that `login` names.
    fn through<'c>(&self, command: &'c mut Command, login: &str) -> &'c mut Command {
        command
            .env_remove("AWS_ENDPOINT_URL_STS")
            .env("HTTPS_PROXY", format!("http://{login}:word@127.0.0.1:{}", self.forward))
            .env("AWS_CA_BUNDLE", self.folder.path().join("mitmproxy-ca-cert.pem"))
    }

    /// How many requests `login` made.
    fn requests(&self, login: &str) -> usize {
        let text = fs::read_to_string(self.folder.path().join("requests")).unwrap_or_default();
        text.lines().filter(|line| *line == login).count()
    }
}

/// How long to wait for an answer: where none comes, not long; elsewhere long enough for a machine with other work.
fn patience(weather: &str) -> &'static str {
    if weather.starts_with("slow") { "1s" } else { "30s" }
}

/// The verdict of the live key in a weather, and how many requests it took.
fn keysift(weather: &str) -> (Value, usize) {
    let (folder, login) = (tempfile::tempdir().unwrap(), format!("{weather}-keysift"));
    fs::write(folder.path().join("credentials"), STS.profile("live")).unwrap();
    let arguments = ["scan", "credentials", "--verify", "--verify-timeout", patience(weather), "--format", "json"];
    let mut command = program(&arguments, folder.path(), "");
    let ended = end(PROXY.through(&mut command, &login));
    let host = if weather == "fine-0" { "sts.us-east-1.amazonaws.com" } else { "" };
    assert!(ended.err.contains(host) && ended.err.contains("proxy: 127.0.0.1"), "{}", ended.err);
    assert!(!ended.err.contains("word"), "the proxy's password: {}", ended.err);
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    assert_eq!(ended.report()["findings"][0]["severity"], "critical");
    (verification(&ended), PROXY.requests(&login))
}

/// What boto3 comes to in a weather, and how many requests it took.
fn boto3(weather: &str) -> (String, usize) {
    let login = format!("{weather}-boto3");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tools/ask_as_boto3.py");
    let mut command = Command::new(tools::python("python"));
    command.arg(script).arg(patience(weather).trim_end_matches('s'));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    for name in ["NO_PROXY", "no_proxy", "https_proxy", "AWS_MAX_ATTEMPTS", "AWS_ENDPOINT_URL"] {
        command.env_remove(name);
    }
    let mut child = PROXY.through(&mut command, &login).spawn().expect("python starts");
    let key = json!({ "id": STS.part("live", "id"), "secret": STS.part("live", "secret") });
    child.stdin.take().expect("is piped").write_all(key.to_string().as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    (String::from_utf8_lossy(&output.stdout).trim().to_owned(), PROXY.requests(&login))
}

/// Compares with boto3: live exactly when it says so, unknown otherwise, with no more requests.
fn compared(weather: &str) {
    let (told, requests) = keysift(weather);
    let (outcome, most) = boto3(weather);
    let expected = if outcome == "live" { "live" } else { "unknown" };
    assert_eq!(told["verdict"], expected, "boto3 says {outcome}, keysift {told}");
    assert!(requests >= 1 && requests <= most, "{requests} requests, boto3 made {most}: {told}");
}

#[test]
fn fine() {
    compared("fine-0");
}

#[test]
fn throttled_and_then_answered() {
    compared("throttle-2");
    assert_eq!(PROXY.requests("throttle-2-keysift"), 3);
}

#[test]
fn too_many_for_too_long() {
    compared("many-9");
}

#[test]
fn down_for_too_long() {
    compared("down-9");
}

#[test]
fn broken_off() {
    compared("reset-1");
    compared("reset-9");
}

#[test]
fn dawdling() {
    compared("slow-9");
}

#[test]
fn a_portal_and_a_closed_proxy() {
    compared("portal-8");
    let (told, requests) = keysift("portal-9");
    assert_eq!((&told["verdict"], requests), (&json!("unknown"), 1), "{told}");
    assert!(told["reason"].as_str().is_some_and(|why| why.contains("portal")), "{told}");
    let (told, requests) = keysift("closed-9");
    let (outcome, most) = boto3("closed-9");
    assert!(
        outcome != "live" && requests <= most,
        "boto3 says {outcome} after {most} requests, keysift made {requests}"
    );
    assert!(told["reason"].as_str().is_some_and(|why| why.contains("407") && why.contains("login")), "{told}");
}

#[test]
fn an_own_authority_and_an_unknown_one() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("credentials"), STS.profile("session")).unwrap();
    let arguments = ["scan", "credentials", "--verify", "--no-verify-cache", "--format", "json"];
    let address = format!("https://localhost:{}", PROXY.tls);
    let bundle = PROXY.folder.path().join("mitmproxy-ca-cert.pem");
    let known = end(program(&arguments, folder.path(), &address).env("AWS_CA_BUNDLE", bundle));
    assert_eq!(verification(&known)["verdict"], "live", "{}", known.err);
    let unknown = end(&mut program(&arguments, folder.path(), &address));
    let told = verification(&unknown);
    assert_eq!(told["verdict"], "unknown");
    assert!(told["reason"].as_str().is_some_and(|why| why.contains("AWS_CA_BUNDLE")), "{told}");
}

/// Two hours ahead, and behind: AWS's own clock is used.
#[cfg(target_os = "linux")]
#[test]
fn a_wrong_clock() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("credentials"), STS.profile("live")).unwrap();
    for shift in ["+2h", "-2h"] {
        let arguments =
            ["-f", shift, env!("CARGO_BIN_EXE_keysift"), "scan", "credentials", "--verify", "--format", "json"];
        let plain = program(&[], folder.path(), &STS.address);
        let mut command = Command::new("faketime");
        command.current_dir(folder.path()).args(arguments).args(["--no-verify-cache", "--verify-log", "log"]);
        for (name, value) in plain.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let ended = end(&mut command);
        assert_eq!(verification(&ended)["verdict"], "live", "{shift}: {}", ended.err);
        let log = fs::read_to_string(folder.path().join("log")).unwrap();
        assert_eq!(log.matches("\"event\":\"attempt\"").count(), 2, "{log}");
    }
}

#[test]
fn every_host_is_the_one_that_botocore_asks() {
    use keysift::aws::partitions::of_region;
    use keysift::verify::Settings;
    use keysift::verify::endpoint::{Service, of};
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tools/endpoints.py");
    let output = Command::new(tools::python("python")).arg(script).output().expect("python runs");
    let text = String::from_utf8_lossy(&output.stdout);
    let mut compared = 0;
    for line in text.lines() {
        let [service, region, fips, dual_stack, url] = line.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let settings = Settings { fips: fips == "1", dual_stack: dual_stack == "1", ..Settings::default() };
        let service = if service == "sts" { Service::Sts } else { Service::Iam };
        let endpoint = of(service, of_region(region).expect("a region"), &settings);
        assert_eq!(endpoint.url.trim_end_matches('/'), url, "{line}");
        compared += 1;
    }
    assert_eq!(compared, 32, "{}", String::from_utf8_lossy(&output.stderr));
}

/// What stands near a key decides who is asked after AWS's main partition did not know it.
#[test]
fn partitions_by_evidence_and_by_choice() {
    let folder = tempfile::tempdir().unwrap();
    let key = STS.profile("deleted");
    let lines = "# where it is used\n".repeat(4);
    for (near, choice, hosts) in [
        ("region = us-east-1", &[][..], "hosts: sts.us-east-1.amazonaws.com\n"),
        ("region = cn-north-1", &[], "hosts: sts.cn-north-1.amazonaws.com.cn, sts.us-east-1.amazonaws.com\n"),
        (
            "https://s3.us-gov-east-1.amazonaws.com",
            &[],
            "sts.us-east-1.amazonaws.com, sts.us-gov-west-1.amazonaws.com\n",
        ),
        ("region: eusc-de-east-1", &[], "hosts: sts.eusc-de-east-1.amazonaws.eu, sts.us-east-1.amazonaws.com\n"),
        ("region = cn-north-1", &["--verify-partition", "aws-us-gov"], "hosts: sts.us-gov-west-1.amazonaws.com\n"),
    ] {
        fs::write(folder.path().join("credentials"), format!("{key}{lines}{near}\n")).unwrap();
        let arguments =
            [&["scan", "credentials", "--verify", "--no-verify-cache", "--format", "json"], choice].concat();
        let mut command = program(&arguments, folder.path(), "");
        let ended = end(PROXY.through(&mut command, "fine-0-partitions"));
        assert!(ended.err.contains(hosts), "{near}: {}", ended.err);
        let told = verification(&ended);
        assert_eq!(told["verdict"], "inactive", "{told}");
        let asked = if choice.is_empty() && near != "region = us-east-1" { 2 } else { 1 };
        assert!(ended.err.contains(&format!("verification: {asked} call")), "{near}: {}", ended.err);
    }
}
