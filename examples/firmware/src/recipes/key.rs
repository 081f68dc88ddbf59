//! Saves the key of a stream in flash, and begins again from it.

use embedded_storage::nor_flash::NorFlash;
use weight_init::Stream;

/// Returns the stream whose key is in the sector at `offset`. If there is none, saves that of `new`.
pub fn saved_or<F: NorFlash>(
    flash: &mut F,
    offset: u32,
    new: impl FnOnce() -> Stream,
) -> Result<Stream, F::Error> {
    const { assert!(64 % F::WRITE_SIZE == 0 && 64 % F::READ_SIZE == 0) };
    let mut record = [0; 64];
    flash.read(offset, &mut record)?;
    // The key and its complement. Neither erased flash nor half a record passes for one.
    let [key, complement] = [0, 1].map(|word| u64::from_le_bytes(record.as_chunks().0[word]));
    if key == !complement {
        return Ok(Stream::from_key(key));
    }
    let stream = new();
    record = [0xff; 64];
    record[..8].copy_from_slice(&stream.key().to_le_bytes());
    record[8..16].copy_from_slice(&(!stream.key()).to_le_bytes());
    flash.erase(offset, offset + F::ERASE_SIZE as u32)?;
    flash.write(offset, &record)?;
    Ok(stream)
}
