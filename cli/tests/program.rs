//! The program as a user runs it: arguments, files, messages and exit codes.

mod folder;

use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Command, Output, Stdio},
};

use folder::Folder;
use half::{bf16, f16};
use safetensors::{Dtype, SafeTensors};
use weight_init::{Activation, Init, Layout, Shape, Stream};

/// A small network of every kind of layer.
const PLAN: &str = r#"
[[layer]]
name = "conv"
conv2d = [3, 8, 3]
activation = "relu"

[[layer]]
repeat = 2
name = "blocks.{i}.fc"
dense = [40, 30]
init = "xavier_uniform"
bias = "uniform(low=-0.1, high=0.1)"

[[tensor]]
name = "position"
shape = [16, 40]
init = "normal(std=0.02)"

[[layer]]
name = "rnn"
dense = [24, 24]
init = "orthogonal"
bias = false

[[layer]]
name = "norm"
norm = 40
"#;

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_weight-init")).args(arguments).output().unwrap()
}

/// Runs the program and returns what it prints, if its exit code is the expected one.
#[track_caller]
fn expect(code: i32, arguments: &[&str]) -> String {
    let Output { status, stdout, stderr } = run(arguments);
    let [stdout, stderr] = [stdout, stderr].map(|text| String::from_utf8(text).unwrap());
    assert_eq!(status.code(), Some(code), "{arguments:?}\n{stdout}{stderr}");
    stdout + &stderr
}

/// Returns a folder with the plan in it, and the paths of the plan and of a file to write.
fn with_plan() -> (Folder, String, String) {
    let folder = Folder::new();
    let (plan, file) = (folder.path("plan.toml"), folder.path("model.safetensors"));
    fs::write(&plan, PLAN).unwrap();
    (folder, plan, file)
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    let (slots, rest) = bytes.as_chunks();
    assert!(rest.is_empty());
    slots.iter().map(|slot| f32::from_le_bytes(*slot)).collect()
}

/// The values are those of the library, by name.
#[test]
fn a_filled_file_has_the_values_of_the_library() {
    let (folder, plan, file) = with_plan();
    let printed = expect(0, &["fill", &plan, "--seed", "42", "-o", &file]);
    assert!(printed.contains("model.safetensors: 15.92 kB in "), "{printed}");
    let bytes = fs::read(&file).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let model = Stream::new(42);
    let check = |name: &str, dims: &[usize], init: Init, shape: Shape| {
        let tensor = tensors.tensor(name).unwrap();
        assert_eq!((tensor.dtype(), tensor.shape()), (Dtype::F32, dims), "{name}");
        let expected = init.draw(model.named(name), &shape).unwrap().to_vec().unwrap();
        assert_eq!(floats(tensor.data()), expected, "{name}");
    };
    let (conv, fc, rnn) = (Shape::conv2d(3, 8, [3, 3]), Shape::dense(40, 30), Shape::dense(24, 24));
    check("conv.weight", &[8, 3, 3, 3], Activation::Relu.init(), conv);
    check("conv.bias", &[8], Init::zeros(), conv.bias());
    for i in 0..2 {
        check(&format!("blocks.{i}.fc.weight"), &[30, 40], Init::xavier_uniform(), fc);
        check(&format!("blocks.{i}.fc.bias"), &[30], Init::uniform(-0.1, 0.1), fc.bias());
    }
    let position = Shape::from_dims(&[16, 40], Layout::OutIn, 1).unwrap();
    check("position", &[16, 40], Init::normal(0.0, 0.02), position);
    check("rnn.weight", &[24, 24], Init::orthogonal(), rnn);
    check("norm.weight", &[40], Init::ones(), Shape::vector(40));
    check("norm.bias", &[40], Init::zeros(), Shape::vector(40));
    assert_eq!(tensors.len(), 10);

    let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
    let texts = header.metadata().clone().unwrap();
    assert_eq!(texts["format"], "pt");
    assert_eq!(texts["weight_init.seed"], "42");
    // Nothing but the plan and the file is left in the folder.
    assert_eq!(folder.names(), ["model.safetensors", "plan.toml"]);
}

