//! What to do about a finding, in the order that stops damage first: commands filled with what the report knows.
//!
//! Everything that goes into a command comes from a report, which somebody may have tampered with. So a value is put in
//! only where it has the form of what it claims to be; otherwise a placeholder in capitals stands there.

mod providers;

use super::document::{FindingEntry, RuleEntry};
use super::plain::key_ids;
use crate::finding::Tier;

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What to do, in a few words.
    pub title: &'static str,
    /// Why, and what to mind.
    pub text: String,
    /// Shell commands, each ready to be pasted once its placeholders are filled in.
    pub commands: Vec<String>,
}

fn step(title: &'static str, text: impl Into<String>, commands: impl IntoIterator<Item = String>) -> Step {
    Step { title, text: text.into(), commands: commands.into_iter().collect() }
}

/// What the steps are about: a finding, or a rule, of which nobody knows more yet.
struct Subject<'a> {
    rule_id: &'a str,
    description: &'a str,
    tier: Tier,
    id: Option<&'a str>,
    user: Option<&'a str>,
    role: Option<&'a str>,
    account: Option<&'a str>,
    canary: bool,
}

/// The steps for `finding`.
pub fn steps(finding: &FindingEntry) -> Vec<Step> {
    let told = finding.verification.as_ref();
    let arn = told.and_then(|told| told.arn.as_deref());
    let fact = |name: &str| {
        let of_answer = told.and_then(|told| told.facts.get(name));
        finding.facts.get(name).or(of_answer).map(String::as_str)
    };
    let account = told.and_then(|told| told.account.as_deref()).or(fact("account"));
    let subject = Subject {
        rule_id: &finding.rule_id,
        description: &finding.description,
        tier: finding.tier,
        id: key_ids(finding).find(|id| is_key_id(id)),
        user: fact("user").or(arn.and_then(|arn| name_in_arn(arn, "user"))).filter(|name| is_iam_name(name)),
        role: arn.and_then(|arn| name_in_arn(arn, "assumed-role")).filter(|name| is_iam_name(name)),
        account: account.filter(|account| is_account(account)),
        canary: finding.facts.contains_key("canary"),
    };
    let mut steps = provider(&subject);
    if finding.tier != Tier::Identifier && !subject.canary {
        steps.extend(clean(finding));
    }
    steps
}

/// The steps for whatever `rule` finds, with placeholders where a finding has names.
pub fn of_rule(rule: &RuleEntry) -> Vec<Step> {
    let mut steps = provider(&Subject {
        rule_id: &rule.id,
        description: &rule.description,
        tier: rule.tier,
        id: rule.id.starts_with("aws-access-key-id").then_some(ANY_ID),
        user: None,
        role: None,
        account: None,
        canary: false,
    });
    if rule.tier != Tier::Identifier {
        steps.push(step("Clean the history, if you must", NO_REMEDY, []));
    }
    steps
}

/// Stands for a key id that is not known.
const ANY_ID: &str = "KEY_ID";

fn provider(subject: &Subject<'_>) -> Vec<Step> {
    if subject.canary {
        return canary();
    }
    match subject.id {
        Some(id) if id.starts_with("ASIA") => temporary(subject, id),
        Some(id) if id.starts_with("AKIA") || id == ANY_ID => long_term(subject, id),
        _ if subject.rule_id.starts_with("aws-") => aws_service(subject),
        _ => other(subject),
    }
}

