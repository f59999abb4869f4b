//! The processes of a window: the driver, its bus and the program are one group.

use std::path::PathBuf;

/// Some process of the group runs still.
pub(crate) fn alive(group: u32) -> bool {
    folders(group).iter().any(|process| {
        let Some(fields) = about(process) else { return false };
        // a dead process whose threads still wait for the disk holds its files as long as they do
        let threads = std::fs::read_dir(process.join("task")).map_or(0, Iterator::count);
        threads > 1 || !matches!(fields.first().map(String::as_str), Some("Z" | "X"))
    })
}

/// What the program of the group was started with, its bus among it.
///
/// # Panics
/// When no process of the group has a bus.
pub(crate) fn variables(group: u32) -> Vec<(String, String)> {
    let of = |process: &PathBuf| -> Vec<(String, String)> {
        let bytes = std::fs::read(process.join("environ")).unwrap_or_default();
        bytes
            .split(|byte| *byte == 0)
            .filter_map(|pair| {
                let (name, value) = std::str::from_utf8(pair).ok()?.split_once('=')?;
                Some((name.to_owned(), value.to_owned()))
            })
            .collect()
    };
    let on_the_bus = |variables: &Vec<(String, String)>| {
        ["DBUS_SESSION_BUS_ADDRESS", "ZUC_HOME"].iter().all(|name| variables.iter().any(|(found, _)| found == name))
    };
    folders(group).iter().map(of).find(on_the_bus).expect("the driver runs on a bus of its own")
}

/// Where the system tells of the processes of a group.
fn folders(group: u32) -> Vec<PathBuf> {
    let Ok(processes) = std::fs::read_dir("/proc") else { return Vec::new() };
    let group = group.to_string();
    processes
        .flatten()
        .map(|process| process.path())
        .filter(|process| about(process).is_some_and(|fields| fields.get(2) == Some(&group)))
        .collect()
}

/// What stands after its name, which may hold anything: state, parent, group.
fn about(process: &std::path::Path) -> Option<Vec<String>> {
    let about = std::fs::read_to_string(process.join("stat")).ok()?;
    Some(about.rsplit(')').next()?.split_whitespace().map(ToOwned::to_owned).collect())
}
