//! Schemes as text: every scheme parses back from what it prints, and the feature `serde`.

use proptest::prelude::*;
use weight_init::{Activation, Init};

use crate::cases::{FAMILIES, MODES, ORDERS, schemes};

#[test]
fn as_text_in_a_file() {
    let init = Init::he_normal().gain(0.5);
    let text = serde_json::to_string(&[init]).unwrap();
    assert_eq!(text, r#"["he_normal(gain=0.5)"]"#);
    assert_eq!(serde_json::from_str::<[Init; 1]>(&text).unwrap(), [init]);
    let error = serde_json::from_str::<Init>("\"he_nomal\"").unwrap_err().to_string();
    assert!(error.contains("did you mean `he_normal`?"), "{error}");
    assert!(serde_json::from_str::<Init>("3").unwrap_err().to_string().contains("the name of"));
}

/// Every float, with the odd ones often.
fn floats() -> impl Strategy<Value = f32> {
    let odd = [0.0, -0.0, 1.0, 2.0, 1.0 / 3.0, f32::MAX, f32::MIN_POSITIVE, 1e-45, f32::INFINITY];
    prop_oneof![
        prop::sample::select(odd.to_vec()),
        prop::sample::select(odd.map(|v| -v).to_vec()),
        any::<u32>().prop_map(f32::from_bits),
    ]
}

/// Every scheme that the public interface can build, whether or not it can fill anything.
fn any_init() -> impl Strategy<Value = Init> {
    let mode = || prop::sample::select(MODES.to_vec());
    let family = prop::sample::select(FAMILIES.to_vec());
    let plain = prop::sample::select(schemes());
    let scheme = prop_oneof![
        plain,
        floats().prop_map(Init::constant),
        (floats(), floats()).prop_map(|(mean, std)| Init::normal(mean, std)),
        (floats(), floats()).prop_map(|(mean, std)| Init::truncated_normal(mean, std)),
        (floats(), floats()).prop_map(|(low, high)| Init::uniform(low, high)),
        (floats(), floats()).prop_map(|(sparsity, std)| Init::sparse(sparsity, std)),
        (floats(), mode(), family)
            .prop_map(|(scale, mode, family)| Init::variance_scaling(scale, mode, family)),
        floats().prop_map(|slope| Activation::LeakyRelu { slope }.init()),
    ];
    let upscale = prop_oneof![0_usize..5, any::<usize>()];
    let order = prop::sample::select(ORDERS.to_vec());
    let gain = prop_oneof![floats().prop_map(Ok), any::<usize>().prop_map(Err)];
    let icnr = prop::option::of((upscale, order));
    let cut = prop::option::of(floats());
    (scheme, prop::option::of(mode()), cut, prop::option::of(gain), icnr).prop_map(
        |(init, mode, cut, gain, icnr)| {
            let init = mode.map_or(init, |mode| init.mode(mode));
            let init = cut.map_or(init, |k| init.cut(k));
            let init = match gain {
                None => init,
                Some(Ok(gain)) => init.gain(gain),
                Some(Err(blocks)) => init.residual(blocks),
            };
            icnr.map_or(init, |(upscale, order)| init.icnr(upscale, order))
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn every_scheme_parses_back_from_what_it_prints(init in any_init()) {
        let text = init.to_string();
        let parsed = text.parse::<Init>().unwrap();
        // The debug output also compares NaN and −0, which `==` does not.
        prop_assert_eq!(format!("{parsed:?}"), format!("{init:?}"));
        prop_assert!(parsed == init || text.contains("NaN"));
        prop_assert_eq!(parsed.to_string(), text);
    }
}
