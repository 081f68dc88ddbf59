#include <weight_init.h>

static float weights[784 * 48];

wi_error start(void) {
    const wi_draw fc1 = {
        .text = "xavier_uniform",
        .stream = wi_stream_named(wi_stream_new(UINT64_C(0)), "fc1.weight"),
        .shape = WI_SHAPE_DENSE(784, 48),
    };
    return wi_write_f32(&fc1, weights, 784 * 48);
}
