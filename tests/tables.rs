//! The generator of `src/sampler/tables.rs`, and a test that the file equals its output.
//!
//! After a change here, `WEIGHT_INIT_BLESS=1 cargo test tables` rewrites the file.

use std::f64::consts::{FRAC_PI_2, LN_2, SQRT_2};
use std::fmt::Write;

/// The number of layers of the Ziggurat, and of columns of the alias table.
const N: usize = 128;
/// The number of boxes, including the cap. Region 0 is the tail or, if the density is cut off, the rest.
pub const BOXES: usize = 126;
/// The unit of `bend`.
const BEND_UNIT: f64 = 1.0 / 512.0;
/// The number of parts in a column of the alias table.
const PARTS: u64 = 1 << 16;

/// Returns the density without its constant factor. It uses `libm`, so that all platforms generate the
/// same tables.
pub fn density(x: f64) -> f64 {
    libm::exp(-0.5 * x * x)
}

/// Returns the area below `density` between 0 and x.
pub fn area_to(x: f64) -> f64 {
    FRAC_PI_2.sqrt() * libm::erf(x / SQRT_2)
}

/// Returns the area below `density` beyond x > 0.
fn area_beyond(x: f64) -> f64 {
    FRAC_PI_2.sqrt() * libm::erfc(x / SQRT_2)
}

/// The end of the normal's density.
pub const NORMAL: f64 = f64::INFINITY;
/// The end of the truncated normal's density.
pub const TRUNCATED: f64 = 2.0;

/// Returns the area of each layer, 1/128 of the whole.
pub fn layer_area(end: f64) -> f64 {
    area_to(end) / N as f64
}

/// Returns two things: X[0] to X[125], which are the right edges of the layers, and X[126] = 0; and the
/// lower edge of the first layer that is narrower than the density.
fn layers(end: f64) -> (Vec<f64>, f64) {
    let (mut edges, mut below, mut narrow) = (Vec::new(), 0.0, None);
    let area = layer_area(end);
    for i in 0..BOXES {
        let room = |x: f64| x * (density(x) - below) - area;
        if end.is_finite() && room(end) >= 0.0 {
            edges.push(end);
            below += area / end;
            continue;
        }
        narrow.get_or_insert(below);
        // X (f(X) - below) = area. Its left side falls in x beyond its maximum, so bisect from there.
        let (mut low, mut high) = (0.0, if i == 0 { 10.0 } else { edges[i - 1] });
        // The maximum, by golden section.
        let (mut left, mut right) = (low, high);
        for _ in 0..200 {
            let (a, b) = (left + 0.382 * (right - left), left + 0.618 * (right - left));
            if room(a) < room(b) { left = a } else { right = b }
        }
        low = left.max(low);
        for _ in 0..200 {
            let x = 0.5 * (low + high);
            if room(x) > 0.0 { low = x } else { high = x }
        }
        edges.push(low);
        below = density(low);
    }
    edges.push(0.0);
    (edges, narrow.expect("a layer that is narrower than the density"))
}

/// Returns X[0] to X[126].
pub fn edges(end: f64) -> Vec<f64> {
    layers(end).0
}

/// Returns the area of region 0, which is the tail or the rest.
pub fn first_region_area(end: f64) -> f64 {
    let (edges, narrow) = layers(end);
    if end.is_finite() {
        // The rest lies beside the first narrower layer, and below the density's value at its end.
        let width = edges.iter().map(|edge| end - edge).find(|&width| width > 0.0).unwrap();
        width * (density(end) - narrow)
    } else {
        area_beyond(edges[0])
    }
}

