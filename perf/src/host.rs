//! What machine a measurement was taken on.

use serde_json::{Value, json};

/// Processor, cores (and those this process may use), kernel, system and frequency governor, as far as they are told.
pub(crate) fn json() -> Value {
    let first = |path: &str, label: &str, separator: char| -> Option<String> {
        let text = std::fs::read_to_string(path).ok()?;
        let line = text.lines().find(|line| line.starts_with(label))?;
        let (_, value) = line.split_once(separator)?;
        Some(value.trim().trim_matches('"').to_owned())
    };
    let whole = |path: &str| Some(std::fs::read_to_string(path).ok()?.trim().to_owned());
    json!({
        "processor": first("/proc/cpuinfo", "model name", ':'),
        "cores": std::thread::available_parallelism().map_or(0, usize::from),
        "cores_allowed": first("/proc/self/status", "Cpus_allowed_list", ':'),
        "kernel": whole("/proc/sys/kernel/osrelease"),
        "system": first("/etc/os-release", "PRETTY_NAME", '='),
        "governor": whole("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        "harness": env!("CARGO_PKG_VERSION"),
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_machine_has_cores_and_a_kernel() {
        let told = super::json();
        assert!(told["cores"].as_u64().unwrap() >= 1 && told["kernel"].is_string(), "{told}");
    }
}
