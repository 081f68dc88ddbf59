//! Streams.

use core::ffi::c_char;

use weight_init::Stream;

use crate::raw;

/// A stream of values: a seed or a name, hashed to a key.
///
/// It has no running state, so that the same stream gives the same values each time. Every tensor needs a stream of
/// its own. To save a stream, save its key.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct wi_stream {
    /// The key. It is not the seed: wi_stream_new() hashes a seed to a key.
    pub key: u64,
}

impl From<Stream> for wi_stream {
    fn from(stream: Stream) -> Self {
        Self { key: stream.key() }
    }
}

impl From<wi_stream> for Stream {
    fn from(stream: wi_stream) -> Self {
        Self::from_key(stream.key)
    }
}

/// Returns the stream of a seed. All 2^64 seeds give different streams, and none is weaker than another.
#[cfg(feature = "general")]
#[unsafe(no_mangle)]
pub extern "C" fn wi_stream_new(seed: u64) -> wi_stream {
    Stream::new(seed).into()
}

/// Returns the stream of a name below another stream, such as that of "fc1.weight" below a model's.
///
/// @param stream the stream above
/// @param name a text that ends with a NUL; NULL is the empty name
#[cfg(feature = "general")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wi_stream_named(stream: wi_stream, name: *const c_char) -> wi_stream {
    // SAFETY: the caller's contract.
    Stream::from(stream).named_bytes(unsafe { raw::bytes(name) }).into()
}

/// Returns stream number `id` below another stream, for a replica, a head or a device.
#[cfg(feature = "general")]
#[unsafe(no_mangle)]
pub extern "C" fn wi_stream_substream(stream: wi_stream, id: u64) -> wi_stream {
    Stream::from(stream).substream(id).into()
}
