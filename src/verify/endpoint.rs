//! Where to ask: the hosts of each partition, or the one that the user named.
//!
//! A test compares those of the public partitions with what botocore's endpoint data says.

use super::settings::Settings;
use crate::aws::partitions::Partition;

/// The services that are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    Sts,
    Iam,
}

impl Service {
    /// Its name in a signature.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sts => "sts",
            Self::Iam => "iam",
        }
    }

    /// The version that its query interface has had since it exists.
    pub fn version(self) -> &'static str {
        match self {
            Self::Sts => "2011-06-15",
            Self::Iam => "2010-05-08",
        }
    }
}

/// Where requests go and how they are signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    pub service: Service,
    pub url: String,
    /// Host, and port where it is not the usual one: what a user is shown.
    pub host: String,
    pub region: &'static str,
    pub partition: &'static str,
}

/// Where `service` of `partition` is asked.
pub fn of(service: Service, partition: &Partition, settings: &Settings) -> Endpoint {
    let named = match service {
        Service::Sts => &settings.sts_endpoint,
        Service::Iam => &settings.iam_endpoint,
    };
    let url = match named {
        Some(url) if url.ends_with('/') => url.clone(),
        Some(url) => format!("{url}/"),
        None => format!("https://{}/", host(service, partition, settings)),
    };
    let host = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest).split('/').next().unwrap_or_default();
    // A user name in the address is nobody's business.
    let host = host.rsplit('@').next().unwrap_or_default().to_owned();
    Endpoint { service, url, host, region: partition.sts_region, partition: partition.name }
}

fn host(service: Service, partition: &Partition, settings: &Settings) -> String {
    let (region, fips) = (partition.sts_region, settings.fips);
    match (service, settings.dual_stack) {
        // The hosts of GovCloud are FIPS endpoints under their plain names.
        (Service::Sts, false) if partition.name == "aws-us-gov" => format!("sts.{region}.{}", partition.suffix),
        (Service::Sts, false) => format!("sts{}.{region}.{}", if fips { "-fips" } else { "" }, partition.suffix),
        (Service::Sts, true) => {
            format!("sts{}.{region}.{}", if fips { "-fips" } else { "" }, dual_stack_suffix(partition))
        }
        // IAM is one service for all regions of a partition.
        (Service::Iam, dual) => {
            let (word, suffix) = (if fips { "-fips" } else { "" }, dual_stack_suffix(partition));
            match (partition.name, fips, dual) {
                ("aws-us-gov", _, _) => format!("iam.us-gov.{}", if dual { suffix } else { partition.suffix }),
                ("aws", _, true) => format!("iam{word}.global.{suffix}"),
                ("aws", _, false) => format!("iam{word}.{}", partition.suffix),
                (_, false, false) => format!("iam.{region}.{}", partition.suffix),
                (_, true, false) => format!("iam-fips.{}", partition.suffix),
                (_, false, true) => format!("iam.global.{suffix}"),
                (_, true, true) => format!("iam-fips.{suffix}"),
            }
        }
    }
}

fn dual_stack_suffix(partition: &Partition) -> &'static str {
    match partition.name {
        "aws-cn" => "api.amazonwebservices.com.cn",
        "aws-eusc" => "api.amazonwebservices.eu",
        "aws-iso" => "api.aws.ic.gov",
        "aws-iso-b" => "api.aws.scloud",
        "aws-iso-e" => "api.cloud-aws.adc-e.uk",
        "aws-iso-f" => "api.aws.hci.ic.gov",
        _ => "api.aws",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::partitions::of_region;

    #[test]
    fn a_named_endpoint_is_taken_as_it_is() {
        let settings =
            Settings { sts_endpoint: Some("http://user:word@localhost:4566/x".into()), ..Settings::default() };
        let endpoint = of(Service::Sts, of_region("cn-north-1").expect("a region"), &settings);
        assert_eq!(endpoint.url, "http://user:word@localhost:4566/x/");
        assert_eq!((endpoint.host.as_str(), endpoint.region), ("localhost:4566", "cn-north-1"));
        let iam = of(Service::Iam, of_region("us-east-1").expect("a region"), &settings);
        assert_eq!(iam.url, "https://iam.amazonaws.com/");
    }
}
