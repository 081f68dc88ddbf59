//! Missing capabilities of the target processor, and the operations that depend on them.
//!
//! These facts change speed and code size, never bits. The stable compiler does not report every
//! feature of a processor; where it reports nothing, the feature is assumed to be absent.
//!
//! AVR and MSP430 are named below because they have neither vectors nor an FPU. They are not supported: the crate does
//! not build with a `usize` of 16 bits. On AVR the tables (1.5 KiB) would also lie in RAM, because data in program memory
//! is only read by the instruction `lpm`, and the crate reads its tables as ordinary data.

/// Whether the processor is that of a microcontroller, where flash and stack are short.
pub(crate) const SMALL: bool = cfg!(any(
    target_arch = "arm",
    target_arch = "riscv32",
    target_arch = "xtensa",
    target_arch = "avr",
    target_arch = "msp430"
));

/// Whether the processor has no vector instructions, so that the portable code computes one lane
/// after the other. In WebAssembly without `simd128`, under Node on a Zen 4, a normal then takes 0.8 times and a
/// uniform 0.5 times as long as with sixteen lanes side by side.
pub(crate) const NO_VECTORS: bool =
    SMALL || NO_FPU || cfg!(all(target_family = "wasm", not(target_feature = "simd128")));

/// Whether the processor has no FPU, or the compiler does not use it. `--cfg weight_init_fpu="yes"` or `"no"` decides.
/// Without it, this is the compiler's answer, as far as it has one:
///
/// | target | what tells | what does not |
/// | --- | --- | --- |
/// | 32-bit Arm | the ABI: `eabihf` passes numbers in the registers of an FPU | the instructions, which only a nightly compiler reports. An FPU may be used with the ABI `eabi` too |
/// | RISC-V, of 64 bits only without an operating system | `f`, which few compilers report; Zicsr, which is a part of F, and which no target without F has | `-C target-cpu` of a processor that has Zicsr and no F |
/// | Xtensa | atomic exchange, which the ESP32 and the ESP32-S3 have, and the ESP32-S2 does not | with ESP-IDF all three have it, in software |
/// | x86-64 | SSE2, which kernels and firmware are compiled without | |
/// | aarch64 and others | the ABI `softfloat` | |
/// | AVR, MSP430 | they have none | |
pub(crate) const NO_FPU: bool = cfg!(any(
    weight_init_fpu = "no",
    all(
        not(weight_init_fpu = "yes"),
        any(
            all(target_arch = "arm", target_abi = "eabi"),
            all(
                any(target_arch = "riscv32", all(target_arch = "riscv64", target_os = "none")),
                not(any(target_feature = "f", target_feature = "zicsr"))
            ),
            all(target_arch = "xtensa", not(target_has_atomic = "32")),
            all(target_arch = "x86_64", not(target_feature = "sse2")),
            target_abi = "softfloat",
            target_arch = "avr",
            target_arch = "msp430"
        )
    )
));

#[cfg(any(
    // A value is missing.
    weight_init_fpu,
    all(weight_init_fpu = "yes", weight_init_fpu = "no"),
    all(
        weight_init_fpu = "yes",
        any(
            all(
                any(target_arch = "arm", target_arch = "xtensa"),
                not(target_has_atomic = "32")
            ),
            all(target_arch = "x86_64", not(target_feature = "sse2")),
            target_abi = "softfloat",
            target_arch = "avr",
            target_arch = "msp430"
        )
    ),
    all(
        weight_init_fpu = "no",
        any(
            target_abi = "eabihf",
            target_feature = "f",
            weight_init_backend = "avx2",
            weight_init_backend = "avx512",
            weight_init_backend = "neon"
        )
    ),
))]
compile_error!(
    "`weight_init_fpu` contradicts the target, the backend or itself: it is `yes` or `no`. Armv6-M, the ESP32-S2, \
     AVR, MSP430 and the ABI `softfloat` have no FPU for `yes`, and `no` has neither the ABI `eabihf`, nor RISC-V's F, \
     nor a SIMD backend"
);

