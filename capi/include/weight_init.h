/*
 * weight-init: starting weights for neural networks, in your memory.
 *
 * Nothing here allocates, keeps a state of its own, or ends the program. The same call gives the same bits on every
 * processor. A function that can fail returns 0, or the number of an error; then it has written nothing.
 *
 *     static float weights[64 * 32];
 *     const wi_shape fc1 = WI_SHAPE_DENSE(64, 32);
 *     wi_stream stream = wi_stream_named(wi_stream_new(42), "fc1.weight");
 *     wi_error error = wi_fill(WI_HE_NORMAL, stream, &fc1, weights, 64 * 32);
 *
 * The lengths of buffers count values and not bytes, and a buffer of length 0 may be NULL. Pointers must be aligned, as
 * C demands. All functions are re-entrant: they share nothing, so that threads and interrupts may call them at once. An
 * argument that is NULL gives WI_ERROR_NULL, unless its description says that it may be.
 *
 * Needs C99 or C++98.
 *
 * Schemes as text. The parameters in brackets have names and come in any order, as in "he_normal(gain=0.5)". Those after
 * the semicolon may be left out. Upper case and underscores don't matter.
 *
 *     zeros, ones, constant(value; gain), normal(std; mean, cut, gain), truncated_normal(std; mean, cut, gain),
 *     uniform(low, high; gain), pytorch_default(; mode, gain),
 *     he_normal, he_truncated_normal, he_uniform, the same for xavier_ and lecun_ (; mode, gain, cut),
 *     variance_scaling(scale, mode, family; gain, cut),
 *     orthogonal(; gain), delta_orthogonal(; gain), identity(; gain), dirac(; gain), bilinear(; gain),
 *     sparse(sparsity; std, gain), gates
 *
 * mode is fan_in, fan_out, fan_avg or fan_geo_avg; family is normal, truncated_normal or uniform.
 */
#ifndef WEIGHT_INIT_H
#define WEIGHT_INIT_H

/* Made by cbindgen from the crate weight-init-capi. Do not edit. */

#include <stddef.h>
#include <stdint.h>

/**
 * Part: the whole tensor.
 */
#define WI_WHOLE 0

/**
 * Part: the flat indices from `start` on, as many as the buffer has room for.
 */
#define WI_RANGE 1

/**
 * Part: a block, given by `offsets` and `sizes`.
 */
#define WI_BLOCK 2

/**
 * Part: shard number `shard` of `shards` along `axis`. Each has size / shards indices, rounded up; the last ones may have
 * fewer or none.
 */
#define WI_SHARD 3

/**
 * Success.
 */
#define WI_OK 0

/**
 * The buffer does not have the length that the request needs.
 */
#define WI_ERROR_WRONG_LENGTH 1

/**
 * The range reaches past the end of the shape or the plan.
 */
#define WI_ERROR_RANGE_PAST_END 2

/**
 * The range reaches past the end of the stream.
 */
#define WI_ERROR_STREAM_EXHAUSTED 3

/**
 * The scheme divides by a fan that is zero.
 */
#define WI_ERROR_ZERO_FAN 4

/**
 * A length or a fan does not fit in a size_t.
 */
#define WI_ERROR_OVERFLOW 5

/**
 * The shape has too few axes for the scheme.
 */
#define WI_ERROR_RANK_TOO_LOW 6

/**
 * The shape has more axes than the scheme supports.
 */
#define WI_ERROR_RANK_TOO_HIGH 7

/**
 * The groups must divide the input and the output channels.
 */
#define WI_ERROR_GROUPS 8

/**
 * The scheme needs at least as many outputs as inputs.
 */
#define WI_ERROR_OUTPUTS_TOO_FEW 9

/**
 * The layer has too many outputs for the scheme.
 */
#define WI_ERROR_OUTPUTS_TOO_MANY 10

/**
 * The scheme does not support grouped layers.
 */
#define WI_ERROR_GROUPED 11

/**
 * The output channels must be a multiple of the upscale to the power of the axes.
 */
#define WI_ERROR_UPSCALE 12

/**
 * The kernel of a transposed convolution must be a multiple of the upscale.
 */
#define WI_ERROR_UPSCALE_KERNEL 13

/**
 * Orthogonal matrices can only be filled whole and as float.
 */
#define WI_ERROR_WHOLE_TENSOR_ONLY 14

/**
 * The scheme does not draw its values from one distribution.
 */
#define WI_ERROR_NO_DISTRIBUTION 15

/**
 * The share of zeros must be between 0 and 1.
 */
#define WI_ERROR_SPARSITY 16

