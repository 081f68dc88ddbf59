// The bits of stream format 1: (index, bits of the value). Written by `data/vectors.py`,
// which computes them without the crate. Do not edit.

/// The first words of blocks 0, 1 and 2⁵² - 1 of `Stream::new(42)`.
pub const WORDS: [(u64, [u32; 4]); 3] = [
    (0, [0x900e98fa, 0x2541fb72, 0x1e61137f, 0x30cb315c]),
    (1, [0xb4a5205b, 0x373472dd, 0x773587d0, 0xf461b40d]),
    (4503599627370495, [0xd4822f96, 0xc2090a44, 0x5df43bad, 0xb406445b]),
];

/// `fill_normal`, `Stream::new(42)`, mean 0, std 1.
pub const NORMAL: [(u64, u32); 13] = [
    (0, 0xbedff8f7),
    (1, 0x3e5f89f6),
    (15, 0xbf3a3944),
    (16, 0xbe2023d4),
    (17, 0xbd038bca),
    (4095, 0xbf31e381),
    (4096, 0xbf2d5f78),
    (8191, 0xbfbee1b1),
    (4294967295, 0xbf4bafad),
    (4294967296, 0x3f9d8a29),
    (4294971407, 0xbfa97a57),
    (9223372036854775813, 0x3f46fe9b),
    (18446744073709551614, 0xbfe6c572),
];

/// `fill_normal`, `Stream::new(42)`, mean -1.5, std 0.3.
pub const SHIFTED: [(u64, u32); 13] = [
    (0, 0xbfd0cc46),
    (1, 0xbfb79e07),
    (15, 0xbfdbeefe),
    (16, 0xbfc60158),
    (17, 0xbfc13bb6),
    (4095, 0xbfdaaeed),
    (4096, 0xbfda0185),
    (8191, 0xbff943b5),
    (4294967295, 0xbfde8d8d),
    (4294967296, 0xbf90bcf4),
    (4294971407, 0xbff2d7e7),
    (9223372036854775813, 0xbfa2269c),
    (18446744073709551614, 0xc0029d9e),
];

/// `fill_truncated_normal`, `Stream::new(42)`, mean 0, std 1.
pub const TRUNCATED: [(u64, u32); 13] = [
    (0, 0xbf010818),
    (1, 0x3e7c52f2),
    (15, 0xbf50f8a1),
    (16, 0xbe3360cc),
    (17, 0xbd12c375),
    (4095, 0xbf44e123),
    (4096, 0xbf41e8df),
    (8191, 0xbfd0f406),
    (4294967295, 0xbf6318ba),
    (4294967296, 0x3fae1848),
    (4294971407, 0xbfbc8f1a),
    (9223372036854775813, 0x3f5b6db6),
    (18446744073709551614, 0xbfd3264d),
];

/// `fill_truncated_normal`, `Stream::new(42)`, mean -1.5, std 0.3.
pub const TRUNCATED_SHIFTED: [(u64, u32); 13] = [
    (0, 0xbfd35ad0),
    (1, 0xbfb689b0),
    (15, 0xbfdf587e),
    (16, 0xbfc6ba08),
    (17, 0xbfc1603b),
    (4095, 0xbfdd882c),
    (4096, 0xbfdd1621),
    (8191, 0xbffeaf9b),
    (4294967295, 0xbfe21082),
    (4294967296, 0xbf8bc584),
    (4294971407, 0xbff89154),
    (9223372036854775813, 0xbf9f15f1),
    (18446744073709551614, 0xbfff584a),
];

/// `TruncatedNormal`, `Cut::at(3.0)`, `Stream::new(42)`, mean 0, std 1.
pub const CUT_3: [(u64, u32); 17] = [
    (0, 0xbee304fd),
    (1, 0x3e629479),
    (15, 0xbf3cc1d3),
    (16, 0xbe22518b),
    (17, 0xbd0555eb),
    (2211, 0xbf970696),
    (2250, 0x3fa2b069),
    (2375, 0x3e8a5cb8),
    (2496, 0xbf7296e3),
    (4095, 0xbf344f07),
    (4096, 0xbf2fbb45),
    (8191, 0xbfc17a77),
    (4294967295, 0xbf4e750b),
    (4294967296, 0x3f9faed2),
    (4294971407, 0xbfabc893),
    (9223372036854775813, 0x3f49b3a3),
    (18446744073709551614, 0xbfe9e924),
];