/// Tensors that are computed in several parts, and orthogonal matrices, have the values of the library in every format.
#[test]
fn parts_of_a_tensor_join_without_a_seam() {
    let (_folder, plan, file) = with_plan();
    // More than two megabytes of integers, and a length that is no multiple of a part.
    let text = "tensor = [
        { name = 'long', shape = [2203, 1001], init = 'he_normal' },
        { name = 'turned', shape = [60, 70], init = 'orthogonal' },
    ]";
    fs::write(&plan, text).unwrap();
    let model = Stream::new(9);
    let tensors = [
        ("long", Init::he_normal(), Shape::dense(1001, 2203)),
        ("turned", Init::orthogonal(), Shape::dense(70, 60)),
    ];
    for format in ["f32", "bf16", "f16", "i8"] {
        expect(
            0,
            &["fill", &plan, "--seed", "9", "--format", format, "--force", "-q", "-o", &file],
        );
        let bytes = fs::read(&file).unwrap();
        let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
        let given = SafeTensors::deserialize(&bytes).unwrap();
        for (name, init, shape) in tensors {
            let values = init.draw(model.named(name), &shape).unwrap().to_vec().unwrap();
            let given = given.tensor(name).unwrap().data();
            let expected: Vec<u8> = match format {
                "f32" => values.into_iter().flat_map(f32::to_le_bytes).collect(),
                "bf16" => {
                    values.into_iter().flat_map(|x| bf16::from_f32(x).to_le_bytes()).collect()
                }
                "f16" => values.into_iter().flat_map(|x| f16::from_f32(x).to_le_bytes()).collect(),
                _ => {
                    let texts = header.metadata().as_ref().unwrap();
                    let scale: f32 = texts[&format!("{name}.scale")].parse().unwrap();
                    // The conversion saturates.
                    let round = |x: f32| (x * (1.0 / scale)).round_ties_even() as i8 as u8;
                    values.into_iter().map(round).collect()
                }
            };
            assert!(given == expected, "{format}, {name}");
        }
        expect(0, &["verify", &plan, &file, "--seed", "9"]);
        expect(0, &["verify", &plan, &file]);
    }
}

/// The whole file is the same on every machine and in every version: its header and its bits.
#[test]
fn the_bytes_of_a_file_are_frozen() {
    let (_folder, plan, file) = with_plan();
    for (format, expected) in [
        ("f32", 0x5ff4_aeb1_612a_a9cb),
        ("bf16", 0x36be_d844_75ca_8ea9),
        ("f16", 0x8fe4_3ff9_b5f1_5577),
        ("i8", 0x0065_2f98_1dd0_30ec),
    ] {
        // Random orthogonal matrices may change once more, so they are left out.
        let names = "conv.*,blocks.*,position,norm.*";
        let arguments = ["--format", format, "--names", names, "--force", "-o", &file];
        expect(0, &[&["fill", &plan, "--seed", "7"], &arguments[..]].concat());
        let bytes = fs::read(&file).unwrap();
        let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        });
        assert_eq!(hash, expected, "{format}: {hash:#x}");
    }
}

/// Each format passes both comparisons, and fails that of another seed.
#[test]
fn every_format_is_verified() {
    let (_folder, plan, file) = with_plan();
    for (format, size) in [("f32", 4), ("bf16", 2), ("f16", 2), ("i8", 1)] {
        expect(0, &["fill", &plan, "--seed", "1", "--format", format, "--force", "-o", &file]);
        let bytes = fs::read(&file).unwrap();
        let tensors = SafeTensors::deserialize(&bytes).unwrap();
        assert_eq!(tensors.tensor("conv.weight").unwrap().data().len(), 216 * size, "{format}");

        let printed = expect(0, &["verify", &plan, &file, "--seed", "1"]);
        assert!(printed.contains("ok    rnn.weight          the bits of the seed"), "{printed}");
        assert!(printed.ends_with("0 of 10 tensors differ\n"), "{printed}");
        assert!(!printed.contains("the file says"), "{printed}");
        let printed = expect(0, &["verify", &plan, &file]);
        let note = "the file says seed 1; --seed 1 compares every bit\n";
        assert!(printed.starts_with(note), "{printed}");
        assert!(printed.contains("the statistics of the scheme"), "{printed}");
        assert_eq!(expect(0, &["verify", &plan, &file, "--seed", "1", "--quiet"]), "");

        // Ones and zeros are the same with every seed.
        let printed = expect(1, &["verify", &plan, &file, "--seed", "2"]);
        assert!(printed.starts_with("the file says seed 1\n"), "{format}: {printed}");
        assert!(printed.ends_with("7 of 10 tensors differ\n"), "{format}: {printed}");
    }
}

