/* i386: segments, the two task segments, interrupt gates, and the way from entry to kernel_main.
 *
 *      GDT   0x00 null   0x08 code   0x10 data   0x18 main task   0x20 double-fault task   0x28 user code   0x30 user data
 *
 * The double fault goes through a task gate to a task with a stack of its own: it is what a stack overflow becomes when the
 * guard page leaves the processor no room to push a page fault. The processor saves the interrupted registers in the main
 * task's segment, where the report finds them. The main task's segment also names the stack for entries from ring 3.
 */
#include <arch/cpu.h>
#include <arch/layout.h>

#include "stack.h"
#include "trap.h"

#define CODE_SELECTOR 0x08
#define DATA_SELECTOR 0x10
#define MAIN_TASK_SELECTOR 0x18
#define FAULT_TASK_SELECTOR 0x20
#define DOUBLE_FAULT 8
#define GATE_INTERRUPT 0x8E /* present, ring 0, 32-bit interrupt gate */
#define GATE_USER 0xEE      /* the same for ring 3 */
#define GATE_TASK 0x85      /* present, ring 0, task gate */

const char arch_name[] = "i386";

const struct arch_layout arch_layout = {
    .kernel_base = KERNEL_BASE,
    .physmap = KERNEL_BASE, /* one window for both */
    .direct_limit = (paddr_t)512 << 20,
    .boot_limit = (paddr_t)512 << 20,
    .memory_limit = (paddr_t)4 << 30,
    .regions_first = 0xE0000000,
    .regions_last = 0xFF7FFFFF,
    .window = 0xFF800000,
    .user_first = 0x400000,
    .user_last = 0xBFFFFFFF,
    .kernel_from = 0xC0000000,
    .scratch_max = (size_t)128 << 20,
};

/* Intel SDM volume 3, section 8.2.1. Selectors are the low halves of their words. */
struct task_segment {
    uint32_t link, esp0, ss0, esp1, ss1, esp2, ss2, cr3;
    uint32_t eip, eflags, eax, ecx, edx, ebx, esp, ebp, esi, edi;
    uint32_t es, cs, ss, ds, fs, gs, ldt;
    uint16_t trap, io_map;
};

struct gate {
    uint16_t offset_low, selector;
    uint8_t reserved, type;
    uint16_t offset_high;
};

struct table_pointer {
    uint16_t limit;
    uint32_t base;
} __attribute__((packed));

_Static_assert(sizeof(struct task_segment) == 104 && sizeof(struct gate) == 8, "layout given by the processor");

extern const unsigned char double_fault_task[]; /* isr.asm */
_Noreturn void double_fault_enter(void);

static struct task_segment main_task, fault_task;
static struct gate gates[TRAP_GATES];
static uint64_t gdt[7] = {0, 0x00CF9A000000FFFF, 0x00CF92000000FFFF, 0, 0, 0x00CFFA000000FFFF, 0x00CFF2000000FFFF};
static struct guarded_stack double_fault_stack;

const struct image_stack image_stacks[] = {
    {.name = "kernel stack", .guard = kernel_stack_guard, .top = kernel_stack_top},
    GUARDED_STACK("double-fault stack", double_fault_stack),
};
const size_t image_stack_count = sizeof image_stacks / sizeof *image_stacks;

static uint64_t task_descriptor(const struct task_segment *task)
{
    uint64_t base = (uintptr_t)task, limit = sizeof *task - 1;
    return limit | (base & 0xFFFFFF) << 16 | (uint64_t)0x89 << 40 | (base >> 24) << 56;
}

static void segments_load(void)
{
    main_task.io_map = fault_task.io_map = sizeof(struct task_segment);
    main_task.ss0 = DATA_SELECTOR;
    fault_task.eip = (uintptr_t)double_fault_task;
    fault_task.esp = stack_top(&double_fault_stack);
    fault_task.eflags = 2;
    fault_task.cs = CODE_SELECTOR;
    fault_task.es = fault_task.ss = fault_task.ds = fault_task.fs = fault_task.gs = DATA_SELECTOR;
    gdt[3] = task_descriptor(&main_task);
    gdt[4] = task_descriptor(&fault_task);
    struct table_pointer pointer = {.limit = sizeof gdt - 1, .base = (uintptr_t)gdt};
    __asm__ volatile("lgdt %0\n\t"
                     "ljmp %1, $1f\n"
                     "1:\n\t"
                     "ltr %w2"
                     :
                     : "m"(pointer), "i"(CODE_SELECTOR), "r"(MAIN_TASK_SELECTOR)
                     : "memory");
}

void gate_set(unsigned vector, uintptr_t stub, bool is_for_users)
{
    if (vector == DOUBLE_FAULT) {
        gates[vector] = (struct gate){.selector = FAULT_TASK_SELECTOR, .type = GATE_TASK};
        return;
    }
    gates[vector] = (struct gate){
        .offset_low = (uint16_t)stub,
        .selector = CODE_SELECTOR,
        .type = is_for_users ? GATE_USER : GATE_INTERRUPT,
        .offset_high = (uint16_t)(stub >> 16),
    };
}

void gates_load(void)
{
    struct table_pointer pointer = {.limit = sizeof gates - 1, .base = (uintptr_t)gates};
    __asm__ volatile("lidt %0" : : "m"(pointer));
    __asm__ volatile("mov %%cr3, %0" : "=r"(fault_task.cr3));
}

void trap_root_changed(uintptr_t root)
{
    fault_task.cr3 = root;
}

void *ring3_stack_slot(void)
{
    return &main_task.esp0;
}

static void add_registers(struct arch_trap *trap, const uint32_t values[8])
{
    static const char *const names[8] = {"eax", "ebx", "ecx", "edx", "esi", "edi", "ebp", "esp"};
    for (unsigned i = 0; i < 8; i++)
        trap_add_register(trap, names[i], values[i]);
}

void trap_fill(struct arch_trap *trap, const struct trap_frame *f)
{
    trap->ip = f->eip;
    trap->sp = trap_frame_sp(f);
    trap->flags = f->eflags;
    trap->frame_pointer = f->ebp;
    add_registers(trap, (const uint32_t[8]){f->eax, f->ebx, f->ecx, f->edx, f->esi, f->edi, f->ebp, trap->sp});
}

_Noreturn void double_fault_enter(void)
{
    const struct task_segment *t = &main_task;
    struct arch_trap trap;
    arch_trap_depth++;
    trap_describe(&trap, DOUBLE_FAULT, 0);
    trap.ip = t->eip;
    trap.sp = t->esp;
    trap.flags = t->eflags;
    trap.frame_pointer = t->ebp;
    add_registers(&trap, (const uint32_t[8]){t->eax, t->ebx, t->ecx, t->edx, t->esi, t->edi, t->ebp, t->esp});
    kernel_trap(&trap);
}

_Noreturn void arch_start(void)
{
    segments_load();
    trap_init();
    kernel_main();
}
