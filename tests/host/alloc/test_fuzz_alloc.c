/* The kept inputs of the allocators' fuzz target, once for each policy, at this width: libFuzzer itself runs at 64
 * bits only. */
#define LLVMFuzzerTestOneInput fuzz_alloc
#include "../../fuzz/fuzz_alloc.c"
#undef LLVMFuzzerTestOneInput

#include "alloc_region.h"
#include "corpus.h"

static void kept_inputs_are_answered_rightly(void **state)
{
    fuzz_policy = policy_of(state);
    corpus_play(CORPUS "alloc", 20, fuzz_alloc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(kept_inputs_are_answered_rightly)};
    shadow_make_pattern();
    return run_under_policies("kept inputs of the fuzzer", tests, COUNT(tests), is_any_policy);
}