/// Every way in which a file can differ is reported by tensor, with exit code 1.
#[test]
fn differences_are_reported_by_tensor() {
    let (folder, plan, file) = with_plan();
    expect(0, &["fill", &plan, "--seed", "42", "-o", &file]);
    let good = fs::read(&file).unwrap();
    let offset = |name: &str| {
        let tensors = SafeTensors::deserialize(&good).unwrap();
        tensors.tensor(name).unwrap().data().as_ptr() as usize - good.as_ptr() as usize
    };

    // One bit, in the middle of a tensor.
    let mut bytes = good.clone();
    bytes[offset("position") + 4 * 99] ^= 1;
    fs::write(&file, &bytes).unwrap();
    let printed = expect(1, &["verify", &plan, &file, "--seed", "42"]);
    assert!(
        printed.contains("DIFF  position            1 value has other bits: expected "),
        "{printed}"
    );
    assert!(printed.contains(" at index 99, found "), "{printed}");
    assert!(printed.ends_with("1 of 10 tensors differ\n"), "{printed}");
    expect(0, &["verify", &plan, &file]);

    // A tensor of zeros, and a NaN in an orthogonal matrix.
    bytes[offset("position")..][..4 * 640].fill(0);
    bytes[offset("rnn.weight")..][..4].copy_from_slice(&f32::NAN.to_le_bytes());
    fs::write(&file, &bytes).unwrap();
    let printed = expect(1, &["verify", &plan, &file]);
    assert!(printed.contains("DIFF  position            too many zeros: "), "{printed}");
    assert!(printed.contains("DIFF  rnn.weight          NaN or infinite values: "), "{printed}");
    let printed = expect(1, &["verify", &plan, &file, "--quiet"]);
    assert_eq!(printed.lines().count(), 2, "{printed}");

    // Another plan: a tensor more, one less, and one with another shape.
    fs::write(&file, &good).unwrap();
    let other = folder.path("other.toml");
    let text = PLAN.replace("\"norm\"", "\"norm2\"").replace("[16, 40]", "[40, 16]");
    fs::write(&other, text).unwrap();
    let printed = expect(1, &["verify", &other, &file, "--seed", "42"]);
    assert!(printed.contains("DIFF  norm2.weight        missing in the file"), "{printed}");
    assert!(printed.contains("DIFF  norm.bias           not in the plan"), "{printed}");
    assert!(printed.contains("DIFF  position            transposed dimensions: "), "{printed}");
    let printed = expect(1, &["verify", &other, &file, "--seed", "42", "--allow-extra"]);
    assert!(printed.ends_with("3 of 10 tensors differ\n"), "{printed}");
    expect(0, &["verify", &other, &file, "--seed", "42", "--names", "conv.*,blocks.*"]);
}

/// A file that is cut off or is no safetensors file is an error, and not a difference.
#[test]
fn a_broken_file_is_an_error() {
    let (_folder, plan, file) = with_plan();
    expect(0, &["fill", &plan, "--seed", "42", "-o", &file]);
    let good = fs::read(&file).unwrap();
    for bytes in [&good[..good.len() - 1], &good[..100], &[0; 64], &good[..3], &[]] {
        fs::write(&file, bytes).unwrap();
        for arguments in [&["verify", &plan, &file][..], &["stats", &file]] {
            let printed = expect(2, arguments);
            assert!(
                printed.starts_with("error: ") && printed.contains("model.safetensors"),
                "{printed}"
            );
        }
    }
    let printed = expect(2, &["stats", "no such file"]);
    assert!(printed.starts_with("error: no such file: "), "{printed}");
}