/// Returns the width of box i, its height, and bounds on x + y along the curve, where both coordinates
/// are shares of the box. The diagonal is x + y = 1.
fn curve(edges: &[f64], i: usize) -> (f64, f64, f64, f64) {
    let (inner, outer) = (edges[i], edges[i - 1]);
    let (width, height) = (outer - inner, density(inner) - density(outer));
    let sum = |x: f64| (x - inner) / width + (density(x) - density(outer)) / height;
    // The sum is 1 in both corners, and its derivative has at most two zeros between them. It is sampled
    // densely, and the bounds are widened by the height of a parabola between two samples.
    let steps = 4096;
    let (mut low, mut high) = (1.0_f64, 1.0_f64);
    for k in 0..=steps {
        let s = sum(inner + width * k as f64 / steps as f64);
        (low, high) = (low.min(s), high.max(s));
    }
    let hidden = 1e-7;
    let high = if high > 1.0 + 1e-12 { high + hidden } else { 1.0 };
    (width, height, low - hidden, high)
}

/// Returns how far the curve bends in each box, in `BEND_UNIT`s. If it is positive, the triangle is
/// stretched by as much. The certain part of the triangle ends as far below the diagonal.
fn bends(edges: &[f64]) -> Vec<i32> {
    let mut bends = vec![0; N];
    for (i, bend) in bends.iter_mut().enumerate().take(BOXES + 1).skip(1) {
        if edges[i] == edges[i - 1] {
            continue;
        }
        let (_, _, low, high) = curve(edges, i);
        let holds = |&d: &i32| {
            let (stretch, certain) = (stretch(d), 1.0 - d.abs() as f64 * BEND_UNIT);
            stretch >= high && certain * stretch <= low
        };
        *bend = (0..128)
            .flat_map(|d| [-d, d])
            .find(holds)
            .expect("the curve to bend by less than a quarter");
    }
    bends
}

/// Returns the area in which each region proposes points: a triangle for a box, the area below
/// Marsaglia's exponential for the tail, or the rest itself.
fn proposals(end: f64, edges: &[f64], bends: &[i32]) -> Vec<f64> {
    let tail = density(edges[0]) / edges[0];
    let mut areas = vec![if end.is_finite() { first_region_area(end) } else { tail }];
    areas.extend((1..=BOXES).map(|i| {
        if edges[i] == edges[i - 1] {
            return 0.0;
        }
        let (width, height, ..) = curve(edges, i);
        0.5 * width * height * stretch(bends[i]).powi(2)
    }));
    areas
}

/// Returns the factor by which the triangle of a box is stretched.
fn stretch(bend: i32) -> f64 {
    1.0 + bend.max(0) as f64 * BEND_UNIT
}

/// Divides `total` into whole parts in proportion to the areas. Parts left over by rounding down go to
/// the largest remainders.
fn apportion(areas: &[f64], total: u64) -> Vec<u64> {
    let sum: f64 = areas.iter().sum();
    let exact: Vec<f64> = areas.iter().map(|a| a / sum * total as f64).collect();
    let mut parts: Vec<u64> = exact.iter().map(|&e| e as u64).collect();
    let mut order: Vec<usize> = (0..areas.len()).collect();
    order.sort_by(|&a, &b| (exact[b].fract()).total_cmp(&exact[a].fract()));
    let missing = total - parts.iter().sum::<u64>();
    order.into_iter().take(missing as usize).for_each(|i| parts[i] += 1);
    parts
}

/// Returns Walker's alias table, built by Vose's method in whole numbers. For each column it holds the
/// share of the region with the column's number, and the region that has the other parts.
fn alias(mut parts: Vec<u64>) -> (Vec<u16>, Vec<u8>) {
    parts.resize(N, 0);
    let (mut share, mut other) = (vec![0; N], (0..N as u8).collect::<Vec<_>>());
    let (mut small, mut large): (Vec<_>, Vec<_>) = (0..N).partition(|&i| parts[i] < PARTS);
    while let (Some(&s), Some(&l)) = (small.last(), large.last()) {
        small.pop();
        share[s] = parts[s] as u16;
        other[s] = l as u8;
        parts[l] -= PARTS - parts[s];
        if parts[l] < PARTS {
            large.pop();
            small.push(l);
        }
    }
    // The remaining columns are full, and each is its own alias.
    assert!(small.iter().chain(&large).all(|&i| parts[i] == PARTS && other[i] == i as u8));
    (share, other)
}

