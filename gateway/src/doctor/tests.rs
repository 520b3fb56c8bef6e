//! Hosts that are made up, so that every answer is known; and this one.

use super::*;
use std::collections::BTreeMap;

/// Files, metadata by path, and what programs say.
#[derive(Default)]
struct MadeUp {
    files: BTreeMap<String, String>,
    metadata: BTreeMap<&'static str, &'static str>,
    said: BTreeMap<String, &'static str>,
    no_io_uring: bool,
}

impl Facts for MadeUp {
    fn file(&self, path: &str) -> Option<String> {
        self.files.get(path).cloned()
    }

    fn names(&self, directory: &str) -> Vec<String> {
        let inside = |path: &String| {
            let rest = path.strip_prefix(directory)?.strip_prefix('/')?;
            Some(rest.split('/').next()?.to_owned())
        };
        let mut names: Vec<_> = self.files.keys().filter_map(inside).collect();
        names.dedup();
        names
    }

    fn metadata(&self, path: &str) -> Option<String> {
        self.metadata.get(path).map(|text| (*text).to_owned())
    }

    fn said(&self, program: &str, words: &[&str]) -> Option<String> {
        let line = format!("{program} {}", words.join(" "));
        self.said.get(&line).map(|text| (*text).to_owned())
    }

    fn io_uring(&self) -> Result<(), String> {
        if self.no_io_uring { Err("forbidden".into()) } else { Ok(()) }
    }
}

/// Path below `/sys/devices/system/cpu` or absolute, a blank, and what is in it.
fn host(lines: &str) -> MadeUp {
    let mut host = MadeUp::default();
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (path, text) = line.split_once(' ').unwrap_or((line, ""));
        let path = if path.starts_with('/') {
            path.into()
        } else {
            format!("/sys/devices/system/cpu/{path}")
        };
        host.files.insert(path, text.replace('~', "\n"));
    }
    host
}

/// `what state`, of one finding.
fn state(host: &MadeUp, what: &str) -> (&'static str, String, String) {
    let findings = look(host);
    let found = findings.iter().find(|finding| finding.what == what);
    let found = found.unwrap_or_else(|| panic!("nothing is said of {what}: {findings:?}"));
    (found.state.name(), found.seen.clone(), found.fix.clone())
}

const GOOD: &str = "
    /sys/class/dmi/id/sys_vendor Amazon EC2
    /proc/sys/kernel/osrelease 6.12.1
    cpu0/cpufreq/scaling_governor performance
    cpu1/cpufreq/scaling_governor performance
    cpu0/cpuidle/state0/latency 0
    cpu0/cpuidle/state0/disable 0
    cpu0/cpuidle/state1/latency 90
    cpu0/cpuidle/state1/disable 1
    cpu2/online 1
    cpu3/online 1
    smt/active 0
    isolated 2-3
    nohz_full 2-3
    /proc/irq/7/effective_affinity_list 0-1
    /sys/kernel/mm/transparent_hugepage/enabled always [madvise] never
    /proc/swaps Filename Type Size
    /proc/sys/net/core/busy_read 50
    /proc/sys/net/core/busy_poll 50
    /proc/sys/net/core/rmem_max 16777216
    /proc/sys/net/core/wmem_max 16777216
    /sys/devices/system/clocksource/clocksource0/current_clocksource tsc
    /proc/self/limits Max open files 65536 65536 files~Max locked memory unlimited unlimited bytes
    /sys/class/net/lo/type 772
    /sys/class/net/ens5/device/vendor 0x1d0f
";

fn good() -> MadeUp {
    let metadata = [
        ("placement/region", "eu-central-1"),
        ("placement/availability-zone-id", "euc1-az2"),
        ("placement/group-name", "exchange"),
        ("instance-type", "c7i.metal-24xl"),
    ];
    let said = [
        ("ethtool -c ens5", "Adaptive RX: off  TX: off\nrx-usecs:\t0\n"),
        (
            "ethtool -g ens5",
            "Pre-set maximums:\nRX:\t8192\nCurrent hardware settings:\nRX:\t8192\n",
        ),
    ];
    MadeUp {
        metadata: metadata.into(),
        said: said.map(|(line, text)| (line.to_owned(), text)).into(),
        ..host(GOOD)
    }
}

