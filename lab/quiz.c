/* Questions about placement. */
#include <lab/quiz.h>

#include <lab/json.h>
#include <lab/map.h>

#include "flow.h"

enum { MAP_ROWS = 4 };

/* ---- the next question ---- */

void lab_quiz_begin(struct lab_quiz *quiz, struct lab_session *session)
{
    *quiz = (struct lab_quiz){.session = session};
    lab_session_seek(session, 0);
    for (size_t i = 0; i < session->script->count; i++)
        quiz->has_asks = quiz->has_asks || session->script->steps[i].kind == LAB_STEP_ASK;
}

static bool note_hole(void *context, const struct heap_extent *extent)
{
    struct lab_quiz *quiz = context;
    if (extent->kind != HEAP_FREE)
        return true;
    if (quiz->hole_count < LAB_QUIZ_HOLES_MAX)
        quiz->holes[quiz->hole_count] = (struct lab_quiz_hole){.offset = extent->offset, .size = extent->size};
    quiz->hole_count++;
    return true;
}

static bool note_order(void *context, const struct heap_extent *extent)
{
    struct lab_quiz *quiz = context;
    size_t count = 0;
    while (quiz->order[count])
        count++;
    for (size_t i = 0; i < quiz->hole_count && count < LAB_QUIZ_HOLES_MAX; i++) {
        if (quiz->holes[i].offset == extent->offset)
            quiz->order[count] = (char)('A' + i);
    }
    return true;
}

static void read_order(struct lab_quiz *quiz)
{
    for (size_t i = 0; i < sizeof quiz->order; i++)
        quiz->order[i] = '\0';
    heap_list(&quiz->session->heap, note_order, quiz);
}

static bool is_by_address(const struct lab_quiz *quiz)
{
    for (size_t i = 0; quiz->order[i]; i++) {
        if (quiz->order[i] != (char)('A' + i))
            return false;
    }
    return true;
}

static void print_order(const struct lab_quiz *quiz)
{
    const struct lab_sink *text = quiz->session->text;
    lab_print(text, "  in the order of %s:", quiz->session->run.policy->name);
    for (size_t i = 0; quiz->order[i]; i++)
        lab_print(text, " %c", quiz->order[i]);
    lab_print(text, "\n");
}

static bool is_question(struct lab_quiz *quiz, const struct lab_step *step, bool is_to_ask)
{
    struct lab_session *s = quiz->session;
    bool is_request = step->kind == LAB_STEP_ALLOC || step->kind == LAB_STEP_ALIGNED;
    if (!is_request || (quiz->has_asks ? !is_to_ask : step->is_again) || !lab_session_open(s))
        return false;
    quiz->hole_count = 0;
    heap_walk(&s->heap, note_hole, quiz);
    size_t least = quiz->has_asks ? 1 : 2;
    return quiz->hole_count >= least && quiz->hole_count <= LAB_QUIZ_HOLES_MAX;
}

static void draw(const struct lab_quiz *quiz, const struct lab_sink *sink, bool is_brief)
{
    struct lab_marks marks = {.label_count = quiz->hole_count, .is_brief = is_brief};
    for (size_t i = 0; i < quiz->hole_count; i++)
        marks.labels[i] = quiz->holes[i].offset;
    lab_map_marked(sink, &quiz->session->heap, LAB_MAP_WIDTH_MAX, MAP_ROWS, &marks);
}

static void print_question(const struct lab_quiz *quiz)
{
    const struct lab_session *s = quiz->session;
    char text[240], digits[27];
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, text, sizeof text);
    lab_print(&sink, "Question %zu. %s is asked for %s bytes", quiz->asked, s->run.policy->name,
              lab_grouped(quiz->step->size, digits));
    if (quiz->step->kind == LAB_STEP_ALIGNED)
        lab_print(&sink, " at a multiple of %s", lab_grouped((uint64_t)1 << quiz->step->align_log2, digits));
    lab_print(&sink, ": a block of %s. Where does it go?", lab_grouped(quiz->wanted, digits));
    lab_print(s->text, "\n");
    lab_flow_print(s->text, 0, text);
}

