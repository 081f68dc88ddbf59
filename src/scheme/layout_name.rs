//! Layouts by name: `"HWIO".parse::<Layout>()`, and back.

use core::{error, fmt, str::FromStr};

use super::axes::Layout;
use crate::spelling::{near, same, suggest};

/// The names of each layout. The first one is printed. The others name the axes, where D, H and W are the
/// depth, height and width of the kernel.
const NAMES: [(Layout, &[&str]); 3] = [
    (Layout::OutIn, &["out_in", "out_in_kernel", "OI", "OIW", "OIHW", "OIDHW"]),
    (Layout::InOut, &["in_out", "kernel_in_out", "IO", "WIO", "HWIO", "DHWIO"]),
    (Layout::OutKernelIn, &["out_kernel_in", "OWI", "OHWI", "ODHWI"]),
];

/// The error of parsing a [`Layout`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParseLayoutError {
    /// No layout has the given name.
    UnknownName {
        /// The most similar names, the nearest first.
        near: [Option<&'static str>; 3],
    },
}

impl fmt::Display for ParseLayoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::UnknownName { near } = *self;
        f.write_str("unknown layout: ")?;
        suggest(f, near, "`out_in` (OIHW), `in_out` (HWIO) or `out_kernel_in` (OHWI)")
    }
}

impl error::Error for ParseLayoutError {}

impl Layout {
    /// Returns the name: `out_in`, `in_out` or `out_kernel_in`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OutIn => "out_in",
            Self::InOut => "in_out",
            Self::OutKernelIn => "out_kernel_in",
        }
    }
}

/// Prints the [`name`](Layout::name).
impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Parses the [`name`](Layout::name) of a layout, or the letters of its axes, in any case.
///
/// | layout | names | dense | 1-D | 2-D | 3-D |
/// | --- | --- | --- | --- | --- | --- |
/// | `OutIn` | `out_in`, `out_in_kernel` | `OI` | `OIW` | `OIHW` | `OIDHW` |
/// | `InOut` | `in_out`, `kernel_in_out` | `IO` | `WIO` | `HWIO` | `DHWIO` |
/// | `OutKernelIn` | `out_kernel_in` | | `OWI` | `OHWI` | `ODHWI` |
///
/// The letters are those of a plain convolution. A [`transposed`](crate::Shape::transposed) one has its
/// inputs and outputs exchanged in memory and the same layout: PyTorch's IOHW is `OutIn`.
///
/// ```
/// use weight_init::Layout;
///
/// assert_eq!("HWIO".parse(), Ok(Layout::InOut));
/// assert_eq!("out_kernel_in".parse(), Ok(Layout::OutKernelIn));
/// assert_eq!(Layout::OutKernelIn.to_string(), "out_kernel_in");
///
/// let error = "in_uot".parse::<Layout>().unwrap_err();
/// assert_eq!(error.to_string(), "unknown layout: did you mean `in_out`?");
/// ```
impl FromStr for Layout {
    type Err = ParseLayoutError;

    fn from_str(text: &str) -> Result<Self, ParseLayoutError> {
        let name = text.trim();
        let has_name = |names: &[&str]| names.iter().any(|known| same(known, name));
        match NAMES.into_iter().find(|(_, names)| has_name(names)) {
            Some((layout, _)) => Ok(layout),
            None => {
                let names = NAMES.into_iter().flat_map(|(_, names)| names).copied();
                Err(ParseLayoutError::UnknownName { near: near(name, names) })
            }
        }
    }
}
