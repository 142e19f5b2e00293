//! Signature Version 4, by AWS's own crate. Only the signature leaves, never the secret.

use super::endpoint::Endpoint;
use crate::secret::Secret;
use aws_credential_types::Credentials as Identity;
use aws_sigv4::http_request::{PayloadChecksumKind, SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use std::time::SystemTime;

/// What a request is signed with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    pub id: String,
    pub secret: Secret,
    pub token: Option<Secret>,
}

/// Why a request could not be signed: a secret or token that is not text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the key cannot be signed with: a part of it is no text")]
pub struct Unsignable;

/// The type of the bodies that the query interface takes.
pub const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";

/// The headers for a POST of `body` to `endpoint` as of `time`.
pub fn headers(
    endpoint: &Endpoint,
    body: &str,
    credentials: &Credentials,
    time: SystemTime,
) -> Result<Vec<(String, String)>, Unsignable> {
    let content = [("content-type", FORM)];
    let request =
        SignableRequest::new("POST", &endpoint.url, content.into_iter(), SignableBody::Bytes(body.as_bytes()));
    let scope = Scope { region: endpoint.region, service: endpoint.service.name(), time };
    let mut headers = signature(request.map_err(|_| Unsignable)?, scope, credentials, PayloadChecksumKind::XAmzSha256)?;
    headers.push(("content-type".to_owned(), FORM.to_owned()));
    Ok(headers)
}

/// What a signature is good for.
#[derive(Debug, Clone, Copy)]
struct Scope<'a> {
    region: &'a str,
    service: &'a str,
    time: SystemTime,
}

fn signature(
    request: SignableRequest<'_>,
    scope: Scope<'_>,
    credentials: &Credentials,
    checksum: PayloadChecksumKind,
) -> Result<Vec<(String, String)>, Unsignable> {
    let text = |secret: &Secret| std::str::from_utf8(secret.expose()).map(str::to_owned).map_err(|_| Unsignable);
    let token = credentials.token.as_ref().map(text).transpose()?;
    let identity = Identity::new(&credentials.id, text(&credentials.secret)?, token, None, "found").into();
    let mut settings = SigningSettings::default();
    settings.payload_checksum_kind = checksum;
    let params = SigningParams::builder()
        .identity(&identity)
        .region(scope.region)
        .name(scope.service)
        .time(scope.time)
        .settings(settings)
        .build()
        .map_err(|_| Unsignable)?;
    let (instructions, _) = sign(request, &params.into()).map_err(|_| Unsignable)?.into_parts();
    let (headers, _) = instructions.into_parts();
    Ok(headers.iter().map(|header| (header.name().to_owned(), header.value().to_owned())).collect())
}

#[cfg(test)]
mod tests;