/**
 * The scale must be finite and not negative.
 */
#define WI_ERROR_SCALE 17

/**
 * The plan already has a tensor of that name.
 */
#define WI_ERROR_DUPLICATE_NAME 18

/**
 * The plan has no room for another tensor.
 */
#define WI_ERROR_PLAN_FULL 19

/**
 * The plan has no tensor of that name, such as "fc1.weight".
 */
#define WI_ERROR_UNKNOWN_NAME 20

/**
 * The standard deviation must be finite and not negative.
 */
#define WI_ERROR_STD 21

/**
 * The mean must be finite.
 */
#define WI_ERROR_MEAN 22

/**
 * The bounds must be finite, and the lower one must not exceed the upper one.
 */
#define WI_ERROR_BOUNDS 23

/**
 * The gain must be finite and not negative.
 */
#define WI_ERROR_GAIN 24

/**
 * The constant must be finite.
 */
#define WI_ERROR_CONSTANT 25

/**
 * A standard deviation, half-width or gain must be 0 or at least 2^-90.
 */
#define WI_ERROR_TOO_SMALL 26

/**
 * 8 standard deviations from the mean must fit in a float.
 */
#define WI_ERROR_TOO_LARGE 27

/**
 * The values may be too large for the number format.
 */
#define WI_ERROR_TOO_LARGE_FOR_FORMAT 28

/**
 * The scale of a quantization must lie between 2^-120 and 2^120.
 */
#define WI_ERROR_QUANTIZATION_SCALE 29

/**
 * The shape has another number of axes than was given.
 */
#define WI_ERROR_WRONG_RANK 30

/**
 * The tensor has another size along an axis than the shape.
 */
#define WI_ERROR_WRONG_DIM 31

/**
 * The tensor has the dimensions of the shape in reverse order.
 */
#define WI_ERROR_TRANSPOSED_DIMS 32

/**
 * The block reaches past the end of the shape along an axis.
 */
#define WI_ERROR_BLOCK_PAST_END 33

/**
 * There is no such shard.
 */
#define WI_ERROR_SHARD 34

/**
 * The strides give two values the same slot, or interleave axes.
 */
#define WI_ERROR_OVERLAPPING_STRIDES 35

/**
 * The stack has too many tensors for the scheme.
 */
#define WI_ERROR_STACK_TOO_LARGE 36

/**
 * A stack can't contain stacks.
 */
#define WI_ERROR_NESTED_STACK 37

/**
 * Out of memory.
 */
#define WI_ERROR_OUT_OF_MEMORY 38

/**
 * A normal can't be truncated at less than 1 standard deviation.
 */
#define WI_ERROR_CUT 39

/**
 * The zero point does not lie in the range of the number format.
 */
#define WI_ERROR_ZERO_POINT 40

/**
 * A pointer is NULL.
 */
#define WI_ERROR_NULL 100

/**
 * The buffer is longer than half of the address space.
 */
#define WI_ERROR_TOO_LONG 101

/**
 * A text is not UTF-8.
 */
#define WI_ERROR_NOT_UTF8 102

/**
 * The function does not support the scheme of that number.
 */
#define WI_ERROR_SCHEME 103

/**
 * The text is not a scheme, such as "he_normal" or "xavier_uniform(gain=0.5)".
 */
#define WI_ERROR_TEXT 104

/**
 * The shape has an unknown layout or flag, a kernel with a gap, or WI_PACKED without a stack.
 */
#define WI_ERROR_SHAPE 105

/**
 * The request has an unknown kind of part.
 */
#define WI_ERROR_PART 106

/**
 * The layer has an unknown kind of biases.
 */
#define WI_ERROR_BIASES 107

/**
 * The function does not fill stacks: wi_fill_any_scheme(), wi_write_f32() and wi_plan_push_text() do.
 */
#define WI_ERROR_STACK 108

/**
 * A value is NaN or infinite.
 */
#define WI_ERROR_NOT_FINITE 110

/**
 * A value lies outside the range of the distribution.
 */
#define WI_ERROR_RANGE 111

/**
 * There are too many zeros.
 */
#define WI_ERROR_ZEROS 112

/**
 * Too many values equal the value 16 before them.
 */
#define WI_ERROR_REPEATS 113

/**
 * The mean is too far from that of the distribution.
 */
#define WI_ERROR_WRONG_MEAN 114

/**
 * The standard deviation is too far from that of the distribution.
 */
#define WI_ERROR_WRONG_STD 115

/**
 * Too few or too many values are far from the mean.
 */
#define WI_ERROR_BEYOND 116

