/* Measures the stack of calls on a board. Fails if one exceeds its budget. */
#include <weight_init.h>

#include "board.h"

extern uint32_t statics_end[];
static const wi_shape FC1 = WI_SHAPE_DENSE(64, 32);
static float weights[64 * 32 + 32], page[64];
static uint64_t memory[WI_PLAN_WORDS(2)];
static wi_plan *plan;
static wi_pages pages;

static wi_error none(void) { return WI_OK; }
static wi_error fill(void) { return wi_fill(WI_HE_NORMAL, wi_stream_new(42), &FC1, weights, 64 * 32); }
static wi_error fill_i8(void) {
    return wi_fill_i8(WI_HE_NORMAL, wi_stream_new(42), &FC1, 0, 7, (int8_t *)weights, 64 * 32, NULL);
}
static wi_error write_text(void) {
    const wi_draw draw = {.text = "he_normal", .stream = wi_stream_new(42), .shape = WI_SHAPE_DENSE(64, 32)};
    return wi_write_f32(&draw, weights, 64 * 32);
}
static wi_error push(void) {
    static const wi_layer layer = {"fc1", WI_SHAPE_DENSE(64, 32), WI_HE_NORMAL, WI_ZEROS, WI_WITH_BIAS};
    return wi_plan_push(plan, &layer);
}
static wi_error push_text(void) { return wi_plan_push_text(plan, "fc1", &FC1, "he_normal", "zeros"); }
static wi_error fill_plan(void) { return wi_plan_fill(plan, wi_stream_new(42), weights, 64 * 32 + 32); }
static wi_error matches(void) { return wi_plan_matches(plan, wi_stream_new(42), 0, weights, 64); }
static wi_error verify(void) { return wi_plan_verify(plan, weights, 64 * 32 + 32); }
static wi_error start(void) { return wi_pages_start(plan, wi_stream_new(42), 0, 64 * 32 + 32, &pages); }
static wi_error next(void) { return wi_pages_next(&pages, page, 64, NULL, NULL); }

/* Returns the bytes of stack that a call uses. The free stack is filled with a pattern before it. */
__attribute__((noinline)) static uint32_t used(wi_error (*call)(void), wi_error *error) {
    const uint32_t pattern = 0x5afe57ac;
    volatile uint32_t *bottom = statics_end, *top, *word;
    /* Nothing is alive below the stack pointer. */
#ifdef __arm__
    __asm__ volatile("mov %0, sp" : "=r"(top));
#else
    __asm__ volatile("mv %0, sp" : "=r"(top));
#endif
    for (word = bottom; word < top; word++) *word = pattern;
    *error = call();
    for (word = bottom; word < top && *word == pattern; word++) {}
    return (uint32_t)((uintptr_t)top - (uintptr_t)word);
}

int main(void) {
    static const struct { const char *name; wi_error (*call)(void); uint32_t budget; } rows[] = {
        {"wi_fill of He", fill, 512},       {"wi_fill_i8 of He", fill_i8, 1280},
        {"wi_write_f32 by text", write_text, 4096}, {"wi_plan_push", push, 1536},
        {"wi_plan_fill", fill_plan, 1024},  {"wi_plan_matches", matches, 1536},
        {"wi_plan_verify", verify, 1024},   {"wi_pages_start", start, 512},
        {"wi_pages_next", next, 1024},      {"wi_plan_push_text", push_text, 3072},
    };
    int failed = 0;
    wi_error error;
    failed |= wi_plan_new(memory, WI_PLAN_WORDS(2), &plan);
    const uint32_t own = used(none, &error);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        /* The second plan takes the place of the first one. */
        if (rows[i].call == push_text) failed |= wi_plan_new(memory, WI_PLAN_WORDS(2), &plan);
        const uint32_t stack = used(rows[i].call, &error) - own;
        print(rows[i].name);
        print(": ");
        print_number(stack);
        print(error || stack > rows[i].budget ? " bytes of stack, over budget\n" : " bytes of stack\n");
        failed |= error || stack > rows[i].budget;
    }
    return failed;
}
