//! What to do about a finding, in the order that stops damage first: commands filled with what the report knows.
//!
//! Everything that goes into a command comes from a report, which somebody may have tampered with. So a value is put in
//! only where it has the form of what it claims to be; otherwise a placeholder in capitals stands there.

use super::document::FindingEntry;
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

/// The steps for `finding`.
pub fn steps(finding: &FindingEntry) -> Vec<Step> {
    let id = key_ids(finding).find(|id| is_key_id(id));
    let mut steps = if finding.facts.contains_key("canary") {
        canary()
    } else {
        match id {
            Some(id) if id.starts_with("AKIA") => long_term(finding, id),
            Some(id) if id.starts_with("ASIA") => temporary(finding, id),
            _ if finding.rule_id.starts_with("aws-") => aws_service(finding),
            _ => other(finding),
        }
    };
    if finding.tier != Tier::Identifier {
        steps.extend(clean(finding));
    }
    steps
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

fn fact<'a>(finding: &'a FindingEntry, name: &str) -> Option<&'a str> {
    finding.facts.get(name).map(String::as_str)
}

/// Who the key belongs to, as AWS told it.
fn arn(finding: &FindingEntry) -> Option<&str> {
    finding.verification.as_ref().and_then(|told| told.arn.as_deref())
}

fn user(finding: &FindingEntry) -> Option<&str> {
    let from_arn = arn(finding).and_then(|arn| name_in_arn(arn, "user"));
    fact(finding, "user").or(from_arn).filter(|name| is_iam_name(name))
}

fn canary() -> Vec<Step> {
    vec![step(
        "Raise no second alarm",
        "This key belongs to a provider of canary tokens: it opens nothing, and whoever planted it is told of every use. \
         Do not try it. Ask who put it there, and leave it where it is.",
        [],
    )]
}

/// `account 123456789012`, or how to come by it.
fn account(finding: &FindingEntry, id: &str) -> (String, Vec<String>) {
    match fact(finding, "account").filter(|account| account.bytes().all(|b| b.is_ascii_digit())) {
        Some(account) => (format!("Use administrator credentials of account {account}, never the leaked key."), vec![]),
        None => (
            "Use administrator credentials of the key's account, never the leaked key. The id does not tell the account; \
             the first command does."
                .to_owned(),
            vec![format!("aws sts get-access-key-info --access-key-id {id}")],
        ),
    }
}