#[test]
fn a_good_host_passes_in_everything_and_the_place_comes_first() {
    let findings = look(&good());
    for finding in &findings {
        assert_eq!(finding.state, State::Pass, "{finding:?}");
    }
    let first: Vec<_> = findings.iter().take(5).map(|finding| finding.what.as_str()).collect();
    assert_eq!(
        first,
        ["region", "availability zone", "placement group", "instance type", "kernel"]
    );
    assert_eq!(as_json(&findings)["ok"], true);
    assert!(
        as_text(&findings).ends_with("0 warnings, 0 unknown, of 20\n"),
        "{}",
        as_text(&findings)
    );
}

#[test]
fn everything_that_is_wrong_warns_and_says_the_fix() {
    for (line, what, fix) in [
        ("cpu1/cpufreq/scaling_governor powersave", "governor", "tune-host"),
        ("cpu0/cpuidle/state1/disable 0", "C-states", "tune-host"),
        ("smt/active 1", "SMT", "nosmt"),
        ("nohz_full (null)", "isolated cores", "nohz_full="),
        ("isolated", "isolated cores", "isolcpus="),
        ("/proc/irq/7/effective_affinity_list 2", "interrupts", "--cores"),
        (
            "/sys/kernel/mm/transparent_hugepage/enabled always madvise [never]",
            "huge pages",
            "tune-host",
        ),
        (
            "/sys/kernel/mm/transparent_hugepage/enabled [always] madvise never",
            "huge pages",
            "tune-host",
        ),
        ("/proc/swaps Filename~/dev/sda2", "swap", "swapoff"),
        ("/proc/sys/net/core/busy_poll 0", "busy polling", "tune-host"),
        ("/proc/sys/net/core/wmem_max 212992", "socket buffers", "tune-host"),
        (
            "/sys/devices/system/clocksource/clocksource0/current_clocksource xen",
            "clock",
            "clocksource=tsc",
        ),
        ("/proc/self/limits Max open files 1024 4096 files", "open files", "LimitNOFILE"),
        ("/proc/self/limits Max locked memory 65536 65536 bytes", "locked memory", "LimitMEMLOCK"),
    ] {
        let mut wrong = good();
        wrong.files.extend(host(line).files);
        let (state, seen, said) = state(&wrong, what);
        assert!(state == "warn" && said.contains(fix), "{line}: {state} {seen} {said}");
        assert_eq!(as_json(&look(&wrong))["ok"], false, "{line}");
    }
}

#[test]
fn a_card_that_holds_packets_back_and_an_instance_on_credit_warn() {
    let mut wrong = good();
    wrong.said.insert("ethtool -c ens5".into(), "Adaptive RX: on  TX: off\nrx-usecs:\t20\n");
    wrong
        .said
        .insert("ethtool -g ens5".into(), "RX:\t8192\nCurrent hardware settings:\nRX:\t1024\n");
    wrong.metadata.insert("instance-type", "t3.large");
    wrong.metadata.remove("placement/group-name");
    wrong.no_io_uring = true;
    for (what, fix) in [
        ("ens5 coalescing", "--interface ens5"),
        ("ens5 receive ring", "ethtool -G ens5 rx 8192"),
        ("instance type", "family"),
        ("placement group", "cluster"),
        ("io_uring", "io_uring_disabled"),
    ] {
        let (state, _, said) = state(&wrong, what);
        assert!(state == "warn" && said.contains(fix), "{what}: {said}");
    }
}

#[test]
fn a_host_that_says_nothing_is_unknown_and_nobody_but_ec2_is_asked_where_it_is() {
    let mut silent = MadeUp { metadata: good().metadata, ..MadeUp::default() };
    for what in [
        "region",
        "placement group",
        "governor",
        "C-states",
        "SMT",
        "interrupts",
        "clock",
        "network card",
    ] {
        assert_eq!(state(&silent, what).0, "unknown", "{what}");
    }
    assert_eq!(state(&silent, "region").1, "not on EC2");
    silent.files.extend(host("/sys/class/dmi/id/sys_vendor Amazon EC2").files);
    assert_eq!(state(&silent, "region").1, "eu-central-1");
}

#[test]
fn of_this_host_everything_is_said_in_words_and_as_json() {
    let findings = look(&ThisHost::default());
    assert!(findings.len() >= 19, "{findings:?}");
    assert!(findings.iter().all(|f| (f.state == State::Warn) != f.fix.is_empty()), "{findings:?}");
    let mut out = Vec::new();
    run(&DoctorArgs { json: true }, &mut out).unwrap();
    let told: serde_json::Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(told["findings"].as_array().unwrap().len(), findings.len());
}
