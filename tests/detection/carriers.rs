//! AWS keys in the forms that people write them down in: each carrier must give one pair, with the id and the secret
//! that belong together, and no other pair. Keys are made at run time.

use super::support::random::Random;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use keysift::aws::testing::{
    make_bedrock_short_key, make_key_id, make_old_key_id, make_presigned_url, make_secret, make_session_token,
};
use keysift::detect::Detector;
use keysift::finding::{Credential, Credentials, PartKind};
use keysift::rule::RuleSet;
use keysift::scanner::{Scanner, Worker};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Name and text; `ID`, `SECRET` and `TOKEN` are replaced.
pub const CARRIERS: &[(&str, &str)] = &[
    ("ini", "[default]\naws_access_key_id = ID\naws_secret_access_key = SECRET\n"),
    ("ini without spaces, CRLF", "[default]\r\naws_access_key_id=ID\r\naws_secret_access_key=SECRET\r\n"),
    ("ini, secret first", "[default]\naws_secret_access_key=SECRET\naws_access_key_id=ID\n"),
    ("env file", "AWS_ACCESS_KEY_ID=ID\nAWS_SECRET_ACCESS_KEY=SECRET\n"),
    ("env file with quotes", "export AWS_ACCESS_KEY_ID='ID'\nexport AWS_SECRET_ACCESS_KEY='SECRET'\n"),
    ("one line", "AWS_ACCESS_KEY_ID=ID AWS_SECRET_ACCESS_KEY=SECRET terraform apply"),
    ("PowerShell", "$env:AWS_ACCESS_KEY_ID=\"ID\"\n$env:AWS_SECRET_ACCESS_KEY=\"SECRET\"\n"),
    ("Windows set", "set AWS_ACCESS_KEY_ID=ID\r\nset AWS_SECRET_ACCESS_KEY=SECRET\r\n"),
    ("accessKeys.csv", "Access key ID,Secret access key\nID,SECRET\n"),
    (
        "credentials.csv of old",
        "User name,Password,Access key ID,Secret access key,Console login link\nbob,,ID,SECRET,https://acme.signin.aws.amazon.com/console\n",
    ),
    ("CSV with a byte order mark", "\u{feff}Access key ID,Secret access key\r\nID,SECRET\r\n"),
    ("Dockerfile", "FROM alpine\nENV AWS_ACCESS_KEY_ID ID\nENV AWS_SECRET_ACCESS_KEY SECRET\n"),
    ("aws configure set", "aws configure set aws_access_key_id ID\naws configure set aws_secret_access_key SECRET\n"),
    ("boto3, named", "boto3.client('s3', aws_access_key_id='ID', aws_secret_access_key='SECRET')"),
    ("boto, by position", "conn = S3Connection('ID', 'SECRET')"),
    ("Java", "new BasicAWSCredentials(\"ID\", \"SECRET\")"),
    ("Go", "credentials.NewStaticCredentials(\"ID\", \"SECRET\", \"\")"),
    ("Go, aws.String", "AccessKeyId: aws.String(\"ID\"),\nSecretAccessKey: aws.String(\"SECRET\"),"),
    ("JavaScript", "AWS.config.update({ accessKeyId: 'ID', secretAccessKey: 'SECRET' });"),
    ("PHP array", "'credentials' => [\n  'key'    => 'ID',\n  'secret' => 'SECRET',\n],"),
    ("subscript", "g[\"AWS_KEY\"] = \"ID\"\ng[\"AWS_SECRET\"] = \"SECRET\"\n"),
    ("s3 URL", "distcp s3n://ID:SECRET@bucket/path"),
    ("colon", "ID:SECRET"),
    ("passwd-s3fs", "my-bucket:ID:SECRET\n"),
    ("JSON", "{\"AccessKeyId\": \"ID\", \"SecretAccessKey\": \"SECRET\"}"),
    ("escaped JSON", r#"{"message":"{\"AccessKeyId\":\"ID\",\"SecretAccessKey\":\"SECRET\"}"}"#),
    ("escaped lines", r#"{"source": ["aws_access_key_id = ID\n", "aws_secret_access_key = SECRET\n"]}"#),
    ("lines in one string", r#"env = "AWS_ACCESS_KEY_ID=ID\nAWS_SECRET_ACCESS_KEY=SECRET\n""#),
    (
        "notebook",
        "   \"os.environ['AWS_ACCESS_KEY_ID'] = 'ID'\\n\",\n   \"os.environ['AWS_SECRET_ACCESS_KEY'] = 'SECRET'\"",
    ),
    ("XML", "<AccessKeyId>ID</AccessKeyId>\n<SecretAccessKey>SECRET</SecretAccessKey>"),
    (
        "XML, Hadoop",
        "<property><name>fs.s3a.access.key</name><value>ID</value></property>\n<property><name>fs.s3a.secret.key</name><value>SECRET</value></property>",
    ),
    ("app.config", "<add key=\"AWSAccessKey\" value=\"ID\"/>\n<add key=\"AWSSecretKey\" value=\"SECRET\"/>"),
    ("Markdown table", "| key | secret |\n|---|---|\n| ID | SECRET |\n"),
    ("Markdown code", "Use `ID` and `SECRET`."),
    (".s3cfg", "[default]\naccess_key = ID\nbucket_location = US\nsecret_key = SECRET\n"),
    ("rclone", "[s3]\ntype = s3\nprovider = AWS\naccess_key_id = ID\nsecret_access_key = SECRET\n"),
    ("Redshift", "COPY t FROM 's3://b/k' CREDENTIALS 'aws_access_key_id=ID;aws_secret_access_key=SECRET' CSV;"),
    ("YAML", "aws:\n  access_key_id: ID\n  secret_access_key: SECRET\n"),
    ("YAML, quoted", "accessKey: \"ID\"\nsecretKey: \"SECRET\"\n"),
    ("Helm", "- name: AWS_ACCESS_KEY_ID\n  value: ID\n- name: AWS_SECRET_ACCESS_KEY\n  value: SECRET\n"),
    ("Terraform", "provider \"aws\" {\n  access_key = \"ID\"\n  secret_key = \"SECRET\"\n}\n"),
    (
        "Terraform state",
        "\"attributes\": {\n \"create_date\": null,\n \"encrypted_secret\": \"\",\n \"id\": \"ID\",\n \"key_fingerprint\": null,\n \"pgp_key\": null,\n \"secret\": \"SECRET\",\n \"ses_smtp_password\": null,\n \"status\": \"Active\",\n \"user\": \"deploy\"\n}",
    ),
    ("Ruby", "Fog::Storage.new(provider: 'AWS', aws_access_key_id: 'ID', aws_secret_access_key: 'SECRET')"),
    (
        "Scala",
        "hadoopConf.set(\"fs.s3n.awsAccessKeyId\", \"ID\")\nhadoopConf.set(\"fs.s3n.awsSecretAccessKey\", \"SECRET\")",
    ),
    ("log line", "2026-01-31 12:00:00 DEBUG key=ID, secret=SECRET, region=eu-west-1"),
    ("URL query", "jdbc:awsathena://x;UID=ID;PWD=SECRET;S3OutputLocation=s3://b/"),
    ("query string", "http://localhost/?key=ID&secret=SECRET&x=1"),
];

/// With a session token, of an `ASIA` id.
const SESSIONS: &[(&str, &str)] = &[
    ("ini", "aws_access_key_id=ID\naws_secret_access_key=SECRET\naws_session_token=TOKEN\n"),
    (
        "exports",
        "export AWS_ACCESS_KEY_ID=\"ID\"\nexport AWS_SECRET_ACCESS_KEY=\"SECRET\"\nexport AWS_SESSION_TOKEN=\"TOKEN\"\n",
    ),
    (
        "STS JSON",
        "{\"Credentials\": {\"AccessKeyId\": \"ID\", \"SecretAccessKey\": \"SECRET\", \"SessionToken\": \"TOKEN\", \"Expiration\": \"2026-01-31T12:00:00Z\"}}",
    ),
    (
        "STS XML",
        "<Credentials><AccessKeyId>ID</AccessKeyId><SecretAccessKey>SECRET</SecretAccessKey><SessionToken>TOKEN</SessionToken></Credentials>",
    ),
    (
        "metadata service",
        "{\n  \"Code\" : \"Success\",\n  \"Type\" : \"AWS-HMAC\",\n  \"AccessKeyId\" : \"ID\",\n  \"SecretAccessKey\" : \"SECRET\",\n  \"Token\" : \"TOKEN\",\n  \"Expiration\" : \"2026-01-31T12:00:00Z\"\n}",
    ),
    ("token first", "{\"sessionToken\":\"TOKEN\",\"secretAccessKey\":\"SECRET\",\"accessKeyId\":\"ID\"}"),
];

/// `%PW%` and `%TOKEN%` are replaced by a random password and a token of 32 hex digits.
const PLAIN: &[&str] = &[
    "curl -u admin:%PW% https://host/x",
    "curl --user 'admin:%PW%' https://host/x",
    "wget --password=%PW% --user=bob https://host",
    "mysql -u root -p%PW% shop",
    "docker login -u bob -p %PW% registry.example",
    "docker login --username bob --password %PW% registry.example",
    "sshpass -p %PW% ssh host",
    "openssl rsa -passin pass:%PW% -in key",
    "openssl req -new -passout pass:%PW%",
    "gpg --passphrase %PW% -d file",
    "keytool -storepass %PW% -list",
    "ldapsearch -D cn=admin -w %PW% -b dc=example",
    "echo bob:%PW% | chpasswd",
    "export PGPASSWORD=%PW%",
    "PGPASSWORD=%PW% psql -h db",
    "ENV DB_PASSWORD %PW%",
    "ARG TOKEN=%TOKEN%",
    "setx API_TOKEN %TOKEN%",
    "machine host login bob password %PW%",
    "Authorization: Bearer %TOKEN%",
    "'Authorization': 'Bearer %TOKEN%'",
    "-H \"Authorization: token %TOKEN%\"",
    "Server=db;Database=x;User Id=sa;Password=%PW%;Encrypt=true",
    "Data Source=x;Initial Catalog=y;User ID=sa;Pwd=%PW%",
    "jdbc:mysql://host/db?user=sa&password=%PW%",
    "host=db user=bob password=%PW% dbname=x",
    "postgresql://bob:%PW%@host/db",
    "redis://:%PW%@host:6379/0",
    "mongodb+srv://bob:%PW%@cluster0.example.net/db",
    "git clone https://oauth2:%TOKEN%@host/r.git",
    "requests.get(u, auth=('bob', '%PW%'))",
    "DriverManager.getConnection(url, \"bob\", \"%PW%\")",
    "CREATE USER bob IDENTIFIED BY '%PW%';",
    "ALTER USER bob WITH PASSWORD '%PW%';",
    "ConvertTo-SecureString '%PW%' -AsPlainText -Force",
    "<password>%PW%</password>",
    "<add key=\"DbPassword\" value=\"%PW%\" />",
    "{\"db\": {\"password\": \"%PW%\"}}",
    "{\\\"password\\\": \\\"%PW%\\\"}",
    "db.password=%PW%",
    "  password: %PW%",
    "- name: DB_PASSWORD\n  value: %PW%",
    "connect('db', password='%PW%')",
    "//registry.example/:_authToken=%TOKEN%",
    "?api_key=%TOKEN%&x=1",
];

struct Found {
    detector: Detector,
    set: Arc<RuleSet>,
    credentials: Arc<Credentials>,
}

impl Found {
    fn new() -> Self {
        let (set, credentials) = (Arc::new(RuleSet::embedded()), Arc::new(Credentials::default()));
        Self { detector: Detector::new(Arc::clone(&set), Arc::clone(&credentials)), set, credentials }
    }

    /// The pairs in `content`, each as id, secret and token.
    fn pairs(&self, content: &[u8]) -> BTreeSet<Vec<String>> {
        self.all(content)
            .into_iter()
            .filter(|credential| credential.parts.len() > 1)
            .map(|credential| {
                let text = |(_, part): &(PartKind, keysift::secret::Secret)| {
                    String::from_utf8_lossy(part.expose()).into_owned()
                };
                credential.parts.iter().map(text).collect()
            })
            .collect()
    }

    fn all(&self, content: &[u8]) -> Vec<Arc<Credential>> {
        let mut hits = Vec::new();
        self.detector.worker().scan(content, &mut hits);
        hits.iter().map(|hit| self.credentials.get(hit.credential)).collect()
    }

    fn rules(&self, content: &[u8]) -> BTreeSet<String> {
        self.all(content).iter().map(|credential| self.set.get(credential.rule).text.id.clone()).collect()
    }
}

fn fill(template: &str, parts: &[(&str, &str)]) -> String {
    parts.iter().fold(template.to_owned(), |text, (name, value)| text.replace(name, value))
}

/// Replaces the names where they stand alone: `ID` is also in `AWS_ACCESS_KEY_ID`.
pub fn with_keys(template: &str, id: &str, secret: &str, token: &str) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some(at) = rest.find(|c: char| c.is_ascii_uppercase()) {
        let end = rest[at..]
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .map_or(rest.len(), |length| at + length);
        let joined = rest[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        text.push_str(&rest[..at]);
        text.push_str(match &rest[at..end] {
            "ID" if !joined => id,
            "SECRET" if !joined => secret,
            "TOKEN" if !joined => token,
            other => other,
        });
        rest = &rest[end..];
    }
    text + rest
}

#[test]
fn every_carrier_gives_its_pair() {
    let found = Found::new();
    let mut missed = Vec::new();
    for (number, (name, template)) in CARRIERS.iter().enumerate() {
        for seed in 0..4 {
            let seed = number as u64 * 4 + seed;
            let (id, secret) =
                (make_key_id("AKIA", 609_629_065_308 + seed, (seed + 1) * 98_765_432_123), make_secret(seed));
            let text = with_keys(template, &id, &secret, "");
            if found.pairs(text.as_bytes()) != BTreeSet::from([vec![id, secret]]) {
                missed.push(*name);
                break;
            }
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn a_session_is_one_finding_of_three_parts() {
    let found = Found::new();
    let mut missed = Vec::new();
    for (number, (name, template)) in SESSIONS.iter().enumerate() {
        let seed = number as u64;
        let (id, secret) =
            (make_key_id("ASIA", 609_629_065_308, (seed + 1) * 98_765_432_123), make_secret(1_000 + seed));
        let token = make_session_token("eu-west-1", seed);
        let text = with_keys(template, &id, &secret, &token);
        if found.pairs(text.as_bytes()) != BTreeSet::from([vec![id, secret, token]]) {
            missed.push(*name);
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn a_secret_ends_where_it_ends() {
    let found = Found::new();
    let id = make_key_id("AKIA", 609_629_065_308, 77);
    for last in ["/", "+", "a", "9"] {
        for first in ["/", "+", "Z"] {
            let secret = format!("{first}{}{last}", &make_secret(40)[1..39]);
            for template in [
                "key ID secret SECRET",
                "ID:SECRET@bucket",
                "ID\nSECRET\n",
                "[\"ID\",\"SECRET\"]",
                "ID,SECRET,",
                "ID=SECRET;",
            ] {
                let text = with_keys(template, &id, &secret, "");
                assert_eq!(
                    found.pairs(text.as_bytes()),
                    BTreeSet::from([vec![id.clone(), secret.clone()]]),
                    "{template}"
                );
            }
        }
    }
}

#[test]
fn several_pairs_stay_apart() {
    let found = Found::new();
    let keys: Vec<(String, String)> = (0..5)
        .map(|n| (make_key_id("AKIA", 609_629_065_308, (n + 1) * 98_765_432_123), make_secret(300 + n)))
        .collect();
    let expected: BTreeSet<Vec<String>> = keys.iter().map(|(id, secret)| vec![id.clone(), secret.clone()]).collect();
    for template in [
        "[p]\naws_access_key_id = ID\naws_secret_access_key = SECRET\n",
        "ID,SECRET\n",
        "[p]\naws_secret_access_key = SECRET\naws_access_key_id = ID\n\n",
        "SECRET,ID\n",
        "{\"AccessKeyId\": \"ID\", \"SecretAccessKey\": \"SECRET\"},\n",
    ] {
        let text: String = keys.iter().map(|(id, secret)| with_keys(template, id, secret, "")).collect();
        assert_eq!(found.pairs(text.as_bytes()), expected, "{template}");
    }
}

#[test]
fn ids_before_secrets_are_paired_in_their_order() {
    let found = Found::new();
    let [(a, x), (b, y)] =
        [1, 2].map(|n| (make_key_id("AKIA", 609_629_065_308, n * 98_765_432_123), make_secret(700 + n)));
    let text = format!("KEY_A={a}\nKEY_B={b}\nSECRET_A={x}\nSECRET_B={y}\n");
    assert_eq!(found.pairs(text.as_bytes()), BTreeSet::from([vec![a, x], vec![b, y]]));
}

#[test]
fn forty_lines_apart_is_near_enough() {
    let found = Found::new();
    let (id, secret) = (make_key_id("AKIA", 609_629_065_308, 5), make_secret(12));
    let text = format!(
        "id = {id}\n{}secret = {secret}\n",
        "  # a line of a configuration file that says something\n".repeat(40)
    );
    assert_eq!(found.pairs(text.as_bytes()), BTreeSet::from([vec![id, secret]]));
}

#[test]
fn what_is_no_pair_is_none() {
    let found = Found::new();
    let id = make_key_id("AKIA", 609_629_065_308, 5);
    for (name, template) in [
        ("a commit", "ID da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        ("a path", "ID com/actions/checkout/blob/main/CHANGELOG"),
        ("an example", "ID wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        ("alone", "key = ID"),
        ("alone on a secret-named variable", "aws_access_key = ID"),
        ("the signer of a URL", "https://b.s3.amazonaws.com/?X-Amz-Credential=ID/20260131/eu-west-1/s3/aws4_request"),
    ] {
        let text = fill(template, &[("ID", &id)]);
        assert_eq!(found.pairs(text.as_bytes()), BTreeSet::new(), "{name}");
        assert_eq!(found.rules(text.as_bytes()), BTreeSet::from(["aws-access-key-id".to_owned()]), "{name}");
    }
}

#[test]
fn a_signed_url_is_one_finding_and_no_half_of_a_pair() {
    let found = Found::new();
    let id = make_key_id("ASIA", 609_629_065_308, 5);
    let url = make_presigned_url("https://b.s3.amazonaws.com/a", &id, "eu-west-1/s3", "20260131T120000Z", 60, 2);
    for text in
        [url.clone(), format!("{url}\naws_data: {}\n", make_secret(8)), format!("\"{}\"", url.replace('&', "\\u0026"))]
    {
        assert_eq!(found.pairs(text.as_bytes()), BTreeSet::new(), "{text}");
        assert!(found.rules(text.as_bytes()).contains("aws-presigned-url"), "{text}");
        assert!(!found.rules(text.as_bytes()).contains("aws-access-key-id"), "{text}");
    }
}

#[test]
fn a_token_that_encodes_a_signed_url_is_one_finding_and_no_half_of_a_pair() {
    let found = Found::new();
    let id = make_key_id("ASIA", 609_629_065_308, 5);
    let scope = "us-east-1/bedrock";
    let url = make_presigned_url("bedrock.amazonaws.com/?Action=Call", &id, scope, "20260131T120000Z", 60, 2);
    let key = make_bedrock_short_key(&url);
    let wide = key.as_bytes().chunks(76).map(|line| String::from_utf8_lossy(line)).collect::<Vec<_>>().join("\n");
    for (text, rules) in [
        (format!("AWS_BEARER_TOKEN_BEDROCK={key}\n"), vec!["aws-bedrock-short-term-key"]),
        (
            format!("a = '{key}'\naws: {}\n", make_secret(8)),
            vec!["aws-bedrock-short-term-key", "aws-secret-access-key"],
        ),
        // Cut into lines it is no key any more, and what its lines decode to is none either.
        (wide, vec![]),
    ] {
        assert_eq!(found.pairs(text.as_bytes()), BTreeSet::new(), "{text}");
        assert_eq!(found.rules(text.as_bytes()), rules.into_iter().map(str::to_owned).collect(), "{text}");
    }
    // The scope as a line of its own, cut behind the year.
    let scope = format!("&X-Amz-Credential={id}%2F2026");
    assert_eq!(found.rules(format!("'{}'", URL_SAFE.encode(&scope[9..])).as_bytes()), BTreeSet::new());
    for width in [40, 44] {
        let cut = key.as_bytes().chunks(width).map(|line| String::from_utf8_lossy(line)).collect::<Vec<_>>();
        let text = cut.join("{}");
        assert_eq!(found.pairs(text.as_bytes()), BTreeSet::new(), "{width}");
        assert!(!found.rules(text.as_bytes()).contains("aws-secret-access-key"), "{width}");
    }
}

#[test]
fn one_id_in_many_places_has_one_secret() {
    let found = Found::new();
    let (id, secret, other) = (make_key_id("AKIA", 609_629_065_308, 5), make_secret(8), make_secret(9));
    let text = with_keys("ID SECRET\nuser of ID\nrandom TOKEN\n", &id, &secret, &other);
    assert_eq!(found.pairs(text.as_bytes()), BTreeSet::from([vec![id, secret]]));
}

#[test]
fn documented_keys_and_ids_of_other_things_are_no_findings() {
    let found = Found::new();
    for text in [
        "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n"
            .to_owned(),
        "AWS_ACCESS_KEY_ID=AKIAI44QH8DHBEXAMPLE AWS_SECRET_ACCESS_KEY=je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY"
            .to_owned(),
        format!(
            "\"RoleId\": \"{}\", \"Arn\": \"arn:aws:iam::609629065308:role/app\"",
            make_key_id("AROA", 609_629_065_308, 9)
        ),
        format!("\"UserId\": \"{}\"", make_old_key_id("AIDA", 9)),
        format!("\"UserId\": \"{}5\"", make_key_id("AIDA", 609_629_065_308, 9)),
        "integrity sha512-aWS8qFzDaWSkY1zXh3Ewk8kzHXjG5gJXw2qTq1c7l9z0aWS8qFzDaWSkY1zXh3Ewk8kzHXjG5gJXw2qTq1c7lA=="
            .to_owned(),
        "pool: us-east-1:12345678-1234-1234-1234-123456789012 aws".to_owned(),
    ] {
        assert_eq!(found.rules(text.as_bytes()), BTreeSet::new(), "{text}");
    }
}

#[test]
fn a_password_is_found_wherever_people_write_one() {
    let mut missed = Vec::new();
    for (number, template) in PLAIN.iter().enumerate() {
        let mut random = Random::new(4_000 + number as u64);
        let middle = random.text(b"abcdefghkmnpqrstuvwxyzABCDEFGHKMNPQRSTUVWXYZ23456789", 9);
        let password = format!("q8{}W1", String::from_utf8_lossy(&middle));
        let token = String::from_utf8(random.text(b"0123456789abcdef", 32)).expect("ASCII");
        let text = template.replace("%PW%", &password).replace("%TOKEN%", &token);
        let found = Found::new().all(format!("first line\n\n{text}\nlast line\n").as_bytes());
        let has =
            |secret: &str| found.iter().any(|c| c.parts.iter().any(|(_, part)| part.expose() == secret.as_bytes()));
        if !has(&password) && !has(&token) {
            missed.push(text);
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}
