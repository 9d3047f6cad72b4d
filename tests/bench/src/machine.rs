//! What the figures were measured on, for the page that shows them.

use std::fs;
use std::path::Path;
use std::process::Command;

use octroi_idp::app::Surroundings;

use crate::process::SERVER_CORE;
use crate::servers::Workshop;

/// A list in Markdown.
pub fn facts(workshop: &Workshop, work: &Path) -> anyhow::Result<String> {
    let first_line = |text: String| text.lines().next().unwrap_or_default().to_owned();
    let cpuinfo = fs::read_to_string("/proc/cpuinfo")?;
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    let model = model.map_or("unknown", |(_, name)| name.trim());
    let cores = cpuinfo.lines().filter(|line| line.starts_with("processor")).count();
    let memory = fs::read_to_string("/proc/meminfo")?;
    let memory = memory.lines().find_map(|line| line.strip_prefix("MemTotal:")).unwrap_or_default().trim().to_owned();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let disk = said(Command::new("df").args(["--output=source,fstype", "--"]).arg(work));
    let disk = disk.lines().nth(1).unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(", ");
    let octroi = said(Command::new(workshop.program("octroi")?).arg("--version"));
    let commit = said(Command::new("git").args(["-C", env!("CARGO_MANIFEST_DIR"), "rev-parse", "--short", "HEAD"]));
    let rustc = first_line(said(Command::new("rustc").arg("--version")));
    let node = first_line(said(Command::new("node").arg("--version")));
    let lock = fs::read_to_string(workshop.peers.join("node-oidc-provider/package.json"))?;
    let lock: serde_json::Value = serde_json::from_str(&lock)?;
    let peer = lock.pointer("/dependencies/oidc-provider").and_then(|version| version.as_str()).unwrap_or_default();
    let date = jiff::Timestamp::from_millisecond(Surroundings::system().clock.now().millis())?;
    let load = fs::read_to_string("/proc/loadavg")?;
    let load = load.split_whitespace().next().unwrap_or_default();
    Ok(format!(
        "- {}\n- {model}, {cores} cores, {memory} of memory; Linux {}; {disk}\n- {} ({}), {rustc}; node {node}, oidc-provider \
         {peer}\n- load average before the run: {load}\n",
        date.strftime("%Y-%m-%d %H:%M UTC"),
        kernel.trim(),
        octroi.trim(),
        commit.trim(),
    ))
}

/// A warning when client and server would share a core.
pub fn same_core() -> Option<String> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let allowed = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?.trim().to_owned();
    let first = allowed.split([',', '-']).next()?;
    (first == SERVER_CORE).then(|| {
        format!(
            "this client may run on core {allowed}, the servers run on core {SERVER_CORE}: start it by tests/bench/run"
        )
    })
}

fn said(command: &mut Command) -> String {
    command.output().map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default()
}