/// Whether the processor can't multiply two words into a double word: Armv6-M and older Arm cores.
/// They are recognised by their lack of atomic exchange, which the compiler does report. (The
/// Cortex-M23 has atomic exchange, so it is not recognised.)
pub(crate) const NO_LONG_PRODUCT: bool =
    cfg!(all(target_arch = "arm", not(target_has_atomic = "32")));

/// Whether the processor can't count leading zeros: the cores above, and RISC-V without Zbb.
pub(crate) const NO_LEADING_ZEROS: bool = NO_LONG_PRODUCT
    || cfg!(all(
        any(target_arch = "riscv32", target_arch = "riscv64"),
        not(target_feature = "zbb")
    ));

/// Whether the processor has no instruction that divides: the cores above, and RISC-V without M.
const NO_DIVISION: bool = NO_LONG_PRODUCT
    || cfg!(all(any(target_arch = "riscv32", target_arch = "riscv64"), not(target_feature = "m")));

/// Returns the quotient and the rest of a long division. The binary digits of the dividend are followed by zeros, as
/// many as make up `digits`. With more than 32 digits, the divisor is at most 2³¹.
///
/// It is not inlined, because it serves integers and floats. The compiler's functions for them take 800 bytes of flash.
#[inline(never)]
const fn long_division(mut dividend: u32, divisor: u32, mut digits: u32) -> (u32, u32) {
    let (mut quotient, mut rest) = (0, 0_u32);
    while digits > 0 {
        // The shift loses no bit. Up to the dividend's last digit, the rest has fewer digits than were taken from it, and
        // after that the rest is below the divisor.
        rest = rest << 1 | dividend >> 31;
        dividend <<= 1;
        quotient <<= 1;
        if rest >= divisor {
            rest -= divisor;
            quotient |= 1;
        }
        digits -= 1;
    }
    (quotient, rest)
}

/// Returns dividend ÷ divisor if that is an integer.
#[inline]
pub(crate) const fn exact_quotient(dividend: usize, divisor: usize) -> Option<usize> {
    let (quotient, rest) = if divisor == 0 {
        return None;
    } else if NO_DIVISION && size_of::<usize>() == 4 {
        let (quotient, rest) = long_division(dividend as u32, divisor as u32, 32);
        (quotient as usize, rest as usize)
    } else {
        (dividend / divisor, dividend % divisor)
    };
    if rest == 0 { Some(quotient) } else { None }
}

/// Returns a ÷ b, correctly rounded. Both are positive normal numbers, and so is the quotient.
#[inline]
pub(crate) const fn divide(a: f32, b: f32) -> f32 {
    if SMALL && NO_FPU { divide_digits(a, b) } else { a / b }
}

/// Returns the same as [`divide`], digit by digit.
const fn divide_digits(a: f32, b: f32) -> f32 {
    let (a, b) = (Unpacked::new(a), Unpacked::new(b));
    // The quotient of the significands times 2²⁵, from 2²⁴ to 2²⁶. Its last one or two digits round it.
    let (quotient, _) = long_division(a.significand << 8, b.significand, 32 + 17);
    let above_one = quotient >> 25;
    let exponent = a.exponent.wrapping_sub(b.exponent).wrapping_add((125 + above_one) * ONE);
    // Rounds to nearest. There are no ties, because no quotient lies midway between two significands.
    f32::from_bits(exponent.wrapping_add(((quotient >> above_one) + 1) >> 1))
}

/// Returns the square root of a positive normal number, correctly rounded. `core` has none.
#[inline]
pub(crate) fn sqrt(x: f32) -> f32 {
    // In software, libm's version is faster but takes four times as much flash.
    if SMALL { const_sqrt(x) } else { libm::sqrtf(x) }
}