static void ask(struct lab_quiz *quiz)
{
    struct lab_session *s = quiz->session;
    char digits[27];
    struct lab_buffer buffer;
    struct lab_sink map = lab_buffer_sink(&buffer, quiz->map, sizeof quiz->map);
    draw(quiz, &map, false);
    print_question(quiz);
    draw(quiz, s->text, true);
    for (size_t i = 0; i < quiz->hole_count; i++)
        lab_print(s->text, "  %c  hole at 0x%04zx  %10s\n", (int)('A' + i), quiz->holes[i].offset,
                  lab_grouped(quiz->holes[i].size, digits));
    if (!is_by_address(quiz))
        print_order(quiz);
    lab_print(s->text, "  %c  none of them: the heap grows, to %s bytes at most\n", LAB_QUIZ_GROWS + 0,
              lab_grouped(s->heap.reserved, digits));
    lab_print(s->text, "  %c  none: the request is refused\n", LAB_QUIZ_REFUSED + 0);
}

/* Whether the heap is the same after such a step, done untold. */
static bool leaves_heap_alone(const struct lab_step *step)
{
    switch (step->kind) {
    case LAB_STEP_READ:
    case LAB_STEP_CHECK:
    case LAB_STEP_ABOUT:
    case LAB_STEP_SAY:
    case LAB_STEP_SHOW:
    case LAB_STEP_ASK:
    case LAB_STEP_EXPECT:
    case LAB_STEP_COMMAND:
        return true;
    default:
        return false;
    }
}

bool lab_quiz_next(struct lab_quiz *quiz)
{
    struct lab_session *s = quiz->session;
    bool is_to_ask = false;
    quiz->continues = quiz->asked > 0;
    while (s->next < s->script->count && quiz->asked < LAB_QUIZ_QUESTIONS_MAX) {
        const struct lab_step *step = &s->script->steps[s->next];
        if (is_question(quiz, step, is_to_ask)) {
            quiz->step = step;
            quiz->wanted = heap_block_size(&s->heap, step->size);
            quiz->committed = s->heap.committed;
            read_order(quiz);
            quiz->asked++;
            ask(quiz);
            return true;
        }
        quiz->continues = quiz->continues && leaves_heap_alone(step);
        is_to_ask = step->kind == LAB_STEP_ASK || (is_to_ask && step->kind == LAB_STEP_SAY);
        bool is_said = step->kind == LAB_STEP_SAY || step->kind == LAB_STEP_ABOUT;
        enum lab_stepped came = lab_session_step(s, is_said ? LAB_TELL_SCRIPT : LAB_TELL_NOTHING);
        if (came == LAB_STEPPED_NO_HEAP || came == LAB_STEPPED_BAD_STEP)
            return false;
    }
    return false;
}

/* ---- the answer ---- */

static void note_look(void *context, struct heap *h, const struct heap_look *look)
{
    struct lab_quiz *quiz = context;
    if (!look->address || look->place == HEAP_PLACE_PASS)
        return;
    size_t offset = (size_t)((const unsigned char *)look->address - h->base);
    for (size_t i = 0; i < quiz->hole_count; i++) {
        struct lab_quiz_hole *hole = &quiz->holes[i];
        if (offset - hole->offset >= hole->size)
            continue;
        hole->is_looked_at = true;
        hole->verdict = look->verdict;
    }
}

static char letter_of(const struct lab_quiz *quiz, enum lab_stepped came)
{
    const struct lab_session *s = quiz->session;
    const struct lab_session_block *b = &s->blocks[quiz->step->block];
    if (came != LAB_STEPPED || !b->is_live)
        return LAB_QUIZ_REFUSED;
    size_t offset = (size_t)(b->payload - s->heap.base);
    for (size_t i = 0; i < quiz->hole_count; i++) {
        if (offset - quiz->holes[i].offset < quiz->holes[i].size)
            return (char)('A' + i);
    }
    return LAB_QUIZ_GROWS;
}