/// `TruncatedNormal`, `Cut::at(1.0)`, `Stream::new(42)`, mean -1.5, std 0.3.
pub const CUT_1: [(u64, u32); 37] = [
    (0, 0xbfdf21f6),
    (1, 0xbfb076bc),
    (6, 0xbfeb74c4),
    (7, 0xbfae4fd5),
    (9, 0xbfa7f9a0),
    (15, 0xbff3c55f),
    (16, 0xbfcb2141),
    (17, 0xbfc24920),
    (19, 0xc002c243),
    (27, 0xbfebfc1a),
    (28, 0xbfb99fd8),
    (29, 0xbfa5b0aa),
    (33, 0xbfeeffe9),
    (41, 0xbfaf3c7c),
    (48, 0xbfbc5ceb),
    (49, 0xbfe94170),
    (65, 0xbfc3ce2c),
    (128, 0xbfc38adf),
    (204, 0xbffdec4a),
    (236, 0xbf894392),
    (460, 0xbfe3f7ff),
    (610, 0xbfc761d6),
    (665, 0xbfbebfd8),
    (1091, 0xbfc5e403),
    (1195, 0xbfe62cba),
    (1218, 0xbf930274),
    (2019, 0xbfda3880),
    (2110, 0xbfb9afb3),
    (2655, 0xbf746def),
    (4095, 0xbff1742d),
    (4096, 0xbff032cb),
    (8191, 0xbfdac513),
    (4294967295, 0xbff8a02a),
    (4294967296, 0xbfdbbf16),
    (4294971407, 0xbff8b1ed),
    (9223372036854775813, 0xbf88adbd),
    (18446744073709551614, 0xbfbf8109),
];

/// `TruncatedNormal`, `Cut::std_before(1.5)`, `Stream::new(42)`, mean 0.25, std 0.02.
pub const CUT_1_5: [(u64, u32); 33] = [
    (0, 0x3e770a86),
    (1, 0x3e823c42),
    (6, 0x3e737ead),
    (15, 0x3e711a24),
    (16, 0x3e7ccc15),
    (17, 0x3e7f579f),
    (19, 0x3e6aefd8),
    (29, 0x3e8e5a5b),
    (49, 0x3e8ca507),
    (104, 0x3e879278),
    (146, 0x3e62cd51),
    (171, 0x3e8b6b94),
    (219, 0x3e6df390),
    (236, 0x3e8c2edd),
    (245, 0x3e6bdfe4),
    (331, 0x3e63e462),
    (665, 0x3e802e11),
    (1185, 0x3e7ad701),
    (1724, 0x3e8a1859),
    (2655, 0x3e8d894c),
    (2848, 0x3e8b7340),
    (3010, 0x3e7d9c4f),
    (3364, 0x3e8f239b),
    (3481, 0x3e877b7c),
    (3603, 0x3e6deca0),
    (4095, 0x3e71c4d7),
    (4096, 0x3e722153),
    (8191, 0x3e61757e),
    (4294967295, 0x3e6fb482),
    (4294967296, 0x3e8c9a6a),
    (4294971407, 0x3e64e230),
    (9223372036854775813, 0x3e87f5b4),
    (18446744073709551614, 0x3e801245),
];

