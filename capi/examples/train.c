/*
 * Trains a network on handwritten digits. Its parameters lie in one flat buffer, as with AIfES and its kind, and the
 * layers point into it. Every loss has the same bits on every board and on the host.
 *
 * The loss is the squared error, which needs no exp() of a C library's.
 */
#include <weight_init.h>

#include "board.h"

enum { PIXELS = 64, HIDDEN = 32, CLASSES = 10, COUNT = 1797, TRAINING = COUNT * 4 / 5, PACKED = 1 + 8 * 5 };
enum { VALUES = PIXELS * HIDDEN + HIDDEN + HIDDEN * CLASSES + CLASSES };
#ifndef EPOCHS
#define EPOCHS 8
#endif

/* The digits of scikit-learn; examples/firmware/data describes the file. */
__asm__(".section .rodata\n.balign 4\n.global digits\ndigits: .incbin \"digits.bin\"\n.text\n");
extern const uint8_t digits[COUNT][PACKED];

static float parameters[VALUES];
static float image[PIXELS], hidden[HIDDEN], outputs[CLASSES];

typedef struct layer {
    float *weights, *bias; /* weights[output][input] */
    size_t inputs, outputs;
} layer;

static void must(wi_error error) {
    if (error == WI_OK) return;
    print(wi_error_text(error));
    print("\n");
    leave(1);
}

/* Returns the label. */
static size_t unpack(const uint8_t *digit) {
    for (size_t row = 0; row < 8; row++) {
        uint64_t bits = 0;
        for (size_t i = 0; i < 5; i++) bits |= (uint64_t)digit[1 + 5 * row + i] << 8 * i;
        for (size_t i = 0; i < 8; i++, bits >>= 5) image[8 * row + i] = (float)(bits & 31) / 16.0f;
    }
    return digit[0];
}

static void dense(const layer *layer, const float *in, float *out) {
    for (size_t o = 0; o < layer->outputs; o++) {
        float sum = layer->bias[o];
        for (size_t i = 0; i < layer->inputs; i++) sum += layer->weights[o * layer->inputs + i] * in[i];
        out[o] = sum;
    }
}

static void forward(const layer layers[2]) {
    dense(&layers[0], image, hidden);
    for (size_t i = 0; i < HIDDEN; i++) hidden[i] = hidden[i] > 0.0f ? hidden[i] : 0.0f;
    dense(&layers[1], hidden, outputs);
}

static void descend(layer *layer, const float *in, const float *gradient) {
    for (size_t o = 0; o < layer->outputs; o++) {
        const float step = 0.02f * gradient[o];
        for (size_t i = 0; i < layer->inputs; i++) layer->weights[o * layer->inputs + i] -= step * in[i];
        layer->bias[o] -= step;
    }
}

/* Takes a step of stochastic gradient descent. Returns half of the squared error before it. */
static float learn(layer layers[2], size_t label) {
    float loss = 0.0f, gradient[HIDDEN] = {0};
    forward(layers);
    for (size_t o = 0; o < CLASSES; o++) {
        outputs[o] -= o == label ? 1.0f : 0.0f;
        loss += 0.5f * outputs[o] * outputs[o];
        for (size_t i = 0; i < HIDDEN; i++) gradient[i] += layers[1].weights[o * HIDDEN + i] * outputs[o];
    }
    for (size_t i = 0; i < HIDDEN; i++) gradient[i] = hidden[i] > 0.0f ? gradient[i] : 0.0f;
    descend(&layers[1], hidden, outputs);
    descend(&layers[0], image, gradient);
    return loss;
}

/* Returns the share of the held-out digits that the network recognises, in thousandths. */
static uint32_t accuracy(const layer layers[2]) {
    uint32_t right = 0;
    for (size_t n = TRAINING; n < COUNT; n++) {
        const size_t label = unpack(digits[n]);
        size_t best = 0;
        forward(layers);
        for (size_t o = 1; o < CLASSES; o++) if (outputs[o] > outputs[best]) best = o;
        right += best == label;
    }
    return right * 1000 / (COUNT - TRAINING);
}

int main(void) {
    static uint64_t memory[WI_PLAN_WORDS(4)];
    static const wi_layer description[2] = {
        {"fc1", WI_SHAPE_DENSE(PIXELS, HIDDEN), WI_HE_NORMAL, WI_ZEROS, WI_WITH_BIAS},
        {"fc2", WI_SHAPE_DENSE(HIDDEN, CLASSES), WI_XAVIER_NORMAL, WI_ZEROS, WI_WITH_BIAS},
    };
    static const char *const names[2][2] = {{"fc1.weight", "fc1.bias"}, {"fc2.weight", "fc2.bias"}};

    wi_plan *plan;
    must(wi_plan_new(memory, WI_PLAN_WORDS(4), &plan));
    for (size_t l = 0; l < 2; l++) must(wi_plan_push(plan, &description[l]));
    must(wi_plan_fill(plan, wi_stream_new(42), parameters, VALUES));
    must(wi_plan_verify(plan, parameters, VALUES));

    layer layers[2];
    for (size_t l = 0; l < 2; l++) {
        size_t weights, bias;
        must(wi_plan_find(plan, names[l][0], &weights, NULL));
        must(wi_plan_find(plan, names[l][1], &bias, NULL));
        layers[l] = (layer){parameters + weights, parameters + bias, description[l].shape.inputs,
                            description[l].shape.outputs};
    }
    uint32_t right = 0;
    for (uint32_t epoch = 1; epoch <= EPOCHS; epoch++) {
        float loss = 0.0f;
        for (size_t n = 0; n < TRAINING; n++) {
            const size_t label = unpack(digits[n]);
            loss += learn(layers, label);
        }
        loss /= TRAINING;
        right = accuracy(layers);
        uint32_t bits;
        __builtin_memcpy(&bits, &loss, sizeof bits);
        print("epoch ");
        print_number(epoch);
        print(": loss 0x");
        print_hex(bits);
        print(", ");
        print_number(right / 10);
        print(" % of the held-out digits\n");
    }
    return right >= 900 || EPOCHS < 8 ? 0 : 1;
}