static bool is_taken(const struct lab_quiz *quiz, size_t i)
{
    return quiz->answer == (char)('A' + i);
}

static bool add_rest(void *context, const struct heap_extent *extent)
{
    struct lab_quiz_hole *hole = context;
    size_t end = hole->offset + hole->size, extent_end = extent->offset + extent->size;
    size_t from = extent->offset > hole->offset ? extent->offset : hole->offset;
    size_t to = extent_end < end ? extent_end : end;
    hole->left_over += extent->kind == HEAP_FREE && from < to ? to - from : 0;
    return true;
}

/* Does the request and watches the lettered holes. */
static void place(struct lab_quiz *quiz)
{
    struct lab_session *s = quiz->session;
    struct heap_listener listener = {.look = note_look, .context = quiz};
    uint64_t grows = s->heap.counters.grows;
    heap_listen(&s->heap, &listener);
    enum lab_stepped came = lab_session_step(s, LAB_TELL_NOTHING);
    heap_listen(&s->heap, NULL);
    quiz->answer = letter_of(quiz, came);
    if (quiz->answer != LAB_QUIZ_REFUSED && s->heap.counters.grows != grows)
        quiz->answer = LAB_QUIZ_GROWS; /* it may then lie in the last hole, made larger */
    for (size_t i = 0; i < quiz->hole_count; i++) {
        if (is_taken(quiz, i))
            heap_walk(&s->heap, add_rest, &quiz->holes[i]);
    }
}

/* What became of a hole: the word in the record, and what is said of it, around a number of bytes. */
struct fate {
    const char *word, *before, *after; /* `after` NULL: no bytes are named */
    size_t bytes;
};

/* Of the one that was taken. From harden=3 on a hole too small may have been joined with blocks of the quarantine. */
static struct fate fate_of_taken(const struct lab_quiz *quiz, const struct lab_quiz_hole *hole)
{
    if (hole->size < quiz->wanted)
        return (struct fate){"taken", "taken, joined with blocks that the quarantine let go", NULL, 0};
    if (hole->left_over == 0 && hole->size > quiz->wanted)
        return (struct fate){"taken", "taken whole: ", " more than it needs", hole->size - quiz->wanted};
    return (struct fate){"taken", "taken: ", " left over", hole->left_over};
}

static struct fate fate_of(const struct lab_quiz *quiz, size_t i)
{
    const struct lab_quiz_hole *hole = &quiz->holes[i];
    size_t more = hole->size - quiz->wanted;
    if (is_taken(quiz, i))
        return fate_of_taken(quiz, hole);
    if (hole->size < quiz->wanted)
        return (struct fate){"too_small", "too small: ", " missing", quiz->wanted - hole->size};
    if (!hole->is_looked_at)
        return (struct fate){"not_looked_at", "not looked at; ", " more than needed", more};
    if (hole->verdict == HEAP_MISALIGNED || (hole->verdict == HEAP_TOO_SMALL && quiz->step->kind == LAB_STEP_ALIGNED))
        return (struct fate){"misaligned", "large enough, but not at that alignment", NULL, 0};
    return (struct fate){"large_enough", "large enough; ", " more than needed", more};
}

static void print_reason(const struct lab_quiz *quiz, size_t i, const struct lab_sink *sink)
{
    struct fate fate = fate_of(quiz, i);
    char digits[27];
    lab_print(sink, "%s", fate.before);
    if (fate.after)
        lab_print(sink, "%s%s", lab_grouped(fate.bytes, digits), fate.after);
}

static void tell_hole(const struct lab_quiz *quiz, size_t i)
{
    const struct lab_sink *text = quiz->session->text;
    lab_print(text, "  %c  ", (int)('A' + i));
    print_reason(quiz, i, text);
    lab_print(text, "\n");
}

/* ---- the record ---- */

/* Its lines as an array; cuts in place. */
static void put_map(struct lab_json *j, char *map)
{
    char *line = map;
    lab_json_open_array(j, "map");
    for (char *c = map; *c; c++) {
        if (*c != '\n')
            continue;
        *c = '\0';
        lab_json_text(j, NULL, line);
        line = c + 1;
    }
    lab_json_close_array(j);
}

