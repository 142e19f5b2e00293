//! The partitions of AWS: separate worlds with their own accounts, hosts and regions. A key id does not tell its own.

/// One partition.
#[derive(Debug, PartialEq, Eq)]
pub struct Partition {
    pub name: &'static str,
    /// What its hosts end in.
    pub suffix: &'static str,
    /// What its regions start with.
    regions: &'static [&'static str],
    /// Where to ask its STS.
    pub sts_region: &'static str,
    /// Whether it may be asked without being told to. Nobody outside can reach the isolated ones.
    pub public: bool,
}

/// All partitions. One whose regions start with another's prefix and more stands before that one.
pub const PARTITIONS: [Partition; 8] = [
    partition("aws-cn", "amazonaws.com.cn", &["cn-"], "cn-north-1", true),
    partition("aws-us-gov", "amazonaws.com", &["us-gov-"], "us-gov-west-1", true),
    partition("aws-eusc", "amazonaws.eu", &["eusc-"], "eusc-de-east-1", true),
    partition("aws-iso", "c2s.ic.gov", &["us-iso-"], "us-iso-east-1", false),
    partition("aws-iso-b", "sc2s.sgov.gov", &["us-isob-"], "us-isob-east-1", false),
    partition("aws-iso-e", "cloud.adc-e.uk", &["eu-isoe-"], "eu-isoe-west-1", false),
    partition("aws-iso-f", "csp.hci.ic.gov", &["us-isof-"], "us-isof-south-1", false),
    partition(
        "aws",
        "amazonaws.com",
        &["us-", "eu-", "ap-", "sa-", "ca-", "me-", "af-", "il-", "mx-"],
        "us-east-1",
        true,
    ),
];

const fn partition(
    name: &'static str,
    suffix: &'static str,
    regions: &'static [&'static str],
    sts_region: &'static str,
    public: bool,
) -> Partition {
    Partition { name, suffix, regions, sts_region, public }
}

/// The partition that `region` belongs to; `None` for what does not look like a region.
pub fn of_region(region: &str) -> Option<&'static Partition> {
    if !is_region(region) {
        return None;
    }
    PARTITIONS.iter().find(|partition| partition.regions.iter().any(|prefix| region.starts_with(prefix)))
}

/// Whether `text` has the form of a region: words of lower-case letters and a number, joined by dashes.
pub fn is_region(text: &str) -> bool {
    let Some((place, number)) = text.rsplit_once('-') else { return false };
    let words = place.split('-').count();
    (2..=3).contains(&words)
        && place.split('-').all(|word| word.len() >= 2 && word.bytes().all(|byte| byte.is_ascii_lowercase()))
        && matches!(number.len(), 1..=2)
        && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// The partitions, other than AWS's main one, that `text` names by a region or a host.
pub fn named_in(text: &str) -> Vec<&'static Partition> {
    let mut named = Vec::new();
    let mut add = |partition: Option<&'static Partition>| {
        if let Some(partition) = partition.filter(|partition| partition.public && partition.name != "aws")
            && !named.contains(&partition)
        {
            named.push(partition);
        }
    };
    for word in text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')) {
        add(of_region(word));
        // As in `arn:aws-cn:…`.
        add(PARTITIONS.iter().find(|partition| partition.name == word));
    }
    for (suffix, name) in [("amazonaws.com.cn", "aws-cn"), ("amazonaws.eu", "aws-eusc")] {
        let partition = PARTITIONS.iter().find(|partition| partition.name == name);
        add(partition.filter(|_| text.contains(suffix)));
    }
    named
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_belong_to_partitions() {
        for (region, name) in [
            ("us-east-1", "aws"),
            ("mx-central-1", "aws"),
            ("us-gov-west-1", "aws-us-gov"),
            ("cn-northwest-1", "aws-cn"),
            ("eusc-de-east-1", "aws-eusc"),
            ("us-isob-east-1", "aws-iso-b"),
        ] {
            assert_eq!(of_region(region).map(|partition| partition.name), Some(name), "{region}");
        }
        for wrong in ["us-east", "US-EAST-1", "", "-1", "us-east-1a", "xx-east-1"] {
            assert_eq!(of_region(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn every_partition_is_found_by_its_own_region() {
        for partition in &PARTITIONS {
            assert_eq!(of_region(partition.sts_region), Some(partition));
        }
    }

    #[test]
    fn text_names_partitions() {
        let names = |text| named_in(text).iter().map(|partition| partition.name).collect::<Vec<_>>();
        assert_eq!(names("region = cn-northwest-1"), ["aws-cn"]);
        assert_eq!(names("endpoint=https://s3.us-gov-west-1.amazonaws.com"), ["aws-us-gov"]);
        assert_eq!(names("role: arn:aws-us-gov:iam::1:role/x and s3.amazonaws.com.cn"), ["aws-us-gov", "aws-cn"]);
        assert_eq!(names("eusc-de-east-1 eusc-de-east-1 x.amazonaws.eu"), ["aws-eusc"]);
        assert_eq!(names("us-east-1, eu-west-1, arn:aws:s3:::x"), [""; 0]);
        assert_eq!(names("us-iso-east-1"), [""; 0], "nobody outside can reach those");
    }
}
