// The library in C++20: spans, and an exception for each error.
#include <weight_init.h>

#include <cstdio>
#include <span>
#include <stdexcept>
#include <vector>

void fill(std::uint32_t scheme, wi_stream stream, const wi_shape &shape, std::span<float> out) {
    if (const wi_error error = wi_fill(scheme, stream, &shape, out.data(), out.size())) {
        throw std::invalid_argument(wi_error_text(error));
    }
}

int main() {
    constexpr wi_shape fc1 = WI_SHAPE_DENSE(784, 100);
    std::vector<float> weights(784 * 100);
    fill(WI_HE_NORMAL, wi_stream_named(wi_stream_new(42), "fc1.weight"), fc1, weights);
    try {
        fill(WI_HE_NORMAL, wi_stream_new(42), fc1, std::span(weights).first(100));
    } catch (const std::invalid_argument &error) {
        std::printf("%g, %g; %s\n", weights[0], weights[1], error.what());
        return 0;
    }
    return 1;
}
