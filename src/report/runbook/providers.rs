//! Where a credential of a provider is taken back, and where its misuse shows: one sentence each.

/// By the start of a rule's id; the first that fits counts.
const REVOKE: &[(&str, &str)] = &[
    (
        "github-",
        "Revoke it at https://github.com/settings/tokens (an app's key: in the app's settings), and read the security log.",
    ),
    (
        "gitlab-",
        "Revoke it under Access tokens of the user, project or group it belongs to, and read the audit events.",
    ),
    (
        "bitbucket-",
        "Revoke it under Access tokens of the repository, project or workspace, or under App passwords of the user.",
    ),
    (
        "atlassian-",
        "Revoke it at https://id.atlassian.com/manage-profile/security/api-tokens, and read the organisation's audit log.",
    ),
    (
        "slack-",
        "Revoke it with the auth.revoke method or by reinstalling the app (a webhook: remove it in the app's settings), and read the access logs.",
    ),
    ("discord-", "Reset the token under Bot in the developer portal, or delete the webhook in the channel's settings."),
    ("telegram-", "Revoke it by sending /revoke to @BotFather."),
    ("twilio-", "Delete the key in the Twilio console, and look at the usage log."),
    ("sendgrid-", "Delete the key under API Keys in SendGrid, and look at the activity feed."),
    ("mailgun-", "Regenerate the key under API Security in Mailgun, and look at the sending logs."),
    ("mailchimp-", "Disable the key under Extras, API keys of the account, and look at the campaigns that were sent."),
    ("stripe-", "Roll the key at https://dashboard.stripe.com/apikeys, and read the request log."),
    ("square-", "Replace the token in the developer dashboard under Credentials, and read the API log."),
    ("paypal-", "Replace the app's secret in the developer dashboard, and look at the transactions."),
    ("shopify-", "Uninstall the app or rotate its credentials in the shop's admin, and look at what it changed."),
    ("npm", "Revoke it with `npm token revoke`, and look for versions that you did not publish."),
    ("pypi-", "Remove it under API tokens of the PyPI account, and look for releases that you did not upload."),
    ("testpypi-", "Remove it under API tokens of the TestPyPI account."),
    ("rubygems-", "Delete it under API keys of the RubyGems account, and look for versions that you did not push."),
    ("crates-", "Revoke it at https://crates.io/settings/tokens, and look for versions that you did not publish."),
    ("nuget-", "Delete it under API Keys of the NuGet account, and look for versions that you did not push."),
    (
        "docker-",
        "Delete it under Personal access tokens of the Docker account, and look for images that you did not push.",
    ),
    ("jfrog-", "Revoke it under Access tokens in the platform's administration, and read the access log."),
    ("artifactory-", "Revoke it under Access tokens in the platform's administration, and read the access log."),
    ("google-", "Delete or restrict the key in the Cloud console under Credentials, and read the audit logs."),
    ("gcp-", "Disable the key with `gcloud iam service-accounts keys disable`, and read the audit logs."),
    ("firebase-", "Regenerate the key in the project's settings, and look at the database's usage."),
    ("azure-", "Regenerate the key or remove the client secret in the Azure portal, and read the sign-in logs."),
    ("openai-", "Revoke it at https://platform.openai.com/api-keys, and look at the usage page."),
    ("anthropic-", "Delete it at https://console.anthropic.com/settings/keys, and look at the usage page."),
    (
        "hugging",
        "Revoke it at https://huggingface.co/settings/tokens, and look for models and data sets that were changed.",
    ),
    ("digitalocean-", "Revoke it under API in the control panel, and look for machines that you did not create."),
    ("heroku-", "Revoke it with `heroku authorizations:revoke`, and read the activity of the apps."),
    ("cloudflare-", "Roll or delete it at https://dash.cloudflare.com/profile/api-tokens, and read the audit log."),
    ("vercel-", "Delete it under Tokens in the account's settings, and look for deployments that are not yours."),
    ("netlify-", "Revoke it under Applications in the user's settings, and read the team's audit log."),
    ("fastly-", "Delete it under Personal API tokens, and read the event log."),
    ("alibaba-", "Disable the AccessKey in the RAM console, and read ActionTrail."),
    ("tencent-", "Disable the key in the CAM console, and read CloudAudit."),
    ("ibm-", "Delete the key with `ibmcloud iam api-key-delete`, and read Activity Tracker."),
    ("hetzner-", "Delete the token under Security in the project, and look for machines that you did not create."),
    ("databricks-", "Revoke it under Developer in the user's settings, and read the workspace's audit log."),
    ("mongodb-", "Delete the key or change the database user's password, and look at the access history."),
    ("supabase-", "Rotate the project's keys in its settings (all that use them need new ones), and look at the logs."),
    ("planetscale-", "Delete the password or service token in the organisation's settings, and read the audit log."),
    ("okta-", "Revoke it under Security, API, Tokens, and read the system log."),
    ("auth0-", "Rotate the client's secret in the application's settings, and read the logs."),
    (
        "facebook-",
        "Reset the app's secret or log the token's user out of all sessions, and look at the app's activity.",
    ),
    ("dropbox-", "Revoke the app's access at https://www.dropbox.com/account/connected_apps, and read the activity."),
    ("vault-", "Revoke it with `vault token revoke`, and read the audit device's log."),
    ("terraform-", "Delete it under Tokens of the user, team or organisation, and read the audit trail."),
    (
        "kubernetes-",
        "Delete the service account's secret, or the account if the token is bound to it, and read the API server's audit log.",
    ),
    (
        "circleci-",
        "Delete it under Personal API tokens or the project's API permissions, and rotate what its builds can read.",
    ),
    ("travis-", "Regenerate it in the account's settings, and rotate what its builds can read."),
    ("buildkite-", "Revoke it under API Access Tokens, or reset the agent token, and rotate what its builds can read."),
    ("sentry-", "Revoke it under Auth tokens of the user or organisation, and read the audit log."),
    (
        "datadog-",
        "Revoke it under API keys or Application keys in the organisation's settings, and read the audit trail.",
    ),
    ("newrelic-", "Delete it under API keys, and look at what was queried or sent."),
    ("grafana-", "Delete it under Service accounts, and read the server's log."),
    ("pagerduty-", "Remove it under API Access Keys, and read the audit trail."),
    ("linear-", "Revoke it under Security and access in the settings, and read the audit log."),
    ("notion-", "Refresh or delete the integration's secret, and look at the pages that it was connected to."),
    ("figma-", "Revoke it under Security in the account's settings."),
    ("postman-", "Revoke it under API keys in the account's settings, and look at the shared workspaces."),
    ("hubspot-", "Rotate the private app's token in its settings, and read the app's log."),
    ("salesforce-", "Revoke the session or rotate the connected app's secret, and read the login history."),
    ("tailscale-", "Revoke it under Keys in the admin console, and look for machines that are not yours."),
    ("onepassword-", "Revoke the service account or the session, and rotate every item that it could read."),
    (
        "private-key",
        "Replace the key pair, take the public half out of every place that trusts it (authorized_keys, certificates, registries), and have certificates revoked.",
    ),
    ("jwt-", "If it has not expired, end the session or change the key that signed it."),
    ("netrc-", "Change the password at the host that the line names."),
    ("url-password", "Change the password at the host that the address names, and read that service's log."),
    ("authorization", "Change the password or revoke the token that the header holds, at the host it is sent to."),
    ("wireguard-", "Make a new key pair and replace the public key at every peer."),
];

/// For all others.
const ANYWHERE: &str = "Revoke it where it was issued, and issue a new one. Until then whoever read it can use it. Then \
                        look into the provider's log for uses that are not yours.";

/// How what the rule `id` finds is taken back.
pub fn how(id: &str) -> &'static str {
    REVOKE.iter().find(|(start, _)| id.starts_with(start)).map_or(ANYWHERE, |(_, text)| text)
}

#[cfg(test)]
mod tests {
    use super::{ANYWHERE, REVOKE, how};
    use crate::rule::RuleSet;

    #[test]
    fn every_provider_has_rules_and_is_reached() {
        let rules = RuleSet::embedded();
        for (start, text) in REVOKE {
            let fits = |id: &str| id.starts_with(start) && how(id) == *text;
            assert!(rules.iter().any(|(_, rule)| fits(&rule.text.id)), "no rule's id starts with {start} alone");
        }
        assert_eq!(how("unheard-of"), ANYWHERE);
    }
}