/// `TruncatedNormal`, `Cut::std_before(2.5)`, `Stream::new(42)`, mean 0, std 0.7.
pub const CUT_2_5: [(u64, u32); 17] = [
    (0, 0xbe9cc7e0),
    (1, 0x3e1c7a2c),
    (15, 0xbf025b49),
    (16, 0xbde03229),
    (17, 0xbcb82a1a),
    (129, 0xbe95bdd8),
    (214, 0x3f3299eb),
    (217, 0xbf2420f5),
    (228, 0x3e83e3f6),
    (4095, 0xbef90b4d),
    (4096, 0xbef2b8da),
    (8191, 0xbf859dfb),
    (4294967295, 0xbf0e9493),
    (4294967296, 0x3f5c8e39),
    (4294971407, 0xbf6d44e0),
    (9223372036854775813, 0x3f0b4bd3),
    (18446744073709551614, 0xbfa18a36),
];

/// `fill_uniform`, `Stream::new(42)`, -0.1 to 0.1.
pub const UNIFORM: [(u64, u32); 13] = [
    (0, 0xbdb31bd9),
    (1, 0x3cee7317),
    (15, 0xbd9a6ef9),
    (16, 0xbc7174ad),
    (17, 0xbb2179b3),
    (4095, 0xbd262132),
    (4096, 0xbd7122cb),
    (8191, 0xbd945d7c),
    (4294967295, 0xbd727fd2),
    (4294967296, 0x3d8e3769),
    (4294971407, 0xbdb92b3e),
    (9223372036854775813, 0x3d2c21e5),
    (18446744073709551614, 0xbd94960b),
];

/// `fill_uniform`, `Stream::new(42)`, -0.25 to 1.
pub const LOPSIDED: [(u64, u32); 13] = [
    (0, 0xbe2fb704),
    (1, 0x3f0e927a),
    (15, 0xbdc53594),
    (16, 0x3e90d736),
    (17, 0x3eb81d8f),
    (4095, 0x3df8d844),
    (4096, 0x3be73440),
    (8191, 0xbd9f4848),
    (4294967295, 0x3ba30900),
    (4294967296, 0x3f4f1b4a),
    (4294971407, 0xbe42a720),
    (9223372036854775813, 0x3f233d3e),
    (18446744073709551614, 0xbda0a9c0),
];

/// `NORMAL` where it left the fast path. box: 2, 30, 108; box near the curve: 27974, 28172, 33812; convex box near the curve: 34080, 34743, 36195; cap: 920, 1168, 1319; cap near the curve: 1357, 1470, 2820; tail: 2375, 2496, 5424; second try: 1168, 1470, 3106; third try: 1357, 34041, 44641.
pub const OVERHANG: [(u64, u32); 21] = [
    (2, 0xbf76f7b5),
    (30, 0xbe8999d1),
    (108, 0xbeb442d8),
    (920, 0xbdba4a07),
    (1168, 0xbc011c9e),
    (1319, 0xbd9dcc92),
    (1357, 0x3d5bdf7c),
    (1470, 0xbe36bc21),
    (2375, 0xc05c5c01),
    (2496, 0x40780360),
    (2820, 0xbe108c8e),
    (3106, 0x3f26fa48),
    (5424, 0xc063c25f),
    (27974, 0xbedbcd2d),
    (28172, 0x3eb6b3cb),
    (33812, 0xbeb0071c),
    (34041, 0xc06cda24),
    (34080, 0x404585f7),
    (34743, 0xc04ab197),
    (36195, 0xc0508cb2),
    (44641, 0x404d91f9),
];

/// `TRUNCATED` where it left the fast path. box: 2, 162, 271; box near the curve: 24801, 46479, 68798; convex box near the curve: 46479, 182496, 327777; cap: 30, 347, 920; cap near the curve: 1357, 1470, 2763; rest: 355184, 427099, 549391; second try: 108, 1168, 1470; third try: 1357, 13450, 28172.
pub const TRUNCATED_OVERHANG: [(u64, u32); 21] = [
    (2, 0xbf8a9143),
    (30, 0xbd61b413),
    (108, 0x3ec1db59),
    (162, 0xc0018bde),
    (271, 0xc00bd6a5),
    (347, 0x3b489496),
    (920, 0xbe01da59),
    (1168, 0xbc33feac),
    (1357, 0x3d994336),
    (1470, 0xbe7ec035),
    (2763, 0x3e4ec16a),
    (13450, 0xbdb2df82),
    (24801, 0xbeb9c7a3),
    (28172, 0xbdeaefa1),
    (46479, 0xbfd18728),
    (68798, 0x3ef9b18d),
    (182496, 0x3fdd8245),
    (327777, 0x3fb5e6df),
    (355184, 0x401177fc),
    (427099, 0xc0118150),
    (549391, 0xc0118389),
];

