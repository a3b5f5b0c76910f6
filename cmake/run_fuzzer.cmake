# cmake -D FUZZER=program -D CORPUS=folder -D WORK=folder [-D SECONDS=N -D SECONDS_DEEP=N] [-D LEAST=N]
#       [-D LEAST_DEEP=N] [-D MORE=folder] -P run_fuzzer.cmake
# Fuzzes for 4 seconds, with KFIT_DEEP set for 60, or as told, from the committed corpus; what is found new stays in the
# build tree.
# With LEAST the ordinary run is that many executions instead, and a run with fewer fails; with LEAST_DEEP the deep one.
# MORE is another folder of inputs to begin with.
if(NOT SECONDS)
  set(SECONDS 4)
  set(SECONDS_DEEP 60)
endif()
set(amount -max_total_time=${SECONDS})
if(DEFINED ENV{KFIT_DEEP})
  set(LEAST ${LEAST_DEEP})
  set(amount -max_total_time=${SECONDS_DEEP})
endif()
if(LEAST)
  set(amount -runs=${LEAST})
endif()
file(MAKE_DIRECTORY ${WORK})
execute_process(
  COMMAND ${FUZZER} ${amount} -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix=${WORK}/crash- ${WORK} ${CORPUS} ${MORE}
  RESULT_VARIABLE status ERROR_VARIABLE report)
message("${report}")
if(NOT status EQUAL 0)
  message(FATAL_ERROR "the fuzzer found an input that fails; it is in ${WORK}/crash-*")
endif()
string(REGEX MATCH "stat::number_of_executed_units: *([0-9]+)" found "${report}")
if(LEAST AND NOT CMAKE_MATCH_1 GREATER_EQUAL LEAST)
  message(FATAL_ERROR "only ${CMAKE_MATCH_1} executions, ${LEAST} were to be")
endif()
