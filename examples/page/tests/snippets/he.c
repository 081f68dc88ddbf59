#include <weight_init.h>

static float weights[64 * 64];

wi_error start(void) {
    const wi_draw fc3 = {
        .text = "he_normal(gain=1.25)",
        .stream = wi_stream_named(wi_stream_new(UINT64_C(42)), "fc3.weight"),
        .shape = WI_SHAPE_DENSE(64, 64),
    };
    return wi_write_f32(&fc3, weights, 64 * 64);
}
