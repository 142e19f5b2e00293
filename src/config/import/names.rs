//! Which rules of ours find what a rule of gitleaks finds. Where both have one name, that is it.

use crate::rule::RuleSet;

/// Other names. `tests` hold that every one of ours exists.
const OTHERS: &[(&str, &[&str])] = &[
    ("aws-access-token", &["aws-access-key-id", "aws-access-key-id-weak", "aws-secret-access-key"]),
    ("aws-amazon-bedrock-api-key-long-lived", &["aws-bedrock-long-term-key"]),
    ("aws-amazon-bedrock-api-key-short-lived", &["aws-bedrock-short-term-key"]),
    ("azure-ad-client-secret", &["azure-entra-client-secret"]),
    ("cloudflare-api-key", &["cloudflare-api-token", "cloudflare-legacy-api-token"]),
    ("cloudflare-global-api-key", &["cloudflare-global-api-key", "cloudflare-legacy-global-api-key"]),
    ("curl-auth-header", &["authorization-header", "authorization-token"]),
    ("curl-auth-user", &["curl-user"]),
    ("databricks-api-token", &["databricks-pat"]),
    ("discord-api-token", &["discord-bot-token"]),
    ("facebook-secret", &["facebook-app-secret"]),
    ("gcp-api-key", &["google-api-key"]),
    ("generic-api-key", &["generic-api-key", "generic-key", "generic-password", "generic-secret"]),
    ("github-app-token", &["github-app-user-token", "github-app-installation-token"]),
    ("github-oauth", &["github-oauth-token"]),
    ("gitlab-ptt", &["gitlab-pipeline-trigger-token"]),
    ("gitlab-rrt", &["gitlab-runner-registration-token"]),
    ("hashicorp-tf-api-token", &["terraform-cloud-token"]),
    ("heroku-api-key", &["heroku-api-key", "heroku-legacy-api-key"]),
    ("huggingface-access-token", &["hugging-face-token"]),
    ("huggingface-organization-api-token", &["hugging-face-org-token"]),
    ("mailgun-private-api-token", &["mailgun-private-key"]),
    ("new-relic-user-api-key", &["newrelic-user-key"]),
    ("notion-api-token", &["notion-token"]),
    ("postman-api-token", &["postman-api-key"]),
    ("private-key", &["private-key", "private-key-der", "private-key-encoded", "private-key-putty"]),
    ("pulumi-api-token", &["pulumi-access-token"]),
    ("pypi-upload-token", &["pypi-token"]),
    ("rubygems-api-token", &["rubygems-api-key"]),
    ("sendgrid-api-token", &["sendgrid-api-key"]),
    ("slack-webhook-url", &["slack-webhook"]),
    ("sonar-api-token", &["sonarqube-token"]),
    ("stripe-access-token", &["stripe-secret-key", "stripe-test-secret-key", "stripe-restricted-key"]),
    ("telegram-bot-api-token", &["telegram-bot-token"]),
    ("twilio-api-key", &["twilio-api-key-sid"]),
    ("twitter-bearer-token", &["x-bearer-token"]),
];

/// The ids of ours; empty where there is none that is known.
pub(super) fn ours(theirs: &str) -> Vec<String> {
    if let Some((_, ours)) = OTHERS.iter().find(|(name, _)| *name == theirs) {
        return ours.iter().map(|id| id.to_string()).collect();
    }
    RuleSet::embedded_ids().take(theirs).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::{OTHERS, ours};
    use crate::rule::RuleSet;

    #[test]
    fn every_name_of_ours_exists() {
        let all = RuleSet::embedded_ids();
        let missing: Vec<_> = OTHERS.iter().flat_map(|(_, ours)| *ours).filter(|id| !all.contains(**id)).collect();
        assert!(missing.is_empty(), "{missing:?}");
        assert_eq!(ours("github-pat"), ["github-pat"]);
        assert!(ours("no-such-rule").is_empty());
    }
}
