/* Start-up code and terminal of a Cortex-M or a RISC-V under QEMU, or the terminal of this computer. */
#include "board.h"

void print_number(uint32_t number) {
    char text[11], *end = text + sizeof text - 1;
    *end = 0;
    do *--end = (char)('0' + number % 10); while (number /= 10);
    print(end);
}

void print_hex(uint64_t number) {
    char text[17];
    for (int i = 15; i >= 0; i--, number >>= 4) text[i] = "0123456789abcdef"[number & 15];
    text[16] = 0;
    print(text);
}

int main(void);

#if defined __arm__ || defined __riscv

static int semihost(int operation, const void *argument) {
#ifdef __arm__
    register int r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
#else
    register int r0 __asm__("a0") = operation;
    register const void *r1 __asm__("a1") = argument;
    __asm__ volatile(".option push\n.option norvc\n.balign 16\n"
                     "slli zero, zero, 0x1f\nebreak\nsrai zero, zero, 7\n.option pop"
                     : "+r"(r0) : "r"(r1) : "memory");
#endif
    return r0;
}

void print(const char *text) { semihost(0x04 /* SYS_WRITE0 */, text); }

void leave(int status) {
    const int reason[2] = {0x20026 /* ADP_Stopped_ApplicationExit */, status};
    semihost(0x20 /* SYS_EXIT_EXTENDED */, reason);
    for (;;) {}
}

void reset(void) {
#ifdef __arm__
    *(volatile uint32_t *)0xE000ED0C = 0x05FA0004; /* AIRCR.SYSRESETREQ */
#else
    *(volatile uint32_t *)0x100000 = 0x7777; /* the reset of QEMU's test device */
#endif
    for (;;) {}
}

extern uint32_t stack_end[], bss_start[], bss_end[], data_start[], data_end[], data_source[];

void reset_handler(void);
void reset_handler(void) {
#ifdef __ARM_FP
    *(volatile uint32_t *)0xE000ED88 |= 0xF << 20; /* CPACR: turns the FPU on */
    __asm__ volatile("dsb\n isb" ::: "memory");
#endif
    for (volatile uint32_t *word = bss_start; word != bss_end;) *word++ = 0;
    for (volatile uint32_t *word = data_start, *from = data_source; word != data_end;) *word++ = *from++;
    leave(main());
}

#ifdef __arm__

static void fault_handler(void) { leave(2); }

__attribute__((section(".vectors"), used)) static const void *const vectors[7] = {
    stack_end, (void *)reset_handler, (void *)fault_handler, (void *)fault_handler,
    (void *)fault_handler, (void *)fault_handler, (void *)fault_handler,
};

#else

__asm__(".section .vectors, \"ax\"\nla sp, stack_end\nj reset_handler\n.text\n");

#endif

#else

#include <stdio.h>
#include <stdlib.h>

void print(const char *text) { fputs(text, stdout); }
void leave(int status) { exit(status); }
void reset(void) { exit(main()); }

#endif
