/* x86_64: segments, the task segment with the stacks for faults, interrupt gates, and the way from entry to
 * kernel_main.
 *
 *      GDT   0x00 null   0x08 code   0x10 data   0x18 task segment (two slots)   0x28 user code   0x30 user data
 *
 * Three exceptions run on stacks of their own (the interrupt stack table, IST 1 to 3): the double fault, which is
 * what a stack overflow becomes when the guard page leaves the processor no room to push a page fault; the
 * non-maskable interrupt and the machine check, which may come at any instruction. The task segment also names the stack
 * for all other entries from ring 3.
 */
#include <arch/cpu.h>
#include <arch/layout.h>

#include <stddef.h>

#include "stack.h"
#include "trap.h"

#define CODE_SELECTOR 0x08
#define TASK_SELECTOR 0x18
#define GATE_INTERRUPT 0x8E /* present, ring 0, interrupt gate */
#define GATE_USER 0xEE      /* the same for ring 3 */

const char arch_name[] = "x86_64";

const struct arch_layout arch_layout = {
    .kernel_base = KERNEL_BASE,
    .physmap = 0xFFFF800000000000,
    .direct_limit = (paddr_t)128 << 30,
    .boot_limit = (paddr_t)1 << 30,
    .memory_limit = (paddr_t)128 << 30, /* what the frame allocator's pyramid and the physical map serve */
    .regions_first = 0xFFFF900000000000,
    .regions_last = 0xFFFF9FFFFFFFFFFF,
    .user_first = 0x400000,
    .user_last = 0x00007FFFFFFFFFFF,
    .kernel_from = 0xFFFF800000000000,
    .scratch_max = (size_t)1 << 30,
};

/* Intel SDM volume 3, section 8.7. */
struct task_segment {
    uint32_t reserved0;
    uint64_t rsp[3];
    uint64_t reserved1;
    uint64_t ist[7];
    uint64_t reserved2;
    uint16_t reserved3, io_map;
} __attribute__((packed));

struct gate {
    uint16_t offset_low, selector;
    uint8_t ist, type;
    uint16_t offset_mid;
    uint32_t offset_high, reserved;
};

struct table_pointer {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));

_Static_assert(sizeof(struct task_segment) == 104 && sizeof(struct gate) == 16, "layout given by the processor");

static struct task_segment task;
static struct gate gates[TRAP_GATES];
static uint64_t gdt[7] = {0, 0x00AF9A000000FFFF, 0x00CF92000000FFFF, 0, 0, 0x00AFFA000000FFFF, 0x00CFF2000000FFFF};

enum { FAULT_STACKS = 3 };
static struct guarded_stack fault_stacks[FAULT_STACKS];
static const unsigned char fault_stack_vector[FAULT_STACKS] = {8, 2, 18}; /* of IST 1, 2, 3 */

const struct image_stack image_stacks[] = {
    {.name = "kernel stack", .guard = kernel_stack_guard, .top = kernel_stack_top},
    GUARDED_STACK("double-fault stack", fault_stacks[0]),
    GUARDED_STACK("NMI stack", fault_stacks[1]),
    GUARDED_STACK("machine-check stack", fault_stacks[2]),
};
const size_t image_stack_count = sizeof image_stacks / sizeof *image_stacks;

static void segments_load(void)
{
    uint64_t base = (uintptr_t)&task, limit = sizeof task - 1;
    for (unsigned i = 0; i < FAULT_STACKS; i++)
        task.ist[i] = stack_top(&fault_stacks[i]);
    task.io_map = sizeof task;
    gdt[3] = limit | (base & 0xFFFFFF) << 16 | (uint64_t)0x89 << 40 | (base >> 24 & 0xFF) << 56;
    gdt[4] = base >> 32;
    struct table_pointer pointer = {.limit = sizeof gdt - 1, .base = (uintptr_t)gdt};
    __asm__ volatile("lgdt %0\n\t"
                     "pushq %1\n\t"
                     "leaq 1f(%%rip), %%rax\n\t"
                     "pushq %%rax\n\t"
                     "lretq\n"
                     "1:\n\t"
                     "ltr %w2"
                     :
                     : "m"(pointer), "i"(CODE_SELECTOR), "r"(TASK_SELECTOR)
                     : "rax", "memory");
}

/* The IST entry of this vector; 0: it runs on the interrupted stack. */
static uint8_t ist_of(unsigned vector)
{
    for (unsigned i = 0; i < FAULT_STACKS; i++) {
        if (fault_stack_vector[i] == vector)
            return (uint8_t)(i + 1);
    }
    return 0;
}

void gate_set(unsigned vector, uintptr_t stub, bool is_for_users)
{
    gates[vector] = (struct gate){
        .offset_low = (uint16_t)stub,
        .selector = CODE_SELECTOR,
        .ist = ist_of(vector),
        .type = is_for_users ? GATE_USER : GATE_INTERRUPT,
        .offset_mid = (uint16_t)(stub >> 16),
        .offset_high = (uint32_t)(stub >> 32),
    };
}

void gates_load(void)
{
    struct table_pointer pointer = {.limit = sizeof gates - 1, .base = (uintptr_t)gates};
    __asm__ volatile("lidt %0" : : "m"(pointer));
}

void trap_root_changed(uintptr_t root)
{
    (void)root; /* the stack switch of this width keeps the page tables */
}

void *ring3_stack_slot(void)
{
    return (unsigned char *)&task + offsetof(struct task_segment, rsp);
}

void trap_fill(struct arch_trap *trap, const struct trap_frame *f)
{
    trap->ip = f->rip;
    trap->sp = f->rsp;
    trap->flags = f->rflags;
    trap->frame_pointer = f->rbp;
    trap_add_register(trap, "rax", f->rax);
    trap_add_register(trap, "rbx", f->rbx);
    trap_add_register(trap, "rcx", f->rcx);
    trap_add_register(trap, "rdx", f->rdx);
    trap_add_register(trap, "rsi", f->rsi);
    trap_add_register(trap, "rdi", f->rdi);
    trap_add_register(trap, "rbp", f->rbp);
    trap_add_register(trap, "rsp", f->rsp);
    trap_add_register(trap, "r8", f->r8);
    trap_add_register(trap, "r9", f->r9);
    trap_add_register(trap, "r10", f->r10);
    trap_add_register(trap, "r11", f->r11);
    trap_add_register(trap, "r12", f->r12);
    trap_add_register(trap, "r13", f->r13);
    trap_add_register(trap, "r14", f->r14);
    trap_add_register(trap, "r15", f->r15);
}

_Noreturn void arch_start(void)
{
    segments_load();
    trap_init();
    kernel_main();
}
