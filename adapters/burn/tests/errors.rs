//! What is refused, and how that is said.

use burn::{
    module::{Module, Param, ParamId},
    tensor::{Device, Tensor},
};
use burn_core as burn;
use burn_nn::{LinearConfig, conv::ConvTranspose2dConfig};
use weight_init::{Init, InitError, Layout};
use weight_init_burn::{Error, Kind, Reason, Reinit, Start, param, weight_init};

use crate::MODEL;

#[derive(Module, Debug)]
struct Own {
    position: Param<Tensor<2>>,
}

#[test]
fn unknown_layers_are_refused_by_the_default_rule() {
    let own = Own { position: Param::from_tensor(Tensor::zeros([4, 8], &Device::flex())) };
    let error = Reinit::standard(MODEL).apply(own).unwrap_err();
    let reason = Reason::NoRule { container: "Own".into(), dims: vec![4, 8] };
    assert_eq!(error, Error { path: "position".into(), reason });
    assert_eq!(
        error.to_string(),
        "`position`: the default rule does not know the layer `Own` with dimensions [4, 8]; \
         return a scheme for it, or `Start::keep()`"
    );
}

#[test]
fn a_bias_by_itself_has_no_fan() {
    let linear = LinearConfig::new(4, 8).init(&Device::flex());
    let rule = |kind| if kind == Kind::Bias { Init::he_normal() } else { Init::zeros() };
    // Next to its weights it has theirs.
    assert!(Reinit::new(MODEL, |target| rule(target.kind())).apply(linear).is_ok());
    let vector = param::<1>(MODEL, Init::he_normal(), [8], &Device::flex()).unwrap_err();
    assert_eq!(vector, Reason::Init(InitError::RankTooLow { expected: 2, given: 1 }));
}

#[test]
fn groups_that_were_not_stated_are_noticed() {
    let up = ConvTranspose2dConfig::new([8, 12], [3, 3]).with_groups(4).init(&Device::flex());
    let error = Reinit::standard(MODEL).apply(up).unwrap_err();
    let reason = Reason::BiasLength { expected: 3, given: 12 };
    assert_eq!(error, Error { path: "bias".into(), reason });
}

#[test]
fn groups_and_stacks_must_divide() {
    let device = Device::flex();
    let he = Start::new(Init::he_normal());
    let error = |start| param::<2>(MODEL, start, [8, 6], &device).unwrap_err();
    assert!(matches!(error(he.groups(3)), Reason::Init(InitError::Groups { .. })));
    assert!(matches!(error(he.groups(0)), Reason::Init(InitError::Groups { .. })));
    assert_eq!(error(he.packed(3)), Reason::Packed { count: 3, outputs: 8 });
    assert_eq!(error(he.packed(0)), Reason::Packed { count: 0, outputs: 8 });
    assert_eq!(error(he.packed(4).layout(Layout::InOut)), Reason::Packed { count: 4, outputs: 6 });
    assert_eq!(error(he.stacked(8)), Reason::Stacked { count: 8, dims: vec![8, 6] });
    assert_eq!(
        error(Start::keep()),
        Reason::NoRule { container: "param".into(), dims: vec![8, 6] }
    );
}

#[test]
fn shapes_that_overflow_are_refused() {
    let device = Device::flex();
    let huge = [usize::MAX, 2];
    let error = param::<2>(MODEL, Init::he_normal(), huge, &device).unwrap_err();
    assert_eq!(error, Reason::Init(InitError::Overflow));
    let start = Start::new(Init::he_normal()).layout(Layout::InOut);
    assert_eq!(
        param::<2>(MODEL, start, huge, &device).unwrap_err(),
        Reason::Init(InitError::Overflow)
    );
    // It fits in a `usize`, and in no memory.
    let large = param::<2>(MODEL, start, [1 << 40, 1 << 20], &device);
    assert!(large.is_ok_and(|lazy| !lazy.is_initialized()));

    let weight = Param::uninitialized(
        ParamId::new(),
        |device: &Device, _| Tensor::<2>::zeros([1, 1], device),
        device.clone(),
        true,
        huge.into(),
    );
    let linear = burn_nn::Linear { weight, bias: None };
    let error = Reinit::standard(MODEL).apply(linear).unwrap_err();
    assert_eq!(error.reason, Reason::Init(InitError::Overflow));
}

/// Nine dimensions are more than a kernel has.
#[test]
fn ranks_are_checked() {
    let device = Device::flex();
    let error = param::<9>(MODEL, Init::he_normal(), [1; 9], &device).unwrap_err();
    assert_eq!(error, Reason::Init(InitError::RankTooHigh { expected: 8, given: 9 }));
    assert!(param::<8>(MODEL, Init::he_normal(), [1; 8], &device).is_ok());
}

#[test]
fn names_may_have_any_characters() {
    for name in ["", ".", "gewichte.ß.重み", "a/b c\n"] {
        let lazy: Param<Tensor<2>> =
            param(MODEL.named(name), Init::he_normal(), [4, 4], &Device::flex()).unwrap();
        let linear = LinearConfig::new(4, 4).with_bias(false).init(&Device::flex());
        let rule = |_: &weight_init_burn::Target<'_>| {
            Start::new(Init::he_normal()).layout(Layout::OutIn).stream(MODEL.named(name))
        };
        let linear = Reinit::new(MODEL, rule).within(name).apply(linear).unwrap();
        assert_eq!(crate::bits(&linear.weight.val()), crate::bits(&lazy.val()));
    }
}
