//! The machine on which the figures were measured.

use std::{fs, thread};

use serde::Serialize;

#[derive(Clone, Debug, Serialize)]
pub struct Machine {
    pub architecture: &'static str,
    pub system: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub processors: Option<usize>,
}

impl Machine {
    /// Describes this machine.
    pub fn this() -> Self {
        Self {
            architecture: std::env::consts::ARCH,
            system: std::env::consts::OS,
            cpu: fs::read_to_string("/proc/cpuinfo").ok().and_then(|info| model(&info)),
            processors: thread::available_parallelism().ok().map(Into::into),
        }
    }

    /// Returns the processor's name, or its architecture if the name is unknown.
    pub fn cpu(&self) -> &str {
        self.cpu.as_deref().unwrap_or(self.architecture)
    }
}

/// Returns the name of the first processor. Linux has none on ARM.
fn model(cpuinfo: &str) -> Option<String> {
    let mut lines = cpuinfo.lines().filter_map(|line| line.split_once(':'));
    let (_, name) = lines.find(|(key, _)| key.trim() == "model name")?;
    Some(name.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_processor_has_a_name_or_none() {
        let x86 = "processor\t: 0\nmodel\t\t: 2\nmodel name\t: Some CPU: 3 GHz\n\nprocessor\t: 1\n";
        assert_eq!(model(x86).as_deref(), Some("Some CPU: 3 GHz"));
        assert_eq!(model("processor\t: 0\nBogoMIPS\t: 50.00\n"), None);
    }
}