/**
 * The values are not those of the plan and the stream.
 */
#define WI_ERROR_DIFFERENT 120

/**
 * The number of 64-bit words in wi_pages.
 */
#define WI_PAGES_WORDS 44

/**
 * Biases: a layer has weights and biases.
 */
#define WI_WITH_BIAS 0

/**
 * Biases: a layer has weights only.
 */
#define WI_WITHOUT_BIAS 1

/**
 * Biases: the layer is a single tensor, whose name is that of the layer without ".weight".
 */
#define WI_SINGLE_TENSOR 2

/**
 * The number of 64-bit words that a plan takes beside its tensors.
 */
#define WI_PLAN_HEADER_WORDS 4

/**
 * All values are 0.
 */
#define WI_ZEROS 0

/**
 * All values are 1.
 */
#define WI_ONES 1

/**
 * He (Kaiming), normal: variance 2 / fan_in. For layers before a ReLU.
 */
#define WI_HE_NORMAL 2

/**
 * He, uniform.
 */
#define WI_HE_UNIFORM 3

/**
 * He, normal and truncated at two standard deviations.
 */
#define WI_HE_TRUNCATED_NORMAL 4

/**
 * Xavier (Glorot), normal: variance 2 / (fan_in + fan_out).
 */
#define WI_XAVIER_NORMAL 5

/**
 * Xavier, uniform.
 */
#define WI_XAVIER_UNIFORM 6

/**
 * Xavier, normal and truncated at two standard deviations.
 */
#define WI_XAVIER_TRUNCATED_NORMAL 7

/**
 * LeCun, normal: variance 1 / fan_in.
 */
#define WI_LECUN_NORMAL 8

/**
 * LeCun, uniform.
 */
#define WI_LECUN_UNIFORM 9

/**
 * LeCun, normal and truncated at two standard deviations.
 */
#define WI_LECUN_TRUNCATED_NORMAL 10

/**
 * The default of PyTorch's layers: uniform, variance 1 / (3 fan_in).
 */
#define WI_PYTORCH_DEFAULT 11

/**
 * Random orthogonal matrix. It can only be filled whole and as float: parts, pages, other formats and
 * wi_plan_matches() give WI_ERROR_WHOLE_TENSOR_ONLY.
 */
#define WI_ORTHOGONAL 12

/**
 * Random orthogonal matrix in the middle of the kernel.
 */
#define WI_DELTA_ORTHOGONAL 13

/**
 * Identity matrix.
 */
#define WI_IDENTITY 14

/**
 * Convolution that keeps its input.
 */
#define WI_DIRAC 15

/**
 * Transposed convolution that interpolates.
 */
#define WI_BILINEAR 16

/**
 * Axes as in PyTorch: outputs, inputs, kernel.
 */
#define WI_OUT_IN 0

/**
 * Axes as in Keras and JAX: kernel, inputs, outputs.
 */
#define WI_IN_OUT 1

/**
 * Axes as in TensorFlow Lite and CMSIS-NN: outputs, kernel, inputs.
 */
#define WI_OUT_KERNEL_IN 2

/**
 * Flag: a transposed convolution.
 */
#define WI_TRANSPOSED 1

/**
 * Flag: the bias of the layer, which has one value for each output and the layer's fan.
 */
#define WI_BIAS 2

/**
 * Flag: a vector of `outputs` values, which has no fan.
 */
#define WI_VECTOR 4

/**
 * Flag: the tensors of a stack lie along the axis of the outputs and not along one of their own.
 */
#define WI_PACKED 8

/**
 * A layout of tensors in one flat buffer, in the order of the layers. The weights of a layer come before its biases.
 * The tensors "fc1.weight" and "fc1.bias" of a layer "fc1" have the streams of these names below the model's.
 *
 * It lives in your memory, which must neither move nor be copied.
 */
typedef struct wi_plan wi_plan;

/**
 * WI_OK, or the number of an error. On an error nothing has been written.
 */
typedef int32_t wi_error;

/**
 * A stream of values: a seed or a name, hashed to a key.
 *
 * It has no running state, so that the same stream gives the same values each time. Every tensor needs a stream of
 * its own. To save a stream, save its key.
 */
typedef struct wi_stream {
    /**
     * The key. It is not the seed: wi_stream_new() hashes a seed to a key.
     */
    uint64_t key;
} wi_stream;

/**
 * The shape of a layer's weights. WI_SHAPE_DENSE and its relatives initialise one. Fields that are 0 have their
 * usual value.
 */
