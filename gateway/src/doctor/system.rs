//! The operating system: processors, memory, clock, limits.

use super::Finding;
use crate::io::cpu::parse_core_list;
use crate::io::host::Facts;

/// What `scripts/tune-host` does.
const TUNE: &str = "sudo scripts/tune-host --apply";
/// A core wakes up from a deeper state than this later than an order takes, microseconds.
const WAKE_US_MAX: u64 = 2;
/// With fewer, isolating some leaves none for everything else.
const CORES_TO_ISOLATE_MIN: usize = 4;
/// A burst of the feed.
const SOCKET_BYTES_MIN: u64 = 16 << 20;
/// Rings and buffers of a transport with a thousand connections.
const LOCKED_BYTES_MIN: u64 = 8 << 20;
const FILES_MIN: u64 = 4096;
const CPUS: &str = "/sys/devices/system/cpu";

pub(super) fn look(facts: &impl Facts) -> Vec<Finding> {
    vec![
        Finding::pass("kernel", facts.file("/proc/sys/kernel/osrelease").unwrap_or_default()),
        governor(facts),
        idle_states(facts),
        smt(facts),
        isolation(facts),
        interrupts(facts),
        huge_pages(facts),
        swap(facts),
        busy_poll(facts),
        socket_buffers(facts),
        clock(facts),
        io_uring(facts),
        limit(facts, "locked memory", "Max locked memory", LOCKED_BYTES_MIN),
        limit(facts, "open files", "Max open files", FILES_MIN),
    ]
}

fn cpus(facts: &impl Facts) -> Vec<String> {
    let is_cpu = |name: &String| {
        name.strip_prefix("cpu")
            .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
    };
    facts.names(CPUS).into_iter().filter(is_cpu).collect()
}

fn governor(facts: &impl Facts) -> Finding {
    const WHAT: &str = "governor";
    let of = |cpu: &String| facts.file(&format!("{CPUS}/{cpu}/cpufreq/scaling_governor"));
    let mut seen: Vec<String> = cpus(facts).iter().filter_map(of).collect();
    seen.sort();
    seen.dedup();
    match seen.as_slice() {
        [] => Finding::unknown(WHAT, "the kernel has no say in the clock of these processors"),
        [one] if one == "performance" => Finding::pass(WHAT, one),
        _ => Finding::warn(WHAT, seen.join(", "), TUNE),
    }
}

fn idle_states(facts: &impl Facts) -> Finding {
    const WHAT: &str = "C-states";
    let (mut known, mut deep) = (false, Vec::new());
    for cpu in cpus(facts) {
        let states = format!("{CPUS}/{cpu}/cpuidle");
        for state in facts.names(&states).iter().filter(|name| name.starts_with("state")) {
            let of = |what: &str| facts.file(&format!("{states}/{state}/{what}"));
            known = true;
            let wake_us = of("latency").and_then(|us| us.parse::<u64>().ok()).unwrap_or(0);
            if wake_us > WAKE_US_MAX && of("disable").as_deref() == Some("0") {
                deep.push(format!("{} ({wake_us} us to wake up)", of("name").unwrap_or_default()));
            }
        }
    }
    deep.sort();
    deep.dedup();
    match (known, deep.is_empty()) {
        (false, _) => Finding::unknown(WHAT, "the hypervisor's: a core that halts is woken by it"),
        (true, true) => Finding::pass(WHAT, format!("none deeper than {WAKE_US_MAX} us")),
        (true, false) => Finding::warn(WHAT, deep.join(", "), TUNE),
    }
}

fn smt(facts: &impl Facts) -> Finding {
    const WHAT: &str = "SMT";
    match facts.file(&format!("{CPUS}/smt/active")).as_deref() {
        Some("0") => Finding::pass(WHAT, "off"),
        Some("1") => Finding::warn(
            WHAT,
            "on: two threads share a core's caches and ports",
            "boot with nosmt (on EC2: CpuOptions ThreadsPerCore=1), or leave the hot threads' siblings idle",
        ),
        _ => Finding::unknown(WHAT, "the kernel does not say"),
    }
}

/// The cores that are set apart, and how many there are in all.
fn isolated(facts: &impl Facts) -> (Vec<usize>, usize) {
    let list = facts.file(&format!("{CPUS}/isolated")).unwrap_or_default();
    (parse_core_list(&list).unwrap_or_default(), cpus(facts).len())
}

fn isolation(facts: &impl Facts) -> Finding {
    const WHAT: &str = "isolated cores";
    let (apart, cores) = isolated(facts);
    let quiet = facts
        .file(&format!("{CPUS}/nohz_full"))
        .filter(|list| !list.is_empty() && list != "(null)");
    match (apart.is_empty(), quiet) {
        (true, _) if cores < CORES_TO_ISOLATE_MIN => {
            Finding::pass(WHAT, format!("none, and with {cores} cores that is right"))
        }
        (true, _) => Finding::warn(
            WHAT,
            "none",
            "boot with isolcpus=, nohz_full= and rcu_nocbs= of the cores for host.gateway_core and host.engine_core",
        ),
        (false, None) => Finding::warn(
            WHAT,
            format!("{apart:?}, but with timer ticks"),
            "boot with nohz_full= and rcu_nocbs= of the same cores",
        ),
        (false, Some(list)) => Finding::pass(WHAT, format!("{apart:?}, without ticks: {list}")),
    }
}

