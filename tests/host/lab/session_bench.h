/* A session for the tests: a script in a test's world, what it tells and records, and where its blocks are. */
#ifndef TESTS_LAB_SESSION_BENCH_H
#define TESTS_LAB_SESSION_BENCH_H

#include <lab/json.h>
#include <lab/session.h>

#include "world.h"

#define TEXT_MAX (1 << 18)

struct bench {
    struct test_world *w;
    struct lab_script script;
    struct lab_session session;
    struct lab_stage stage;
    struct lab_buffer told, recorded;
    struct lab_sink text, records;
    char told_text[TEXT_MAX], recorded_text[TEXT_MAX];
};

static struct bench bench;

/* The session of bench.script in the world bench.w, from its first step. */
static inline void begin_session(const struct lab_run *asked, bool is_alloc_asked)
{
    bench.text = lab_buffer_sink(&bench.told, bench.told_text, sizeof bench.told_text);
    bench.records = lab_buffer_sink(&bench.recorded, bench.recorded_text, sizeof bench.recorded_text);
    assert_true(lab_session_begin(&bench.session, &bench.w->world, &bench.stage, &bench.w->arena, asked, is_alloc_asked,
                                  &bench.script, &bench.text, &bench.records));
}

static inline void begin(struct test_world *w, const char *source, const char *alloc, bool is_alloc_asked)
{
    struct lab_error error;
    struct lab_run asked = run_of(policy(alloc), 65536);
    asked.alloc_text = alloc;
    bench.w = w;
    bench.stage = (struct lab_stage){.context = NULL};
    enum lab_status status = lab_script_read(source, strlen(source), 1, &w->arena, &bench.script, &error);
    if (status != LAB_OK)
        fail_msg("%s", error.message);
    begin_session(&asked, is_alloc_asked);
}

static inline void forget_text(void)
{
    bench.told.length = 0;
    bench.told_text[0] = '\0';
}

/* Plays to the end; what came of the last step that did not simply succeed. */
static inline enum lab_stepped play(enum lab_telling telling)
{
    enum lab_stepped worst = LAB_STEPPED, came;
    while ((came = lab_session_step(&bench.session, telling)) != LAB_STEPPED_END) {
        if (came != LAB_STEPPED)
            worst = came;
        assert_int_not_equal(came, LAB_STEPPED_NO_HEAP);
        assert_int_not_equal(came, LAB_STEPPED_BAD_STEP);
    }
    return worst;
}

static inline void expect_told(const char *text)
{
    assert_string_equal(bench.told_text, text);
    forget_text();
}

static inline const struct lab_session_block *block(const char *name)
{
    return &bench.session.blocks[lab_block_find(&bench.script, name, strlen(name))];
}

#endif
