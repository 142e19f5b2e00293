//! Sending a request: ureq with rustls and the system's roots, no redirects, no cookies, little patience.

use super::settings::{BODY, Settings};
use std::time::{Duration, SystemTime};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Proxy};

/// What carries requests.
pub trait Transport: Sync {
    /// Posts `body` to `url`.
    fn post(&self, url: &str, headers: &[(String, String)], body: &str) -> Result<Reply, NetworkError>;
}

/// What came back, whatever its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    /// Whether it bears the id that AWS puts on each of its answers.
    pub request_id: bool,
    /// The server's clock.
    pub date: Option<SystemTime>,
    /// What `x-amz-retry-after` says.
    pub retry_after: Option<Duration>,
    /// Empty when it was longer than 64 KiB or no text: nothing that AWS would send.
    pub body: String,
}

/// Nobody answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkError {
    /// In words for a user.
    pub why: String,
    /// Whether it may pass by itself: a missing proxy password or an untrusted certificate does not.
    pub may_pass: bool,
}

/// How to reach the network, as the command line read it from the environment.
#[derive(Debug, Clone, Default)]
pub struct Network {
    /// Proxy for `https:` addresses, as a URL.
    pub https_proxy: Option<String>,
    /// Proxy for `http:` addresses.
    pub http_proxy: Option<String>,
    /// Hosts that are asked without a proxy: names, domains with or without a leading dot, or `*`; comma-separated.
    pub no_proxy: String,
    /// Certificates, PEM, that replace the system's roots.
    pub ca_bundle: Option<Vec<u8>>,
}

impl Network {
    /// The proxy for `url`, if it has one.
    pub fn proxy_of(&self, url: &str) -> Option<&str> {
        let (scheme, rest) = url.split_once("://")?;
        let proxy = if scheme == "https" { &self.https_proxy } else { &self.http_proxy };
        let authority = rest.split('/').next()?.rsplit('@').next()?;
        proxy.as_deref().filter(|_| !excepted(authority, &self.no_proxy))
    }
}

/// Whether `authority` (a host, perhaps with a port) is on a `NO_PROXY` list: the rules that curl and Python share.
fn excepted(authority: &str, list: &str) -> bool {
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    let (host, authority) = (host.to_ascii_lowercase(), authority.to_ascii_lowercase());
    list.split([',', ' ']).map(|entry| entry.trim().to_ascii_lowercase()).filter(|entry| !entry.is_empty()).any(
        |entry| {
            let domain = entry.strip_prefix("*.").or(entry.strip_prefix('.')).unwrap_or(&entry);
            entry == "*" || domain == host || domain == authority || host.ends_with(&format!(".{domain}"))
        },
    )
}

/// The real network.
pub struct Http {
    direct: Agent,
    /// Agents for the proxies, by scheme.
    https: Option<Agent>,
    http: Option<Agent>,
    network: Network,
}

impl Http {
    /// Reads certificates and proxies; opens no connection.
    ///
    /// # Errors
    /// What is wrong with a proxy's address or the certificates, in words for a user.
    pub fn new(settings: &Settings, network: Network) -> Result<Self, String> {
        let roots = match &network.ca_bundle {
            Some(pem) => RootCerts::from(certificates(pem)?),
            None => RootCerts::PlatformVerifier,
        };
        let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
        let tls = TlsConfig::builder().root_certs(roots).unversioned_rustls_crypto_provider(provider).build();
        let agent = |proxy: Option<Proxy>| -> Agent {
            Agent::config_builder()
                .tls_config(tls.clone())
                // Never `None` by itself: ureq would look into the environment.
                .proxy(proxy)
                .http_status_as_error(false)
                .max_redirects(0)
                .max_redirects_will_error(false)
                .timeout_connect(Some(settings.connect_timeout))
                .timeout_global(Some(settings.timeout))
                .user_agent(USER_AGENT)
                .build()
                .into()
        };
        let proxied = |name: &str, url: &Option<String>| match url {
            Some(url) => match Proxy::new(url) {
                Ok(proxy) => Ok(Some(agent(Some(proxy)))),
                // The address may hold a password.
                Err(_) => Err(format!("{name} is no address of a proxy; write it as http://host:port")),
            },
            None => Ok(None),
        };
        Ok(Self {
            direct: agent(None),
            https: proxied("HTTPS_PROXY", &network.https_proxy)?,
            http: proxied("HTTP_PROXY", &network.http_proxy)?,
            network,
        })
    }

    fn agent(&self, url: &str) -> &Agent {
        let proxied = if url.starts_with("https:") { &self.https } else { &self.http };
        match (self.network.proxy_of(url), proxied) {
            (Some(_), Some(agent)) => agent,
            _ => &self.direct,
        }
    }