fn interrupts(facts: &impl Facts) -> Finding {
    const WHAT: &str = "interrupts";
    let (apart, _) = isolated(facts);
    if apart.is_empty() {
        return Finding::unknown(WHAT, "no core is set apart, so none can be kept free of them");
    }
    let reaches = |irq: &&String| {
        let list = facts.file(&format!("/proc/irq/{irq}/effective_affinity_list"));
        let cores = list.and_then(|list| parse_core_list(&list)).unwrap_or_default();
        cores.iter().any(|core| apart.contains(core))
    };
    let irqs = facts.names("/proc/irq");
    let there: Vec<_> = irqs.iter().filter(reaches).map(String::as_str).collect();
    if there.is_empty() {
        return Finding::pass(WHAT, format!("none on {apart:?}"));
    }
    Finding::warn(
        WHAT,
        format!("{} on {apart:?}", there.join(", ")),
        format!("{TUNE} --cores LIST"),
    )
}

fn huge_pages(facts: &impl Facts) -> Finding {
    const WHAT: &str = "huge pages";
    let offered = facts.file("/sys/kernel/mm/transparent_hugepage/enabled").unwrap_or_default();
    let chosen = offered.split_once('[').and_then(|(_, rest)| rest.split_once(']'));
    match chosen.map(|(word, _)| word) {
        Some("madvise") => Finding::pass(WHAT, "for who asks, as the engine's tables do"),
        Some("always") => {
            Finding::warn(WHAT, "for everybody: the kernel compacts memory in the background", TUNE)
        }
        Some(_) => Finding::warn(
            WHAT,
            "never: the engine's tables miss the TLB at nearly every read",
            TUNE,
        ),
        None => Finding::unknown(WHAT, "the kernel does not say"),
    }
}

fn swap(facts: &impl Facts) -> Finding {
    const WHAT: &str = "swap";
    match facts.file("/proc/swaps").map(|text| text.lines().count()) {
        None => Finding::unknown(WHAT, "the kernel does not say"),
        Some(0 | 1) => Finding::pass(WHAT, "none"),
        Some(_) => Finding::warn(WHAT, "a page that is swapped out is a millisecond", "swapoff -a"),
    }
}

fn number(facts: &impl Facts, path: &str) -> Option<u64> {
    facts.file(path)?.parse().ok()
}

fn busy_poll(facts: &impl Facts) -> Finding {
    const WHAT: &str = "busy polling";
    let of = |key: &str| number(facts, &format!("/proc/sys/net/core/{key}"));
    match (of("busy_read"), of("busy_poll")) {
        (Some(1..), Some(1..)) => Finding::pass(WHAT, "on"),
        (Some(_), Some(_)) => Finding::warn(WHAT, "off: every packet waits for an interrupt", TUNE),
        _ => Finding::unknown(WHAT, "the kernel has none"),
    }
}

fn socket_buffers(facts: &impl Facts) -> Finding {
    const WHAT: &str = "socket buffers";
    let of = |key: &str| number(facts, &format!("/proc/sys/net/core/{key}"));
    let (Some(read), Some(write)) = (of("rmem_max"), of("wmem_max")) else {
        return Finding::unknown(WHAT, "the kernel does not say");
    };
    let seen = format!("at most {} and {} KiB", read >> 10, write >> 10);
    match read.min(write) >= SOCKET_BYTES_MIN {
        true => Finding::pass(WHAT, seen),
        false => Finding::warn(WHAT, format!("{seen}: bursts of the feed are lost"), TUNE),
    }
}

fn clock(facts: &impl Facts) -> Finding {
    const WHAT: &str = "clock";
    let source = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
    match facts.file(source).as_deref() {
        Some(fast @ ("tsc" | "kvm-clock" | "arch_sys_counter" | "hyperv_clocksource_tsc_page")) => {
            Finding::pass(WHAT, format!("{fast}, read without a system call"))
        }
        Some(slow) => Finding::warn(
            WHAT,
            format!("{slow}: every reading is a system call"),
            "boot with clocksource=tsc where the processor's is stable",
        ),
        None => Finding::unknown(WHAT, "the kernel does not say"),
    }
}

fn io_uring(facts: &impl Facts) -> Finding {
    const WHAT: &str = "io_uring";
    match facts.io_uring() {
        Ok(()) => Finding::pass(WHAT, "allowed"),
        Err(why) => Finding::warn(
            WHAT,
            format!("{why}; the venue falls back to epoll"),
            "Linux 6.1 or newer, sysctl kernel.io_uring_disabled=0, and a container that allows it",
        ),
    }
}

/// Of `/proc/self/limits`: its soft limit is at least that.
fn limit(facts: &impl Facts, what: &str, label: &str, least: u64) -> Finding {
    let limits = facts.file("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix(label));
    let Some(soft) = line.and_then(|rest| rest.split_whitespace().next()) else {
        return Finding::unknown(what, "the kernel does not say");
    };
    if soft == "unlimited" || soft.parse::<u64>().is_ok_and(|value| value >= least) {
        return Finding::pass(what, soft);
    }
    let flag = if what == "open files" { "LimitNOFILE" } else { "LimitMEMLOCK" };
    Finding::warn(
        what,
        format!("{soft}, less than {least}"),
        format!("{flag}= of the service, or ulimit"),
    )
}
