/* Dealing a quiz: a script's requests made anew from a seed. */
#include <lab/quiz.h>

#include <lab/random.h>

enum { LEAST_PERCENT = 75, MOST_PERCENT = 125 };

static size_t vary(struct lab_random *random, size_t count)
{
    uint32_t percent = LEAST_PERCENT + lab_random_below(random, MOST_PERCENT - LEAST_PERCENT + 1);
    return count > SIZE_MAX / MOST_PERCENT || count * percent < 100 ? count : count * percent / 100;
}

static void deal_size(struct lab_random *random, const struct lab_script *script, struct lab_step *step)
{
    size_t whole = step->size + sizeof(size_t), unit = script->unit;
    if (unit > 0 && whole % unit == 0)
        step->size = vary(random, whole / unit) * unit - sizeof(size_t);
    else
        step->size = vary(random, step->size);
}

/* The request of that number, from 0, in a run. */
static struct lab_step *request_in(struct lab_step *run, size_t number)
{
    for (;; run++) {
        if (run->kind == LAB_STEP_ALLOC && number-- == 0)
            return run;
    }
}

static void shuffle(struct lab_random *random, struct lab_step *run, size_t requests)
{
    for (size_t left = requests; left > 1; left--) {
        size_t other = lab_random_below(random, (uint32_t)left);
        struct lab_step *a = request_in(run, left - 1), *b = request_in(run, other);
        size_t size = a->size;
        a->size = b->size;
        b->size = size;
    }
}

/* Deals the run of requests at the beginning of these steps, whether they are questions or not; returns its length. */
static size_t deal_run(struct lab_random *random, const struct lab_script *script, struct lab_step *steps, size_t count)
{
    size_t length = 0, requests = 0;
    for (; length < count; length++) {
        if (steps[length].kind == LAB_STEP_ALLOC) {
            deal_size(random, script, &steps[length]);
            requests++;
        } else if (steps[length].kind != LAB_STEP_ASK) {
            break;
        }
    }
    shuffle(random, steps, requests);
    return length;
}

/* What is said of the requests would not be true of others, nor what is expected of them, but for the faults of misuse. */
static bool is_true_of_others(const struct lab_step *step)
{
    switch (step->kind) {
    case LAB_STEP_ABOUT:
    case LAB_STEP_SAY:
        return false;
    case LAB_STEP_EXPECT:
        return step->expect.quantity == LAB_Q_FAULT;
    default:
        return true;
    }
}

static void forget_claims(struct lab_script *script)
{
    size_t kept = 0;
    for (size_t i = 0; i < script->count; i++) {
        if (is_true_of_others(&script->steps[i]))
            script->steps[kept++] = script->steps[i];
    }
    script->count = kept;
}

void lab_quiz_deal(struct lab_script *script, uint64_t seed)
{
    struct lab_random random;
    lab_random_seed(&random, seed);
    forget_claims(script);
    for (size_t i = 0; i < script->count;) {
        size_t length = deal_run(&random, script, &script->steps[i], script->count - i);
        i += length > 0 ? length : 1;
    }
}