/// `SHIFTED` where it left the fast path.
pub const OVERHANG_SHIFTED: [(u64, u32); 6] = [
    (2, 0xbfe50b8e),
    (30, 0xbfca51f0),
    (108, 0xbfcd8503),
    (920, 0xbfc37e30),
    (1168, 0xbfc04d78),
    (1319, 0xbfc2f570),
];

/// `NORMAL` of `Stream::new(0).named("fc1.weight")`.
pub const NAMED: [(u64, u32); 4] = [
    (0, 0x3f88c06e),
    (1, 0xbf691c2e),
    (15, 0xbd3c4a26),
    (16, 0xbf93adaf),
];

/// `NORMAL` of `Stream::new(u64::MAX).substream(7).substream(8)`.
pub const SUBSTREAM: [(u64, u32); 4] = [
    (0, 0xbf2ac631),
    (1, 0xbfe2575c),
    (15, 0xbfce7383),
    (16, 0x3f43c4a2),
];

/// He, normal, `Shape::conv2d(3, 8, [3, 3])`, `Stream::new(42)`.
pub const HE_NORMAL: [(u64, u32); 6] = [
    (0, 0xbdf3d497),
    (1, 0x3d735bbd),
    (215, 0xbd26effb),
    (2, 0xbe866ea1),
    (30, 0xbd95cd03),
    (108, 0xbdc43e52),
];

/// He, uniform, `Shape::conv2d(3, 8, [3, 3])`, `Stream::new(42)`.
pub const HE_UNIFORM: [(u64, u32); 3] = [
    (0, 0xbed314ec),
    (1, 0x3e0c81fc),
    (215, 0xbd005481),
];

/// Xavier, normal, `Shape::conv2d(3, 8, [3, 3])`, `Stream::new(42)`.
pub const XAVIER_NORMAL: [(u64, u32); 6] = [
    (0, 0xbd7eac2e),
    (1, 0x3cfe2df4),
    (215, 0xbcae5c46),
    (2, 0xbe0c68e8),
    (30, 0xbd1c763d),
    (108, 0xbd4cf837),
];

/// Xavier, uniform, `Shape::conv2d(3, 8, [3, 3])`, `Stream::new(42)`.
pub const XAVIER_UNIFORM: [(u64, u32); 3] = [
    (0, 0xbe5c77b9),
    (1, 0x3d92c16d),
    (215, 0xbc860953),
];

/// Lecun, normal, `Shape::conv2d(3, 8, [3, 3])`, `Stream::new(42)`.
pub const LECUN_NORMAL: [(u64, u32); 6] = [
    (0, 0xbdac6a05),
    (1, 0x3d2c1491),
    (215, 0xbcec15cd),
    (2, 0xbe3e1da2),
    (30, 0xbd53d9b1),
    (108, 0xbd8ac3db),
];

/// Lecun, uniform, `Shape::conv2d(3, 8, [3, 3])`, `Stream::new(42)`.
pub const LECUN_UNIFORM: [(u64, u32); 3] = [
    (0, 0xbe9541e0),
    (1, 0x3dc6b53e),
    (215, 0xbcb57c76),
];

/// 64-bit FNV-1a of the little-endian bytes of `NORMAL`, n below 1048576.
pub const NORMAL_HASH: (u64, u64) = (1048576, 0x9d806e517ba75c72);

/// 64-bit FNV-1a of the little-endian bytes of `SHIFTED`, n below 65536.
pub const SHIFTED_HASH: (u64, u64) = (65536, 0xcdb6464db29097b0);

