/* Fault verdicts: every combination of access and facts against a table of rules read the other way round. */
#include "support.h"

#include <mm/fault.h>

static struct fault_access access_of(unsigned bits)
{
    return (struct fault_access){
        .present = bits & 1, .write = bits & 2, .user = bits & 4, .fetch = bits & 8, .reserved = bits & 16};
}

static struct fault_rights rights_of(unsigned bits)
{
    return (struct fault_rights){.write = bits & 1, .exec = bits & 2, .user = bits & 4};
}

/* Whether the verdict can be right; exactly one is for each case. */
static bool fits(enum fault_verdict verdict, struct fault_access a, struct fault_facts f)
{
    bool forbidden = (a.write && !f.rights.write) || (a.fetch && !f.rights.exec) || (a.user && !f.rights.user) ||
                     (a.fetch && !a.user && f.rights.user);
    bool absent = !a.reserved && !f.is_mapped;
    bool lazy = f.place == FAULT_PLACE_DEMAND || f.place == FAULT_PLACE_ZERO;
    switch (verdict) {
    case FAULT_MAP_FRAME:
        return absent && lazy && !forbidden && (a.write || f.place == FAULT_PLACE_DEMAND);
    case FAULT_MAP_ZERO:
        return absent && f.place == FAULT_PLACE_ZERO && !forbidden && !a.write;
    case FAULT_COPY:
        return !a.reserved && f.is_mapped && f.is_zero_page && a.write && !forbidden;
    case FAULT_SPURIOUS:
        return !a.reserved && f.is_mapped && !forbidden && !(f.is_zero_page && a.write);
    case FAULT_PROTECTION:
        return !a.reserved && forbidden && (f.is_mapped || lazy);
    case FAULT_GUARD:
        return absent && f.place == FAULT_PLACE_GUARD;
    case FAULT_BEYOND:
        return absent && f.place == FAULT_PLACE_BEYOND;
    case FAULT_WILD:
        return absent && f.place == FAULT_PLACE_NOWHERE;
    case FAULT_NO_FRAME:
        return false; /* what may come of a verdict, never one */
    default:
        return a.reserved || (absent && f.place == FAULT_PLACE_RESIDENT);
    }
}

static void test_all_cases(void **state)
{
    (void)state;
    size_t seen[FAULT_VERDICT_COUNT] = {0};
    for (unsigned bits = 0; bits < 32 * 8 * 2 * 2 * FAULT_PLACE_COUNT; bits++) {
        struct fault_access a = access_of(bits % 32);
        struct fault_facts f = {.rights = rights_of(bits / 32 % 8),
                                .is_mapped = bits / 256 % 2,
                                .is_zero_page = bits / 256 % 4 == 3,
                                .place = (enum fault_place)(bits / 1024)};
        enum fault_verdict verdict = fault_decide(&a, &f);
        for (unsigned other = 0; other < FAULT_VERDICT_COUNT; other++)
            assert_int_equal(fits((enum fault_verdict)other, a, f), other == verdict);
        seen[verdict]++;
    }
    for (unsigned verdict = 0; verdict < FAULT_VERDICT_COUNT; verdict++)
        assert_int_equal(seen[verdict] > 0, verdict != FAULT_NO_FRAME);
}

static void test_resolved(void **state)
{
    (void)state;
    for (unsigned verdict = 0; verdict < FAULT_VERDICT_COUNT; verdict++) {
        bool goes_on = verdict == FAULT_MAP_FRAME || verdict == FAULT_MAP_ZERO || verdict == FAULT_COPY ||
                       verdict == FAULT_SPURIOUS;
        assert_int_equal(fault_is_resolved((enum fault_verdict)verdict), goes_on);
    }
}

static void test_texts(void **state)
{
    (void)state;
    assert_string_equal(fault_verdict_text(FAULT_GUARD), "guard page hit");
    assert_string_equal(fault_verdict_text(FAULT_WILD), "nothing is mapped there");
    assert_string_equal(fault_verdict_text(FAULT_BEYOND), "beyond what the region has committed");
    assert_string_equal(fault_verdict_text(FAULT_PROTECTION), "the page forbids this access");
    assert_string_equal(fault_verdict_text(FAULT_BAD_ENTRY), "damaged page-table entry");
    assert_string_equal(fault_verdict_text(FAULT_NO_FRAME), "its page frame was refused on purpose");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_cases),
        cmocka_unit_test(test_resolved),
        cmocka_unit_test(test_texts),
    };
    return cmocka_run_group_tests_name("fault", tests, NULL, NULL);
}
