/* Steps written as statements. */
#include "step_text.h"

const char *const lab_show_names[LAB_SHOWS] = {"map", "holes", "blocks", "list", "stats"};

static void print_write(const struct lab_sink *sink, const struct lab_step *step, const char *block)
{
    lab_print(sink, "%s %s", step->kind == LAB_STEP_READ ? "read" : "write", block);
    if (step->is_past)
        lab_print(sink, " %zu past", step->size);
    else if (step->offset < 0)
        lab_print(sink, " %zu before", step->size);
    else if (step->is_rest && step->offset > 0)
        lab_print(sink, " at %jd", (intmax_t)step->offset);
    else if (!step->is_rest)
        lab_print(sink, " at %jd %zu", (intmax_t)step->offset, step->size);
}

static void print_use(const struct lab_sink *sink, const struct lab_use *use)
{
    lab_print(sink, "use");
    if (use->alloc.policy)
        lab_print(sink, " %.*s", (int)use->alloc.text_length, use->alloc.text);
    if (use->heap_limit)
        lab_print(sink, " heap=%zu", use->heap_limit);
    if (use->harden >= 0)
        lab_print(sink, " harden=%d", use->harden);
    if (use->vm_length)
        lab_print(sink, " vm=%.*s", (int)use->vm_length, use->vm);
    if (use->unit)
        lab_print(sink, " unit=%zu", use->unit);
    if (use->has_seed)
        lab_print(sink, " seed=%ju", (uintmax_t)use->seed);
}

static void print_expect(const struct lab_sink *sink, const struct lab_expect *expect, const char *block)
{
    lab_print(sink, "expect ");
    lab_expect_print(sink, expect, block);
    if (expect->under_length)
        lab_print(sink, " under %.*s", (int)expect->under_length, expect->under);
}

static void print_text(const struct lab_sink *sink, const char *word, const struct lab_step *step)
{
    lab_print(sink, "%s %.*s", word, (int)step->text_length, step->text);
}

void lab_step_print(const struct lab_sink *sink, const struct lab_script *script, const struct lab_step *step)
{
    char block[LAB_BLOCK_TEXT] = "";
    uint32_t number = step->kind == LAB_STEP_EXPECT ? step->expect.block : step->block;
    if (number < script->block_count)
        lab_block_text(script, number, block);
    switch (step->kind) {
    case LAB_STEP_ALLOC:
        lab_print(sink, "alloc %zu as %s", step->size, block);
        break;
    case LAB_STEP_ALIGNED:
        lab_print(sink, "aalloc %zu %ju as %s", step->size, (uintmax_t)1 << step->align_log2, block);
        break;
    case LAB_STEP_RESIZE:
        lab_print(sink, "resize %s %zu", block, step->size);
        break;
    case LAB_STEP_FREE:
        lab_print(sink, "free %s", block);
        break;
    case LAB_STEP_WRITE:
    case LAB_STEP_READ:
        print_write(sink, step, block);
        break;
    case LAB_STEP_CHECK:
        lab_print(sink, "check");
        break;
    case LAB_STEP_USE:
        print_use(sink, &step->use);
        break;
    case LAB_STEP_ABOUT:
        print_text(sink, "about", step);
        break;
    case LAB_STEP_SAY:
        print_text(sink, "say", step);
        break;
    case LAB_STEP_SHOW:
        lab_print(sink, "%s", lab_show_names[step->show]);
        break;
    case LAB_STEP_ASK:
        lab_print(sink, "ask");
        break;
    case LAB_STEP_EXPECT:
        print_expect(sink, &step->expect, lab_quantity_has_block(step->expect.quantity) ? block : NULL);
        break;
    case LAB_STEP_COMMAND:
        print_text(sink, "shell", step);
        break;
    case LAB_STEP_ADVERSARY:
        lab_print(sink, "adversary %zu %jd", step->size, (intmax_t)step->offset);
        break;
    case LAB_STEP_KINDS:
        break;
    }
}