/// Returns the polynomial of `degree` that interpolates `f` at the Chebyshev nodes of [low, high].
fn interpolate(f: impl Fn(f64) -> f64, low: f64, high: f64, degree: usize) -> Vec<f64> {
    let node = |k: usize| {
        let angle = (2 * k + 1) as f64 / (2 * degree + 2) as f64 * std::f64::consts::PI;
        0.5 * (low + high) + 0.5 * (high - low) * libm::cos(angle)
    };
    // Newton's divided differences, then expanded from the innermost bracket.
    let nodes: Vec<f64> = (0..=degree).map(node).collect();
    let mut differences: Vec<f64> = nodes.iter().map(|&x| f(x)).collect();
    for order in 1..=degree {
        for k in (order..=degree).rev() {
            differences[k] = (differences[k] - differences[k - 1]) / (nodes[k] - nodes[k - order]);
        }
    }
    let mut coefficients = vec![0.0; degree + 1];
    for k in (0..=degree).rev() {
        for i in (1..=degree).rev() {
            coefficients[i] = coefficients[i - 1] - nodes[k] * coefficients[i];
        }
        coefficients[0] = differences[k] - nodes[k] * coefficients[0];
    }
    coefficients
}

/// Returns (eˣ − 1 − x) / x², computed by its series.
fn exp_rest(x: f64) -> f64 {
    (2..30).rev().fold(0.0, |sum, k| 1.0 / (1..=k).map(f64::from).product::<f64>() + sum * x)
}

/// Returns (ln(1 + x) − x + x²/2) / x³, computed by its series.
fn ln_rest(x: f64) -> f64 {
    (3..100)
        .rev()
        .fold(0.0, |sum, k| (if k % 2 == 1 { 1.0 } else { -1.0 }) / f64::from(k) + sum * x)
}

/// Returns the lines of an array literal, eight values in each.
fn rows<T: std::fmt::Debug>(values: &[T]) -> String {
    let row = |row: &[T]| {
        let row: Vec<_> = row.iter().map(|v| format!("{v:?}").replace("NaN", "f32::NAN")).collect();
        format!("        {},\n", row.join(", "))
    };
    values.chunks(8).map(row).collect()
}

/// Writes the tables of the density that ends at `end`.
fn tables(out: &mut String, doc: &str, name: &str, end: f64) {
    // The boxes lie between the edges as rounded to `f32`, because the samplers use these.
    let edges: Vec<f32> = edges(end).into_iter().map(|x| x as f32).collect();
    let exact: Vec<f64> = edges.iter().map(|&x| x.into()).collect();
    let bends = bends(&exact);
    let (share, other) = alias(apportion(&proposals(end, &exact, &bends), PARTS * N as u64));
    let mut scaled: Vec<f32> = edges[..BOXES].iter().map(|x| x / 16_777_216.0).collect();
    scaled.resize(N, f32::NAN);
    let mut densities: Vec<f32> = exact.iter().map(|&x| density(x) as f32).collect();
    densities.resize(N, 1.0);

    writeln!(out, "\n/// {doc}\npub(crate) static {name}: Tables = Tables {{").unwrap();
    for (field, rows) in [
        ("edges", rows(&scaled)),
        ("density", rows(&densities)),
        ("share", rows(&share)),
        ("alias", rows(&other)),
        ("bend", rows(&bends)),
    ] {
        writeln!(out, "    {field}: [\n{rows}    ],").unwrap();
    }
    writeln!(out, "}};").unwrap();
}

/// Writes the coefficients of a polynomial.
fn polynomial(out: &mut String, doc: &str, name: &str, coefficients: Vec<f64>) {
    let single: Vec<_> = coefficients.into_iter().map(|c| c as f32).collect();
    let (len, rows) = (single.len(), rows(&single));
    writeln!(out, "\n/// {doc}\npub(crate) const {name}: [f32; {len}] = [\n{rows}];").unwrap();
}

