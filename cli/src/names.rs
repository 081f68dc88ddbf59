//! The choice of tensors by their names.

/// Patterns of tensor names, in which `*` stands for any characters. Without patterns, all names match.
///
/// ```
/// use weight_init_cli::Names;
///
/// let names = Names::new(["h.*.attn.*".to_owned(), "wte.weight".to_owned()]);
/// assert!(names.contain("h.11.attn.c_attn.bias") && names.contain("wte.weight"));
/// assert!(!names.contain("h.0.mlp.c_fc.weight") && !names.contain("wte.weight.scale"));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Names {
    patterns: Vec<String>,
}

impl Names {
    /// Returns the names that match any of the patterns.
    pub fn new(patterns: impl IntoIterator<Item = String>) -> Self {
        Self { patterns: patterns.into_iter().collect() }
    }

    /// Returns whether a name is one of them.
    #[must_use]
    pub fn contain(&self, name: &str) -> bool {
        self.patterns.is_empty() || self.patterns.iter().any(|pattern| matches(pattern, name))
    }

    /// Returns the patterns that match none of the given names.
    pub fn unused<'names>(
        &self,
        names: impl IntoIterator<Item = &'names str> + Clone,
    ) -> Vec<&str> {
        let is_used = |pattern: &str| names.clone().into_iter().any(|name| matches(pattern, name));
        self.patterns.iter().map(String::as_str).filter(|pattern| !is_used(pattern)).collect()
    }
}

/// Returns whether a name matches a pattern.
fn matches(pattern: &str, name: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut name) = name.strip_prefix(first) else { return false };
    let Some((middle, last)) = rest.rsplit_once('*') else { return name.ends_with(rest) };
    // The first match of each part leaves the most for those after it.
    for part in middle.split('*') {
        let Some(start) = name.find(part) else { return false };
        name = name.get(start + part.len()..).unwrap_or_default();
    }
    name.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_any_characters() {
        for (pattern, name, expected) in [
            ("fc", "fc", true),
            ("fc", "fc1", false),
            ("", "", true),
            ("*", "", true),
            ("*", "fc.weight", true),
            ("**", "fc", true),
            ("*.bias", "fc.bias", true),
            ("*.bias", "fc.bias2", false),
            ("fc*", "fc", true),
            ("a*a", "a", false),
            ("a*a", "aa", true),
            ("h.*.mlp.*.weight", "h.3.mlp.c_fc.weight", true),
            ("h.*.mlp.*.weight", "h.3.mlp.weight", false),
            ("*a*b*", "xxaxbx", true),
            ("*b*a*", "xxaxbx", false),
            ("*ab*b", "ab", false),
            ("ü*ß", "üäß", true),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} and {name}");
        }
    }
}