/// 64-bit FNV-1a of the little-endian bytes of `TRUNCATED`, n below 262144.
pub const TRUNCATED_HASH: (u64, u64) = (262144, 0xf59451f9e969fbf0);

/// 64-bit FNV-1a of the little-endian bytes of `TRUNCATED_SHIFTED`, n below 65536.
pub const TRUNCATED_SHIFTED_HASH: (u64, u64) = (65536, 0xe2c964bc799042fb);

/// 64-bit FNV-1a of the little-endian bytes of `CUT_3`, n below 65536.
pub const CUT_3_HASH: (u64, u64) = (65536, 0xec090f672fc4e573);

/// 64-bit FNV-1a of the little-endian bytes of `CUT_1`, n below 65536.
pub const CUT_1_HASH: (u64, u64) = (65536, 0x7a12504b537863ad);

/// 64-bit FNV-1a of the little-endian bytes of `CUT_1_5`, n below 65536.
pub const CUT_1_5_HASH: (u64, u64) = (65536, 0x77aedd0decc8ca7d);

/// 64-bit FNV-1a of the little-endian bytes of `CUT_2_5`, n below 65536.
pub const CUT_2_5_HASH: (u64, u64) = (65536, 0x930592c7877ae739);

/// 64-bit FNV-1a of the little-endian bytes of `UNIFORM`, n below 65536.
pub const UNIFORM_HASH: (u64, u64) = (65536, 0x843bf261a17c3875);

/// 64-bit FNV-1a of the little-endian bytes of `LOPSIDED`, n below 65536.
pub const LOPSIDED_HASH: (u64, u64) = (65536, 0x65e5a25603038a46);

/// 64-bit FNV-1a of the little-endian bytes of `exp(-n / 4096)`, n below 65536.
pub const EXP_HASH: (u64, u64) = (65536, 0x3b1ceaf1328f2426);

/// 64-bit FNV-1a of the little-endian bytes of `ln((2n + 1) / 2¹⁷)`, n below 65536.
pub const LN_HASH: (u64, u64) = (65536, 0x5b951678126592fa);

/// 64-bit FNV-1a of the little-endian bytes of a plan: conv2d(1, 8, [3, 3]) before ReLU, dense(288, 32) before tanh, dense(32, 10), n below 9658.
pub const PLAN_HASH: (u64, u64) = (9658, 0x8af2778f0320d39b);

/// 64-bit FNV-1a of the little-endian bytes of `Init::orthogonal()`, 20 × 33, gain 1.5, n below 660.
pub const ORTHOGONAL_HASH: (u64, u64) = (660, 0xbe3c01d444b64d58);

/// 64-bit FNV-1a of the little-endian bytes of `Init::orthogonal()`, 33 × 7, gain 1, n below 231.
pub const ORTHOGONAL_TALL_HASH: (u64, u64) = (231, 0x8ac6c6298a2e1d7d);

/// 64-bit FNV-1a of the little-endian bytes of `Init::delta_orthogonal()`, conv2d(3, 4, [3, 3]), n below 108.
pub const DELTA_HASH: (u64, u64) = (108, 0x992d3b5bcd28b215);

/// 64-bit FNV-1a of the little-endian bytes of `Init::sparse(0.3, 0.5)`, dense(9, 20), n below 180.
pub const SPARSE_HASH: (u64, u64) = (180, 0x0fd7330632b7502a);

/// 64-bit FNV-1a of the little-endian bytes of He, normal, `.icnr(2, PixelShuffle)`, conv2d(2, 12, [3, 3]), n below 216.
pub const PIXEL_SHUFFLE_HASH: (u64, u64) = (216, 0x83f0070435f8c8b5);

/// 64-bit FNV-1a of the little-endian bytes of He, normal, `.icnr(2, DepthToSpace)`, conv2d(2, 12, [3, 3]), n below 216.
pub const DEPTH_TO_SPACE_HASH: (u64, u64) = (216, 0x1737b9591dd34505);

