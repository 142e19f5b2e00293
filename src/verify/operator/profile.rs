//! A profile of `~/.aws/config` and `~/.aws/credentials` as far as reqsign does not read it: the role it takes, and with
//! which other profile.

use super::Options;
use super::session::Role;
use ini::Ini;
use std::path::PathBuf;

/// What a profile says about roles.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Profile {
    pub role: Option<Role>,
    /// The profile whose credentials take the role.
    pub source: Option<String>,
    pub region: Option<String>,
}

/// Session names and nothing else tell the role's owner who came.
pub const SESSION_NAME: &str = "keysift";

impl Profile {
    /// Reads the profile that `options.who` names.
    ///
    /// # Errors
    /// A file that is there and cannot be read, no such profile, or one that needs what keysift cannot do.
    pub fn read(options: &Options) -> Result<Self, String> {
        let name = &options.who;
        let file = |variable: &str, usual: &str| {
            let named = options.environment.get(variable).map(PathBuf::from);
            named.or_else(|| Some(options.home.as_ref()?.join(usual)))
        };
        let (mut profile, mut known) = (Self::default(), false);
        for (path, section) in [
            (file("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials"), name.clone()),
            (
                file("AWS_CONFIG_FILE", ".aws/config"),
                if name == "default" { name.clone() } else { format!("profile {name}") },
            ),
        ] {
            let Some(path) = path.filter(|path| path.is_file()) else { continue };
            let text =
                std::fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
            // The parser's own message could quote the file.
            let ini =
                Ini::load_from_str_noescape(&text).map_err(|_| format!("{} is no profile file", path.display()))?;
            let Some(section) = ini.section(Some(section.as_str())) else { continue };
            known = true;
            let value = |key: &str| section.get(key).map(str::to_owned);
            if value("mfa_serial").is_some() {
                return Err(format!(
                    "profile {name} wants a code of a device (mfa_serial); log in first and name the role's session"
                ));
            }
            profile.region = profile.region.or(value("region"));
            profile.source = profile.source.or(value("source_profile"));
            profile.role = profile.role.or(value("role_arn").map(|arn| Role {
                arn,
                external_id: value("external_id"),
                session_name: value("role_session_name").unwrap_or_else(|| SESSION_NAME.to_owned()),
            }));
        }
        if known {
            Ok(profile)
        } else {
            Err(format!("there is no profile {name} in ~/.aws/config or ~/.aws/credentials"))
        }
    }
}
