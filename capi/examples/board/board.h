/* The terminal of an emulated board, or of this computer. */
#ifndef BOARD_H
#define BOARD_H

#include <stdint.h>

/* Memory that start-up does not initialise, so that it outlives a reset. */
#if defined __arm__ || defined __riscv
#define BOARD_NOINIT __attribute__((section(".noinit")))
#else
#define BOARD_NOINIT
#endif

#ifdef __cplusplus
extern "C" {
#endif

void print(const char *text);
void print_number(uint32_t number);
void print_hex(uint64_t number);

/* Ends the program, and the emulator with it. */
_Noreturn void leave(int status);

/* Restarts the program, as after a power cut. On this computer it calls main() again. */
_Noreturn void reset(void);

#ifdef __cplusplus
}
#endif
#endif