/// 64-bit FNV-1a of the little-endian bytes of He, normal, dense(64, 96), the block of 40 × 21 at 45, 7, column by column, n below 840.
pub const BLOCK_HASH: (u64, u64) = (840, 0x2fb7f2d4b5019977);

/// 64-bit FNV-1a of the little-endian bytes of Xavier, uniform, dense(5, 7).packed(4) with the outputs last, the block of 3 × 17 at 1, 5, n below 51.
pub const PACKED_BLOCK_HASH: (u64, u64) = (51, 0x67fab3809e004d06);

/// 64-bit FNV-1a of the little-endian bytes of `Init::sparse(0.3, 0.5)`, dense(9, 20).stacked(2), the block of 2 × 10 × 5 at 0, 3, 2, axes reversed, n below 100.
pub const STACKED_BLOCK_HASH: (u64, u64) = (100, 0x887a27ee1bf6104d);

/// 64-bit FNV-1a of the little-endian bytes of `PIXEL_SHUFFLE`, the block of 7 × 2 × 2 × 3 at 3, 0, 1, 0, n below 84.
pub const SHUFFLED_BLOCK_HASH: (u64, u64) = (84, 0x96c8857653a4f3b1);

/// 64-bit FNV-1a of the little-endian bytes of `write_fixed`, 6 fraction bits, `i8`, mean 0, std 0.5, n below 20000.
pub const I8_HASH: (u64, u64) = (20000, 0x91b63407abca8d56);

/// 64-bit FNV-1a of the little-endian bytes of `write_fixed`, 15 fraction bits, `i16`, the same, n below 20000.
pub const I16_HASH: (u64, u64) = (20000, 0xe09e705d6ccf1479);

/// 64-bit FNV-1a of the little-endian bytes of `write_fixed`, 31 fraction bits, `i32`, the same, n below 20000.
pub const I32_HASH: (u64, u64) = (20000, 0x4c6a9e3121133665);

/// 64-bit FNV-1a of the little-endian bytes of `write_as`, `f16`, the same, n below 20000.
pub const F16_HASH: (u64, u64) = (20000, 0xe0eb9d1c4d925863);

/// 64-bit FNV-1a of the little-endian bytes of `write_as`, `bf16`, the same, n below 20000.
pub const BF16_HASH: (u64, u64) = (20000, 0xbb02275880c03e33);

/// The statistics of the first 1003 values of `SHIFTED`: mean, std, min and max, and how many are beyond 2 and 3 std.
pub const STATS: ([u32; 4], [usize; 2]) = ([0xbfbf9945, 0x3e98e430, 0xc01751bb, 0xbf1e777f], [36, 0]);

