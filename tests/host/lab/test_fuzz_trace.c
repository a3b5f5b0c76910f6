/* The kept inputs of the trace fuzzer, once each, at this width: libFuzzer itself runs at 64 bits only. */
#include "corpus.h"

#define LLVMFuzzerTestOneInput fuzz_trace
#include "../../fuzz/fuzz_trace.c"
#undef LLVMFuzzerTestOneInput

static void traces(void **state)
{
    (void)state;
    corpus_play(CORPUS "trace", 20, fuzz_trace);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(traces)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