typedef struct wi_shape {
    /**
     * Inputs, or input channels of a convolution.
     */
    size_t inputs;
    /**
     * Outputs, or output channels.
     */
    size_t outputs;
    /**
     * The sizes of the kernel. The first 0 ends them, and only zeros may follow it. A dense layer has none.
     */
    size_t kernel[3];
    /**
     * The number of groups of a grouped or depthwise convolution; 0 is 1.
     */
    size_t groups;
    /**
     * The number of matrices in a stack, each with its own fan and stream; 0 is no stack. The functions that take the
     * number of a scheme return WI_ERROR_STACK for it, except wi_fill_any_scheme().
     */
    size_t stacked;
    /**
     * The fan, if it is to be another one than the shape's. If either number is not 0, both are taken from here. A
     * vector needs it for every scheme that divides by a fan.
     */
    size_t fan_in;
    /**
     * See fan_in.
     */
    size_t fan_out;
    /**
     * WI_OUT_IN, WI_IN_OUT or WI_OUT_KERNEL_IN.
     */
    uint32_t layout;
    /**
     * A sum of WI_TRANSPOSED, WI_BIAS, WI_VECTOR and WI_PACKED.
     */
    uint32_t flags;
} wi_shape;

/**
 * A request: which values, and where they go. Fields that are 0 have their usual value.
 */
typedef struct wi_draw {
    /**
     * The scheme as text, such as "he_normal" or "xavier_uniform(gain=0.5)"; or NULL, and then `scheme` is read. The
     * beginning of the header lists the schemes.
     */
    const char *text;
    /**
     * The number of the scheme. 0 is WI_ZEROS.
     */
    uint32_t scheme;
    /**
     * WI_WHOLE, WI_RANGE, WI_BLOCK or WI_SHARD.
     */
    uint32_t part;
    /**
     * The tensor's stream.
     */
    struct wi_stream stream;
    /**
     * The shape of the whole tensor.
     */
    struct wi_shape shape;
    /**
     * For WI_RANGE, the flat index at which the part begins.
     */
    uint64_t start;
    /**
     * The number of axes of `offsets`, `sizes` and `strides`.
     */
    size_t rank;
    /**
     * For WI_BLOCK, the index along each axis at which the block begins.
     */
    const size_t *offsets;
    /**
     * For WI_BLOCK, the block's size along each axis.
     */
    const size_t *sizes;
    /**
     * For WI_SHARD, the axis that is split.
     */
    size_t axis;
    /**
     * For WI_SHARD, the number of the shard, counted from 0.
     */
    size_t shard;
    /**
     * For WI_SHARD, the number of shards.
     */
    size_t shards;
    /**
     * The distance, in slots, from one index to the next along each axis of the part; or NULL, and then the slots
     * lie in row-major order without gaps. Slots between strides are not written. With WI_RANGE they give WI_ERROR_PART.
     */
    const size_t *strides;
} wi_draw;

/**
 * Scale and zero point of integers: value = scale * (integer - zero_point).
 */
typedef struct wi_quantization {
    /**
     * The number of bits after the binary point, 0 to 120. It is not read if `scale` is not 0.
     */
    uint32_t fraction_bits;
    /**
     * The value of one step, from 2^-120 to 2^120; or 0, and then it is 2^-fraction_bits.
     */
    float scale;
    /**
     * The integer that stands for 0. It must be 0 for signed integers.
     */
    int32_t zero_point;
} wi_quantization;

/**
 * The values of a plan in order, a page at a time. wi_pages_start() makes it in your variable.
 */
typedef struct wi_pages {
    /**
     * Private.
     */
    uint64_t words[WI_PAGES_WORDS];
} wi_pages;

/**
 * A layer of a network.
 */
typedef struct wi_layer {
    /**
     * The name, in UTF-8. The text must stay where it is for as long as the plan is used.
     */
    const char *name;
    /**
     * The shape of the weights, which is no stack: wi_plan_push_text() has stacks.
     */
    struct wi_shape shape;
    /**
     * The scheme of the weights, from WI_ZEROS to WI_PYTORCH_DEFAULT.
     */
    uint32_t weights;
    /**
     * The scheme of the biases.
     */
    uint32_t bias;
    /**
     * WI_WITH_BIAS, WI_WITHOUT_BIAS or WI_SINGLE_TENSOR.
     */
    uint32_t biases;
} wi_layer;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Computes the number of slots that a request writes or steps over, which is the length that its buffer needs.
 * For WI_RANGE it is the number of values from `start` to the end of the tensor.
 *
 * @param request the request
 * @param len receives the number of slots
 */
wi_error wi_draw_len(const struct wi_draw *request,
                     size_t *len);