/// fan_in, fan_out, bits of the gain, and the bits of std and bound: He, Xavier, LeCun by fan_out.
pub const SCALES: [(usize, usize, u32, [u32; 6]); 21] = [
    (1, 1, 0x3f800000, [0x3fb504f3, 0x401cc471, 0x3f800000, 0x3fddb3d7, 0x3f800000, 0x3fddb3d7]),
    (1, 1, 0x3fd55555, [0x4016d975, 0x4082a3b3, 0x3fd55555, 0x4038c088, 0x3fd55555, 0x4038c088]),
    (1, 1, 0x3dcccccd, [0x3e10d0c3, 0x3e7ad3e8, 0x3dcccccd, 0x3e315cac, 0x3dcccccd, 0x3e315cac]),
    (3, 1000, 0x3f800000, [0x3f5105ec, 0x3fb504f3, 0x3d36e790, 0x3d9e6665, 0x3d0186e3, 0x3d6058e0]),
    (3, 1000, 0x3fd55555, [0x3fae2f9a, 0x4016d975, 0x3d986ba2, 0x3e03ffff, 0x3d57e0cf, 0x3dbaf4ba]),
    (3, 1000, 0x3dcccccd, [0x3da737f0, 0x3e10d0c3, 0x3b9252da, 0x3bfd70a2, 0x3b4f3e38, 0x3bb37a4d]),
    (27, 72, 0x3f800000, [0x3e8b5948, 0x3ef15bef, 0x3e118b87, 0x3e7c1765, 0x3df15bef, 0x3e5105ec]),
    (27, 72, 0x3fd55555, [0x3ee83f78, 0x3f4921f2, 0x3e729336, 0x3ed2137f, 0x3e4921f2, 0x3eae2f9a]),
    (27, 72, 0x3dcccccd, [0x3cdef540, 0x3d411659, 0x3c68df3f, 0x3cc9ac51, 0x3c411659, 0x3ca737f0]),
    (784, 100, 0x3f800000, [0x3d4ee116, 0x3db329a5, 0x3d42d3ad, 0x3da8b99a, 0x3dcccccd, 0x3e315cac]),
    (784, 100, 0x3fd55555, [0x3dac663d, 0x3e154d5f, 0x3da25b10, 0x3e0c9aab, 0x3e2aaaab, 0x3e93cd3a]),
    (784, 100, 0x3dcccccd, [0x3ba580df, 0x3c0f5484, 0x3b9bdc8b, 0x3c06fae2, 0x3c23d70b, 0x3c8de3bd]),
    (147, 3136, 0x3f800000, [0x3deee232, 0x3e4ee116, 0x3cca31cf, 0x3d2f1b0b, 0x3c924924, 0x3cfd5fd2]),
    (147, 3136, 0x3fd55555, [0x3e4711d4, 0x3eac663d, 0x3d287ed7, 0x3d91ebde, 0x3cf3cf3c, 0x3d53252f]),
    (147, 3136, 0x3dcccccd, [0x3c3f1b5b, 0x3ca580df, 0x3b21c173, 0x3b8c15a3, 0x3aea0ea0, 0x3b4ab30f]),
    (12345, 6789, 0x3f800000, [0x3c508a3e, 0x3cb499d8, 0x3c2781b4, 0x3c9110a5, 0x3c46d899, 0x3cac34ac]),
    (12345, 6789, 0x3fd55555, [0x3cadc889, 0x3d168034, 0x3c8b96c0, 0x3cf1c668, 0x3ca5b47f, 0x3d0f813a]),
    (12345, 6789, 0x3dcccccd, [0x3aa6d4ff, 0x3b107b13, 0x3a86015d, 0x3ae81aa2, 0x3a9f13ae, 0x3b09c3bd]),
    (16777217, 2, 0x3f800000, [0x39b504f3, 0x3a1cc471, 0x39b504f2, 0x3a1cc470, 0x3f3504f3, 0x3f9cc471]),
    (16777217, 2, 0x3fd55555, [0x3a16d975, 0x3a82a3b3, 0x3a16d974, 0x3a82a3b2, 0x3f96d975, 0x4002a3b3]),
    (16777217, 2, 0x3dcccccd, [0x3810d0c3, 0x387ad3e8, 0x3810d0c2, 0x387ad3e7, 0x3d90d0c3, 0x3dfad3e8]),
];

/// fan_in, fan_out, and the bits of He's std and bound by the geometric mean, and of PyTorch's default bound.
pub const MORE_SCALES: [(usize, usize, [u32; 3]); 7] = [
    (1, 1, [0x3fb504f3, 0x401cc471, 0x3f800000]),
    (3, 1000, [0x3e43acb8, 0x3ea97591, 0x3f13cd3a]),
    (27, 72, [0x3e5a17b4, 0x3ebcdfac, 0x3e4511a3]),
    (784, 100, [0x3dad166c, 0x3e15e5f4, 0x3d124924]),
    (147, 3136, [0x3d5e4e64, 0x3dc085d9, 0x3da8ea8c]),
    (12345, 6789, [0x3c722a26, 0x3cd1b881, 0x3c1375c6]),
    (16777217, 2, [0x3c9837f0, 0x3d03d33a, 0x39800000]),
];
