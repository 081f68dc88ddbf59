//! A NOR flash in RAM, which refuses everything that a real one can't do.

use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash, check_erase, check_read, check_write,
};

/// The part that is erased at once, in bytes.
pub const SECTOR: usize = 1024;

/// A flash of `LEN` bytes, which is written in units of `UNIT` bytes.
///
/// An erased byte is 0xff. A unit is written once after it was erased. The power can be cut, during which the
/// unit or the sector at work is left half done.
pub struct Nor<const UNIT: usize, const LEN: usize> {
    bytes: [u8; LEN],
    /// Units and sectors that are written and erased before the power fails.
    charge: usize,
}

impl<const UNIT: usize, const LEN: usize> Nor<UNIT, LEN> {
    /// Returns a flash that holds anything, as one that has been used before.
    pub const fn used() -> Self {
        Self { bytes: [0x5a; LEN], charge: usize::MAX }
    }

    /// Cuts the power after this number of units and sectors.
    pub const fn cut_after(&mut self, charge: usize) {
        self.charge = charge;
    }

    pub const fn restore_power(&mut self) {
        self.charge = usize::MAX;
    }

    pub const fn bytes(&self) -> &[u8; LEN] {
        &self.bytes
    }

    /// Returns an error without power.
    fn powered(&self) -> Result<(), NorFlashErrorKind> {
        if self.charge == 0 { Err(NorFlashErrorKind::Other) } else { Ok(()) }
    }

    /// Takes the power for one unit or sector. Returns whether it lasts to the end of it.
    fn lasts(&mut self) -> bool {
        self.charge -= 1;
        self.charge > 0
    }
}

impl<const UNIT: usize, const LEN: usize> ErrorType for Nor<UNIT, LEN> {
    type Error = NorFlashErrorKind;
}

impl<const UNIT: usize, const LEN: usize> ReadNorFlash for Nor<UNIT, LEN> {
    const READ_SIZE: usize = 4;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        self.powered()?;
        check_read(self, offset, bytes.len())?;
        bytes.copy_from_slice(&self.bytes[offset as usize..][..bytes.len()]);
        Ok(())
    }

    fn capacity(&self) -> usize {
        LEN
    }
}

impl<const UNIT: usize, const LEN: usize> NorFlash for Nor<UNIT, LEN> {
    const WRITE_SIZE: usize = UNIT;
    const ERASE_SIZE: usize = SECTOR;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
        check_erase(self, from, to)?;
        for start in (from as usize..to as usize).step_by(SECTOR) {
            self.powered()?;
            let undone = if self.lasts() { 0xff } else { 0xaa };
            for byte in &mut self.bytes[start..][..SECTOR] {
                *byte |= undone;
            }
        }
        self.powered()
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error> {
        check_write(self, offset, bytes.len())?;
        for (start, unit) in (offset as usize..).step_by(UNIT).zip(bytes.chunks(UNIT)) {
            self.powered()?;
            if self.bytes[start..][..UNIT].iter().any(|byte| *byte != 0xff) {
                return Err(NorFlashErrorKind::Other);
            }
            let written = if self.lasts() { UNIT } else { UNIT / 2 };
            self.bytes[start..][..written].copy_from_slice(&unit[..written]);
        }
        self.powered()
    }
}
