# Fuzz targets (clang's libFuzzer, 64-bit): each tests/fuzz/fuzz_<name>.c runs for a while over its corpus. The corpus is also
# replayed at both widths by the host tests.
find_program(KFIT_CLANG_FUZZ clang)
if(NOT KFIT_CLANG_FUZZ)
  return()
endif()
file(GLOB KFIT_FUZZ_SOURCES CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/fuzz/fuzz_*.c)
set(KFIT_FUZZ_LEAST_multiboot2 1000000)  # executions in the ordinary run; the others run for a time
set(KFIT_FUZZ_MORE_script ${PROJECT_SOURCE_DIR}/lectures)  # inputs besides the corpus
set(KFIT_FUZZ_LEAST_DEEP_script 1000000) # executions with KFIT_DEEP set
set(KFIT_FUZZ_FLAGS -std=c11 -g -O1 -m64 -fno-sanitize-recover=undefined)
list(TRANSFORM KFIT_INCLUDES PREPEND -I OUTPUT_VARIABLE KFIT_FUZZ_INCLUDES)

# What they try, as a library of clang's objects: each target takes from it what it needs.
set(KFIT_FUZZ_LIBRARY ${PROJECT_BINARY_DIR}/libkfit_fuzz.a)
set(KFIT_FUZZED_SOURCES ${KFIT_SHELL_SOURCES} ${KFIT_BOOT_SOURCES} ${KFIT_LAB_SOURCES} ${KFIT_ALLOC_SOURCES}
    ${PROJECT_SOURCE_DIR}/src/user/elf.c ${PROJECT_SOURCE_DIR}/tests/fuzz/hooks.c)
list(FILTER KFIT_FUZZED_SOURCES EXCLUDE REGEX "/line_input\\.c$") # bound to a console
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/fuzz-objects)
set(KFIT_FUZZ_OBJECTS)
foreach(source IN LISTS KFIT_FUZZED_SOURCES)
  string(MD5 key ${source})
  string(SUBSTRING ${key} 0 8 key)
  get_filename_component(name ${source} NAME_WE)
  set(object ${PROJECT_BINARY_DIR}/fuzz-objects/${name}-${key}.o)
  add_custom_command(
    OUTPUT ${object}
    COMMAND ${KFIT_CLANG_FUZZ} ${KFIT_FUZZ_FLAGS} -fsanitize=fuzzer-no-link,address,undefined ${KFIT_FUZZ_INCLUDES}
            -MD -MT ${object} -MF ${object}.d -c ${source} -o ${object}
    DEPENDS ${source} DEPFILE ${object}.d VERBATIM)
  list(APPEND KFIT_FUZZ_OBJECTS ${object})
endforeach()
add_custom_command(
  OUTPUT ${KFIT_FUZZ_LIBRARY}
  COMMAND ${CMAKE_COMMAND} -E rm -f ${KFIT_FUZZ_LIBRARY}
  COMMAND ${CMAKE_AR} rcs ${KFIT_FUZZ_LIBRARY} ${KFIT_FUZZ_OBJECTS}
  DEPENDS ${KFIT_FUZZ_OBJECTS} VERBATIM)
add_custom_target(build_fuzz_library DEPENDS ${KFIT_FUZZ_LIBRARY})

foreach(source IN LISTS KFIT_FUZZ_SOURCES)
  get_filename_component(name ${source} NAME_WE)
  string(REGEX REPLACE "^fuzz_" "" short ${name})
  set(program ${PROJECT_BINARY_DIR}/${name})
  add_custom_command(
    OUTPUT ${program}
    COMMAND ${KFIT_CLANG_FUZZ} ${KFIT_FUZZ_FLAGS} -fsanitize=fuzzer,address,undefined ${KFIT_FUZZ_INCLUDES} -MD
            -MT ${program} -MF ${program}.d ${source} ${KFIT_FUZZ_LIBRARY} -o ${program}
    DEPENDS ${source} ${KFIT_FUZZ_LIBRARY} DEPFILE ${program}.d VERBATIM)
  add_custom_target(build_${name} ALL DEPENDS ${program})
  add_dependencies(build_${name} build_fuzz_library)
  if(short STREQUAL alloc)
    continue() # its tests are below: one for each allocator
  endif()
  add_test(NAME fuzz/${short} COMMAND ${CMAKE_COMMAND} -D FUZZER=${program}
           -D CORPUS=${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${short} -D WORK=${PROJECT_BINARY_DIR}/fuzz-${short}
           -D LEAST=${KFIT_FUZZ_LEAST_${short}} -D LEAST_DEEP=${KFIT_FUZZ_LEAST_DEEP_${short}}
           -D MORE=${KFIT_FUZZ_MORE_${short}} -P ${PROJECT_SOURCE_DIR}/cmake/run_fuzzer.cmake)
  set_tests_properties(fuzz/${short} PROPERTIES TIMEOUT 7200 LABELS fuzz)   # deep, a million executions take a while
endforeach()

# fuzz/alloc-<allocator>: a second each, with KFIT_DEEP set 10 minutes, from one corpus.
foreach(source IN LISTS KFIT_POLICY_SOURCES)
  get_filename_component(policy ${source} NAME_WE)
  add_test(NAME fuzz/alloc-${policy} COMMAND ${CMAKE_COMMAND} -D FUZZER=${PROJECT_BINARY_DIR}/fuzz_alloc
           -D CORPUS=${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/alloc -D WORK=${PROJECT_BINARY_DIR}/fuzz-alloc-${policy}
           -D SECONDS=1 -D SECONDS_DEEP=600 -P ${PROJECT_SOURCE_DIR}/cmake/run_fuzzer.cmake)
  set_tests_properties(fuzz/alloc-${policy} PROPERTIES TIMEOUT 1200 LABELS fuzz ENVIRONMENT KFIT_ALLOC=${policy})
endforeach()
