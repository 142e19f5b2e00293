//! What AWS's own tools read from the environment about endpoints, proxies, certificates and retries, and where the cache
//! lies. Credentials are read for `--verify-as` only: a found key is never signed with, or filled up from, the operator's.

use super::Verify;
use super::args::{VerifyArgs, When};
use keysift::config::Config;
use keysift::error::{Error, Result};
use keysift::verify::Settings;
use keysift::verify::cache::Ages;
use keysift::verify::http::Network;
use keysift::verify::operator;
use std::ffi::OsString;
use std::path::PathBuf;

/// Puts options, environment, configuration and defaults together, the stronger first.
pub fn resolve(
    when: When,
    args: &VerifyArgs,
    config: &Config,
    quiet: bool,
    env: impl Fn(&str) -> Option<OsString>,
) -> Result<Verify> {
    let text = |name: &str| env(name).and_then(|value| value.into_string().ok()).filter(|value| !value.is_empty());
    let on = |name: &str| text(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let either = |name: &str| text(&name.to_lowercase()).or_else(|| text(name));
    let default = Settings::default();
    let accounts = match &args.verify_account[..] {
        [] => config.accounts.keys().copied().collect(),
        typed => typed.to_vec(),
    };
    let settings = Settings {
        rate: args.verify_rate.or(config.verify_rate.as_ref().map(|rate| rate.0)).unwrap_or(default.rate),
        max_calls: args.verify_max.or(config.verify_calls.as_ref().map(|calls| calls.0)).unwrap_or(default.max_calls),
        attempts: attempts(text("AWS_MAX_ATTEMPTS"))?.unwrap_or(default.attempts),
        timeout: args.verify_timeout.unwrap_or(default.timeout),
        canaries: args.verify_canaries,
        canary_accounts: config.canary_accounts.keys().copied().collect(),
        accounts,
        partitions: args.verify_partition.clone(),
        sts_endpoint: endpoint("AWS_ENDPOINT_URL_STS", text, on)?,
        iam_endpoint: endpoint("AWS_ENDPOINT_URL_IAM", text, on)?,
        fips: on("AWS_USE_FIPS_ENDPOINT"),
        dual_stack: on("AWS_USE_DUALSTACK_ENDPOINT"),
        ..default
    };
    let ca_bundle = match env("AWS_CA_BUNDLE").filter(|value| !value.is_empty()) {
        Some(path) => Some(std::fs::read(&path).map_err(|error| {
            Error::io(format!("cannot read {}, which AWS_CA_BUNDLE names", PathBuf::from(&path).display()), error)
        })?),
        None => None,
    };
    let network = Network {
        https_proxy: either("HTTPS_PROXY"),
        http_proxy: either("HTTP_PROXY"),
        no_proxy: either("NO_PROXY").unwrap_or_default(),
        ca_bundle,
    };
    let ages = match args.verify_cache_ttl {
        Some(ttl) => Ages { live: ttl, dead: ttl },
        None => Ages::default(),
    };
    let cache = if args.no_verify_cache { None } else { cache_folder().map(|folder| (folder, ages)) };
    let operator = args.verify_as.clone().map(|who| operator::Options {
        who,
        environment: std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect(),
        home: directories::BaseDirs::new().map(|folders| folders.home_dir().to_owned()),
    });
    let log = args.verify_log.clone();
    Ok(Verify { settings, network, ask: when == When::Ask, cache, log, operator, quiet })
}

fn cache_folder() -> Option<PathBuf> {
    crate::cli::plan::cache_folder().map(|folder| folder.join("verdicts"))
}

fn endpoint(name: &str, text: impl Fn(&str) -> Option<String>, on: impl Fn(&str) -> bool) -> Result<Option<String>> {
    if on("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") {
        return Ok(None);
    }
    for name in [name, "AWS_ENDPOINT_URL"] {
        if let Some(url) = text(name) {
            let known = url.starts_with("http://") || url.starts_with("https://");
            return if known && url.parse::<http::Uri>().is_ok_and(|uri| uri.host().is_some_and(|host| !host.is_empty()))
            {
                Ok(Some(url))
            } else {
                Err(Error::usage(format!("{name} is no address; write it as https://host:port")))
            };
        }
    }
    Ok(None)
}

fn attempts(text: Option<String>) -> Result<Option<u32>> {
    match text.map(|text| text.parse::<u32>()) {
        None => Ok(None),
        Some(Ok(attempts)) if (1..=100).contains(&attempts) => Ok(Some(attempts)),
        Some(_) => Err(Error::usage("AWS_MAX_ATTEMPTS is no number of attempts; 1 asks once, 3 is the default")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(set: &[(&str, &str)]) -> Result<Verify> {
        let env = |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value));
        resolve(When::Ask, &VerifyArgs::default(), &Config::default(), true, env)
    }

    #[test]
    fn the_environment_of_awss_own_tools() {
        let plain = resolved(&[]).unwrap();
        assert_eq!((plain.settings.sts_endpoint, plain.settings.attempts), (None, 3));
        assert!(plain.operator.is_none() && plain.cache.is_some());
        let both = [("AWS_ENDPOINT_URL", "http://all:1"), ("AWS_ENDPOINT_URL_STS", "http://sts:2")];
        let both = resolved(&both).unwrap().settings;
        assert_eq!(both.sts_endpoint.as_deref(), Some("http://sts:2"));
        assert_eq!(both.iam_endpoint.as_deref(), Some("http://all:1"));
        let ignored = [("AWS_ENDPOINT_URL", "http://all:1"), ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")];
        assert_eq!(resolved(&ignored).unwrap().settings.sts_endpoint, None);
        let proxies = [("HTTPS_PROXY", "http://upper"), ("https_proxy", "http://lower"), ("NO_PROXY", "a,b")];
        let network = resolved(&proxies).unwrap().network;
        assert_eq!((network.https_proxy.as_deref(), network.no_proxy.as_str()), (Some("http://lower"), "a,b"));
        let more =
            [("AWS_MAX_ATTEMPTS", "1"), ("AWS_USE_FIPS_ENDPOINT", "true"), ("AWS_USE_DUALSTACK_ENDPOINT", "TRUE")];
        let more = resolved(&more).unwrap().settings;
        assert_eq!((more.attempts, more.fips, more.dual_stack), (1, true, true));
    }

    #[test]
    fn nonsense_is_refused() {
        for wrong in [
            ("AWS_ENDPOINT_URL", "localhost:4566"),
            ("AWS_ENDPOINT_URL_STS", "https://"),
            ("AWS_MAX_ATTEMPTS", "many"),
            ("AWS_MAX_ATTEMPTS", "0"),
            ("AWS_CA_BUNDLE", "does/not/exist.pem"),
        ] {
            let error = resolved(&[wrong]).err().expect("refused").to_string();
            assert!(error.contains(wrong.0), "{error}");
        }
    }
}