/**
 * Writes the values of a request as float.
 *
 * @param request the request
 * @param out the buffer
 * @param len its length: that of wi_draw_len(), with strides at least that, and for WI_RANGE the length of the part
 */
wi_error wi_write_f32(const struct wi_draw *request,
                      float *out,
                      size_t len);

/**
 * Does the same as wi_write_f32() as the bits of bfloat16.
 */
wi_error wi_write_bf16(const struct wi_draw *request, uint16_t *out, size_t len);

/**
 * Does the same as wi_write_f32() as the bits of IEEE half precision.
 */
wi_error wi_write_f16(const struct wi_draw *request, uint16_t *out, size_t len);

/**
 * Does the same as wi_write_f32() in 8-bit integers. Values are rounded once, to nearest and ties to even, and
 * saturate.
 *
 * @param request the request
 * @param quantization the scale
 * @param out the buffer
 * @param len its length
 * @param saturated receives the number of values that saturated; may be NULL
 */
wi_error wi_write_i8(const struct wi_draw *request,
                     const struct wi_quantization *quantization,
                     int8_t *out,
                     size_t len,
                     size_t *saturated);

/**
 * Does the same as wi_write_i8() in unsigned 8-bit integers, which have a zero point.
 */
wi_error wi_write_u8(const struct wi_draw *request,
                     const struct wi_quantization *quantization,
                     uint8_t *out,
                     size_t len,
                     size_t *saturated);

/**
 * Does the same as wi_write_i8() in 16-bit integers.
 */
wi_error wi_write_i16(const struct wi_draw *request,
                      const struct wi_quantization *quantization,
                      int16_t *out,
                      size_t len,
                      size_t *saturated);

/**
 * Does the same as wi_write_i8() in 32-bit integers.
 */
wi_error wi_write_i32(const struct wi_draw *request,
                      const struct wi_quantization *quantization,
                      int32_t *out,
                      size_t len,
                      size_t *saturated);

/**
 * Returns a text for an error, in static memory. It is English, begins in lower case and has no full stop.
 *
 * @param error a return value of another function; for other numbers the text is "unknown error"
 */
const char *wi_error_text(wi_error error);

/**
 * Does what wi_fill() does for WI_ZEROS and WI_ONES. Refuses other schemes and stacks.
 */
wi_error wi_fill_constant_scheme(uint32_t scheme,
                                 const struct wi_shape *shape,
                                 float *out,
                                 size_t len);

/**
 * Does what wi_fill() does for WI_HE_NORMAL, WI_XAVIER_NORMAL and WI_LECUN_NORMAL. Refuses other schemes and stacks.
 */
wi_error wi_fill_normal_scheme(uint32_t scheme,
                               struct wi_stream stream,
                               const struct wi_shape *shape,
                               float *out,
                               size_t len);

/**
 * Does what wi_fill() does for WI_HE_TRUNCATED_NORMAL, WI_XAVIER_TRUNCATED_NORMAL and WI_LECUN_TRUNCATED_NORMAL.
 * Refuses other schemes and stacks.
 */
wi_error wi_fill_truncated_normal_scheme(uint32_t scheme,
                                         struct wi_stream stream,
                                         const struct wi_shape *shape,
                                         float *out,
                                         size_t len);

/**
 * Does what wi_fill() does for WI_HE_UNIFORM, WI_XAVIER_UNIFORM, WI_LECUN_UNIFORM and WI_PYTORCH_DEFAULT. Refuses
 * other schemes and stacks.
 */
wi_error wi_fill_uniform_scheme(uint32_t scheme,
                                struct wi_stream stream,
                                const struct wi_shape *shape,
                                float *out,
                                size_t len);

/**
 * Does what wi_fill() does for every scheme that has a number, and for stacks. The program then contains the code for
 * all of them.
 */
wi_error wi_fill_any_scheme(uint32_t scheme,
                            struct wi_stream stream,
                            const struct wi_shape *shape,
                            float *out,
                            size_t len);

/**
 * Fills a part of a tensor with the values that it has in the whole tensor. For the schemes from WI_ZEROS to
 * WI_PYTORCH_DEFAULT; wi_write_f32() has the others.
 *
 * @param scheme the number of the scheme
 * @param stream the tensor's stream
 * @param shape the shape of the whole tensor
 * @param start the flat index at which the part begins
 * @param out the part
 * @param len the number of values in the part
 */
wi_error wi_fill_range(uint32_t scheme,
                       struct wi_stream stream,
                       const struct wi_shape *shape,
                       uint64_t start,
                       float *out,
                       size_t len);

