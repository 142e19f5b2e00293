//! The operator's credentials, by reqsign's chain: environment, profiles, sign-on, processes, web identity, containers,
//! instance metadata. reqsign brings the order and the protocols; files, processes and the network are handed to it here.

use super::Options;
use super::profile::{Profile, SESSION_NAME};
use super::session::{Role, Source};
use crate::secret::Secret;
use crate::verify::http::Http;
use crate::verify::sign::Credentials;
use reqsign_aws_core::{DefaultCredentialProvider, ProfileCredentialProvider};
use reqsign_core::{
    CommandExecute, CommandOutput, Context, Error, FileRead, HttpSend, ProvideCredential, Result, StaticEnv,
};
use std::sync::{Arc, Mutex};

/// Looks for the credentials that `options` names.
///
/// # Errors
/// A profile that is not there or cannot be used.
pub fn source<'h>(options: &Options, http: &'h Http) -> std::result::Result<Chain<'h>, String> {
    let mut envs = options.environment.clone();
    let (profile, role) = if options.who.starts_with("arn:") {
        let role = Role { arn: options.who.clone(), external_id: None, session_name: SESSION_NAME.to_owned() };
        (None, Some(role))
    } else {
        let profile = Profile::read(options)?;
        // A profile that takes a role does so with another profile's credentials, or with those of the environment.
        let source = if profile.role.is_some() { profile.source } else { Some(options.who.clone()) };
        (source, profile.role)
    };
    if profile.is_some() {
        // Somebody who names a profile means that one.
        for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"] {
            envs.remove(name);
        }
    }
    Ok(Chain { profile, role, environment: StaticEnv { home_dir: options.home.clone(), envs }, http })
}

/// Credentials by reqsign's chain, and the role to take with them.
pub struct Chain<'h> {
    profile: Option<String>,
    role: Option<Role>,
    environment: StaticEnv,
    http: &'h Http,
}

impl Source for Chain<'_> {
    fn credentials(&self) -> std::result::Result<Credentials, String> {
        let builder = DefaultCredentialProvider::builder();
        let provider = match &self.profile {
            // Metadata services are not part of a profile.
            Some(profile) => builder
                .profile(ProfileCredentialProvider::new().with_profile(profile))
                .no_ecs()
                .no_imds()
                .no_web_identity()
                .with_profile(profile)
                .build(),
            None => builder.build(),
        };
        let wanted = Wanted::default();
        let context = Context::new()
            .with_env(self.environment.clone())
            .with_file_read(Files)
            .with_command_execute(Processes)
            .with_http_send(wanted.clone());
        let found = drive(provider.provide_credential(&context), &wanted, self.http);
        let found = found.map_err(|error| format!("your own credentials cannot be had: {error}"))?;
        let found = found.ok_or("there are no credentials of your own: log in, or name a profile")?;
        Ok(Credentials {
            id: found.access_key_id,
            secret: Secret::new(found.secret_access_key.as_bytes()),
            token: found.session_token.map(|token| Secret::new(token.as_bytes())),
        })
    }

    fn role(&self) -> Option<&Role> {
        self.role.as_ref()
    }
}

/// reqsign's context lives longer than our client may, so a request is handed over and answered from outside.
#[derive(Debug, Clone, Default)]
struct Wanted(Arc<Mutex<Slot>>);

#[derive(Debug, Default)]
struct Slot {
    request: Option<http::Request<Vec<u8>>>,
    reply: Option<std::result::Result<(u16, Vec<u8>), String>>,
}

impl HttpSend for Wanted {
    async fn http_send(&self, request: http::Request<bytes::Bytes>) -> Result<http::Response<bytes::Bytes>> {
        self.0.lock().expect("no panic while holding this lock").request = Some(request.map(|body| body.to_vec()));
        let reply =
            std::future::poll_fn(|_| match self.0.lock().expect("no panic while holding this lock").reply.take() {
                Some(reply) => std::task::Poll::Ready(reply),
                None => std::task::Poll::Pending,
            });
        let (status, body) = reply.await.map_err(Error::unexpected)?;
        http::Response::builder().status(status).body(body.into()).map_err(|error| Error::unexpected(error.to_string()))
    }
}

/// Runs `future` to its end. It waits for nothing but the requests it makes, which are sent here.
fn drive<T>(future: impl Future<Output = T>, wanted: &Wanted, http: &Http) -> T {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    loop {
        if let std::task::Poll::Ready(done) = future.as_mut().poll(&mut context) {
            return done;
        }
        let request = wanted.0.lock().expect("no panic while holding this lock").request.take();
        if let Some(request) = request {
            let reply = http.send(request).map_err(|error| error.why);
            wanted.0.lock().expect("no panic while holding this lock").reply = Some(reply);
        }
    }
}

#[derive(Debug)]
struct Files;

impl FileRead for Files {
    async fn file_read(&self, path: &str) -> Result<Vec<u8>> {
        std::fs::read(path).map_err(|error| Error::unexpected(format!("cannot read {path}: {error}")))
    }
}

#[derive(Debug)]
struct Processes;

impl CommandExecute for Processes {
    async fn command_execute<'a>(&'a self, program: &'a str, args: &'a [&'a str]) -> Result<CommandOutput> {
        let output = std::process::Command::new(program).args(args).output();
        let output = output.map_err(|error| Error::unexpected(format!("cannot run {program}: {error}")))?;
        Ok(CommandOutput { status: output.status.code().unwrap_or(-1), stdout: output.stdout, stderr: output.stderr })
    }
}
