/* The workload of both programs: operations of lab/program.h, one after the other, and the digest of where blocks came to lie. */
#include "replay.h"

#include <lab/program.h>

void *memset(void *to, int byte, size_t bytes);

#define DIGEST_START 0xCBF29CE484222325u /* FNV-1a, 64 bits; docs/reference.md, `placement` */
#define DIGEST_PRIME 0x100000001B3u

enum { SLOTS_MAX = 32768, FIRST_BYTES = 16, ALIGN_LEAST = 2 * sizeof(void *) };

/* What an operation's slot stands for now. */
struct slot {
    uintptr_t block;
    size_t bytes;
    bool is_live;
    unsigned char stamp; /* each of its bytes */
};

static struct slot slots[SLOTS_MAX];
static struct user_result result;

static void digest(uint64_t number)
{
    for (unsigned shift = 0; shift < 64; shift += 8)
        result.placement = (result.placement ^ (number >> shift & 255)) * DIGEST_PRIME;
}

/* ---- contents ---- */

static unsigned char stamp_of(size_t index)
{
    return (unsigned char)(index * 151 + 1);
}

/* The first bytes of a block, as far as `kept` of them are still its own. */
static void check(const struct replay_blocks *blocks, const struct slot *slot, size_t kept)
{
    unsigned char first[FIRST_BYTES];
    size_t bytes = kept < FIRST_BYTES ? kept : FIRST_BYTES;
    bool is_intact = true;
    blocks->read(slot->block, first, bytes);
    for (size_t i = 0; i < bytes; i++)
        is_intact = is_intact && first[i] == slot->stamp;
    result.damaged += !is_intact;
}

static void occupy(const struct replay_blocks *blocks, struct slot *slot, const struct lab_op *op, size_t index)
{
    slot->is_live = true;
    slot->bytes = op->size;
    slot->stamp = stamp_of(index);
    blocks->fill(slot->block, slot->stamp, op->size);
    digest(slot->block);
}

/* ---- operations ---- */

static void refuse(void)
{
    result.refused++;
    digest(UINT64_MAX);
}

static void take(const struct replay_blocks *blocks, struct slot *slot, const struct lab_op *op, size_t index)
{
    const unsigned most = sizeof(size_t) * 8 - 1;
    size_t align = op->kind == LAB_ALIGNED ? (size_t)1 << (op->align_log2 < most ? op->align_log2 : most) : ALIGN_LEAST;
    slot->block = blocks->take(op->size, align);
    if (slot->block == REPLAY_NONE)
        refuse();
    else
        occupy(blocks, slot, op, index);
}

static void give_back(const struct replay_blocks *blocks, struct slot *slot)
{
    if (!slot->is_live)
        return;
    check(blocks, slot, slot->bytes);
    result.damaged += !blocks->give_back(slot->block);
    slot->is_live = false;
}

static void resize(const struct replay_blocks *blocks, struct slot *slot, const struct lab_op *op, size_t index)
{
    check(blocks, slot, slot->bytes);
    uintptr_t moved = blocks->resize(slot->block, op->size);
    if (moved == REPLAY_NONE) {
        refuse();
        return;
    }
    slot->block = moved;
    check(blocks, slot, slot->bytes < op->size ? slot->bytes : op->size);
    occupy(blocks, slot, op, index);
}

static void operation(const struct replay_blocks *blocks, const struct lab_op *op, size_t index)
{
    if (op->slot == LAB_NULL_SLOT)
        return;
    struct slot *slot = &slots[op->slot];
    if (op->kind == LAB_FREE || (op->kind == LAB_RESIZE && op->size == 0))
        give_back(blocks, slot);
    else if (op->kind == LAB_RESIZE && slot->is_live)
        resize(blocks, slot, op, index);
    else
        take(blocks, slot, op, index);
}

/* ---- the whole ---- */

static uint64_t cycles(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

/* What a call costs, or with none the measurement alone: the least of several, as an interrupt may fall into one. */
static uint64_t cycles_of(bool does_call)
{
    enum { ROUNDS = 8 };
    uint64_t least = UINT64_MAX;
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t start = cycles();
        if (does_call)
            system_call(USER_NOTHING, 0, 0, 0, 0);
        uint64_t spent = cycles() - start;
        least = spent < least ? spent : least;
    }
    return least;
}

int replay(const struct user_arguments *arguments, const struct replay_blocks *blocks)
{
    const struct lab_op *ops = arguments->input;
    const size_t count = arguments->input_bytes / sizeof *ops;
    if (arguments->slots > SLOTS_MAX) {
        system_write("more than 32768 blocks live at once: this program has no table for so many\n");
        return 1;
    }
    result = (struct user_result){.placement = DIGEST_START, .call_cycles = cycles_of(true) - cycles_of(false)};
    for (size_t index = 0; index < count; index++) {
        operation(blocks, &ops[index], index);
        result.done++;
    }
    system_call(USER_RESULT, (uintptr_t)&result, 0, 0, 0);
    return result.damaged ? 1 : 0;
}