    /// Sends any request: what the credential chain of the operator needs (metadata services, sign-on).
    pub fn send(&self, request: ::http::Request<Vec<u8>>) -> Result<(u16, Vec<u8>), NetworkError> {
        let agent = self.agent(&request.uri().to_string());
        let mut response = agent.run(request).map_err(|error| network_error(&error))?;
        let status = response.status().as_u16();
        let body =
            response.body_mut().with_config().limit(BODY).read_to_vec().map_err(|error| network_error(&error))?;
        Ok((status, body))
    }
}

/// Says who asks, so that the owner of a key finds an explanation in CloudTrail.
const USER_AGENT: &str = concat!("keysift/", env!("CARGO_PKG_VERSION"), " (verification of a leaked key)");

impl Transport for Http {
    fn post(&self, url: &str, headers: &[(String, String)], body: &str) -> Result<Reply, NetworkError> {
        let request =
            headers.iter().fold(self.agent(url).post(url), |request, (name, value)| request.header(name, value));
        let mut response = request.send(body).map_err(|error| network_error(&error))?;
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
        let mut reply = Reply {
            status: response.status().as_u16(),
            request_id: header("x-amzn-requestid").is_some_and(|id| !id.is_empty()),
            date: header("date").and_then(|date| httpdate::parse_http_date(date).ok()),
            retry_after: header("x-amz-retry-after").and_then(|ms| ms.parse().ok()).map(Duration::from_millis),
            body: String::new(),
        };
        match response.body_mut().with_config().limit(BODY).read_to_vec() {
            Ok(body) => reply.body = String::from_utf8(body).unwrap_or_default(),
            Err(ureq::Error::BodyExceedsLimit(_)) => {}
            Err(error) => return Err(network_error(&error)),
        }
        Ok(reply)
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<Certificate<'static>>, String> {
    let wrong = "the file that AWS_CA_BUNDLE names holds no certificate in PEM form";
    let mut found = Vec::new();
    for item in parse_pem(pem) {
        if let PemItem::Certificate(certificate) = item.map_err(|_| wrong.to_owned())? {
            found.push(certificate);
        }
    }
    if found.is_empty() { Err(wrong.to_owned()) } else { Ok(found) }
}

/// What went wrong, without the address of the proxy, which may hold a password.
fn network_error(error: &ureq::Error) -> NetworkError {
    use std::io::ErrorKind;
    let (why, may_pass) = match error {
        ureq::Error::HostNotFound => ("the name of the host cannot be resolved".to_owned(), true),
        ureq::Error::Timeout(at) => (format!("no answer in time ({at})"), true),
        ureq::Error::ConnectProxyFailed(status) => {
            let hint = if status.contains("407") { "; it wants a login" } else { "" };
            (format!("the proxy refused to connect: {status}{hint}"), false)
        }
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) | ureq::Error::Pem(_) => (tls(&error.to_string()), false),
        ureq::Error::Io(e) if e.kind() == ErrorKind::InvalidData => (tls(&e.to_string()), false),
        ureq::Error::Io(e) => (format!("the connection failed: {e}"), true),
        ureq::Error::ConnectionFailed => ("the connection failed".to_owned(), true),
        ureq::Error::Protocol(e) => (format!("what answered speaks no HTTP: {e}"), true),
        other => (format!("the request failed: {other}"), false),
    };
    NetworkError { why, may_pass }
}

fn tls(why: &str) -> String {
    format!("no secure connection: {why}; behind a proxy that reads along, name its certificate in AWS_CA_BUNDLE")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_and_exceptions() {
        let network = Network {
            https_proxy: Some("http://secure:1".into()),
            http_proxy: Some("http://plain:1".into()),
            no_proxy: "localhost, .example.com,*.corp ,10.0.0.1,host:8080".into(),
            ca_bundle: None,
        };
        for (url, proxy) in [
            ("https://sts.amazonaws.com/", Some("http://secure:1")),
            ("http://sts.amazonaws.com/", Some("http://plain:1")),
            ("http://LOCALHOST:4566/", None),
            ("http://u:p@localhost/", None),
            ("https://a.example.com", None),
            ("https://example.com", None),
            ("https://badexample.com", Some("http://secure:1")),
            ("https://x.corp/", None),
            ("http://10.0.0.1:5055/", None),
            ("http://host:8080/", None),
            ("http://host:8081/", Some("http://plain:1")),
        ] {
            assert_eq!(network.proxy_of(url), proxy, "{url}");
        }
        assert_eq!(Network { no_proxy: "*".into(), ..network }.proxy_of("https://a/"), None);
    }

    #[test]
    fn nonsense_is_told_before_anything_is_sent() {
        let make = |network| Http::new(&Settings::default(), network).map(|_| ()).expect_err("is refused");
        let text = make(Network { https_proxy: Some("ftp://user:word@x".into()), ..Network::default() });
        assert!(text.starts_with("HTTPS_PROXY is no address") && !text.contains("word"), "{text}");
        assert!(make(Network { ca_bundle: Some(b"hello".to_vec()), ..Network::default() }).contains("AWS_CA_BUNDLE"));
    }
}