/// Returns the square root of a positive normal number digit by digit, correctly rounded.
pub(crate) const fn const_sqrt(x: f32) -> f32 {
    /// One in the exponent field, and the significand's implicit leading bit.
    const ONE: u32 = 1 << 23;
    let bits = x.to_bits();
    // x = 2ⁿ × `rest` / 2²³ with `rest` / 2²³ from 1 to 4 and n even. `biased` is n + 126 before the
    // exponent is made even.
    let biased = bits / ONE - 1;
    let significand = bits % ONE + ONE;
    let odd = biased % 2;
    // `rest` is the part of x that the root so far does not account for, doubled for each digit.
    let mut rest = significand << odd << 1;
    let exponent = (biased - odd + 126) / 2 * ONE;
    // The root gets one digit more than a significand has. `twice` is two times the root so far.
    let (mut root, mut twice, mut digit) = (0_u32, 0, 1 << 24);
    while digit > 0 {
        if twice + digit <= rest {
            rest -= twice + digit;
            twice += 2 * digit;
            root += digit;
        }
        rest *= 2;
        digit /= 2;
    }
    // Rounds to nearest. There are no ties, because no root lies midway between two significands.
    f32::from_bits(exponent + root.div_ceil(2))
}

/// One in the exponent of an `f32`, and the implicit leading bit of its significand.
pub(crate) const ONE: u32 = 1 << 23;

/// A positive normal number. Its bits are `exponent + significand`.
#[derive(Clone, Copy)]
pub(crate) struct Unpacked {
    /// The biased exponent less one, in the exponent's bits.
    pub(crate) exponent: u32,
    /// From 2²³ to 2²⁴ inclusive. The addition to `exponent` carries a rounded-up 2²⁴ over.
    pub(crate) significand: u32,
}

impl Unpacked {
    #[inline]
    pub(crate) const fn new(value: f32) -> Self {
        let bits = value.to_bits();
        let significand = bits & (ONE - 1) | ONE;
        Self { exponent: bits.wrapping_sub(significand), significand }
    }
}

/// Multiplies two numbers in integers and rounds as IEEE 754 demands, to nearest and ties to even. The second
/// one's significand is at the upper end of its word. No operand or product is zero, subnormal, infinite or
/// NaN. A library's multiplication spends most of its time on these cases.
#[inline]
pub(crate) fn product<const NO_LONG_PRODUCT: bool>(a: Unpacked, b: Unpacked) -> Unpacked {
    let exponent = a.exponent.wrapping_add(b.exponent).wrapping_sub(125 * ONE);
    if NO_LONG_PRODUCT {
        let (a, b) = (a.significand, b.significand >> 8);
        let upper = upper(a, b);
        let double = upper >> 31 ^ 1;
        let exponent = exponent.wrapping_sub(double * ONE);
        return Unpacked { exponent, significand: nearest(upper << double, a, b) };
    }
    // From 2⁵⁴ to 2⁵⁶: the upper word is the significand, or half of it.
    let product = a.significand as u64 * b.significand as u64;
    let (mut high, mut low) = ((product >> 32) as u32, product as u32);
    let mut exponent = exponent;
    if high < ONE {
        (high, low) = (high << 1 | low >> 31, low << 1);
        exponent = exponent.wrapping_sub(ONE);
    }
    // A half is rounded up. If it was exactly a half, an odd result goes back down to even.
    let half = low >> 31;
    high += half;
    if low << 1 == 0 {
        high &= !half;
    }
    Unpacked { exponent, significand: high }
}

/// Returns 2⁻¹⁶ × `a` × `b`, rounded down, for factors up to 2²⁴ and a product below 2⁴⁸. Three products of
/// halves suffice, where the compiler calls a function of 40 instructions for the whole.
#[inline(always)]
pub(crate) fn upper(a: u32, b: u32) -> u32 {
    let (high, low) = (a >> 16, a & 0xffff);
    high * b + low * (b >> 16) + ((low * (b & 0xffff)) >> 16)
}

/// Rounds the product of `a` and `b` to a significand of 24 bits, ties to even. `upper` is their [`upper`],
/// shifted up by at most 7 bits so that its highest bit is set.
///
/// The 16 bits below `upper` only matter for a tie. They are computed if `upper` looks like one, which one in a
/// hundred does.
#[inline(always)]
pub(crate) fn nearest(upper: u32, a: u32, b: u32) -> u32 {
    let nearest = ((upper >> 7) + 1) >> 1;
    if upper & 0xff == 0x80 {
        unlikely();
        if a.wrapping_mul(b) << 16 == 0 {
            return nearest & !1;
        }
    }
    nearest
}

/// Tells the compiler that the branch from which it is called is seldom taken, so that the other one goes straight on.
#[cold]
#[inline(always)]
pub(crate) fn unlikely() {}

