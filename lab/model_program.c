/* Around the reference model: its two ready sets of parameters, its shape, and whole programs played on it. */
#include <alloc/heap_ops.h>
#include <lab/model.h>

#define DIGEST_START 0xCBF29CE484222325u /* FNV-1a, 64 bits */
#define DIGEST_PRIME 0x100000001B3u

const struct lab_model_format lab_model_format_32 = {.header = 4, .align = 8, .min = 16};
const struct lab_model_format lab_model_format_64 = {.header = 8, .align = 16, .min = 32};

const struct lab_model_format *lab_model_format_here(void)
{
    return sizeof(void *) == 4 ? &lab_model_format_32 : &lab_model_format_64;
}

/* ---- parameters ---- */

struct lab_model_params lab_model_ostep(void)
{
    return (struct lab_model_params){
        .policy = LAB_MODEL_BEST,
        .order = LAB_MODEL_BY_ADDRESS,
        .coalescing = LAB_MODEL_NEVER,
        .rounding = LAB_MODEL_ROUND_REQUEST,
        .base = 1000,
        .initial = 100,
        .limit = 100,
        .align = 1,
        .split_min = 1,
    };
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

struct lab_model_params lab_model_kfit(enum lab_model_policy policy, const struct lab_model_format *format,
                                       size_t grain, size_t limit)
{
    size_t whole_limit = limit - limit % format->align;
    return (struct lab_model_params){
        .policy = policy,
        .order = LAB_MODEL_BY_ADDRESS,
        .coalescing = LAB_MODEL_AT_ONCE,
        .rounding = LAB_MODEL_ROUND_BLOCK,
        .initial = grain == 0 ? whole_limit : smaller(grain, whole_limit),
        .limit = limit,
        .grain = grain,
        .header = format->header,
        .align = format->align,
        .min = format->min,
        .split_min = format->min,
        .lead = format->align - format->header, /* so that the first payload is aligned */
        .trail = format->header,                /* the end mark */
    };
}

/* ---- shape ---- */

uint32_t lab_model_find(const struct lab_model *m, size_t payload)
{
    uint32_t block = m->first;
    while (block != LAB_MODEL_NO_BLOCK) {
        const struct lab_model_block *b = &m->blocks[block];
        if (b->is_used && b->address + m->params.header == payload)
            break;
        block = b->after;
    }
    return block;
}

struct lab_model_shape lab_model_measure(const struct lab_model *m)
{
    struct lab_model_shape shape = {.committed = m->committed, .fixed = m->params.lead + m->params.trail};
    for (uint32_t block = m->first; block != LAB_MODEL_NO_BLOCK; block = m->blocks[block].after) {
        size_t size = m->blocks[block].size;
        if (m->blocks[block].is_used) {
            shape.used += size;
            shape.used_blocks++;
        } else {
            shape.free += size;
            shape.holes++;
            shape.largest_hole = size > shape.largest_hole ? size : shape.largest_hole;
        }
    }
    return shape;
}

/* ---- programs ---- */

/* Blocks that suffice for a program, by the rule at lab_model_init. */
static uint64_t capacity_for(const struct lab_model_params *params, const struct lab_program *program)
{
    if (params->coalescing == LAB_MODEL_AT_ONCE)
        return 2 * (uint64_t)program->slots + 4;
    uint64_t aligned = program->count_of[LAB_ALIGNED];
    uint64_t requests = program->count_of[LAB_ALLOC] + program->count_of[LAB_RESIZE] + aligned;
    return requests + aligned + (params->grain ? requests : 0) + 4;
}

enum lab_model_status lab_model_player_init(struct lab_model_player *player, const struct lab_model_params *params,
                                            const struct lab_program *program, struct lab_arena *arena)
{
    struct lab_model_params own = *params;
    uint64_t capacity = capacity_for(params, program);
    if (program->heap_limit != 0) {
        own.limit = program->heap_limit;
        own.initial = smaller(own.initial, own.limit - own.limit % own.align);
    }
    if (capacity >= LAB_MODEL_NO_BLOCK)
        return LAB_MODEL_NO_SCRATCH;
    *player = (struct lab_model_player){
        .handles = lab_arena_take(arena, program->slots, sizeof *player->handles),
        .slots = program->slots,
        .placement = DIGEST_START,
    };
    if (!player->handles)
        return LAB_MODEL_NO_SCRATCH;
    for (uint32_t slot = 0; slot < program->slots; slot++)
        player->handles[slot] = LAB_MODEL_NO_BLOCK;
    return lab_model_init(&player->model, &own, arena, (uint32_t)capacity);
}

static void digest(struct lab_model_player *player, uint64_t number)
{
    for (unsigned shift = 0; shift < 64; shift += 8)
        player->placement = (player->placement ^ (number >> shift & 255)) * DIGEST_PRIME;
}

/* A request has been answered: the digest, and what the slot stands for from now on. */
static void note_request(struct lab_model_player *player, uint32_t *handle, const struct lab_model_result *result)
{
    const struct lab_model_params *p = &player->model.params;
    if (result->status == LAB_MODEL_OK) {
        *handle = result->block;
        digest(player, result->address - (p->base + p->lead));
    } else {
        player->refused++;
        digest(player, UINT64_MAX);
    }
}

static struct lab_model_result free_slot(struct lab_model_player *player, uint32_t *handle)
{
    uint32_t block = *handle;
    *handle = LAB_MODEL_NO_BLOCK;
    if (block == LAB_MODEL_NO_BLOCK)
        return (struct lab_model_result){.status = LAB_MODEL_OK, .block = LAB_MODEL_NO_BLOCK};
    return lab_model_free(&player->model, block);
}

/* An alignment that no machine of this width has becomes its largest power of two, which is refused too. */
static size_t align_of(const struct lab_op *op)
{
    unsigned most = 8 * sizeof(size_t) - 1;
    if (op->kind != LAB_ALIGNED)
        return 1;
    return (size_t)1 << (op->align_log2 < most ? op->align_log2 : most);
}

struct lab_model_result lab_model_play(struct lab_model_player *player, const struct lab_op *op)
{
    uint32_t nothing = LAB_MODEL_NO_BLOCK, *handle = &nothing;
    if (op->slot != LAB_NULL_SLOT) {
        HEAP_ASSERT(op->slot < player->slots);
        handle = &player->handles[op->slot];
    }
    if (op->kind == LAB_FREE || (op->kind == LAB_RESIZE && op->size == 0))
        return free_slot(player, handle);
    struct lab_model_result result = op->kind == LAB_RESIZE && *handle != LAB_MODEL_NO_BLOCK
                                         ? lab_model_resize(&player->model, *handle, op->size)
                                         : lab_model_alloc(&player->model, op->size, align_of(op));
    note_request(player, handle, &result);
    return result;
}

enum lab_model_status lab_model_run(const struct lab_model_params *params, const struct lab_program *program,
                                    struct lab_arena *arena, struct lab_model_outcome *outcome)
{
    struct lab_model_player player;
    size_t mark = arena->used;
    enum lab_model_status status = lab_model_player_init(&player, params, program, arena);
    for (size_t i = 0; i < program->count && status == LAB_MODEL_OK; i++) {
        if (lab_model_play(&player, &program->ops[i]).status == LAB_MODEL_NO_SCRATCH)
            status = LAB_MODEL_NO_SCRATCH;
    }
    if (status == LAB_MODEL_OK)
        *outcome = (struct lab_model_outcome){
            .placement = player.placement,
            .refused = player.refused,
            .totals = player.model.totals,
            .shape = lab_model_measure(&player.model),
        };
    lab_arena_release(arena, mark);
    return status;
}
