/* Program files: a good one, each field of it wrong alone, and a few hundred thousand that are wrong at random. */
#include "support.h"

#include <stdlib.h>

#define LLVMFuzzerTestOneInput fuzz_elf
#include "../../fuzz/fuzz_elf.c"
#undef LLVMFuzzerTestOneInput

#include "forge_elf.h"

static struct forge_elf file;
static struct elf_plan plan;

static enum elf_status judge(void)
{
    const struct elf_window window = {.first = FORGE_AT, .last = 0xFFFFFFF, .align = FORGE_STEP};
    unsigned char *exact = malloc(file.size ? file.size : 1); /* not a byte to spare */
    memcpy(exact, file.bytes, file.size);
    enum elf_status status = elf_plan(exact, file.size, &window, &plan);
    free(exact);
    return status;
}

static void test_good(void **state)
{
    (void)state;
    forge_good(&file);
    assert_int_equal(judge(), ELF_OK);
    assert_int_equal(plan.count, 3);
    assert_true(plan.entry == FORGE_AT + 16);
    for (size_t i = 0; i < 3; i++) {
        const struct elf_segment *s = &plan.segments[i];
        assert_true(s->address == FORGE_AT + i * FORGE_STEP && s->offset == 1024 + 256 * i);
        assert_true(s->file_bytes == 256 && s->memory_bytes == 512);
        assert_true(s->is_executable == (i == 0) && s->is_writable == (i == 2));
    }
}

/* ---- the file header ---- */

static void header_case(size_t at, uint64_t value, size_t bytes, enum elf_status expected)
{
    forge_good(&file);
    forge_put(&file, at, value, bytes);
    assert_int_equal(judge(), expected);
}

static void test_file_header(void **state)
{
    (void)state;
    header_case(0, 0x7E, 1, ELF_NOT_ELF);
    header_case(3, 'f', 1, ELF_NOT_ELF);
    header_case(FORGE_CLASS, FORGE_WIDE ? 1 : 2, 1, ELF_WRONG_WIDTH);
    header_case(FORGE_CLASS, 0, 1, ELF_WRONG_WIDTH);
    header_case(FORGE_ORDER, 2, 1, ELF_WRONG_WIDTH);
    header_case(FORGE_MACHINE, FORGE_WIDE ? 3 : 62, 2, ELF_WRONG_WIDTH);
    header_case(FORGE_IDENT_VERSION, 0, 1, ELF_BAD_HEADERS);
    header_case(FORGE_VERSION, 2, 4, ELF_BAD_HEADERS);
    for (uint64_t type = 0; type < 6; type++)
        header_case(FORGE_TYPE, type, 2, type == 2 ? ELF_OK : ELF_NOT_STATIC); /* 3: shared, and position-independent */
    header_case(FORGE_HEADER_BYTES, FORGE_HEADER - 1, 2, ELF_BAD_HEADERS);
    header_case(FORGE_ENTRY_BYTES, FORGE_ENTRY + 8, 2, ELF_BAD_HEADERS);
    header_case(FORGE_ENTRY_BYTES, 0, 2, ELF_BAD_HEADERS);
    header_case(FORGE_COUNT, 0, 2, ELF_BAD_HEADERS);
    header_case(FORGE_COUNT, ELF_HEADERS_MAX + 1, 2, ELF_BAD_HEADERS);
    header_case(FORGE_COUNT, 0xFFFF, 2, ELF_BAD_HEADERS);
    const uint64_t nowhere[] = {FORGE_BYTES - 3 * FORGE_ENTRY + 1, FORGE_BYTES, UINTPTR_MAX, UINTPTR_MAX - FORGE_ENTRY};
    for (size_t i = 0; i < sizeof nowhere / sizeof *nowhere; i++)
        header_case(FORGE_HEADERS, nowhere[i], sizeof(void *), ELF_BAD_HEADERS);
}