/**
 * Fills a tensor, or a part of it, with 8-bit fixed point. Values are rounded once, to nearest and ties to even,
 * and saturate. For the schemes from WI_ZEROS to WI_PYTORCH_DEFAULT; wi_write_i8() has the others, and other scales.
 *
 * @param scheme the number of the scheme
 * @param stream the tensor's stream
 * @param shape the shape of the whole tensor
 * @param start the flat index at which the part begins
 * @param fraction_bits the bits after the binary point, 0 to 120. They may exceed 8, for small weights.
 * @param out the part
 * @param len the number of values in the part
 * @param saturated receives the number of values that saturated; may be NULL
 */
wi_error wi_fill_i8(uint32_t scheme,
                    struct wi_stream stream,
                    const struct wi_shape *shape,
                    uint64_t start,
                    uint32_t fraction_bits,
                    int8_t *out,
                    size_t len,
                    size_t *saturated);

/**
 * Does the same as wi_fill_i8() in 16 bits.
 */
wi_error wi_fill_i16(uint32_t scheme,
                     struct wi_stream stream,
                     const struct wi_shape *shape,
                     uint64_t start,
                     uint32_t fraction_bits,
                     int16_t *out,
                     size_t len,
                     size_t *saturated);

/**
 * Fills a tensor, or a part of it, with bfloat16: the upper half of a float, rounded to nearest and ties to even.
 * For the schemes from WI_ZEROS to WI_PYTORCH_DEFAULT.
 *
 * @param scheme the number of the scheme
 * @param stream the tensor's stream
 * @param shape the shape of the whole tensor
 * @param start the flat index at which the part begins
 * @param out the part, as the bits of bfloat16 numbers
 * @param len the number of values in the part
 */
wi_error wi_fill_bf16(uint32_t scheme,
                      struct wi_stream stream,
                      const struct wi_shape *shape,
                      uint64_t start,
                      uint16_t *out,
                      size_t len);

/**
 * Begins to fill a plan's buffer, or a part of it, page by page. After a reset in the middle, begin at the first
 * page that is missing. A part that touches an orthogonal matrix gives WI_ERROR_WHOLE_TENSOR_ONLY.
 *
 * @param plan the plan, which must stay as it is while the pages are used
 * @param stream the model's stream
 * @param start the index of the first value
 * @param end the index after the last value, such as wi_plan_len()
 * @param pages receives the pages
 */
wi_error wi_pages_start(const struct wi_plan *plan,
                        struct wi_stream stream,
                        uint64_t start,
                        uint64_t end,
                        struct wi_pages *pages);

/**
 * Fills the next page.
 *
 * @param pages what wi_pages_start() has made
 * @param page memory for a page
 * @param len the number of values for which it has room, at least 1; pages may differ in length
 * @param first receives the index of the page's first value in the plan's buffer, or 0 after the last page; may be NULL
 * @param count receives the number of values: at most `len`, and 0 after the last page; may be NULL
 */
wi_error wi_pages_next(struct wi_pages *pages,
                       float *page,
                       size_t len,
                       size_t *first,
                       size_t *count);

/**
 * Makes a plan without tensors. Memory for not even the header gives WI_ERROR_PLAN_FULL.
 *
 * @param memory WI_PLAN_WORDS(tensors) words, for a plan of `tensors` tensors. A layer with biases has two.
 * @param words the number of words
 * @param plan receives the plan, which lies in `memory`
 */
wi_error wi_plan_new(uint64_t *memory,
                     size_t words,
                     struct wi_plan **plan);

/**
 * Adds a layer after the others. On an error the plan is unchanged. A stack gives WI_ERROR_STACK.
 *
 * @param plan the plan
 * @param layer the layer, which is copied except for its name
 */
wi_error wi_plan_push(struct wi_plan *plan, const struct wi_layer *layer);

/**
 * Adds a layer whose schemes are texts, such as "orthogonal" or "he_normal(gain=0.5)", or whose shape is a stack. The
 * program then contains the code for all schemes.
 *
 * @param plan the plan
 * @param name the layer's name
 * @param shape the shape of its weights
 * @param weights the scheme of its weights
 * @param bias the scheme of its biases; or NULL, and then it has none
 */
wi_error wi_plan_push_text(struct wi_plan *plan,
                           const char *name,
                           const struct wi_shape *shape,
                           const char *weights,
                           const char *bias);

/**
 * Returns the number of values of a plan, or 0 for NULL.
 */
size_t wi_plan_len(const struct wi_plan *plan);

