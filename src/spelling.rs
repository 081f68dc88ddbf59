//! Names in any spelling, and the names most similar to an unknown one.
//!
//! Case, underscores, hyphens and spaces don't count: `kaiming_normal_` and `KaimingNormal` are the same name.

use core::fmt;

/// The names most similar to an unknown one, the nearest first.
pub(crate) type Near = [Option<&'static str>; 3];

/// Returns whether both are the same name.
pub(crate) fn same(name: &str, other: &str) -> bool {
    letters(name).eq(letters(other))
}

/// Returns the characters of a name that count, in lower case.
fn letters(name: &str) -> impl Iterator<Item = u8> + Clone + '_ {
    name.bytes().filter(|c| !matches!(c, b'_' | b'-' | b' ')).map(|c| c.to_ascii_lowercase())
}

/// Returns those of the known names that are most similar to an unknown one. A name is similar if it begins
/// with the unknown one, or differs from it by few letters for the length of both.
pub(crate) fn near(name: &str, known: impl Iterator<Item = &'static str>) -> Near {
    let len = letters(name).count();
    let mut near = [(usize::MAX, None); 3];
    for known in known {
        let begins = len > 1 && letters(known).take(len).eq(letters(name));
        let mut candidate = match distance(name, known) {
            _ if begins => (1, Some(known)),
            distance if distance <= 1 + len.min(letters(known).count()) / 4 => {
                (distance, Some(known))
            }
            _ => continue,
        };
        for best in &mut near {
            if candidate.0 < best.0 {
                core::mem::swap(best, &mut candidate);
            }
        }
    }
    near.map(|(_, name)| name)
}

/// Writes which names may have been meant, or if none is similar, what was expected.
pub(crate) fn suggest(f: &mut fmt::Formatter<'_>, near: Near, expected: &str) -> fmt::Result {
    match near {
        [Some(a), Some(b), Some(c)] => write!(f, "did you mean `{a}`, `{b}` or `{c}`?"),
        [Some(a), Some(b), _] => write!(f, "did you mean `{a}` or `{b}`?"),
        [Some(a), ..] => write!(f, "did you mean `{a}`?"),
        _ => write!(f, "expected {expected}"),
    }
}

/// Returns the Levenshtein distance: the number of letters to insert, delete or replace. No known name has
/// more than 32 letters, so a row of 33 numbers is enough.
fn distance(given: &str, known: &str) -> usize {
    let mut row: [usize; 33] = core::array::from_fn(|i| i);
    let mut len = 0;
    for a in letters(given) {
        len += 1;
        let (mut diagonal, mut left) = (len - 1, len);
        if let Some(first) = row.first_mut() {
            *first = len;
        }
        for (b, above) in letters(known).zip(row.iter_mut().skip(1)) {
            let changed = diagonal + usize::from(a != b);
            diagonal = *above;
            *above = changed.min(left + 1).min(*above + 1);
            left = *above;
        }
    }
    row.get(letters(known).count()).copied().unwrap_or(usize::MAX)
}
