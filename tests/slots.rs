//! Comparison of slots with those of NumPy, PyTorch and ONNX. `data/slots.py` has written theirs into
//! `data/slots.csv`, with the versions.

use weight_init::{FixedPoint, Init, Quantization, Shape, Stream};

/// A line of the file.
struct Row {
    slot: &'static str,
    quantization: Quantization,
    value: f32,
    /// Empty where the system does not have the format.
    numpy: &'static str,
    torch: &'static str,
    onnx: &'static str,
}

fn rows() -> impl Iterator<Item = Row> {
    let lines = include_str!("data/slots.csv").lines().filter(|line| !line.starts_with('#'));
    lines.skip(1).map(|line| {
        let fields: Vec<_> = line.split(',').collect();
        let [slot, scale, zero_point, value, numpy, torch, onnx] = fields[..] else {
            panic!("{line}")
        };
        let float = |bits: &str| {
            f32::from_bits(u32::from_str_radix(bits.trim_start_matches("0x"), 16).unwrap_or(0))
        };
        let zero_point = zero_point.parse().unwrap_or(0);
        let quantization = Quantization::from_scale(float(scale)).with_zero_point(zero_point);
        Row { slot, quantization, value: float(value), numpy, torch, onnx }
    })
}

/// Returns the slot of a value: by a constant, whose slots are rounded as all others are.
fn integer<Q: FixedPoint + Default>(row: &Row) -> Q {
    let (shape, mut slot) = (Shape::vector(1), [Q::default()]);
    let draw = Init::constant(row.value).draw(Stream::new(0), &shape).unwrap();
    draw.write_fixed(row.quantization, &mut slot).unwrap();
    slot[0]
}

/// Every integer is NumPy's. PyTorch differs only from 2³¹ steps on, where its conversion overflows. ONNX divides by
/// the scale, where all others multiply by its reciprocal, which is not the same if the scale is no power of two.
#[test]
fn integers_are_those_of_numpy_and_torch() {
    let (mut compared, mut torch_differs, mut onnx_differs) = (0, 0, 0);
    for row in rows() {
        let ours = match row.slot {
            "i8" => integer::<i8>(&row).to_string(),
            "u8" => integer::<u8>(&row).to_string(),
            "i16" => integer::<i16>(&row).to_string(),
            "i32" => integer::<i32>(&row).to_string(),
            _ => continue,
        };
        let Row { slot, quantization, value, numpy, torch, onnx } = row;
        let what = format!("{slot}, {value:e}, {quantization:?}");
        compared += 1;
        assert_eq!(ours, numpy, "numpy, {what}");
        let (scale, overflow) = (quantization.scale(), 2_f32.powi(31));
        let (product, quotient) = (value * (1.0 / scale), value / scale);
        if !torch.is_empty() && torch != ours {
            torch_differs += 1;
            assert!(product >= overflow, "torch, {what}");
        }
        if !onnx.is_empty() && onnx != ours {
            onnx_differs += 1;
            let other = product.round_ties_even() != quotient.round_ties_even();
            assert!(quotient >= overflow || other, "onnx, {what}");
        }
    }
    assert_eq!((compared, torch_differs, onnx_differs), (335, 2, 22));
}

/// `f16` and `bf16` are rounded alike.
#[cfg(feature = "half")]
#[test]
fn floats_are_those_of_numpy_and_torch() {
    use half::{bf16, f16};
    use weight_init::Element;

    fn float<E: Element + Default>(value: f32) -> E {
        let (shape, mut slot) = (Shape::vector(1), [E::default()]);
        let draw = Init::constant(value).draw(Stream::new(0), &shape).unwrap();
        draw.write_as(&mut slot).unwrap();
        slot[0]
    }
    let mut compared = 0;
    for Row { slot, value, numpy, torch, .. } in rows() {
        let ours = match slot {
            "f16" => float::<f16>(value).to_bits().to_string(),
            "bf16" => float::<bf16>(value).to_bits().to_string(),
            _ => continue,
        };
        assert!(numpy.is_empty() || ours == numpy, "numpy, {slot}, {value:e}");
        assert_eq!(ours, torch, "torch, {slot}, {value:e}");
        compared += 1;
    }
    assert_eq!(compared, 94);
}

/// CMSIS-NN's formats for weights below ±0.25 and ±0.125, which have more fraction bits than an `i8` has bits.
#[test]
fn more_fraction_bits_than_bits() {
    let shape = Shape::dense(2304, 8);
    let draw = Init::he_normal().draw(Stream::new(42), &shape).unwrap();
    let mut values = vec![0.0; shape.len()];
    draw.write(&mut values).unwrap();
    let mut zeros = Vec::new();
    for (fraction_bits, bound) in [(7, 1.0), (9, 0.25), (10, 0.125)] {
        let mut slots = vec![0_i8; shape.len()];
        let saturated = draw.write_fixed(fraction_bits, &mut slots).unwrap();
        let step = bound / 128.0;
        let mut outside = 0;
        for (slot, value) in slots.iter().zip(&values) {
            let error = (f32::from(*slot) * step - value).abs();
            let beyond = *value < -bound - step / 2.0 || *value >= bound - step / 2.0;
            outside += usize::from(beyond);
            assert!(beyond || error <= step / 2.0, "{slot}, {value}");
        }
        assert_eq!(saturated, outside);
        zeros.push(slots.iter().filter(|slot| **slot == 0).count());
    }
    // With 7 fraction bits a step is 0.27 standard deviations, so a tenth of the weights become 0.
    let share = |zeros: usize| zeros as f64 / shape.len() as f64;
    assert!((0.09..0.12).contains(&share(zeros[0])), "{zeros:?}");
    assert!(share(zeros[2]) < 0.02, "{zeros:?}");
}