/**
 * Finds a tensor by its name, such as "fc1.weight".
 *
 * @param plan the plan
 * @param name the tensor's name
 * @param start receives the index of its first value in the flat buffer; may be NULL
 * @param len receives the number of its values; may be NULL
 */
wi_error wi_plan_find(const struct wi_plan *plan, const char *name, size_t *start, size_t *len);

/**
 * Fills the whole buffer of a plan.
 *
 * @param plan the plan
 * @param stream the model's stream
 * @param out the buffer
 * @param len its length, which must be wi_plan_len()
 */
wi_error wi_plan_fill(const struct wi_plan *plan, struct wi_stream stream, float *out, size_t len);

/**
 * Fills a part of a plan's buffer, such as a page, with the values that it has in the whole. For pages in order,
 * wi_pages_next() is faster.
 *
 * @param plan the plan
 * @param stream the model's stream
 * @param start the index at which the part begins
 * @param out the part
 * @param len the number of values in the part
 */
wi_error wi_plan_fill_range(const struct wi_plan *plan,
                            struct wi_stream stream,
                            uint64_t start,
                            float *out,
                            size_t len);

/**
 * Fills one tensor in the buffer of a plan, such as a new last layer for a trained network. With the stream with
 * which the buffer was filled it gets the same values again: take another one, such as
 * wi_stream_substream(model, 1).
 *
 * @param plan the plan
 * @param stream the stream of a model
 * @param name the tensor's name, such as "fc2.weight"
 * @param out the buffer of the whole plan
 * @param len its length, which must be wi_plan_len()
 */
wi_error wi_plan_fill_tensor(const struct wi_plan *plan,
                             struct wi_stream stream,
                             const char *name,
                             float *out,
                             size_t len);

/**
 * Fills a plan's buffer, or a part of it, with 8-bit fixed point. For a scale of its own for each tensor, call it
 * once for each, with the range from wi_plan_find().
 *
 * @param plan the plan
 * @param stream the model's stream
 * @param start the index at which the part begins
 * @param fraction_bits the bits after the binary point, 0 to 120
 * @param out the part
 * @param len the number of values in the part
 * @param saturated receives the number of values that saturated; may be NULL
 */
wi_error wi_plan_fill_i8(const struct wi_plan *plan,
                         struct wi_stream stream,
                         uint64_t start,
                         uint32_t fraction_bits,
                         int8_t *out,
                         size_t len,
                         size_t *saturated);

/**
 * Does the same as wi_plan_fill_i8() in 16 bits.
 */
wi_error wi_plan_fill_i16(const struct wi_plan *plan,
                          struct wi_stream stream,
                          uint64_t start,
                          uint32_t fraction_bits,
                          int16_t *out,
                          size_t len,
                          size_t *saturated);

/**
 * Does the same as wi_plan_fill_range() as the bits of bfloat16.
 */
wi_error wi_plan_fill_bf16(const struct wi_plan *plan,
                           struct wi_stream stream,
                           uint64_t start,
                           uint16_t *out,
                           size_t len);

/**
 * Checks by statistics whether the schemes of a plan can have produced the values of its buffer. As with
 * wi_verify(), a buffer of another seed passes, and so does one with a flipped bit. The values of structured schemes, such as
 * orthogonal matrices, are not checked.
 *
 * @param plan the plan
 * @param values the buffer
 * @param len its length, which must be wi_plan_len()
 */
wi_error wi_plan_verify(const struct wi_plan *plan,
                        const float *values,
                        size_t len);

/**
 * Compares every bit of a part of a plan's buffer with the values of a stream. A part that touches an orthogonal
 * matrix gives WI_ERROR_WHOLE_TENSOR_ONLY.
 *
 * @param plan the plan
 * @param stream the model's stream
 * @param start the index at which the part begins
 * @param values the part, such as a page of flash
 * @param len the number of values in the part
 * @return WI_OK if they are the same, WI_ERROR_DIFFERENT if they aren't, or another error
 */
wi_error wi_plan_matches(const struct wi_plan *plan,
                         struct wi_stream stream,
                         uint64_t start,
                         const float *values,
                         size_t len);

/**
 * Returns the stream of a seed. All 2^64 seeds give different streams, and none is weaker than another.
 */
struct wi_stream wi_stream_new(uint64_t seed);

/**
 * Returns the stream of a name below another stream, such as that of "fc1.weight" below a model's.
 *
 * @param stream the stream above
 * @param name a text that ends with a NUL; NULL is the empty name
 */
struct wi_stream wi_stream_named(struct wi_stream stream, const char *name);

/**
 * Returns stream number `id` below another stream, for a replica, a head or a device.
 */
