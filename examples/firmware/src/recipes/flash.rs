//! Writes a network to flash, and the rest of it after a power cut.

use core::ops::Range;

use embedded_storage::nor_flash::NorFlash;
use weight_init::{Activation, InitError, Layer, Plan, Shape, Stream};

/// Values per write: 256 bytes.
const PAGE: usize = 64;

#[derive(Debug)]
pub enum Error<E> {
    Init(InitError),
    Flash(E),
}

impl<E> From<InitError> for Error<E> {
    fn from(error: InitError) -> Self {
        Self::Init(error)
    }
}

/// Writes those sectors of a network that are not in flash yet. Returns how many it has written: at the
/// first start all, after a power cut the rest, and later none.
///
/// The network begins at byte `offset`, at the beginning of a sector. A sector is the part of the flash
/// that is erased at once. Whatever lies in the last sector behind the network is erased with it.
pub fn write<F: NorFlash, const N: usize>(
    flash: &mut F,
    offset: u32,
    plan: &Plan<N>,
    stream: Stream,
) -> Result<usize, Error<F::Error>> {
    // A sector holds whole pages, and a page is a whole number of the units that are read and written.
    const { assert!(F::ERASE_SIZE.is_multiple_of(4 * PAGE)) };
    const { assert!((4 * PAGE).is_multiple_of(F::WRITE_SIZE)) };
    const { assert!((4 * PAGE).is_multiple_of(F::READ_SIZE)) };
    let (sector, mut written) = (F::ERASE_SIZE / 4, 0);
    for start in (0..plan.len()).step_by(sector) {
        let range = start..plan.len().min(start + sector);
        if !holds(flash, offset, plan, stream, range.clone())? {
            let from = offset + 4 * start as u32;
            flash.erase(from, from + F::ERASE_SIZE as u32).map_err(Error::Flash)?;
            program(flash, offset, plan, stream, range)?;
            written += 1;
        }
    }
    Ok(written)
}

/// Returns whether the flash holds these values of the network, bit for bit.
fn holds<F: NorFlash, const N: usize>(
    flash: &mut F,
    offset: u32,
    plan: &Plan<N>,
    stream: Stream,
    Range { start, end }: Range<usize>,
) -> Result<bool, Error<F::Error>> {
    let (mut bytes, mut values) = ([0; 4 * PAGE], [0.0; PAGE]);
    for first in (start..end).step_by(PAGE) {
        flash.read(offset + 4 * first as u32, &mut bytes).map_err(Error::Flash)?;
        for (value, bytes) in values.iter_mut().zip(bytes.as_chunks().0) {
            *value = f32::from_le_bytes(*bytes);
        }
        if !plan.matches(stream, first as u64, &values[..PAGE.min(end - first)])? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Writes these values of the network to erased flash.
fn program<F: NorFlash, const N: usize>(
    flash: &mut F,
    offset: u32,
    plan: &Plan<N>,
    stream: Stream,
    range: Range<usize>,
) -> Result<(), Error<F::Error>> {
    let mut pages = plan.pages_in(stream, range.start as u64..range.end as u64)?;
    let mut page = [0.0; PAGE];
    while let Some((first, values)) = pages.next_page(&mut page) {
        let mut bytes = [0xff; 4 * PAGE];
        for (bytes, value) in bytes.as_chunks_mut().0.iter_mut().zip(values.iter()) {
            *bytes = value.to_le_bytes();
        }
        // The last page is short. It is padded to the flash's unit with bytes that read as erased.
        let len = (4 * values.len()).next_multiple_of(F::WRITE_SIZE);
        flash.write(offset + 4 * first as u32, &bytes[..len]).map_err(Error::Flash)?;
    }
    Ok(())
}

const HEAD: [Layer; 1] = [Layer::new("fc2", Shape::dense(24, 10), Activation::Linear)];

/// Writes only a head, to sectors of its own. `model` is the stream of the whole network, and `round` counts the
/// heads: with another number the head has other weights.
pub fn write_head<F: NorFlash>(
    flash: &mut F,
    offset: u32,
    model: Stream,
    round: u64,
) -> Result<usize, Error<F::Error>> {
    let plan: Plan<2> = Plan::from_layers(&HEAD)?;
    write(flash, offset, &plan, model.substream(round))
}
