/* Writes the weights of GPT-2 small, 475 MiB, to the standard output, in the order of the checkpoint and a page at a time:
 *
 *     gpt2 | sha256sum
 *
 * The Rust program `gpt2` prints the same hash, and so do the ranks of python/examples/gpt2_ranks.py. */
#include <stdint.h>
#include <stdio.h>
#include <weight_init.h>

enum { BLOCKS = 12, WIDTH = 768, TOKENS = 50257, POSITIONS = 1024, TENSORS = 148 };

static uint64_t memory[4096];
static float page[1 << 16];

static wi_error push(wi_plan *plan, const char *name, wi_shape shape, const char *weights, const char *bias) {
    return wi_plan_push_text(plan, name, &shape, weights, bias);
}

/* OpenAI's dense layers keep their weights as inputs x outputs. */
static wi_shape dense(size_t inputs, size_t outputs) {
    wi_shape shape = WI_SHAPE_DENSE(inputs, outputs);
    shape.layout = WI_IN_OUT;
    return shape;
}

/* Query, key and value side by side. */
static wi_shape attention(void) {
    wi_shape shape = dense(WIDTH, WIDTH);
    shape.stacked = 3;
    shape.flags = WI_PACKED;
    return shape;
}

int main(void) {
    static const wi_shape tokens = WI_SHAPE_DENSE(WIDTH, TOKENS), positions = WI_SHAPE_DENSE(WIDTH, POSITIONS);
    static const wi_shape norm = WI_SHAPE_VECTOR(WIDTH);
    /* The projections back to the residual stream: 1 / sqrt(2 * BLOCKS) = 0.20412414. */
    static const char normal[] = "normal(std=0.02)", projection[] = "normal(std=0.02, gain=0.20412414)";
    static char names[BLOCKS][6][24];
    static const char *const layers[] = {"ln_1", "attn.c_attn", "attn.c_proj", "ln_2", "mlp.c_fc", "mlp.c_proj"};
    wi_plan *plan;
    wi_pages pages;
    size_t count;
    wi_error error = 0;
    if (WI_PLAN_WORDS(TENSORS) > sizeof memory / sizeof *memory) return 1;
    error |= wi_plan_new(memory, WI_PLAN_WORDS(TENSORS), &plan);
    error |= push(plan, "wte", tokens, normal, NULL);
    error |= push(plan, "wpe", positions, normal, NULL);
    for (int block = 0; block < BLOCKS; block++) {
        char(*name)[24] = names[block];
        for (int layer = 0; layer < 6; layer++) snprintf(name[layer], sizeof name[layer], "h.%d.%s", block, layers[layer]);
        error |= push(plan, name[0], norm, "ones", "zeros");
        error |= push(plan, name[1], attention(), normal, "zeros");
        error |= push(plan, name[2], dense(WIDTH, WIDTH), projection, "zeros");
        error |= push(plan, name[3], norm, "ones", "zeros");
        error |= push(plan, name[4], dense(WIDTH, 4 * WIDTH), normal, "zeros");
        error |= push(plan, name[5], dense(4 * WIDTH, WIDTH), projection, "zeros");
    }
    error |= push(plan, "ln_f", norm, "ones", "zeros");
    if (error != WI_OK) return 1;
    if (wi_pages_start(plan, wi_stream_new(42), 0, wi_plan_len(plan), &pages) != WI_OK) return 1;
    for (;;) {
        if (wi_pages_next(&pages, page, sizeof page / sizeof *page, NULL, &count) != WI_OK) return 1;
        if (count == 0) return 0;
        if (fwrite(page, sizeof *page, count, stdout) != count) return 1;
    }
}
