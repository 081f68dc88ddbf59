// A plugin of QEMU that counts how often each straight run of instructions was executed, call by call of one
// function. `cycles.py` builds it and adds up the cycles.
//
// It is loaded with `-plugin count.so,function=<address>,out=<file>`. The file lists the runs of each call,
//
//   call
//   <number of the run> <executions> <how many of them ended in a jump>
//
// and at the end the instructions of all runs:
//
//   run <number>
//   <address> <disassembly>
//
// The declarations stand here because no package of Debian has QEMU's header.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))
typedef uint64_t plugin;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
void qemu_plugin_register_vcpu_tb_trans_cb(plugin, void (*)(plugin, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *, void (*)(unsigned, void *), int, void *);
void qemu_plugin_register_atexit_cb(plugin, void (*)(plugin, void *), void *);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *);
char *qemu_plugin_insn_disas(const struct qemu_plugin_insn *);

// The version of the interface, which `cycles.py` sets to one that its QEMU knows.
EXPORT int qemu_plugin_version = PLUGIN_VERSION;

// A run of instructions without a jump in it, except for the last one.
struct run {
    uint64_t number, start, end, executed, jumped;
    struct run *next;
};

static struct run *runs, *last;
static uint64_t function, back;
static int inside;
static FILE *out, *code;
static char *text;
static size_t text_size;

static void print_call(void) {
    fprintf(out, "call\n");
    for (struct run *run = runs; run; run = run->next) {
        if (run->executed)
            fprintf(out, "%" PRIu64 " %" PRIu64 " %" PRIu64 "\n", run->number, run->executed, run->jumped);
        run->executed = run->jumped = 0;
    }
}

static void executed(unsigned cpu, void *data) {
    struct run *run = data;
    (void)cpu;
    if (!inside && run->start == function && last) {
        inside = 1;
        back = last->end;
    } else if (inside) {
        last->jumped += last->end != run->start;
        if (run->start == back) {
            inside = 0;
            print_call();
        }
    }
    run->executed += inside;
    last = run;
}

static void translated(plugin id, struct qemu_plugin_tb *tb) {
    struct run *run = calloc(1, sizeof *run);
    (void)id;
    run->number = runs ? runs->number + 1 : 0;
    run->next = runs;
    runs = run;
    fprintf(code, "run %" PRIu64 "\n", run->number);
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        uint64_t address = qemu_plugin_insn_vaddr(insn);
        char *disassembly = qemu_plugin_insn_disas(insn);
        fprintf(code, "%" PRIx64 " %s\n", address, disassembly);
        free(disassembly);
        if (i == 0) run->start = address;
        // Before the end of a page QEMU counts the bytes of the next instruction too. None of these is a jump.
        run->end = address + qemu_plugin_insn_size(insn);
    }
    qemu_plugin_register_vcpu_tb_exec_cb(tb, executed, 0, run);
}

static void finished(plugin id, void *data) {
    (void)id, (void)data;
    fclose(code);
    fputs(text, out);
    fclose(out);
}

EXPORT int qemu_plugin_install(plugin id, const void *info, int argc, char **argv) {
    (void)info;
    for (int i = 0; i < argc; i++) {
        if (!strncmp(argv[i], "function=", 9)) function = strtoull(argv[i] + 9, 0, 16);
        if (!strncmp(argv[i], "out=", 4)) out = fopen(argv[i] + 4, "w");
    }
    code = open_memstream(&text, &text_size);
    if (!function || !out || !code) return 1;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_atexit_cb(id, finished, 0);
    return 0;
}
