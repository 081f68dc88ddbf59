//! Saves the key of a stream in flash, and begins again from it.

use embedded_storage::nor_flash::NorFlash;
use weight_init::Stream;

/// Bytes of a record: a multiple of the units in which a flash is read and written.
const RECORD: usize = 64;

/// Returns the stream whose key is in the sector at `offset`. If there is none, saves that of `new`.
pub fn saved_or<F: NorFlash>(
    flash: &mut F,
    offset: u32,
    new: impl FnOnce() -> Stream,
) -> Result<Stream, F::Error> {
    const { assert!(RECORD.is_multiple_of(F::WRITE_SIZE) && RECORD.is_multiple_of(F::READ_SIZE)) };
    let mut record = [0; RECORD];
    flash.read(offset, &mut record)?;
    // The key and its complement. Neither erased flash nor half a record passes for one.
    let [key, complement] = [0, 1].map(|word| u64::from_le_bytes(record.as_chunks().0[word]));
    if key == !complement {
        return Ok(Stream::from_key(key));
    }
    let stream = new();
    record = [0xff; RECORD];
    record[..8].copy_from_slice(&stream.key().to_le_bytes());
    record[8..16].copy_from_slice(&(!stream.key()).to_le_bytes());
    flash.erase(offset, offset + F::ERASE_SIZE as u32)?;
    flash.write(offset, &record)?;
    Ok(stream)
}
