//! A record of `benches/peers/run.py`.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The parts of a record that pictures need.
#[derive(Deserialize)]
pub struct Record {
    pub date: String,
    /// Fields of `/proc/cpuinfo`.
    cpu: BTreeMap<String, String>,
    pub results: Vec<Row>,
}

/// The time of one system at one size.
#[derive(Deserialize)]
pub struct Row {
    pub threads: u32,
    pub distribution: String,
    pub system: String,
    pub size: u64,
    /// Nanoseconds per value, the median of the rounds.
    pub ns_median: f64,
}

impl Record {
    /// Parses the JSON of a record.
    pub fn read(json: &str) -> Result<Self, String> {
        serde_json::from_str(json)
            .map_err(|error| format!("not a record of benches/peers/run.py: {error}"))
    }

    /// Returns the processor and the date, such as "AMD EPYC, family 26, model 2; 2026-11-24".
    pub fn machine(&self) -> String {
        let field = |key| self.cpu.get(key).map(String::as_str);
        let cpu = match (field("model name"), field("cpu family"), field("model")) {
            (Some(name), Some(family), Some(model)) => {
                format!("{name}, family {family}, model {model}")
            }
            // Linux has no names for ARM.
            _ => {
                let fields = self.cpu.iter().map(|(key, value)| format!("{key} {value}"));
                fields.collect::<Vec<_>>().join(", ")
            }
        };
        format!("{cpu}; {}", self.date)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_names_its_machine() {
        let machine = |cpu: &str| {
            let json = format!(r#"{{"date": "2026-11-24", "cpu": {cpu}, "results": []}}"#);
            Record::read(&json).unwrap().machine()
        };
        assert_eq!(
            machine(r#"{"model name": "AMD EPYC", "cpu family": "26", "model": "2"}"#),
            "AMD EPYC, family 26, model 2; 2026-11-24"
        );
        assert_eq!(
            machine(r#"{"CPU part": "0xd4f", "CPU implementer": "0x41"}"#),
            "CPU implementer 0x41, CPU part 0xd4f; 2026-11-24"
        );
    }

    #[test]
    fn wrong_json_is_refused_with_its_reason() {
        let refused = |json: &str| Record::read(json).err().unwrap();
        assert!(refused("{").contains("line 1 column 1"), "{}", refused("{"));
        let json = r#"{"date": "2026-11-24", "cpu": {}}"#;
        assert!(refused(json).contains("missing field `results`"), "{}", refused(json));
    }
}
