/* The expectations of a program, each held against the heap when it is due. */
#include "dues.h"

struct dues dues_of(const struct lab_program *program, const struct lab_run *run)
{
    return (struct dues){
        .program = program, .policy = run->policy->name, .is_own = !run->is_foreign, .is_plain = lab_run_is_plain(run)};
}

static void check_one(const struct dues *dues, const struct lab_expect *expect, const struct lab_view *view,
                      struct lab_result *result)
{
    uint64_t found;
    if (!lab_expect_concerns(expect, dues->policy, dues->is_own, dues->is_plain) ||
        lab_expect_holds(expect, view, &found) || result->expectation_failed)
        return;
    result->expectation_failed = true;
    result->expectation = expect;
    result->expectation_found = found;
}

void dues_check(struct dues *dues, const struct lab_view *view, struct lab_result *result)
{
    const struct lab_program *p = dues->program;
    for (; dues->next < p->due_count && p->due[dues->next].after == result->done; dues->next++)
        check_one(dues, &p->due[dues->next].expect, view, result);
}
