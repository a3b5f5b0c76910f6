/* Whether a call ends in an assertion: it is made in a process of its own. */
#ifndef TESTS_ALLOC_ASSERTION_H
#define TESTS_ALLOC_ASSERTION_H

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

/* False: the call returned. What it changed, it changed in the other process. Anything else that ends it fails the test. */
static inline bool is_assertion(void (*call)(void))
{
    int status;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        freopen("/dev/null", "w", stderr);
        call();
        _exit(0);
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT)
        return true;
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return false;
}

#endif