#[test]
fn an_existing_file_is_replaced_by_force_only() {
    let (folder, plan, file) = with_plan();
    fs::write(&file, "precious").unwrap();
    let printed = expect(2, &["fill", &plan, "--seed", "1", "-o", &file]);
    assert!(printed.contains("the file exists; --force replaces it"), "{printed}");
    assert_eq!(fs::read(&file).unwrap(), b"precious");
    expect(0, &["fill", &plan, "--seed", "1", "-o", &file, "--force", "--quiet"]);
    expect(0, &["verify", &plan, &file, "--seed", "1"]);
    assert_eq!(folder.names().len(), 2);

    let nowhere = folder.path("no/such/folder.safetensors");
    let printed = expect(2, &["fill", &plan, "--seed", "1", "-o", &nowhere]);
    let expected = format!("error: {}: there is no such folder\n", folder.path("no/such"));
    assert_eq!(printed, expected);
    for taken in ["..", &folder.path(".")] {
        for force in [&[][..], &["--force"]] {
            let arguments = [&["fill", &plan, "--seed", "1", "-o", taken][..], force].concat();
            let printed = expect(2, &arguments);
            assert!(printed.contains(": is a folder"), "{printed}");
        }
    }
}

/// A run that fails in the middle leaves neither a file nor its temporary one.
#[test]
fn a_failed_fill_leaves_nothing() {
    let (folder, plan, file) = with_plan();
    let text =
        format!("{PLAN}\n[[tensor]]\nname = 'huge'\nshape = [9, 9]\ninit = 'normal(std=1e30)'");
    fs::write(&plan, text).unwrap();
    let printed = expect(2, &["fill", &plan, "--seed", "1", "--format", "f16", "-o", &file]);
    assert!(printed.starts_with("error: huge: "), "{printed}");
    assert_eq!(folder.names(), ["plan.toml"]);
}

/// An interrupted run leaves neither a file nor its temporary one.
#[cfg(unix)]
#[test]
fn an_interrupted_fill_leaves_nothing() {
    let (folder, plan, file) = with_plan();
    // 400 GB, of which it writes a few megabytes.
    fs::write(&plan, "tensor = [{ name = 't', shape = [100000, 1000000], init = 'he_normal' }]")
        .unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_weight-init"))
        .args(["fill", &plan, "--seed", "1", "-o", &file])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let begun = || folder.names().iter().any(|name| name.ends_with(".part"));
    while !begun() {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    assert!(!fs::exists(&file).unwrap());
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let status = child.wait().unwrap();
    let mut error = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut error).unwrap();
    assert_eq!((status.code(), error.as_str()), (Some(130), "error: interrupted\n"));
    assert_eq!(folder.names(), ["plan.toml"]);
}

/// A part of the tensors has the values that it has in the whole file.
#[test]
fn names_choose_tensors() {
    let (folder, plan, file) = with_plan();
    expect(0, &["fill", &plan, "--seed", "42", "-o", &file]);
    let part = folder.path("part.safetensors");
    expect(
        0,
        &["fill", &plan, "--seed", "42", "-o", &part, "--names", "blocks.*.weight, norm.bias"],
    );
    let [whole, part_bytes] = [&file, &part].map(|path| fs::read(path).unwrap());
    let [whole, part_tensors] =
        [&whole, &part_bytes].map(|bytes| SafeTensors::deserialize(bytes).unwrap());
    let mut names = part_tensors.names();
    names.sort_unstable();
    assert_eq!(names, ["blocks.0.fc.weight", "blocks.1.fc.weight", "norm.bias"]);
    for name in names {
        assert_eq!(whole.tensor(name).unwrap().data(), part_tensors.tensor(name).unwrap().data());
    }
    let printed = expect(
        2,
        &["fill", &plan, "--seed", "42", "-o", &part, "--force", "--names", "fc*,norm.*"],
    );
    assert_eq!(printed, "error: no tensor has a name that matches `fc*`\n");
    expect(2, &["verify", &plan, &part, "--names", "fc*"]);
    expect(2, &["stats", &part, "--names", "fc*"]);
    expect(2, &["list", &plan, "--names", "fc*"]);
    assert_eq!(fs::read(&part).unwrap(), part_bytes);
}

