/* The line's fuzz target at this width, for libFuzzer itself runs at 64 bits only: its kept inputs once each, and a million random
 * bytes. */
#include "corpus.h"

#define LLVMFuzzerTestOneInput fuzz_line
#include "../../fuzz/fuzz_line.c"
#undef LLVMFuzzerTestOneInput

static void lines(void **state)
{
    (void)state;
    corpus_play(CORPUS "line", 20, fuzz_line);
}

/* A byte as a person's hand, a broken line or a script might send it. */
static size_t some_bytes(uint64_t *random, uint8_t *bytes)
{
    static const char *const words[] = {
        "run ",    "alloc=", "compare=all,", "first-fit:", "order=", "ramp:",  "scenario:", "trace:", "help ",
        "mem ",    "vm=",    "\t\377",       "\t\t\377",   "\033[A", "\033[B", "\033[D",    "\r\n",   "\377",
        "misuse ", "tlsf:",  "\033[3~",      "fail=",      "\t\376", "\r",     "# ",        "\025",
    };
    uint64_t choice = test_random(random);
    if (choice % 3 > 0) {
        bytes[0] = (uint8_t)(choice >> 8);
        return 1;
    }
    const char *word = words[(choice >> 8) % (sizeof words / sizeof *words)];
    memcpy(bytes, word, strlen(word));
    return strlen(word);
}

static void a_million_bytes(void **state)
{
    static uint8_t bytes[4096 + 16];
    uint64_t random = 5;
    (void)state;
    for (size_t sent = 0; sent < 1000000;) {
        size_t size = 0, most = (size_t)(test_random(&random) % 4096);
        while (size < most)
            size += some_bytes(&random, bytes + size);
        fuzz_line(bytes, size);
        sent += size;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(lines), cmocka_unit_test(a_million_bytes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
