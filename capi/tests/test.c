/* Compares the library with the test vectors, through every function of the header, and tries wrong arguments. */
#include <string.h>
#include <weight_init.h>

#include "board.h"
#include "vectors.h"

static int failures;

#define LEN(array) (sizeof(array) / sizeof *(array))
#define CHECK(condition) check(condition, #condition, __LINE__)
#define IS(call, error) is(call, error, #call, __LINE__)

static void failed(const char *text, int line) {
    failures++;
    print("FAILED, line ");
    print_number((uint32_t)line);
    print(": ");
    print(text);
}

static void check(int condition, const char *text, int line) {
    if (condition) return;
    failed(text, line);
    print("\n");
}

static void is(wi_error given, wi_error expected, const char *text, int line) {
    if (given == expected) return;
    failed(text, line);
    print(": ");
    print(wi_error_text(given));
    print("\n");
}

static const uint64_t START = 0xcbf29ce484222325u;

static uint64_t hash(uint64_t hash, const void *values, size_t bytes) {
    for (const uint8_t *byte = values; bytes > 0; bytes--) hash = (hash ^ *byte++) * 0x100000001b3u;
    return hash;
}

static uint32_t bits(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static float out[1000];
static const wi_shape CONV = WI_SHAPE_CONV2D(3, 8, 3, 3);

static void schemes(void) {
    static const struct { uint32_t scheme; const char *text; const vector *vectors; size_t count; } rows[] = {
        {WI_HE_NORMAL, "he_normal", HE_NORMAL, LEN(HE_NORMAL)},
        {WI_HE_UNIFORM, "kaiming_uniform", HE_UNIFORM, LEN(HE_UNIFORM)},
        {WI_XAVIER_NORMAL, "xavier_normal", XAVIER_NORMAL, LEN(XAVIER_NORMAL)},
        {WI_XAVIER_UNIFORM, "glorot_uniform", XAVIER_UNIFORM, LEN(XAVIER_UNIFORM)},
        {WI_LECUN_NORMAL, "lecun_normal(gain=1)", LECUN_NORMAL, LEN(LECUN_NORMAL)},
        {WI_LECUN_UNIFORM, "lecun_uniform", LECUN_UNIFORM, LEN(LECUN_UNIFORM)},
    };
    const wi_stream stream = wi_stream_new(42);
    for (size_t row = 0; row < LEN(rows); row++) {
        const wi_draw by_text = {.text = rows[row].text, .stream = stream, .shape = CONV};
        float whole[216], same[216];
        IS(wi_fill(rows[row].scheme, stream, &CONV, whole, 216), WI_OK);
        IS(wi_write_f32(&by_text, same, 216), WI_OK);
        CHECK(memcmp(whole, same, sizeof whole) == 0);
        IS(wi_fill_any_scheme(rows[row].scheme, stream, &CONV, same, 216), WI_OK);
        CHECK(memcmp(whole, same, sizeof whole) == 0);
        for (size_t i = 0; i < rows[row].count; i++) {
            const vector *vector = &rows[row].vectors[i];
            float value;
            IS(wi_fill_range(rows[row].scheme, stream, &CONV, vector->index, &value, 1), WI_OK);
            CHECK(bits(value) == vector->bits && bits(whole[vector->index]) == vector->bits);
        }
        IS(wi_verify(rows[row].scheme, &CONV, whole, 216), WI_OK);
        whole[9] = __builtin_nanf("");
        IS(wi_verify(rows[row].scheme, &CONV, whole, 216), WI_ERROR_NOT_FINITE);
    }
    /* Every number up to the last one is a scheme, and no other is. */
    const wi_shape square = WI_SHAPE_DENSE(8, 8);
    const wi_shape up = WI_SHAPE_CONV1D(8, 8, 1);
    static float whole[216];
    for (uint32_t scheme = 0; scheme <= WI_PYTORCH_DEFAULT; scheme++) {
        IS(wi_fill_any_scheme(scheme, stream, &CONV, whole, 216), WI_OK);
        IS(wi_fill(scheme, stream, &CONV, out, 216), WI_OK);
        CHECK(memcmp(whole, out, sizeof whole) == 0);
        IS(wi_fill_range(scheme, stream, &CONV, 16, out, 200), WI_OK);
        CHECK(memcmp(whole + 16, out, 800) == 0);
    }
    for (uint32_t scheme = 0; scheme <= WI_BILINEAR; scheme++) {
        const int spatial = scheme == WI_DELTA_ORTHOGONAL || scheme == WI_DIRAC;
        IS(wi_fill(scheme, stream, spatial ? &up : scheme == WI_BILINEAR ? &CONV : &square, out,
                   scheme == WI_BILINEAR ? 216 : 64),
           WI_OK);
    }
    IS(wi_fill(WI_BILINEAR + 1, stream, &square, out, 64), WI_ERROR_SCHEME);
}

static void streams(void) {
    const wi_stream named = wi_stream_named(wi_stream_new(0), "fc1.weight");
    const wi_stream substream = wi_stream_substream(wi_stream_substream(wi_stream_new(UINT64_MAX), 7), 8);
    wi_draw draw = {.text = "normal(mean=0, std=1)", .part = WI_RANGE, .stream = named, .shape = WI_SHAPE_VECTOR(1 << 20)};
    for (size_t i = 0; i < LEN(NAMED); i++) {
        draw.start = NAMED[i].index;
        IS(wi_write_f32(&draw, out, 1), WI_OK);
        CHECK(bits(out[0]) == NAMED[i].bits);
    }
    draw.stream = substream;
    for (size_t i = 0; i < LEN(SUBSTREAM); i++) {
        draw.start = SUBSTREAM[i].index;
        IS(wi_write_f32(&draw, out, 1), WI_OK);
        CHECK(bits(out[0]) == SUBSTREAM[i].bits);
    }
    uint64_t all = START;
    draw.stream = wi_stream_new(42);
    for (draw.start = 0; draw.start < NORMAL_COUNT;) {
        const size_t rest = NORMAL_COUNT - (size_t)draw.start, len = rest < LEN(out) ? rest : LEN(out);
        IS(wi_write_f32(&draw, out, len), WI_OK);
        all = hash(all, out, len * sizeof *out);
        draw.start += len;
    }
    CHECK(all == NORMAL_HASH);
    print("hash of 2^20 normal values: 0x");
    print_hex(all);
    print("\n");
}

static void floats(void) {
    static uint16_t slots[200], same[200];
    wi_draw draw = {.text = "normal(mean=0, std=0.5)", .part = WI_RANGE, .stream = wi_stream_new(42),
                    .shape = WI_SHAPE_VECTOR(20000)};
    uint64_t f16 = START, bf16 = START;
    for (draw.start = 0; draw.start < 20000; draw.start += 200) {
        IS(wi_write_f16(&draw, slots, 200), WI_OK);
        f16 = hash(f16, slots, 400);
        IS(wi_write_bf16(&draw, slots, 200), WI_OK);
        bf16 = hash(bf16, slots, 400);
    }
    CHECK(f16 == F16_HASH && bf16 == BF16_HASH);

    const wi_draw he = {.scheme = WI_HE_NORMAL, .stream = wi_stream_new(42), .shape = WI_SHAPE_DENSE(4, 50)};
    IS(wi_write_bf16(&he, slots, 200), WI_OK);
    IS(wi_fill_bf16(WI_HE_NORMAL, he.stream, &he.shape, 0, same, 200), WI_OK);
    CHECK(memcmp(slots, same, 400) == 0);
}

static void integers(void) {
    static union { int8_t i8[200]; int16_t i16[200]; int32_t i32[200]; uint8_t u8[200]; } slots;
    wi_draw draw = {.text = "normal(mean=0, std=0.5)", .part = WI_RANGE, .stream = wi_stream_new(42),
                    .shape = WI_SHAPE_VECTOR(20000)};
    const wi_quantization q6 = {.fraction_bits = 6}, q15 = {.fraction_bits = 15}, q31 = {.fraction_bits = 31};
    uint64_t i8 = START, i16 = START, i32 = START;
    for (draw.start = 0; draw.start < 20000; draw.start += 200) {
        IS(wi_write_i8(&draw, &q6, slots.i8, 200, NULL), WI_OK);
        i8 = hash(i8, slots.i8, 200);
        IS(wi_write_i16(&draw, &q15, slots.i16, 200, NULL), WI_OK);
        i16 = hash(i16, slots.i16, 400);
        IS(wi_write_i32(&draw, &q31, slots.i32, 200, NULL), WI_OK);
        i32 = hash(i32, slots.i32, 800);
    }
    CHECK(i8 == I8_HASH && i16 == I16_HASH && i32 == I32_HASH);

    /* The short ways give the same, and count what saturates. */
    const wi_shape shape = WI_SHAPE_DENSE(4, 50);
    const wi_draw he = {.scheme = WI_HE_NORMAL, .stream = wi_stream_new(42), .shape = shape};
    static int8_t small[200];
    static int16_t wide[200];
    size_t saturated = 0, same = 0;
    IS(wi_write_i8(&he, &q6, slots.i8, 200, &saturated), WI_OK);
    IS(wi_fill_i8(WI_HE_NORMAL, he.stream, &shape, 0, 6, small, 200, &same), WI_OK);
    CHECK(memcmp(slots.i8, small, 200) == 0 && saturated == same);
    IS(wi_fill_i8(WI_HE_NORMAL, he.stream, &shape, 7, 6, small, 9, NULL), WI_OK);
    CHECK(memcmp(slots.i8 + 7, small, 9) == 0);
    IS(wi_fill_i8(WI_HE_NORMAL, he.stream, &shape, 0, 9, small, 200, &same), WI_OK);
    CHECK(same > 100);
    IS(wi_write_i16(&he, &q15, slots.i16, 200, NULL), WI_OK);
    IS(wi_fill_i16(WI_HE_NORMAL, he.stream, &shape, 0, 15, wide, 200, NULL), WI_OK);
    CHECK(memcmp(slots.i16, wide, 400) == 0);
    const wi_quantization centred = {.scale = 0.01f, .zero_point = 128};
    IS(wi_write_u8(&he, &centred, slots.u8, 200, NULL), WI_OK);
    IS(wi_write_i8(&he, &centred, slots.i8, 200, NULL), WI_ERROR_ZERO_POINT);
    IS(wi_fill_i8(WI_HE_NORMAL, he.stream, &shape, 0, 121, small, 200, NULL), WI_ERROR_QUANTIZATION_SCALE);
}

static void parts(void) {
    wi_draw draw = {.scheme = WI_XAVIER_UNIFORM, .stream = wi_stream_new(7), .shape = WI_SHAPE_DENSE(20, 30)};
    static float whole[600], part[600];
    size_t len = 0;
    IS(wi_draw_len(&draw, &len), WI_OK);
    CHECK(len == 600);
    IS(wi_write_f32(&draw, whole, 600), WI_OK);

    const size_t offsets[] = {4, 5}, sizes[] = {2, 3}, strides[] = {1, 2};
    draw.part = WI_BLOCK;
    draw.rank = 2;
    draw.offsets = offsets;
    draw.sizes = sizes;
    IS(wi_draw_len(&draw, &len), WI_OK);
    CHECK(len == 6);
    IS(wi_write_f32(&draw, part, 6), WI_OK);
    for (size_t row = 0; row < 2; row++) CHECK(memcmp(part + 3 * row, whole + 20 * (4 + row) + 5, 12) == 0);
    draw.strides = strides; /* column-major */
    IS(wi_draw_len(&draw, &len), WI_OK);
    CHECK(len == 6);
    IS(wi_write_f32(&draw, part, 6), WI_OK);
    CHECK(part[1] == whole[20 * 5 + 5] && part[2] == whole[20 * 4 + 6]);
    const size_t apart[] = {10, 1};
    draw.strides = apart;
    IS(wi_draw_len(&draw, &len), WI_OK);
    CHECK(len == 13);
    IS(wi_write_f32(&draw, part, 12), WI_ERROR_WRONG_LENGTH);
    IS(wi_write_f32(&draw, part, 13), WI_OK);
    CHECK(part[10] == whole[20 * 5 + 5]);
    draw.strides = NULL;
    draw.rank = 1;
    IS(wi_write_f32(&draw, part, 6), WI_ERROR_WRONG_RANK);
    draw.rank = 2;
    draw.sizes = NULL;
    IS(wi_write_f32(&draw, part, 6), WI_ERROR_NULL);

    draw.part = WI_SHARD;
    draw.axis = 1;
    draw.shard = 3;
    draw.shards = 4;
    IS(wi_draw_len(&draw, &len), WI_OK);
    CHECK(len == 150);
    IS(wi_write_f32(&draw, part, 150), WI_OK);
    for (size_t row = 0; row < 30; row++) CHECK(memcmp(part + 5 * row, whole + 20 * row + 15, 20) == 0);
    draw.shard = 4;
    IS(wi_write_f32(&draw, part, 150), WI_ERROR_SHARD);

    draw.part = WI_RANGE;
    draw.start = 590;
    IS(wi_draw_len(&draw, &len), WI_OK);
    CHECK(len == 10);
    IS(wi_write_f32(&draw, part, 10), WI_OK);
    CHECK(memcmp(part, whole + 590, 40) == 0);
    IS(wi_write_f32(&draw, part, 11), WI_ERROR_RANGE_PAST_END);
    draw.start = 601;
    IS(wi_draw_len(&draw, &len), WI_ERROR_RANGE_PAST_END);
    draw.start = 590;
    draw.strides = apart;
    IS(wi_draw_len(&draw, &len), WI_ERROR_PART);
    IS(wi_write_f32(&draw, part, 10), WI_ERROR_PART);
    draw.part = 9;
    IS(wi_write_f32(&draw, part, 10), WI_ERROR_PART);
}

static void plans(void) {
    static uint64_t memory[WI_PLAN_WORDS(6)];
    const wi_stream model = wi_stream_new(42);
    const wi_shape conv = WI_SHAPE_CONV2D(1, 8, 3, 3), fc1 = WI_SHAPE_DENSE(288, 32);
    const wi_layer layers[] = {
        {"conv", conv, WI_HE_NORMAL, WI_ZEROS, WI_WITH_BIAS},
        {"fc2", WI_SHAPE_DENSE(32, 10), WI_XAVIER_NORMAL, WI_ZEROS, WI_WITH_BIAS},
    };
    wi_plan *plan = NULL;
    IS(wi_plan_new(memory, WI_PLAN_WORDS(6), &plan), WI_OK);
    IS(wi_plan_push(plan, &layers[0]), WI_OK);
    IS(wi_plan_push(plan, &layers[0]), WI_ERROR_DUPLICATE_NAME);
    IS(wi_plan_push_text(plan, "fc1", &fc1, "xavier_normal(gain=1.6666666)", "zeros"), WI_OK);
    IS(wi_plan_push(plan, &layers[1]), WI_OK);
    IS(wi_plan_push_text(plan, "fc3", &fc1, "zeros", NULL), WI_ERROR_PLAN_FULL);
    CHECK(wi_plan_len(plan) == PLAN_COUNT);

    uint64_t ranges = START, in_pages = START;
    wi_pages pages;
    IS(wi_pages_start(plan, model, 0, PLAN_COUNT, &pages), WI_OK);
    for (size_t start = 0; start < PLAN_COUNT; start += LEN(out)) {
        const size_t rest = PLAN_COUNT - start, len = rest < LEN(out) ? rest : LEN(out);
        size_t first, count;
        IS(wi_pages_next(&pages, out, LEN(out), &first, &count), WI_OK);
        CHECK(first == start && count == len);
        in_pages = hash(in_pages, out, len * sizeof *out);
        memset(out, 0, sizeof out);
        IS(wi_plan_fill_range(plan, model, start, out, len), WI_OK);
        ranges = hash(ranges, out, len * sizeof *out);
        IS(wi_plan_matches(plan, model, start, out, len), WI_OK);
        IS(wi_plan_matches(plan, wi_stream_new(43), start, out, len), WI_ERROR_DIFFERENT);
    }
    CHECK(ranges == PLAN_HASH && in_pages == PLAN_HASH);
    size_t first = 0, count = 9;
    IS(wi_pages_next(&pages, out, LEN(out), &first, &count), WI_OK);
    CHECK(count == 0);
    IS(wi_pages_next(&pages, out, 0, &first, &count), WI_ERROR_WRONG_LENGTH);
    IS(wi_pages_start(plan, model, 0, PLAN_COUNT + 1, &pages), WI_ERROR_RANGE_PAST_END);
    IS(wi_pages_start(plan, model, 5, 4, &pages), WI_ERROR_RANGE_PAST_END);

    IS(wi_plan_find(plan, "fc2.bias", &first, &count), WI_OK);
    CHECK(first == PLAN_COUNT - 10 && count == 10);
    IS(wi_plan_find(plan, "fc2", &first, &count), WI_ERROR_UNKNOWN_NAME);

    /* The formats round the values of the range. */
    static int8_t small[72];
    static int16_t wide[72];
    static uint16_t half[72];
    size_t saturated = 9;
    IS(wi_plan_fill_range(plan, model, 0, out, 72), WI_OK);
    IS(wi_plan_fill_i8(plan, model, 0, 5, small, 72, &saturated), WI_OK);
    IS(wi_plan_fill_i16(plan, model, 0, 12, wide, 72, NULL), WI_OK);
    IS(wi_plan_fill_bf16(plan, model, 0, half, 72), WI_OK);
    CHECK(saturated == 0);
    for (size_t i = 0; i < 72; i++) {
        CHECK(__builtin_fabsf(32.0f * out[i] - small[i]) <= 0.5f);
        CHECK(__builtin_fabsf(4096.0f * out[i] - wide[i]) <= 0.5f);
        CHECK(__builtin_fabsf(out[i] - ((union { uint32_t u; float f; }){(uint32_t)half[i] << 16}).f) <=
              __builtin_fabsf(out[i]) / 256.0f);
    }

    /* A small plan in one buffer, a new head, and the checks. */
    static float buffer[80], before[80];
    IS(wi_plan_new(memory, WI_PLAN_WORDS(2), &plan), WI_OK);
    IS(wi_plan_push(plan, &layers[0]), WI_OK);
    IS(wi_plan_fill(plan, model, buffer, 80), WI_OK);
    IS(wi_plan_verify(plan, buffer, 80), WI_OK);
    memcpy(before, buffer, sizeof buffer);
    IS(wi_plan_fill_tensor(plan, model, "conv.weight", buffer, 80), WI_OK);
    CHECK(memcmp(before, buffer, sizeof buffer) == 0);
    IS(wi_plan_fill_tensor(plan, wi_stream_substream(model, 1), "conv.weight", buffer, 80), WI_OK);
    CHECK(memcmp(before, buffer, sizeof buffer) != 0);
    IS(wi_plan_verify(plan, buffer, 80), WI_OK);
    IS(wi_plan_matches(plan, model, 0, buffer, 80), WI_ERROR_DIFFERENT);
    for (size_t i = 0; i < 72; i++) buffer[i] *= 10.0f;
    CHECK(wi_plan_verify(plan, buffer, 80) >= WI_ERROR_NOT_FINITE);
    IS(wi_plan_verify(plan, buffer, 79), WI_ERROR_WRONG_LENGTH);
}

static void errors(void) {
    const wi_stream stream = wi_stream_new(1);
    wi_shape shape = WI_SHAPE_DENSE(4, 3);
    float before[12] = {0}, values[12] = {0};
    IS(wi_fill(WI_HE_NORMAL, stream, &shape, values, 11), WI_ERROR_WRONG_LENGTH);
    IS(wi_fill(WI_HE_NORMAL, stream, &shape, NULL, 12), WI_ERROR_NULL);
    IS(wi_fill(WI_HE_NORMAL, stream, NULL, values, 12), WI_ERROR_NULL);
    IS(wi_fill(WI_HE_NORMAL, stream, &shape, values, SIZE_MAX), WI_ERROR_WRONG_LENGTH);
    IS(wi_fill_range(WI_HE_NORMAL, stream, &shape, 0, values, SIZE_MAX), WI_ERROR_TOO_LONG);
    IS(wi_fill(99, stream, &shape, values, 12), WI_ERROR_SCHEME);
    IS(wi_fill_range(WI_ORTHOGONAL, stream, &shape, 0, values, 12), WI_ERROR_SCHEME);
    IS(wi_fill_range(WI_HE_NORMAL, stream, &shape, UINT64_MAX, values, 12), WI_ERROR_RANGE_PAST_END);
    IS(wi_fill_range(WI_HE_NORMAL, stream, &shape, 1, values, 12), WI_ERROR_RANGE_PAST_END);
    shape.stacked = 1;
    IS(wi_fill(WI_HE_NORMAL, stream, &shape, values, 12), WI_ERROR_STACK);
    IS(wi_fill(WI_ZEROS, stream, &shape, values, 12), WI_ERROR_STACK);
    IS(wi_fill_range(WI_HE_NORMAL, stream, &shape, 0, values, 12), WI_ERROR_STACK);
    shape.stacked = 0;
    shape.flags = WI_PACKED;
    IS(wi_fill(WI_HE_NORMAL, stream, &shape, values, 12), WI_ERROR_SHAPE);
    shape.flags = 0;
    shape.kernel[1] = 1;
    IS(wi_fill(WI_HE_NORMAL, stream, &shape, values, 12), WI_ERROR_SHAPE);
    shape.kernel[1] = 0;
    shape.layout = 3;
    IS(wi_fill(WI_HE_NORMAL, stream, &shape, values, 12), WI_ERROR_SHAPE);
    shape.layout = WI_IN_OUT;
    shape.flags = 16;
    IS(wi_fill(WI_HE_NORMAL, stream, &shape, values, 12), WI_ERROR_SHAPE);
    shape.flags = 0;
    shape.groups = 2;
    IS(wi_fill(WI_HE_NORMAL, stream, &shape, values, 12), WI_ERROR_GROUPS);
    const wi_shape huge = WI_SHAPE_DENSE(SIZE_MAX, 2), vector = WI_SHAPE_VECTOR(12), none = WI_SHAPE_DENSE(0, 3);
    IS(wi_fill(WI_HE_NORMAL, stream, &huge, values, 12), WI_ERROR_OVERFLOW);
    IS(wi_fill(WI_HE_NORMAL, stream, &vector, values, 12), WI_ERROR_RANK_TOO_LOW);
    wi_draw draw = {.text = "he_norml", .stream = stream, .shape = WI_SHAPE_DENSE(4, 3)};
    IS(wi_write_f32(&draw, values, 12), WI_ERROR_TEXT);
    draw.text = "he_normal(gain=1e-300)"; /* not zero, but a float can't tell */
    IS(wi_write_f32(&draw, values, 12), WI_ERROR_TEXT);
    draw.text = "\xff";
    IS(wi_write_f32(&draw, values, 12), WI_ERROR_NOT_UTF8);
    IS(wi_write_f32(NULL, values, 12), WI_ERROR_NULL);
    CHECK(memcmp(before, values, sizeof values) == 0);
    /* An empty tensor is a no-op. */
    IS(wi_fill(WI_HE_NORMAL, stream, &none, NULL, 0), WI_OK);
    IS(wi_fill_any_scheme(WI_ONES, stream, &none, NULL, 0), WI_OK);
    IS(wi_fill(WI_ONES, stream, &none, NULL, 0), WI_OK);
    IS(wi_fill_range(WI_HE_NORMAL, stream, &none, 0, NULL, 0), WI_OK);
    /* The other shapes: a depthwise convolution, three axes, and a stack, whose matrices have streams of their own. */
    const wi_shape depthwise = WI_SHAPE_DEPTHWISE2D(8, 3, 3), volume = WI_SHAPE_CONV3D(2, 4, 3, 3, 3);
    wi_shape stack = WI_SHAPE_DENSE(4, 3);
    IS(wi_fill(WI_HE_NORMAL, stream, &depthwise, out, 72), WI_OK);
    IS(wi_verify(WI_HE_NORMAL, &depthwise, out, 72), WI_OK);
    IS(wi_fill(WI_HE_UNIFORM, stream, &volume, out, 216), WI_OK);
    IS(wi_fill(WI_ONES, stream, &vector, values, 12), WI_OK);
    CHECK(values[0] == 1.0f && values[11] == 1.0f);
    stack.stacked = 2;
    IS(wi_fill_any_scheme(WI_HE_NORMAL, stream, &stack, out, 24), WI_OK);
    stack.stacked = 0;
    IS(wi_fill(WI_HE_NORMAL, wi_stream_substream(stream, 1), &stack, values, 12), WI_OK);
    CHECK(memcmp(values, out + 12, sizeof values) == 0);

    uint64_t memory[WI_PLAN_WORDS(1)];
    wi_plan *plan = NULL;
    wi_layer layer = {"fc", WI_SHAPE_DENSE(4, 3), WI_HE_NORMAL, WI_ZEROS, 3};
    IS(wi_plan_new(NULL, 99, &plan), WI_ERROR_NULL);
    IS(wi_plan_new(memory, 3, &plan), WI_ERROR_PLAN_FULL);
    IS(wi_plan_new(memory, WI_PLAN_WORDS(1), &plan), WI_OK);
    IS(wi_plan_push(plan, &layer), WI_ERROR_BIASES);
    layer.biases = WI_WITH_BIAS;
    IS(wi_plan_push(plan, &layer), WI_ERROR_PLAN_FULL);
    layer.biases = WI_SINGLE_TENSOR;
    IS(wi_plan_push(plan, &layer), WI_OK);
    IS(wi_plan_find(plan, "fc", NULL, NULL), WI_OK);
    IS(wi_plan_push(NULL, &layer), WI_ERROR_NULL);
    layer.name = NULL;
    IS(wi_plan_push(plan, &layer), WI_ERROR_NULL);
    IS(wi_plan_find(plan, NULL, NULL, NULL), WI_ERROR_NULL);
    layer.shape.stacked = 2;
    layer.name = "stack";
    IS(wi_plan_push(plan, &layer), WI_ERROR_STACK);
    IS(wi_plan_fill(NULL, stream, values, 12), WI_ERROR_NULL);
    CHECK(wi_plan_len(NULL) == 0);
    /* Every error of the library and of this header has a text. */
    for (wi_error error = 0; error <= WI_ERROR_ZERO_POINT; error++) CHECK(strcmp(wi_error_text(error), "unknown error") != 0);
    CHECK(strcmp(wi_error_text(-1), "unknown error") == 0);
}

static void orthogonal(void) {
    const wi_draw draw = {.text = "orthogonal(gain=1.5)", .stream = wi_stream_new(42), .shape = WI_SHAPE_DENSE(33, 20)};
    IS(wi_write_f32(&draw, out, ORTHOGONAL_COUNT), WI_OK);
    CHECK(hash(START, out, ORTHOGONAL_COUNT * sizeof *out) == ORTHOGONAL_HASH);
}

/* One of three programs, because all functions together don't fit in the flash of small boards. */
static void (*const tests[])(void) = {
#if PART == 1
    schemes, streams, plans, orthogonal, errors,
#elif PART == 2
    floats, parts,
#else
    integers,
#endif
};

int main(void) {
    for (size_t i = 0; i < LEN(tests); i++) tests[i]();
    print(failures ? "failed\n" : "all checks passed\n");
    return failures != 0;
}