fn long_term(finding: &FindingEntry, id: &str) -> Vec<Step> {
    let (with, mut first) = account(finding, id);
    let known = user(finding);
    let name = known.unwrap_or("USER");
    let mut text = format!("Minutes count: keys that were pushed are tried within one to five minutes. {with}");
    if known.is_none() {
        first.push(format!("aws iam get-access-key-last-used --access-key-id {id}"));
        text += " The last-used answer holds the user's name: put it in place of USER.";
    }
    let mut steps = Vec::new();
    if finding.tier == Tier::Identifier {
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

fn temporary(finding: &FindingEntry, id: &str) -> Vec<Step> {
    let role = arn(finding).and_then(|arn| name_in_arn(arn, "assumed-role")).filter(|name| is_iam_name(name));
    let (with, first) = account(finding, id);
    let mut revoking = first;
    let text = format!(
        "A temporary key cannot be deactivated and lives up to 36 hours. Deny sessions that began before now to the role \
         it is of; running programs take new ones by themselves. Roles named AWSReservedSSO_ cannot be edited: end the \
         session in Identity Center. {with}"
    );
    revoking.push(revoke("role", role.unwrap_or("ROLE")));
    vec![
        step("Revoke the session", text, revoking),
        look_for_abuse(id),
        step(
            "Find what wrote it down",
            "The next session will be written to the same log, cache or image unless that is mended.",
            [],
        ),
    ]
}

fn aws_service(finding: &FindingEntry) -> Vec<Step> {
    let name = user(finding).unwrap_or("USER");
    let text = format!("{}. Whoever read it can use it until it is turned off.", finding_kind(finding));
    let commands: Vec<String> = match finding.rule_id.as_str() {
        rule if ["bedrock", "codecommit", "keyspaces", "service-specific", "cloudwatch"]
            .iter()
            .any(|w| rule.contains(w)) =>
        {
            vec![
                format!("aws iam list-service-specific-credentials --user-name {name}"),
                format!(
                    "aws iam update-service-specific-credential --user-name {name} \
                 --service-specific-credential-id CREDENTIAL_ID --status Inactive"
                ),
            ]
        }
        rule if rule.contains("appsync") => vec!["aws appsync delete-api-key --api-id API_ID --id KEY_ID".to_owned()],
        rule if rule.contains("secret") || rule.contains("ses") => vec![
            format!("aws iam list-access-keys --user-name {name}"),
            format!("aws iam update-access-key --user-name {name} --access-key-id KEY_ID --status Inactive"),
        ],
        _ => Vec::new(),
    };
    vec![
        step("Turn it off", text, commands),
        step(
            "Look for uses that are not yours",
            "Read CloudTrail and the service's own log for the time since it was first readable, in every region.",
            [],
        ),
    ]
}

fn finding_kind(finding: &FindingEntry) -> String {
    super::escape::terminal(finding.description.trim_end_matches('.').as_bytes())
}

/// Where a credential of a provider is taken back: by the start of the rule's id.
const REVOKE: &[(&str, &str)] = &[
    (
        "github-",
        "Revoke it at https://github.com/settings/tokens (an app's key: in the app's settings), and read the security log.",
    ),
    (
        "gitlab-",
        "Revoke it under Access tokens of the user, project or group it belongs to, and read the audit events.",
    ),
    ("slack-", "Revoke it with the auth.revoke method or by reinstalling the app, and read the access logs."),
    ("stripe-", "Roll the key at https://dashboard.stripe.com/apikeys, and read the request log."),
    ("npm-", "Revoke it with `npm token revoke`, and look for versions that you did not publish."),
    ("pypi-", "Remove it under API tokens of the PyPI account, and look for releases that you did not upload."),
    ("google-", "Delete or restrict the key in the Cloud console under Credentials, and read the audit logs."),
    ("gcp-", "Disable the key with `gcloud iam service-accounts keys disable`, and read the audit logs."),
    ("azure-", "Regenerate the key or remove the client secret in the Azure portal, and read the sign-in logs."),
    ("openai-", "Revoke it at https://platform.openai.com/api-keys, and look at the usage page."),
    ("anthropic-", "Delete it at https://console.anthropic.com/settings/keys, and look at the usage page."),
    ("twilio-", "Delete the key in the Twilio console, and look at the usage log."),
    ("sendgrid-", "Delete the key under API Keys in SendGrid, and look at the activity feed."),
    (
        "private-key",
        "Replace the key pair, take the public half out of every place that trusts it (authorized_keys, certificates, registries), and have certificates revoked.",
    ),
    ("jwt", "If it has not expired, end the session or change the key that signed it."),
];

fn other(finding: &FindingEntry) -> Vec<Step> {
    if finding.tier == Tier::Generic {
        return vec![step(
            "Decide whether it is real",
            "The value looks random and its name says that it is secret. If it opens anything, change it where it is used \
             and move its successor to a secret store; if it is an example, say so in the baseline.",
            [],
        )];
    }
    let known = REVOKE.iter().find(|(start, _)| finding.rule_id.starts_with(start));
    let text = known.map_or(
        "Revoke it where it was issued, and issue a new one. Until then whoever read it can use it. Then look into the \
         provider's log for uses that are not yours.",
        |(_, text)| text,
    );
    vec![step("Revoke it", text, [])]
}

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
    Some(step(
        "Clean the history, if you must",
        format!(
            "{first}This is no remedy: clones, forks, caches and pull requests keep the old commits, and every commit \
             after it gets a new id. It only keeps the credential from being found again."
        ),
        commands,
    ))
}