const STRUCT: &str = "
/// The layers of a density, and its overhang.
pub(crate) struct Tables {
    /// The right edges of the layers, times 2⁻²⁴. NaN marks the layers that the fast path rejects.
    pub(crate) edges: [f32; 128],
    /// exp(−x²/2) at the right edges of the layers, and at 0.
    pub(crate) density: [f32; 128],
    /// The alias table's shares: how many of a column's 2¹⁶ parts belong to the region with the column's
    /// number.
    pub(crate) share: [u16; 128],
    /// The alias table's aliases: the region that the other parts of the column belong to.
    pub(crate) alias: [u8; 128],
    /// How far the curve bends from the diagonal in each box, in 1/512: out of the triangle (positive), or
    /// into it (negative).
    pub(crate) bend: [i8; 128],
}

// The flash that the tables of one density take.
const _: () = assert!(size_of::<Tables>() == 1536);
";

/// Returns the text of `src/sampler/tables.rs`.
fn generate() -> String {
    let mut out = String::from(
        "//! The tables of the samplers. Generated and checked by `tests/tables.rs`. Do not edit.\n",
    );
    out.push_str(STRUCT);
    tables(&mut out, "The tables of the normal.", "NORMAL", NORMAL);
    tables(&mut out, "The tables of the normal between −2 and 2.", "TRUNCATED", TRUNCATED);
    let half = 0.5 * LN_2 + 1e-6;
    polynomial(
        &mut out,
        "The polynomial for (eˣ − 1 − x) / x² between ± ln 2 / 2, lowest degree first.",
        "EXP",
        interpolate(exp_rest, -half, half, 4),
    );
    polynomial(
        &mut out,
        "The polynomial for (ln(1 + x) − x + x²/2) / x³ between √½ − 1 and √2 − 1, lowest degree first.",
        "LN",
        interpolate(ln_rest, 0.5 * SQRT_2 - 1.0, SQRT_2 - 1.0, 8),
    );
    out
}

#[test]
fn the_tables_are_what_the_generator_makes() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/sampler/tables.rs");
    let generated = generate();
    if std::env::var_os("WEIGHT_INIT_BLESS").is_some() {
        std::fs::write(path, &generated).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap();
    assert!(generated == kept, "tables.rs is out of date: run again with WEIGHT_INIT_BLESS=1");
}

/// Checks known values of these Ziggurats, with which any implementation can be checked.
#[test]
fn the_layers_fill_the_density() {
    let normal = edges(NORMAL);
    assert!((normal[0] - 3.422_454_337_939_164_7).abs() < 1e-14);
    assert!((normal[125] - 0.251_691_402_239_151_3).abs() < 1e-12);
    assert!((density(normal[125]) - 0.968_822_094_474_842_9).abs() < 1e-13);

    let truncated = edges(TRUNCATED);
    assert_eq!(truncated.iter().filter(|&&edge| edge == 2.0).count(), 28);
    assert!((truncated[28] - 1.999_323_135_554_318).abs() < 1e-14);
    assert!((truncated[125] - 0.309_129_579_310_5).abs() < 1e-12);

    for (end, edges, share) in
        [(NORMAL, normal, 0.039_717_453_036), (TRUNCATED, truncated, 0.000_162_635_8)]
    {
        let first = first_region_area(end);
        let boxes: f64 = (1..=BOXES).map(|i| box_area(&edges, i)).sum();
        let overhang = 2.0 * layer_area(end);
        assert!(((first + boxes) / overhang - 1.0).abs() < 1e-11);
        assert!((first / overhang - share).abs() < 1e-9, "{}", first / overhang);
    }
}

/// Returns the area below the curve in box i.
pub fn box_area(edges: &[f64], i: usize) -> f64 {
    let (inner, outer) = (edges[i], edges[i - 1]);
    area_to(outer) - area_to(inner) - (outer - inner) * density(outer)
}