/// The integers of each tensor times its scale are the values of the library, rounded once.
#[test]
fn integers_have_their_scale_in_the_metadata() {
    let (_folder, plan, file) = with_plan();
    let saturated = |share: &str| {
        expect(
            0,
            &[
                "fill",
                &plan,
                "--seed",
                "42",
                "-o",
                &file,
                "--format",
                "i8",
                "--force",
                "--saturate",
                share,
            ],
        );
        let bytes = fs::read(&file).unwrap();
        let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
        let scale: f32 = header.metadata().clone().unwrap()["position.scale"].parse().unwrap();
        let tensors = SafeTensors::deserialize(&bytes).unwrap();
        let values = Stream::new(42).named("position");
        let shape = Shape::dense(40, 16);
        let values = Init::normal(0.0, 0.02).draw(values, &shape).unwrap().to_vec().unwrap();
        let slots = tensors.tensor("position").unwrap().data().to_vec();
        let pairs = slots.iter().zip(&values);
        pairs
            .filter(|(slot, value)| {
                let steps = (*value * (1.0 / scale)).round_ties_even();
                assert_eq!(f32::from(**slot as i8), steps.clamp(-128.0, 127.0));
                !(-128.0..=127.0).contains(&steps)
            })
            .count()
    };
    assert_eq!(saturated("0"), 0);
    assert!(saturated("0.1") > 30);
    let range = ["1.5", "-0.1", "NaN", "many"];
    for share in range {
        expect(
            2,
            &[
                "fill",
                &plan,
                "--seed",
                "42",
                "-o",
                &file,
                "--format",
                "i8",
                "--force",
                "--saturate",
                share,
            ],
        );
    }

    // Constants lose nothing.
    let bytes = fs::read(&file).unwrap();
    let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
    let scale: f32 = header.metadata().clone().unwrap()["norm.weight.scale"].parse().unwrap();
    assert_eq!(
        SafeTensors::deserialize(&bytes).unwrap().tensor("norm.weight").unwrap().data(),
        [127; 40]
    );
    assert_eq!(127.0 * scale, 1.0);
    expect(0, &["verify", &plan, &file]);
    expect(0, &["verify", &plan, &file, "--seed", "42"]);

    // Without the scale, nothing is compared.
    let bytes = fs::read(&file).unwrap();
    let text = String::from_utf8_lossy(&bytes).find("position.scale").unwrap();
    let mut bytes = bytes;
    bytes[text] = b'q';
    fs::write(&file, bytes).unwrap();
    let printed = expect(1, &["verify", &plan, &file]);
    assert!(
        printed.contains("DIFF  position            the file has no scale for the integers"),
        "{printed}"
    );
    let printed = expect(0, &["stats", &file]);
    let raw: Vec<_> = printed.lines().filter(|line| line.contains("raw integers")).collect();
    assert!(raw.len() == 1 && raw[0].starts_with("position "), "{printed}");
}

