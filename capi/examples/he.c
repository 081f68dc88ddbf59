/* Makes one He fill and nothing else, so that its size shows how much flash the library takes. */
#include <weight_init.h>

static float weights[64 * 32];

int main(void) {
    static const wi_shape fc1 = WI_SHAPE_DENSE(64, 32);
    return wi_fill(WI_HE_NORMAL, wi_stream_new(42), &fc1, weights, 64 * 32);
}
