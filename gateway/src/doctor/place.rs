//! Where the host is: region, zone, placement group, instance. Known on EC2 only.

use super::Finding;
use crate::io::host::Facts;

/// Whether the machine says that it is EC2's: nobody else's metadata service is asked.
const VENDOR: &str = "/sys/class/dmi/id/sys_vendor";

pub(super) fn look(facts: &impl Facts) -> Vec<Finding> {
    let is_ec2 = facts.file(VENDOR).is_some_and(|vendor| vendor == "Amazon EC2");
    let asked = |what: &str, path: &str| {
        if !is_ec2 {
            return Err(Finding::unknown(what, "not on EC2"));
        }
        facts.metadata(path).ok_or(Finding::unknown(what, "the metadata service says nothing"))
    };
    let told = |what: &str, path: &str| match asked(what, path) {
        Ok(seen) => Finding::pass(what, seen),
        Err(unknown) => unknown,
    };
    vec![
        told("region", "placement/region"),
        told("availability zone", "placement/availability-zone-id"),
        group(is_ec2, facts),
        match asked("instance type", "instance-type") {
            Ok(kind) => instance(&kind),
            Err(unknown) => unknown,
        },
    ]
}

fn group(is_ec2: bool, facts: &impl Facts) -> Finding {
    const WHAT: &str = "placement group";
    if !is_ec2 {
        return Finding::unknown(WHAT, "not on EC2");
    }
    // Not there is what an instance without a group says: ask for what every instance has, too.
    match (facts.metadata("placement/group-name"), facts.metadata("placement/region")) {
        (Some(name), _) => Finding::pass(WHAT, name),
        (None, None) => Finding::unknown(WHAT, "the metadata service says nothing"),
        (None, Some(_)) => Finding::warn(
            WHAT,
            "none",
            "start the venue and those who trade with it in one cluster placement group",
        ),
    }
}

fn instance(kind: &str) -> Finding {
    const WHAT: &str = "instance type";
    let family = kind.split('.').next().unwrap_or_default();
    let is_burstable =
        family.starts_with('t') && family[1..].starts_with(|c: char| c.is_ascii_digit());
    if is_burstable {
        return Finding::warn(
            WHAT,
            format!("{kind}, which lends its processor by credits"),
            "take a family with processors of its own",
        );
    }
    Finding::pass(WHAT, kind)
}