struct wi_stream wi_stream_substream(struct wi_stream stream, uint64_t id);

/**
 * Checks by statistics whether a scheme can have produced the values of a tensor.
 *
 * It finds NaN, zeros, wrong scales and stuck memory. A good tensor is rejected with a probability below 10^-9. It
 * can't tell one seed from another, and doesn't see a flipped bit: wi_plan_matches() compares every bit. For the
 * schemes from WI_ZEROS to WI_PYTORCH_DEFAULT.
 *
 * @param scheme the number of the scheme
 * @param shape the tensor's shape
 * @param values the values
 * @param len the number of values, which must be that of the shape
 */
wi_error wi_verify(uint32_t scheme,
                   const struct wi_shape *shape,
                   const float *values,
                   size_t len);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

/** Initialises the wi_shape of a fully connected layer. */
#define WI_SHAPE_DENSE(inputs, outputs) WI_SHAPE_(inputs, outputs, 0, 0, 0, 0, 0)
/** Initialises the wi_shape of a convolution along one axis. */
#define WI_SHAPE_CONV1D(inputs, outputs, kernel) WI_SHAPE_(inputs, outputs, kernel, 0, 0, 0, 0)
/** Initialises the wi_shape of a convolution along two axes. */
#define WI_SHAPE_CONV2D(inputs, outputs, height, width) WI_SHAPE_(inputs, outputs, height, width, 0, 0, 0)
/** Initialises the wi_shape of a convolution along three axes. */
#define WI_SHAPE_CONV3D(inputs, outputs, depth, height, width) WI_SHAPE_(inputs, outputs, depth, height, width, 0, 0)
/** Initialises the wi_shape of a depthwise convolution, with one output for each channel. */
#define WI_SHAPE_DEPTHWISE2D(channels, height, width) WI_SHAPE_(channels, channels, height, width, 0, channels, 0)
/** Initialises the wi_shape of a vector, such as the scale of a normalisation. */
#define WI_SHAPE_VECTOR(len) WI_SHAPE_(0, len, 0, 0, 0, 0, WI_VECTOR)
#define WI_SHAPE_(inputs, outputs, a, b, c, groups, flags) \
    {(size_t)(inputs), (size_t)(outputs), {(size_t)(a), (size_t)(b), (size_t)(c)}, (size_t)(groups), 0, 0, 0, WI_OUT_IN, flags}

/** The version of this header. */
#define WI_VERSION "0.1.0"

/** The number of 64-bit words that each tensor of a plan takes. */
#define WI_TENSOR_WORDS (sizeof(size_t) == 8 ? 27 : 15)
/** The number of 64-bit words for a plan of `tensors` tensors. A layer with biases has two. */
#define WI_PLAN_WORDS(tensors) (WI_PLAN_HEADER_WORDS + (tensors) * WI_TENSOR_WORDS)

/**
 * Fills a whole tensor with any scheme that has a number.
 *
 * If the number is a constant from WI_ZEROS to WI_PYTORCH_DEFAULT and the compiler optimises, the program contains only the
 * code for the scheme's distribution. Otherwise it contains the code for all of them. A stack gives WI_ERROR_STACK for
 * these schemes; wi_fill_any_scheme() fills it.
 *
 * @param scheme the number of the scheme
 * @param stream the tensor's stream
 * @param shape the tensor's shape
 * @param out the buffer
 * @param len its length, which must be that of the shape
 */
static inline wi_error wi_fill(uint32_t scheme, wi_stream stream, const wi_shape *shape, float *out, size_t len) {
    switch (scheme) {
    case WI_ZEROS:
    case WI_ONES:
        return wi_fill_constant_scheme(scheme, shape, out, len);
    case WI_HE_NORMAL:
    case WI_XAVIER_NORMAL:
    case WI_LECUN_NORMAL:
        return wi_fill_normal_scheme(scheme, stream, shape, out, len);
    case WI_HE_TRUNCATED_NORMAL:
    case WI_XAVIER_TRUNCATED_NORMAL:
    case WI_LECUN_TRUNCATED_NORMAL:
        return wi_fill_truncated_normal_scheme(scheme, stream, shape, out, len);
    case WI_HE_UNIFORM:
    case WI_XAVIER_UNIFORM:
    case WI_LECUN_UNIFORM:
    case WI_PYTORCH_DEFAULT:
        return wi_fill_uniform_scheme(scheme, stream, shape, out, len);
    default:
        return wi_fill_any_scheme(scheme, stream, shape, out, len);
    }
}

#endif /* WEIGHT_INIT_H */
