/* Scripts as programs and programs as scripts. */
#include "builder.h"
#include "script_reader.h"

#include "cstring.h"

/* ---- a script as a program ---- */

/* Whether what is expected can be known of a heap alone, without misuse. */
static bool is_of_heap(const struct lab_expect *expect)
{
    return expect->quantity < LAB_Q_FAULTS && !expect->is_bound;
}

const struct lab_step *lab_script_unmeasurable(const struct lab_script *script)
{
    bool has_begun = false;
    for (size_t i = 0; i < script->count; i++) {
        const struct lab_step *step = &script->steps[i];
        bool is_alien = step->kind == LAB_STEP_COMMAND || step->kind == LAB_STEP_ADVERSARY ||
                        (step->kind == LAB_STEP_USE && has_begun) ||
                        (step->kind == LAB_STEP_EXPECT && !is_of_heap(&step->expect));
        if (is_alien || step->is_misuse)
            return step;
        has_begun |= lab_is_request(step->kind) || step->kind == LAB_STEP_EXPECT; /* said of the heap there is then */
    }
    return NULL;
}

void lab_script_use(const struct lab_script *script, struct lab_use *use)
{
    *use = (struct lab_use){.harden = -1};
    for (size_t i = 0; i < script->count && !lab_is_request(script->steps[i].kind); i++) {
        const struct lab_use *next = &script->steps[i].use;
        if (script->steps[i].kind != LAB_STEP_USE)
            continue;
        if (next->alloc.policy)
            use->alloc = next->alloc;
        if (next->heap_limit > 0)
            use->heap_limit = next->heap_limit;
        if (next->harden >= 0)
            use->harden = next->harden;
        if (next->vm_length > 0) {
            use->vm = next->vm;
            use->vm_length = next->vm_length;
        }
    }
}

static size_t grain_of(const struct lab_alloc_spec *alloc)
{
    return alloc->grain ? alloc->grain : HEAP_GRAIN;
}

bool lab_script_names_other(const struct lab_script *script, const struct lab_alloc_spec *alloc)
{
    struct lab_use use;
    const struct heap_option *o = alloc->policy->options;
    lab_script_use(script, &use);
    if (!use.alloc.policy)
        return false;
    bool is_other = use.alloc.policy != alloc->policy || grain_of(&use.alloc) != grain_of(alloc);
    for (size_t i = 0; !is_other && o && o[i].key; i++)
        is_other = use.alloc.options[i] != alloc->options[i];
    return is_other;
}

static void add_operation(struct builder *b, const struct lab_step *step)
{
    static const enum lab_op_kind kinds[] = {LAB_ALLOC, LAB_ALIGNED, LAB_RESIZE, LAB_FREE};
    builder_add(b, kinds[step->kind], step->block, step->size, step->align_log2);
}

bool lab_script_program(const struct lab_script *script, struct lab_arena *arena, struct lab_program *program)
{
    size_t mark = arena->used, operations = 0, expectations = 0;
    struct lab_use use;
    struct builder b;
    HEAP_ASSERT(!lab_script_unmeasurable(script));
    for (size_t i = 0; i < script->count; i++) {
        operations += lab_is_request(script->steps[i].kind);
        expectations += script->steps[i].kind == LAB_STEP_EXPECT;
    }
    bool has_room = builder_start(&b, arena, program, operations, script->block_count);
    struct lab_due *due = lab_arena_take(arena, expectations, sizeof *due);
    if (!has_room || !due) {
        lab_arena_release(arena, mark);
        return false;
    }
    for (size_t i = 0; i < script->count; i++) {
        const struct lab_step *step = &script->steps[i];
        if (lab_is_request(step->kind))
            add_operation(&b, step);
        else if (step->kind == LAB_STEP_EXPECT)
            due[program->due_count++] = (struct lab_due){.after = program->count, .expect = step->expect};
    }
    lab_script_use(script, &use);
    program->heap_limit = use.heap_limit;
    program->due = due;
    return true;
}

/* ---- a program as a script ---- */

/* The step of an operation, if the slot is live or not. False: it does nothing. */
static bool step_of(const struct lab_op *op, bool is_live, struct lab_step *step)
{
    bool gives_back = op->kind == LAB_FREE || (op->kind == LAB_RESIZE && op->size == 0);
    *step = (struct lab_step){.size = op->size, .block = op->slot};
    if (gives_back && !is_live)
        return false;
    if (gives_back)
        step->kind = LAB_STEP_FREE;
    else if (op->kind == LAB_RESIZE && is_live)
        step->kind = LAB_STEP_RESIZE;
    else
        step->kind = op->kind == LAB_ALIGNED ? LAB_STEP_ALIGNED : LAB_STEP_ALLOC;
    step->align_log2 = op->kind == LAB_ALIGNED ? op->align_log2 : 0;
    return true;
}

static void add_steps(struct lab_script *script, const struct lab_program *program)
{
    for (size_t i = 0; i < program->count; i++) {
        const struct lab_op *op = &program->ops[i];
        struct lab_step *step = &script->steps[script->count];
        bool is_known = op->slot != LAB_NULL_SLOT;
        if (!step_of(op, is_known && script->is_live[op->slot], step))
            continue;
        step->line = (uint32_t)(i + 1);
        script->is_live[op->slot] = step->kind != LAB_STEP_FREE;
        if (step->kind != LAB_STEP_FREE)
            script->blocks[op->slot].size = step->size;
        script->count++;
    }
}

enum lab_status lab_script_from_program(const struct lab_program *program, struct lab_arena *arena,
                                        struct lab_script *script, struct lab_error *error)
{
    uint32_t unused;
    if (program->count > LAB_SCRIPT_STEPS_MAX || program->slots > LAB_SCRIPT_BLOCKS_MAX) {
        lab_fail(error, "", 0, "%zu operations on %u blocks: a script has at most %d on %d", program->count,
                 program->slots, LAB_SCRIPT_STEPS_MAX, LAB_SCRIPT_BLOCKS_MAX);
        return LAB_BAD_INPUT;
    }
    if (!lab_script_start(script, arena, program->count, program->slots))
        return LAB_NO_SCRATCH;
    for (uint32_t slot = 0; slot < program->slots; slot++)
        block_add(script, "b", 1, slot, &unused);
    add_steps(script, program);
    return LAB_OK;
}
