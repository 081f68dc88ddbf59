/*
 * Writes the starting weights of a network to flash, page by page. The power fails in the middle of a page; after
 * the reset the program finds out where it was and goes on.
 *
 * The flash is simulated as NOR flash: writing clears bits, and only erasing a page sets them. It lies in memory that
 * outlives a reset, and the reset is one of the processor.
 */
#include <weight_init.h>

#include "board.h"

enum { VALUES = 64 * 32 + 32 + 32 * 10 + 10, PAGE = 64, PAGES = (VALUES + PAGE - 1) / PAGE };

BOARD_NOINIT static uint32_t flash[PAGES * PAGE];
BOARD_NOINIT static uint32_t boots;

static void erase_page(size_t page) {
    for (size_t i = 0; i < PAGE; i++) flash[page * PAGE + i] = UINT32_MAX;
}

static void write_page(size_t page, const float *values, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        __builtin_memcpy(&bits, &values[i], sizeof bits);
        flash[page * PAGE + i] &= bits;
        if (boots == 1 && page == 17 && i == 30) reset(); /* the power fails */
    }
}

static void must(wi_error error) {
    if (error == WI_OK) return;
    print(wi_error_text(error));
    print("\n");
    leave(1);
}

int main(void) {
    static uint64_t memory[WI_PLAN_WORDS(4)];
    static const wi_layer layers[] = {
        {"fc1", WI_SHAPE_DENSE(64, 32), WI_HE_NORMAL, WI_ZEROS, WI_WITH_BIAS},
        {"fc2", WI_SHAPE_DENSE(32, 10), WI_XAVIER_NORMAL, WI_ZEROS, WI_WITH_BIAS},
    };
    const wi_stream model = wi_stream_new(42);
    const float *const weights = (const float *)flash; /* as the network reads them */

    if (boots != 1) { /* the memory holds anything */
        boots = 0;
        for (size_t page = 0; page < PAGES; page++) erase_page(page);
    }
    boots++;

    wi_plan *plan;
    must(wi_plan_new(memory, WI_PLAN_WORDS(4), &plan));
    for (size_t i = 0; i < 2; i++) must(wi_plan_push(plan, &layers[i]));

    /* The pages that are in flash already have the bits of this model. */
    size_t done = 0;
    for (; done < PAGES; done++) {
        const size_t start = done * PAGE, rest = VALUES - start;
        const wi_error error = wi_plan_matches(plan, model, start, weights + start, rest < PAGE ? rest : PAGE);
        if (error == WI_ERROR_DIFFERENT) break;
        must(error);
    }
    print("boot ");
    print_number(boots);
    print(": ");
    print_number((uint32_t)done);
    print(" pages are in flash\n");

    static float page[PAGE];
    size_t first, count;
    wi_pages pages;
    must(wi_pages_start(plan, model, done * PAGE, VALUES, &pages));
    for (;;) {
        must(wi_pages_next(&pages, page, PAGE, &first, &count));
        if (count == 0) break;
        erase_page(first / PAGE);
        write_page(first / PAGE, page, count);
    }
    must(wi_plan_matches(plan, model, 0, weights, VALUES));
    must(wi_plan_verify(plan, weights, VALUES));
    print("all pages are in flash\n");
    /* On boot 2, and at page 17. */
    return boots == 2 && done == 17 ? 0 : 1;
}
