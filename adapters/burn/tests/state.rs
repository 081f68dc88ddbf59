//! What a parameter keeps: its id, whether it requires a gradient, its device, and the way of its records.

use burn::{
    module::{Module, ModuleMapper, Param, ParamId},
    store::ModuleRecord,
    tensor::{Device, Tensor},
};
use burn_core as burn;
use burn_nn::{Linear, LinearConfig, LinearLayout};
use weight_init::Init;
use weight_init_burn::{Reinit, param, weight_init};

use crate::{MODEL, bits};

#[derive(Module, Debug)]
struct Net {
    fc: Linear,
    head: Linear,
}

impl Net {
    fn new(device: &Device) -> Self {
        let head = LinearConfig::new(5, 3).with_layout(LinearLayout::Col);
        Self { fc: LinearConfig::new(6, 5).init(device), head: head.init(device) }
    }

    fn ids(&self) -> [ParamId; 3] {
        [self.fc.weight.id, self.fc.bias.as_ref().unwrap().id, self.head.weight.id]
    }

    /// Uses all parameters.
    fn used(self) -> Self {
        for linear in [&self.fc, &self.head] {
            let _ = (linear.weight.val(), linear.bias.as_ref().unwrap().val());
        }
        self
    }

    fn bits(&self) -> [Vec<u32>; 2] {
        [bits(&self.fc.weight.val()), bits(&self.head.weight.val())]
    }
}

#[test]
fn ids_stay() {
    let (fresh, used) = (Net::new(&Device::flex()), Net::new(&Device::flex()).used());
    for net in [fresh, used] {
        let ids = net.ids();
        let net = Reinit::standard(MODEL).apply(net).unwrap();
        assert_eq!(net.ids(), ids);
    }
}

#[test]
fn gradients_are_required_as_before() {
    let device = Device::flex().autodiff();
    for used in [false, true] {
        let mut net = Net::new(&device);
        net.fc.weight = net.fc.weight.set_require_grad(false);
        if used {
            net = net.used();
        }
        let net = Reinit::standard(MODEL).apply(net).unwrap();
        assert!(!net.fc.weight.is_require_grad());
        assert!(net.fc.bias.as_ref().unwrap().val().is_require_grad());
        assert!(net.head.weight.val().is_require_grad());
        assert!(net.head.weight.val().device().is_autodiff());

        // They are leaves: the gradients arrive.
        let input = Tensor::<2>::ones([2, 6], &device);
        let gradients = net.head.forward(net.fc.forward(input)).sum().backward();
        assert!(net.fc.weight.val().grad(&gradients).is_none());
        assert!(net.fc.bias.as_ref().unwrap().val().grad(&gradients).is_some());
        assert!(net.head.weight.val().grad(&gradients).is_some());
    }
}

/// A module on a device without autodiff keeps what it requires for when it is trained.
#[test]
fn training_begins_on_a_plain_device() {
    for used in [false, true] {
        let mut net = Net::new(&Device::flex());
        net.fc.weight = net.fc.weight.set_require_grad(false);
        if used {
            net = net.used();
        }
        let net = Reinit::standard(MODEL).apply(net).unwrap();
        assert!(!net.head.weight.val().is_autodiff());
        let net = net.train();
        assert!(!net.fc.weight.val().is_require_grad());
        assert!(net.head.weight.val().is_require_grad());
    }
}

#[test]
fn records_are_loaded_over_it() {
    let device = Device::flex();
    let saved = Net::new(&device).used();
    let expected = saved.bits();
    let bytes = saved.into_record().into_bytes().unwrap();
    // burn itself loads no records over a layer in the layout `Col` that was used.
    for is_used in [false, true] {
        let mut net = Net::new(&device);
        if is_used {
            let _ = (net.fc.weight.val(), net.head.bias.as_ref().unwrap().val());
        }
        net = Reinit::standard(MODEL).apply(net).unwrap();
        assert_ne!(bits(&net.fc.weight.val()), expected[0]);
        let net = net.load_record(ModuleRecord::from_bytes(bytes.clone()).unwrap());
        assert_eq!(net.bits(), expected);
    }
}

/// The reason why a `Col` layer stays unused when it is started. If burn loads this record one day, it need not.
#[test]
fn burn_loads_no_record_over_a_used_col_layer() {
    let config = LinearConfig::new(5, 3).with_layout(LinearLayout::Col);
    let device = Device::flex();
    let bytes = config.init(&device).into_record().into_bytes().unwrap();
    let record = || ModuleRecord::from_bytes(bytes.clone()).unwrap();
    let (fresh, used) = (config.init(&device), config.init(&device));
    let _ = used.weight.val();
    assert!(fresh.try_load_record(record()).is_ok());
    assert!(used.try_load_record(record()).is_err());

    let started = Reinit::standard(MODEL).apply(config.init(&device)).unwrap();
    assert!(!started.weight.is_initialized());
    assert!(started.try_load_record(record()).is_ok());
}

/// A started module is saved and loaded, with the transposition of `Col`.
#[test]
fn records_are_saved_from_it() {
    let device = Device::flex();
    for used in [false, true] {
        let net = Net::new(&device);
        let net = Reinit::standard(MODEL).apply(if used { net.used() } else { net }).unwrap();
        let expected = net.bits();
        let bytes = net.into_record().into_bytes().unwrap();
        let net = Net::new(&device).load_record(ModuleRecord::from_bytes(bytes).unwrap());
        assert_eq!(net.bits(), expected);
    }
}

#[test]
fn lazy_parameters_require_gradients() {
    let device = Device::flex().autodiff();
    let lazy: Param<Tensor<2>> = param(MODEL, Init::he_normal(), [4, 4], &device).unwrap();
    assert!(lazy.val().is_require_grad());
    let frozen: Param<Tensor<2>> = param(MODEL, Init::he_normal(), [4, 4], &device).unwrap();
    assert!(!frozen.set_require_grad(false).val().is_require_grad());
}

/// The rule sees every parameter once, by its path.
#[test]
fn paths_are_those_of_the_module() {
    let mut paths = Vec::new();
    let net = vec![Net::new(&Device::flex())];
    Reinit::new(MODEL, |target| {
        paths.push(target.path().to_owned());
        None
    })
    .apply(net)
    .unwrap();
    let expected = ["0.fc.weight", "0.fc.bias", "0.head.weight", "0.head.bias"];
    assert_eq!(paths, expected);
}

/// Adds 1 to every parameter.
struct Trained;

impl ModuleMapper for Trained {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        param.map(|tensor| tensor.add_scalar(1.0))
    }
}

#[test]
fn a_trained_module_begins_again() {
    let device = Device::flex();
    let fresh = Reinit::standard(MODEL).apply(Net::new(&device)).unwrap();
    let trained = fresh.clone().map(&mut Trained);
    assert_ne!(trained.bits(), fresh.bits());
    assert_eq!(Reinit::standard(MODEL).apply(trained).unwrap().bits(), fresh.bits());
}
