# cmake -D FUZZER=program -D CORPUS=folder -D WORK=folder -P run_fuzzer.cmake
# Fuzzes for 10 seconds, with KFIT_DEEP set for 60, from the committed corpus; what is found new stays in the build tree.
set(seconds 10)
if(DEFINED ENV{KFIT_DEEP})
  set(seconds 60)
endif()
file(MAKE_DIRECTORY ${WORK})
execute_process(
  COMMAND ${FUZZER} -max_total_time=${seconds} -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix=${WORK}/crash-
          ${WORK} ${CORPUS}
  RESULT_VARIABLE status)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "the fuzzer found an input that fails; it is in ${WORK}/crash-*")
endif()