/// Twenty capitals and digits, or the 21 of a service-specific credential.
fn is_key_id(text: &str) -> bool {
    (16..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

/// What IAM allows in the name of a user or role.
fn is_iam_name(text: &str) -> bool {
    (1..=128).contains(&text.len())
        && !text.starts_with('-')
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+=,.@_-".contains(&b))
}

/// The name that an ARN (`arn:aws:iam::ACCOUNT:user/path/NAME`) ends in, if it is one of this kind.
fn name_in_arn<'a>(arn: &'a str, kind: &str) -> Option<&'a str> {
    let resource = arn.splitn(6, ':').nth(5)?;
    let rest = resource.strip_prefix(kind)?.strip_prefix('/')?;
    if kind == "assumed-role" { rest.split('/').next() } else { rest.rsplit('/').next() }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

fn canary() -> Vec<Step> {
    vec![step(
        "Raise no second alarm",
        "This key belongs to a provider of canary tokens: it opens nothing, and whoever planted it is told of every use. \
         Do not try it. Ask who put it there, and leave it where it is.",
        [],
    )]
}

/// Whose credentials to use, and where needed how to learn that.
fn account(subject: &Subject<'_>, id: &str) -> (String, Vec<String>) {
    match subject.account {
        Some(account) => (format!("Use administrator credentials of account {account}, never the leaked key."), vec![]),
        None => (
            "Use administrator credentials of the key's account, never the leaked key. The first command tells the account."
                .to_owned(),
            vec![format!("aws sts get-access-key-info --access-key-id {id}")],
        ),
    }
}

fn long_term(subject: &Subject<'_>, id: &str) -> Vec<Step> {
    let (with, mut first) = account(subject, id);
    let known = subject.user;
    let name = known.unwrap_or("USER");
    let mut text = format!("Minutes count: keys that were pushed are tried within one to five minutes. {with}");
    if known.is_none() {
        first.push(format!("aws iam get-access-key-last-used --access-key-id {id}"));
        text += " The last-used answer holds the user's name: put it in place of USER.";
    }
    let mut steps = Vec::new();
    if subject.tier == Tier::Identifier {
        text = format!(
            "Only the id was found. It is no secret, but a key was handled here: look for its secret, and delete the key \
             if nobody needs it. {with}"
        );
        first.push(format!("aws iam list-access-keys --user-name {name}"));
        steps.push(step("Find out whose key this is", text, first));
        steps.push(look_for_abuse(id));
        return steps;
    }
    first.push(format!("aws iam update-access-key --user-name {name} --access-key-id {id} --status Inactive"));
    steps.push(step("Deactivate the key", text, first));
    steps.push(step(
        "End what the key has already opened",
        "Deactivating does not end sessions that were made with it: those of GetSessionToken live up to 36 hours, those of \
         roles up to 12. A quarantine policy that AWS attaches is no full deny either. Deny older sessions to each role \
         that the key could assume, and to the user.",
        [revoke("role", "ROLE"), revoke("user", name)],
    ));
    steps.push(look_for_abuse(id));
    steps.push(step(
        "Replace it, then delete it",
        "Give the program that used it a role, or a new key from a secret store. Delete the old one once nothing asks for it.",
        [
            format!("aws iam list-access-keys --user-name {name}"),
            format!("aws iam delete-access-key --user-name {name} --access-key-id {id}"),
        ],
    ));
    steps
}

/// Denies everything to sessions that began before now.
fn revoke(kind: &str, name: &str) -> String {
    let document = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":["*"],"Resource":["*"],"Condition":{"DateLessThan":{"aws:TokenIssueTime":"NOW"}}}]}"#;
    let (before, after) = document.split_once("NOW").expect("the document names it");
    format!(
        "aws iam put-{kind}-policy --{kind}-name {name} --policy-name AWSRevokeOlderSessions \
         --policy-document '{before}'\"$(date -u +%Y-%m-%dT%H:%M:%SZ)\"'{after}'"
    )
}

fn look_for_abuse(id: &str) -> Step {
    step(
        "Look for uses that are not yours",
        "CloudTrail keeps 90 days of management events and answers for one region: ask every region, since stolen keys buy \
         machines far from home. Look for new users, keys, roles and policies, and at the bill.",
        [format!(
            "for region in $(aws ec2 describe-regions --all-regions --query 'Regions[].RegionName' --output text); do \
             aws cloudtrail lookup-events --lookup-attributes AttributeKey=AccessKeyId,AttributeValue={id} \
             --region \"$region\"; done"
        )],
    )
}

fn temporary(subject: &Subject<'_>, id: &str) -> Vec<Step> {
    let (with, mut revoking) = account(subject, id);
    revoking.push(revoke("role", subject.role.unwrap_or("ROLE")));
    vec![
        step(
            "Revoke the session",
            format!(
                "A temporary key cannot be deactivated and lives up to 36 hours. Deny sessions that began before now to \
                 the role it is of; running programs take new ones by themselves. Roles named AWSReservedSSO_ cannot be \
                 edited: end the session in Identity Center. {with}"
            ),
            revoking,
        ),
        look_for_abuse(id),
        step(
            "Find what wrote it down",
            "The next session will be written to the same log, cache or image unless that is mended.",
            [],
        ),
    ]
}

/// What is of AWS and no key id with its secret.
fn aws_service(subject: &Subject<'_>) -> Vec<Step> {
    let (text, commands) = turn_off(subject);
    vec![
        step("Turn it off", format!("{}. {text}", what(subject)), commands),
        step(
            "Look for uses that are not yours",
            "Read CloudTrail and the service's own log for the time since it was first readable, in every region.",
            [],
        ),
    ]
}

/// How a credential of an AWS service is taken back, by words in the rule's id.
fn turn_off(subject: &Subject<'_>) -> (&'static str, Vec<String>) {
    let has = |words: &[&str]| words.iter().any(|word| subject.rule_id.contains(word));
    let user = subject.user.unwrap_or("USER");
    if has(&["short-term", "session-token", "presigned", "rds-token", "eks-token", "ecr-login"]) {
        return (
            "It was made by another credential and expires by itself. To end it at once, deny older sessions to the role \
             that made it, or deactivate the key that signed it.",
            vec![revoke("role", subject.role.unwrap_or("ROLE"))],
        );
    }
    if has(&["bedrock", "service-specific", "cloudwatch"]) {
        return (
            "Whoever reads it can use it until it is turned off.",
            vec![
                format!("aws iam list-service-specific-credentials --user-name {user}"),
                format!(
                    "aws iam update-service-specific-credential --user-name {user} \
                     --service-specific-credential-id CREDENTIAL_ID --status Inactive"
                ),
            ],
        );
    }
    if has(&["appsync"]) {
        let command = "aws appsync delete-api-key --api-id API_ID --id KEY_ID".to_owned();
        return ("Whoever reads it can use it until it is deleted.", vec![command]);
    }
    if has(&["console-password"]) {
        let command = format!("aws iam delete-login-profile --user-name {user}");
        return ("The command takes away that user's console password; give a new one after that.", vec![command]);
    }
    if has(&["sso-token"]) {
        return ("End the user's session in Identity Center: that ends what was opened with it.", Vec::new());
    }
    if has(&["secret-access-key", "ses-smtp"]) {
        return (
            "It belongs to an access key of an IAM user, whose id was not found beside it: deactivate that key.",
            vec![
                format!("aws iam list-access-keys --user-name {user}"),
                format!("aws iam update-access-key --user-name {user} --access-key-id KEY_ID --status Inactive"),
            ],
        );
    }
    ("Whoever reads it can use it until it is revoked where it was issued.", Vec::new())
}

fn what(subject: &Subject<'_>) -> String {
    super::escape::terminal(subject.description.trim_end_matches('.').as_bytes())
}

fn other(subject: &Subject<'_>) -> Vec<Step> {
    if subject.tier == Tier::Generic {
        return vec![step(
            "Decide whether it is real",
            "The value looks random and its name says that it is secret. If it opens anything, change it where it is used \
             and move its successor to a secret store; if it is an example, say so in the baseline.",
            [],
        )];
    }
    vec![step("Revoke it", providers::how(subject.rule_id), [])]
}

const NO_REMEDY: &str = "This is no remedy: clones, forks, caches and pull requests keep the old commits, and every \
                         commit after it gets a new id. It only keeps the credential from being found again.";

/// Cleaning comes last: it remedies nothing.
fn clean(finding: &FindingEntry) -> Option<Step> {
    let Some(exposure) = &finding.exposure else {
        return Some(step(
            "Take it out of the file",
            "Put its successor into a secret store or the environment. If the file is in git, its history has the old one: \
             run `keysift history`.",
            [],
        ));
    };
    let fingerprint = finding.fingerprint.strip_prefix("ks1:").filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()));
    let first =
        if exposure.in_head { "Take it out of HEAD first: the commands below drop whole file versions. " } else { "" };
    let commands = match (fingerprint, finding.blob_count > 0) {
        (Some(hex), true) => vec![
            format!("keysift report blobs report.json --fingerprint ks1:{hex} -o blobs.txt"),
            "git filter-repo --strip-blobs-with-ids blobs.txt".to_owned(),
        ],
        _ => Vec::new(),
    };
    Some(step("Clean the history, if you must", format!("{first}{NO_REMEDY}"), commands))
}