#[test]
fn stats_are_printed_and_drawn() {
    let (folder, plan, file) = with_plan();
    expect(0, &["fill", &plan, "--seed", "42", "-o", &file]);
    let pictures = folder.path("pictures");
    let printed = expect(0, &["stats", &file, "--plot", &pictures]);
    let line = |name: &str| {
        let line = printed.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(
        line("norm.weight"),
        ["norm.weight", "F32", "40", "1", "0", "1", "1", "0", "0", "[40]"]
    );
    let position = line("position");
    let std: f64 = position[4].parse().unwrap();
    assert!((std - 0.02).abs() < 0.002, "{position:?}");
    assert_eq!(printed.lines().count(), 11, "{printed}");

    let svg = fs::read_to_string(format!("{pictures}/position.svg")).unwrap();
    assert!(
        svg.starts_with("<svg") && svg.contains("position") && svg.contains("640 values"),
        "{svg}"
    );
    assert!(svg.matches("<rect").count() > 10);
    assert_eq!(fs::read_dir(&pictures).unwrap().count(), 10);

    expect(0, &["stats", &file, "--plot", &pictures, "--plot-format", "png", "--names", "norm.*"]);
    let png = fs::read(format!("{pictures}/norm.weight.png")).unwrap();
    assert!(png.starts_with(b"\x89PNG") && png.len() > 1000);
    let taken = folder.path("plan.toml/pictures");
    expect(2, &["stats", &file, "--plot", &taken]);
}

#[test]
fn a_plan_is_listed() {
    let (_folder, plan, _) = with_plan();
    let printed = expect(0, &["list", &plan]);
    let expected = "\
conv.weight         [8, 3, 3, 3]          normal, mean 0, std 0.27216554
conv.bias           [8]                   constant 0
blocks.0.fc.weight  [30, 40]              uniform from -0.29277003 to 0.29277003
blocks.0.fc.bias    [30]                  uniform from -0.1 to 0.1
blocks.1.fc.weight  [30, 40]              uniform from -0.29277003 to 0.29277003
blocks.1.fc.bias    [30]                  uniform from -0.1 to 0.1
position            [16, 40]              normal, mean 0, std 0.02
rnn.weight          [24, 24]              structured
norm.weight         [40]                  constant 1
norm.bias           [40]                  constant 0
10 tensors, 3980 values
";
    assert_eq!(printed, expected);
}

/// A truncated normal is listed with its cut and the kind of its standard deviation.
#[test]
fn truncated_normals_are_told_apart() {
    let (_folder, plan, _) = with_plan();
    let text = "tensor = [
        { name = 'a', shape = [4, 3], init = 'truncated_normal(std=0.5)' },
        { name = 'b', shape = [4, 3], init = 'normal(std=0.5,cut=2)' },
        { name = 'c', shape = [4, 3], init = 'normal(std=0.5,cut=4)' },
        { name = 'd', shape = [4, 3], init = 'nn.init.trunc_normal_(std=0.02)' },
        { name = 'e', shape = [4, 3], init = 'nn.init.normal_(std=0.02)' },
        { name = 'f', shape = [4, 3], init = 'keras.initializers.TruncatedNormal(stddev=0.5)' },
    ]
    layer = [{ name = 'g', norm = 2, bias = 'nn.init.trunc_normal_(std=0.02)' }]";
    fs::write(&plan, text).unwrap();
    let printed = expect(0, &["list", &plan]);
    let expected = "\
a         [4, 3]                truncated normal, mean 0, std 0.5 after the cut at ±2 σ
b         [4, 3]                truncated normal, mean 0, std 0.5 before the cut at ±2 σ
c         [4, 3]                truncated normal, mean 0, std 0.5 before the cut at ±4 σ
d         [4, 3]                normal, mean 0, std 0.02, truncated farther away than any value lies
e         [4, 3]                normal, mean 0, std 0.02
f         [4, 3]                truncated normal, mean 0, std 0.5 before the cut at ±2 σ
g.weight  [2]                   constant 1
g.bias    [2]                   normal, mean 0, std 0.02, truncated farther away than any value lies
8 tensors, 76 values
";
    assert_eq!(printed, expected);
}

/// Wrong arguments and wrong plans have exit code 2, and the message names the line.
#[test]
fn wrong_requests_are_explained() {
    let (folder, plan, file) = with_plan();
    for arguments in [
        &["fill", &plan, "-o", &file][..],
        &["fill", &plan, "--seed", "-1", "-o", &file],
        &["fill", &plan, "--seed", "1"],
        &["fill", &plan, "--seed", "1", "-o", &file, "--format", "f64"],
        &["stats", &file, "--plot-format", "png"],
        &["verfy", &plan, &file],
        &[],
    ] {
        expect(2, arguments);
    }
    let wrong = folder.path("wrong.toml");
    fs::write(&wrong, "[[layer]]\nname = 'fc'\ndense = [3, 4]\nactivaton = 'relu'\n").unwrap();
    let printed = expect(2, &["fill", &wrong, "--seed", "1", "-o", &file]);
    let (first, rest) = printed.split_once('\n').unwrap();
    assert!(
        first.contains(
            "wrong.toml: line 4, column 1: unknown field `activaton`: did you mean `activation`?"
        ),
        "{first}"
    );
    assert_eq!(rest, "  |\n4 | activaton = 'relu'\n  | ^^^^^^^^^\n");
    let printed = expect(2, &["list", &folder.path("none.toml")]);
    assert!(printed.starts_with("error: ") && printed.contains("none.toml: "), "{printed}");
}

/// The reader of a pipe may stop reading.
#[cfg(unix)]
#[test]
fn a_closed_pipe_is_no_error() {
    let (_folder, plan, _) = with_plan();
    let mut child = Command::new(env!("CARGO_BIN_EXE_weight-init"))
        .args(["list", &plan])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
}
