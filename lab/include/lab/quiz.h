/* Questions about placement: before a request of a session is placed, its holes get letters; then it is done, and the answer and
 * the reasons are what the allocator did. Nothing here is worked out by a rule of its own. */
#ifndef LAB_QUIZ_H
#define LAB_QUIZ_H

#include <lab/session.h>

enum { LAB_QUIZ_HOLES_MAX = 6, LAB_QUIZ_QUESTIONS_MAX = 12, LAB_QUIZ_MAP_TEXT = 1536 };

#define LAB_QUIZ_GROWS 'G'   /* none of the holes: the heap grows */
#define LAB_QUIZ_REFUSED 'R' /* none: the request is refused */

struct lab_quiz_hole {
    size_t offset, size;
    bool is_looked_at;
    enum heap_verdict verdict; /* the last there was of it */
    size_t left_over;          /* of the hole taken: bytes of it that are free afterwards */
};

struct lab_quiz {
    struct lab_session *session;
    bool has_asks; /* the script says itself which requests are questions */
    size_t asked, answered, right;
    /* the question under way */
    const struct lab_step *step;
    bool continues;                                 /* nothing has touched the heap since the question before it */
    size_t wanted;                                  /* whole block */
    size_t committed;                               /* the heap, when it is asked */
    char map[LAB_QUIZ_MAP_TEXT];                    /* and as it was then, the letters under it */
    struct lab_quiz_hole holes[LAB_QUIZ_HOLES_MAX]; /* A, B, C, ... by address */
    size_t hole_count;
    char order[LAB_QUIZ_HOLES_MAX + 1]; /* the letters in the order in which the allocator keeps the holes */
    char answer;                        /* after lab_quiz_reveal: a letter */
};

/* Deals a script's requests anew, so that each seed has questions of its own: runs of allocations are shuffled, and each size
 * changed by up to a quarter (whole units, where the script counts in units). What the script says and expects of them is left
 * out. */
void lab_quiz_deal(struct lab_script *script, uint64_t seed);

/* Begins at the session's first step. */
void lab_quiz_begin(struct lab_quiz *quiz, struct lab_session *session);

/* Goes on to the next question, untold but for what the script says: true, and it is asked in text. False: there is none. */
bool lab_quiz_next(struct lab_quiz *quiz);

/* Does the request, and tells the answer with its reasons. `given`: the letter answered, in either case; '\0': skipped. Makes a
 * `quiz` record. */
void lab_quiz_reveal(struct lab_quiz *quiz, char given);

/* The score in a line, and as a `score` record: no more questions come. */
void lab_quiz_tell_score(const struct lab_quiz *quiz);

#endif