static void test_entry(void **state)
{
    (void)state;
    const struct {
        uint64_t entry;
        enum elf_status expected;
    } cases[] = {{FORGE_AT, ELF_OK},
                 {FORGE_AT + 255, ELF_OK},
                 {FORGE_AT + 256, ELF_BAD_ENTRY}, /* in memory, not in the file */
                 {FORGE_AT - 1, ELF_BAD_ENTRY},
                 {FORGE_AT + FORGE_STEP, ELF_BAD_ENTRY}, /* not executable */
                 {0, ELF_BAD_ENTRY},
                 {UINTPTR_MAX, ELF_BAD_ENTRY}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        header_case(FORGE_START, cases[i].entry, sizeof(void *), cases[i].expected);
}

static void test_too_short(void **state)
{
    (void)state;
    for (size_t size = 0; size < 1024 + 3 * 256; size++) {
        forge_good(&file);
        file.size = size;
        enum elf_status expected = size < FORGE_HEADER                     ? ELF_NOT_ELF
                                   : size < FORGE_HEADER + 3 * FORGE_ENTRY ? ELF_BAD_HEADERS
                                                                           : ELF_BAD_SEGMENT;
        assert_int_equal(judge(), expected);
    }
}

/* ---- segments ---- */

static void segment_case(unsigned i, enum forge_field field, uint64_t value, enum elf_status expected)
{
    forge_good(&file);
    forge_field(&file, i, field, value);
    assert_int_equal(judge(), expected);
}

static void test_segment_bytes(void **state)
{
    (void)state;
    segment_case(2, FORGE_OFFSET, FORGE_BYTES - 256, ELF_OK);
    segment_case(2, FORGE_OFFSET, FORGE_BYTES - 255, ELF_BAD_SEGMENT);
    segment_case(2, FORGE_OFFSET, FORGE_BYTES + 1, ELF_BAD_SEGMENT);
    segment_case(2, FORGE_OFFSET, UINTPTR_MAX, ELF_BAD_SEGMENT);
    segment_case(2, FORGE_OFFSET, UINTPTR_MAX - 255, ELF_BAD_SEGMENT); /* the sum wraps to 0 */
    segment_case(2, FORGE_IN_FILE, 513, ELF_BAD_SEGMENT);              /* more than in memory */
    segment_case(2, FORGE_IN_FILE, UINTPTR_MAX, ELF_BAD_SEGMENT);
    segment_case(2, FORGE_IN_FILE, 0, ELF_OK);
    segment_case(2, FORGE_IN_MEMORY, 255, ELF_BAD_SEGMENT);
    segment_case(2, FORGE_IN_MEMORY, 256, ELF_OK);
    segment_case(2, FORGE_IN_MEMORY, 0, ELF_BAD_SEGMENT);
}

static void test_segment_places(void **state)
{
    (void)state;
    const uint64_t last = 0xFFFFFFF;
    segment_case(2, FORGE_ADDRESS, FORGE_AT + 2 * FORGE_STEP + 4096, ELF_BAD_PLACE); /* not aligned */
    segment_case(2, FORGE_ADDRESS, FORGE_AT + 1 * FORGE_STEP, ELF_BAD_PLACE);        /* where another is */
    segment_case(2, FORGE_ADDRESS, FORGE_AT, ELF_BAD_PLACE);                         /* out of order */
    segment_case(0, FORGE_ADDRESS, FORGE_AT - FORGE_STEP, ELF_BAD_PLACE);            /* below the window */
    segment_case(2, FORGE_ADDRESS, last + 1, ELF_BAD_PLACE);
    segment_case(2, FORGE_ADDRESS, 0, ELF_BAD_PLACE);
    segment_case(2, FORGE_ADDRESS, UINTPTR_MAX - FORGE_STEP + 1, ELF_BAD_PLACE);
    segment_case(2, FORGE_IN_MEMORY, last - (FORGE_AT + 2 * FORGE_STEP) + 1, ELF_OK); /* to the window's end */
    segment_case(2, FORGE_IN_MEMORY, last - (FORGE_AT + 2 * FORGE_STEP) + 2, ELF_BAD_PLACE);
    segment_case(2, FORGE_IN_MEMORY, UINTPTR_MAX, ELF_BAD_PLACE);
    segment_case(1, FORGE_IN_MEMORY, FORGE_STEP, ELF_OK);
    segment_case(1, FORGE_IN_MEMORY, FORGE_STEP + 1, ELF_BAD_PLACE); /* into the next one */
}

static void test_rights(void **state)
{
    (void)state;
    for (uint64_t rights = 0; rights < 8; rights++)
        segment_case(1, FORGE_RIGHTS, rights, (rights & 3) == 3 ? ELF_NOT_W_XOR_X : ELF_OK);
    segment_case(0, FORGE_RIGHTS, FORGE_R, ELF_BAD_ENTRY);
    segment_case(0, FORGE_RIGHTS, FORGE_R | FORGE_W | FORGE_X, ELF_NOT_W_XOR_X);
}

static void test_kinds(void **state)
{
    (void)state;
    const struct {
        uint64_t kind;
        enum elf_status expected;
    } cases[] = {{0, ELF_OK}, {2, ELF_NOT_STATIC}, {3, ELF_NOT_STATIC},  {4, ELF_OK},
                 {6, ELF_OK}, {7, ELF_NOT_STATIC}, {0x6474E550, ELF_OK}, {0x6474E551, ELF_OK}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        segment_case(2, FORGE_SEGMENT, cases[i].kind, cases[i].expected);
    forge_good(&file);
    forge_field(&file, 2, FORGE_SEGMENT, 0x6474E551); /* a stack with a right to execute */
    forge_field(&file, 2, FORGE_RIGHTS, FORGE_R | FORGE_W | FORGE_X);
    assert_int_equal(judge(), ELF_NOT_W_XOR_X);
    segment_case(0, FORGE_SEGMENT, 0, ELF_BAD_ENTRY);
}

static void test_number_of_segments(void **state)
{
    (void)state;
    for (unsigned count = 1; count <= ELF_SEGMENTS_MAX + 1; count++) {
        forge_good(&file);
        for (unsigned i = 1; i < count; i++)
            forge_segment(&file, i, FORGE_R);
        forge_put(&file, FORGE_COUNT, count, 2);
        assert_int_equal(judge(), count <= ELF_SEGMENTS_MAX ? ELF_OK : ELF_TOO_MANY);
    }
}

static void test_texts(void **state)
{
    (void)state;
    for (unsigned a = 0; a < ELF_STATUS_COUNT; a++) {
        for (unsigned b = 0; b < a; b++)
            assert_string_not_equal(elf_status_text((enum elf_status)a), elf_status_text((enum elf_status)b));
    }
}

/* ---- anything ---- */

/* Bytes of the headers changed at random: what is accepted makes sense (fuzz_elf looks), and nothing outside is read. */
static void test_mutated(void **state)
{
    (void)state;
    srand(1);
    for (int round = 0; round < 200000; round++) {
        forge_good(&file);
        for (int changes = rand() % 4 + 1; changes > 0; changes--) {
            size_t at = (size_t)rand() % (FORGE_HEADER + 3 * FORGE_ENTRY);
            file.bytes[at] = (unsigned char)(rand() % 3 ? rand() : rand() % 2 ? 0xFF : 0);
        }
        fuzz_elf(file.bytes, file.size);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_file_header),
        cmocka_unit_test(test_entry),
        cmocka_unit_test(test_too_short),
        cmocka_unit_test(test_segment_bytes),
        cmocka_unit_test(test_segment_places),
        cmocka_unit_test(test_rights),
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_number_of_segments),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_mutated),
    };
    return cmocka_run_group_tests_name("elf", tests, NULL, NULL);
}
