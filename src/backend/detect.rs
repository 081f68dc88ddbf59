//! Detection: which backends this processor has.

use core::fmt;

use super::simd::{avx2, avx512, neon};

/// The instructions that a fill is computed with. All backends give the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Backend(pub(super) Kind);

/// A backend, with the proof that this processor has its instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Avx512(avx512::Proof),
    Avx2(avx2::Proof),
    Neon(neon::Proof),
    Portable,
}

impl Backend {
    /// The code that runs everywhere and serves as the specification. On small processors, which have
    /// no vectors, it computes one lane after the other.
    pub const PORTABLE: Self = Self(Kind::Portable);

    /// Returns the fastest backend that this processor has. Every fill uses it unless told otherwise.
    #[inline]
    #[must_use]
    pub fn detect() -> Self {
        Self::available().next().unwrap_or(Self::PORTABLE)
    }

    /// Returns all backends that this processor has, the fastest first and the portable one last.
    #[inline]
    pub fn available() -> impl Iterator<Item = Self> {
        [
            avx512::available().map(Kind::Avx512),
            avx2::available().map(Kind::Avx2),
            neon::available().map(Kind::Neon),
            Some(Kind::Portable),
        ]
        .into_iter()
        .flatten()
        .map(Self)
    }

    /// Returns the name: `avx512`, `avx2`, `neon` or `portable`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self.0 {
            Kind::Avx512(_) => "avx512",
            Kind::Avx2(_) => "avx2",
            Kind::Neon(_) => "neon",
            Kind::Portable => "portable",
        }
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The backend of a fill, and whether many threads share the work.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Executor {
    /// The chosen backend, or `None` for the fastest. It is detected when the fill begins, because detection
    /// shows in a fill of 64 values.
    pub(crate) chosen: Option<Backend>,
    #[cfg(feature = "rayon")]
    pub(crate) threads: bool,
}

impl Executor {
    /// The fastest backend, on the calling thread.
    pub(crate) const FASTEST: Self = Self {
        chosen: None,
        #[cfg(feature = "rayon")]
        threads: false,
    };

    /// Returns the same with a chosen backend.
    #[inline]
    pub(crate) const fn on(mut self, backend: Backend) -> Self {
        self.chosen = Some(backend);
        self
    }

    /// Returns the backend.
    #[inline]
    pub(crate) fn backend(self) -> Backend {
        self.chosen.unwrap_or_else(Backend::detect)
    }
}

impl From<Backend> for Executor {
    #[inline]
    fn from(backend: Backend) -> Self {
        Self::FASTEST.on(backend)
    }
}
