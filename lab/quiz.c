/* Questions about placement. */
#include <lab/quiz.h>

#include <lab/json.h>
#include <lab/map.h>
#include <lab/random.h>

#include "story.h"

enum { MAP_ROWS = 4, LEAST_PERCENT = 75, MOST_PERCENT = 125 };

/* ---- dealing ---- */

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

static void shuffle(struct lab_random *random, struct lab_step *steps, size_t count)
{
    for (size_t left = count; left > 1; left--) {
        size_t other = lab_random_below(random, (uint32_t)left), size = steps[left - 1].size;
        steps[left - 1].size = steps[other].size;
        steps[other].size = size;
    }
}

void lab_quiz_deal(struct lab_script *script, uint64_t seed)
{
    struct lab_random random;
    lab_random_seed(&random, seed);
    for (size_t i = 0, run; i < script->count; i += run) {
        for (run = 0; i + run < script->count && script->steps[i + run].kind == LAB_STEP_ALLOC; run++)
            deal_size(&random, script, &script->steps[i + run]);
        shuffle(&random, &script->steps[i], run);
        run += run == 0;
    }
}

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

static void ask(const struct lab_quiz *quiz)
{
    struct lab_session *s = quiz->session;
    char digits[2][27];
    struct lab_marks marks = {.label_count = quiz->hole_count, .is_brief = true};
    for (size_t i = 0; i < quiz->hole_count; i++)
        marks.labels[i] = quiz->holes[i].offset;
    lab_print(s->text, "\nQuestion %zu. %s is asked for %s bytes: a block of %s. Where does it go?\n", quiz->asked,
              s->run.policy->name, lab_grouped(quiz->step->size, digits[0]), lab_grouped(quiz->wanted, digits[1]));
    lab_map_marked(s->text, &s->heap, LAB_MAP_WIDTH_MAX, MAP_ROWS, &marks);
    for (size_t i = 0; i < quiz->hole_count; i++)
        lab_print(s->text, "  %c  hole at 0x%04zx  %10s\n", (int)('A' + i), quiz->holes[i].offset,
                  lab_grouped(quiz->holes[i].size, digits[0]));
    lab_print(s->text, "  %c  none of them: the heap grows\n  %c  none: the request is refused\n", LAB_QUIZ_GROWS + 0,
              LAB_QUIZ_REFUSED + 0);
}

bool lab_quiz_next(struct lab_quiz *quiz)
{
    struct lab_session *s = quiz->session;
    bool is_to_ask = false;
    while (s->next < s->script->count && quiz->asked < LAB_QUIZ_QUESTIONS_MAX) {
        const struct lab_step *step = &s->script->steps[s->next];
        if (is_question(quiz, step, is_to_ask)) {
            quiz->step = step;
            quiz->wanted = heap_block_size(&s->heap, step->size);
            quiz->asked++;
            ask(quiz);
            return true;
        }
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
}

static void tell_hole(const struct lab_quiz *quiz, size_t i)
{
    const struct lab_sink *text = quiz->session->text;
    const struct lab_quiz_hole *hole = &quiz->holes[i];
    char digits[27];
    lab_print(text, "  %c  ", (int)('A' + i));
    if (quiz->answer == (char)('A' + i))
        lab_print(text, "taken: %s left over\n", lab_grouped(hole->size - quiz->wanted, digits));
    else if (hole->size < quiz->wanted)
        lab_print(text, "too small: %s missing\n", lab_grouped(quiz->wanted - hole->size, digits));
    else if (!hole->is_looked_at)
        lab_print(text, "not looked at; %s would be left over\n", lab_grouped(hole->size - quiz->wanted, digits));
    else if (hole->verdict == HEAP_MISALIGNED)
        lab_print(text, "large enough, but not at that alignment\n");
    else
        lab_print(text, "large enough; %s would be left over\n", lab_grouped(hole->size - quiz->wanted, digits));
}

static void record(const struct lab_quiz *quiz, char given)
{
    const struct lab_session *s = quiz->session;
    const char answer[] = {quiz->answer, '\0'}, answered[] = {given, '\0'};
    struct lab_json j;
    lab_json_begin(&j, s->records, "quiz");
    lab_json_number(&j, "question", quiz->asked);
    lab_json_text(&j, "alloc", s->run.policy->name);
    lab_json_number(&j, "asked", quiz->step->size);
    lab_json_number(&j, "block_size", quiz->wanted);
    lab_json_number(&j, "heap", s->heap.committed);
    lab_json_open_array(&j, "holes");
    for (size_t i = 0; i < quiz->hole_count; i++) {
        lab_json_open_object(&j, NULL);
        lab_json_number(&j, "at", quiz->holes[i].offset);
        lab_json_number(&j, "size", quiz->holes[i].size);
        lab_json_bool(&j, "looked_at", quiz->holes[i].is_looked_at);
        lab_json_close_object(&j);
    }
    lab_json_close_array(&j);
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
    lab_print(s->text, "  %s: %s\n", s->run.policy->name, heap_rule(s->run.policy));
    record(quiz, letter);
}

void lab_quiz_print_score(const struct lab_quiz *quiz)
{
    const struct lab_sink *text = quiz->session->text;
    if (quiz->asked == 0)
        lab_print(text, "No question here: there are never two holes to choose from.\n");
    else
        lab_print(text, "\n%zu of %zu right, %zu skipped.\n", quiz->right, quiz->asked, quiz->asked - quiz->answered);
}