/// Returns whether a number is finite and not negative. −0 counts as zero. Like the next two functions it compares
/// integers, because without an FPU a comparison of floats is a function call.
#[inline]
pub(crate) const fn is_magnitude(x: f32) -> bool {
    x.to_bits() < f32::INFINITY.to_bits() || x.to_bits() == 1 << 31
}

/// Returns whether a number is +0 or −0.
#[inline]
pub(crate) const fn is_zero(x: f32) -> bool {
    x.to_bits() << 1 == 0
}

/// Returns whether a number is above zero. It is not NaN.
#[inline]
pub(crate) const fn is_positive(x: f32) -> bool {
    x.to_bits() as i32 > 0
}

/// Returns whether a < b, for numbers that are not NaN. For two zeros of different sign it may return
/// either. Without an FPU a float comparison is a function call; comparing the bits as integers takes
/// three instructions.
#[inline]
pub(crate) fn below(a: f32, b: f32) -> bool {
    if NO_FPU { ordered(a) < ordered(b) } else { a < b }
}

/// Maps the bits of an `f32` to integers of the same order. Negative numbers need it, because their
/// bits grow with the magnitude.
#[inline]
fn ordered(x: f32) -> i32 {
    let bits = x.to_bits() as i32;
    bits ^ ((bits >> 31) as u32 >> 1) as i32
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::vec::Vec;

    use super::*;

    /// The exponent's parity and the significand decide the root. All significands are tried with both
    /// parities, and every exponent is tried.
    #[test]
    fn the_square_root_is_that_of_the_fpu() {
        let significands = 1_f32.to_bits()..4_f32.to_bits();
        let exponents = (1 << 23..f32::INFINITY.to_bits()).step_by(99_991);
        for x in significands.chain(exponents).map(f32::from_bits) {
            assert_eq!(const_sqrt(x).to_bits(), x.sqrt().to_bits(), "{x}");
        }
    }

    /// Every exponent of the quotient, and significands that are near each other, short, or full of digits.
    #[test]
    fn the_quotient_is_that_of_the_fpu() {
        let short = (0..24).map(|digit| (1 << digit) - 1);
        let significands: Vec<u32> =
            short.chain((0..1 << 23).step_by(9_973)).flat_map(|x| [x, !x % ONE]).collect();
        let number = |exponent: u32, significand| f32::from_bits(exponent * ONE + significand);
        for &a in &significands {
            for &b in &significands {
                let (a, b) = (number(67 + a % 187, a), number(127 + b % 64, b));
                assert_eq!(divide_digits(a, b).to_bits(), (a / b).to_bits(), "{a} / {b}");
            }
        }
    }

    #[test]
    fn a_long_division_is_one() {
        let numbers = [0, 1, 2, 3, 7, 10, 1 << 16, u32::MAX / 3, 1 << 31, u32::MAX - 1, u32::MAX];
        for dividend in numbers {
            assert_eq!(exact_quotient(dividend as usize, 0), None);
            for divisor in numbers.into_iter().filter(|&divisor| divisor > 0) {
                let expected = (dividend / divisor, dividend % divisor);
                assert_eq!(long_division(dividend, divisor, 32), expected);
                let exact = exact_quotient(dividend as usize, divisor as usize);
                assert_eq!(exact, (expected.1 == 0).then_some(expected.0 as usize));
            }
        }
    }

    #[test]
    fn integers_are_in_the_order_of_the_numbers() {
        let magnitudes = (1..=f32::INFINITY.to_bits()).step_by(9_999_991).chain([1, 1 << 23]);
        let mut numbers: Vec<f32> =
            magnitudes.map(f32::from_bits).flat_map(|x| [x, -x]).chain([0.0, f32::MAX]).collect();
        numbers.sort_by(f32::total_cmp);
        assert!(numbers.windows(2).all(|pair| ordered(pair[0]) <= ordered(pair[1])));
        assert!(numbers.iter().all(|&x| (ordered(x) < ordered(0.0)) == (x < 0.0)));
        assert!(ordered(-1e-45) < ordered(-0.0) && ordered(-0.0) <= ordered(0.0));
    }
}
