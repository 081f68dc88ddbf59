/* Links two Rust libraries, each with a panic handler. */
#include <weight_init.h>

#include "board.h"

uint32_t other_divide(uint32_t a, uint32_t b);

int main(void) {
    static float weights[12];
    const wi_draw draw = {.text = "he_normal(gain=0.5)", .stream = wi_stream_new(42), .shape = WI_SHAPE_DENSE(4, 3)};
    const wi_error error = wi_write_f32(&draw, weights, 12);
    print(error == WI_OK && other_divide(42, 6) == 7 ? "two libraries\n" : "failed\n");
    return error;
}
