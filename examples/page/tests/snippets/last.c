#include <weight_init.h>

static float weights[8 * 10];

wi_error start(void) {
    const wi_draw out = {
        .text = "normal(std=0.001, gain=2)",
        .stream = wi_stream_named(wi_stream_new(UINT64_C(18446744073709551615)), "out.weight"),
        .shape = WI_SHAPE_DENSE(8, 10),
    };
    return wi_write_f32(&out, weights, 8 * 10);
}