static void put_hole(struct lab_json *j, const struct lab_quiz *quiz, size_t i)
{
    const struct lab_quiz_hole *hole = &quiz->holes[i];
    const struct fate fate = fate_of(quiz, i);
    const char letter[] = {(char)('A' + i), '\0'};
    char reason[80];
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, reason, sizeof reason);
    print_reason(quiz, i, &sink);
    lab_json_open_object(j, NULL);
    lab_json_text(j, "letter", letter);
    lab_json_number(j, "at", hole->offset);
    lab_json_number(j, "size", hole->size);
    lab_json_bool(j, "looked_at", hole->is_looked_at);
    lab_json_text(j, "verdict", fate.word);
    if (is_taken(quiz, i))
        lab_json_number(j, "left_over", hole->left_over);
    else if (hole->size < quiz->wanted)
        lab_json_number(j, "missing", quiz->wanted - hole->size);
    else
        lab_json_number(j, "left_over", hole->size - quiz->wanted);
    lab_json_text(j, "reason", reason);
    lab_json_close_object(j);
}

static void record(struct lab_quiz *quiz, char given)
{
    const struct lab_session *s = quiz->session;
    const char answer[] = {quiz->answer, '\0'}, answered[] = {given, '\0'};
    struct lab_json j;
    lab_json_begin(&j, s->records, "quiz");
    lab_json_number(&j, "question", quiz->asked);
    lab_json_bool(&j, "continues", quiz->continues);
    lab_json_text(&j, "alloc", s->run.policy->name);
    lab_json_text(&j, "rule", heap_rule_of(&s->heap));
    lab_json_number(&j, "asked", quiz->step->size);
    if (quiz->step->kind == LAB_STEP_ALIGNED)
        lab_json_number(&j, "align", (uint64_t)1 << quiz->step->align_log2);
    lab_json_number(&j, "block_size", quiz->wanted);
    lab_json_number(&j, "heap", quiz->committed);
    lab_json_number(&j, "limit", s->heap.reserved);
    put_map(&j, quiz->map);
    lab_json_open_array(&j, "holes");
    for (size_t i = 0; i < quiz->hole_count; i++)
        put_hole(&j, quiz, i);
    lab_json_close_array(&j);
    lab_json_text(&j, "order", quiz->order);
    lab_json_text(&j, "answer", answer);
    lab_json_text(&j, "given", answered);
    lab_json_end(&j);
}

void lab_quiz_reveal(struct lab_quiz *quiz, char given)
{
    const struct lab_session *s = quiz->session;
    char letter = given >= 'a' && given <= 'z' ? (char)(given - 'a' + 'A') : given;
    place(quiz);
    quiz->answered += letter != '\0';
    quiz->right += letter == quiz->answer;
    if (letter == quiz->answer)
        lab_print(s->text, "%c is right.\n", quiz->answer);
    else
        lab_print(s->text, letter ? "No: it is %c.\n" : "It is %c.\n", quiz->answer);
    for (size_t i = 0; i < quiz->hole_count; i++)
        tell_hole(quiz, i);
    lab_print(s->text, "  %s: %s\n", s->run.policy->name, heap_rule_of(&s->heap));
    record(quiz, letter);
}

static void record_score(const struct lab_quiz *quiz)
{
    struct lab_json j;
    lab_json_begin(&j, quiz->session->records, "score");
    lab_json_number(&j, "questions", quiz->asked);
    lab_json_number(&j, "answered", quiz->answered);
    lab_json_number(&j, "right", quiz->right);
    lab_json_end(&j);
}

void lab_quiz_tell_score(const struct lab_quiz *quiz)
{
    const struct lab_sink *text = quiz->session->text;
    if (quiz->asked == 0)
        lab_print(text, "No question here: there are never two holes to choose from.\n");
    else
        lab_print(text, "\n%zu of %zu right, %zu skipped.\n", quiz->right, quiz->asked, quiz->asked - quiz->answered);
    record_score(quiz);
}
