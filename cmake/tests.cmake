# Host tests: each tests/host/<room>/test_*.c is one cmocka program, built and run at both widths.
file(GLOB KFIT_HOST_TESTS CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/host/*/test_*.c)
foreach(source IN LISTS KFIT_HOST_TESTS)
  get_filename_component(test ${source} NAME_WE)
  get_filename_component(room ${source} DIRECTORY)
  get_filename_component(room ${room} NAME)
  foreach(width m32 m64)
    set(target ${room}_${test}_${width})
    add_executable(${target} ${source})
    target_compile_options(${target} PRIVATE ${KFIT_WARNINGS} -${width} -O1 -g ${KFIT_SANITIZE})
    target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests/host)
    target_compile_definitions(${target} PRIVATE KFIT_TRACES="${PROJECT_SOURCE_DIR}/traces"
                               KFIT_LECTURES="${PROJECT_SOURCE_DIR}/lectures"
                               KFIT_GOLDEN_FILES="${PROJECT_SOURCE_DIR}/tests/host/lab/golden")
    target_link_options(${target} PRIVATE -${width} ${KFIT_SANITIZE})
    target_link_libraries(${target} PRIVATE kfit_host_shell_${width} kfit_host_lab_${width} kfit_host_user_${width} kfit_host_mm_${width}
                          kfit_host_boot_${width} kfit_host_alloc_${width} kfit_host_support_${width} cmocka)
    string(REGEX REPLACE "^test_" "" short ${test})
    add_test(NAME host/${room}/${short}/${width} COMMAND ${target})
    set_tests_properties(host/${room}/${short}/${width} PROPERTIES TIMEOUT 600 LABELS host)
  endforeach()
endforeach()

# host/template/*: the tests that hold for every allocator, run on alloc/policy/template/ by itself: a host library whose
# registry lists nothing but that file.
set(KFIT_TEMPLATE ${PROJECT_SOURCE_DIR}/alloc/policy/template/my-allocator.c)
set(KFIT_TEMPLATE_REGISTRY ${KFIT_GENERATED}/template/policies.c)
kfit_generate_registry("${KFIT_TEMPLATE}" ${KFIT_TEMPLATE_REGISTRY} ${KFIT_GENERATED}/template/policies.txt)
foreach(width m32 m64)
  kfit_host_library(template ${width} ${KFIT_ALLOC_SHARED} ${KFIT_TEMPLATE} ${KFIT_TEMPLATE_REGISTRY}
                    ${PROJECT_SOURCE_DIR}/lab/badalloc.c)
  foreach(test all_freed badalloc badalloc_table badregion context contract exhaustive faults guards level2 list need random
               refusals tell)
    set(target template_test_${test}_${width})
    add_executable(${target} ${PROJECT_SOURCE_DIR}/tests/host/alloc/test_${test}.c)
    target_compile_options(${target} PRIVATE ${KFIT_WARNINGS} -${width} -O1 -g ${KFIT_SANITIZE})
    target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests/host)
    target_link_options(${target} PRIVATE -${width} ${KFIT_SANITIZE})
    target_link_libraries(${target} PRIVATE kfit_host_template_${width} kfit_host_boot_${width}
                          kfit_host_support_${width} cmocka)
    add_test(NAME host/template/${test}/${width} COMMAND ${target})
    set_tests_properties(host/template/${test}/${width} PROPERTIES TIMEOUT 600 LABELS host)
  endforeach()
endforeach()
# With KFIT_DEEP set these run for a good while.
set_tests_properties(host/alloc/random/m32 host/alloc/random/m64 host/alloc/exhaustive/m32 host/alloc/exhaustive/m64
                     PROPERTIES TIMEOUT 7200)

# host_run_<width>: one run on the host, whose figures tests/kernel/test_placement.py compares with the kernel's.
foreach(width m32 m64)
  add_executable(host_run_${width} ${PROJECT_SOURCE_DIR}/tests/kernel/host_run.c)
  target_compile_options(host_run_${width} PRIVATE ${KFIT_WARNINGS} -${width} -O1 -g ${KFIT_SANITIZE})
  target_compile_definitions(host_run_${width} PRIVATE KFIT_TRACES="${PROJECT_SOURCE_DIR}/traces"
                             KFIT_LECTURES="${PROJECT_SOURCE_DIR}/lectures")
  target_link_options(host_run_${width} PRIVATE -${width} ${KFIT_SANITIZE})
  target_link_libraries(host_run_${width} PRIVATE kfit_host_lab_${width} kfit_host_alloc_${width}
                        kfit_host_boot_${width} kfit_host_support_${width} cmocka)
endforeach()

# Sweeps: each tests/sweep/sweep_<name>.c tries more than sanitized code could in the time, or what would end it: all
# sizes of the 32-bit build, every flipped bit. Optimised, without sanitizers.
function(kfit_sweep name width)
  set(target sweep_${name}_${width})
  add_executable(${target} ${PROJECT_SOURCE_DIR}/tests/sweep/sweep_${name}.c ${PROJECT_SOURCE_DIR}/tests/host/support.c
                 ${KFIT_ALLOC_SOURCES})
  target_compile_options(${target} PRIVATE ${KFIT_WARNINGS} -${width} -O2 -g)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests/host ${KFIT_INCLUDES})
  target_link_options(${target} PRIVATE -${width})
  target_link_libraries(${target} PRIVATE cmocka)
  add_test(NAME host/alloc/${name}/${width} COMMAND ${target})
  set_tests_properties(host/alloc/${name}/${width} PROPERTIES TIMEOUT 1800 LABELS host)
endfunction()

kfit_sweep(sizes m32)
kfit_sweep(flips m32)
kfit_sweep(flips m64)

# coverage/alloc: the tests of alloc/ once more, short, with a library that counts what of it they reach. The same
# objects, another library.
add_library(kfit_cover_alloc STATIC ${KFIT_ALLOC_SOURCES})
target_include_directories(kfit_cover_alloc PRIVATE ${KFIT_INCLUDES})
target_compile_options(kfit_cover_alloc PRIVATE ${KFIT_WARNINGS} -m64 -O0 -g --coverage)
target_compile_definitions(kfit_cover_alloc PRIVATE "HEAP_TWICE=static inline")   # not one copy for each use
set(KFIT_COVER_TESTS)
foreach(source IN LISTS KFIT_HOST_TESTS)
  if(NOT source MATCHES "/host/alloc/test_([a-z0-9_]+)\\.c$")
    continue()
  endif()
  set(test ${CMAKE_MATCH_1})
  add_executable(cover_${test} $<TARGET_OBJECTS:alloc_test_${test}_m64>)
  set_target_properties(cover_${test} PROPERTIES LINKER_LANGUAGE C)
  target_link_options(cover_${test} PRIVATE -m64 --coverage ${KFIT_SANITIZE})
  target_link_libraries(cover_${test} PRIVATE kfit_cover_alloc kfit_host_lab_m64 kfit_host_mm_m64 kfit_host_boot_m64
                        kfit_host_support_m64 cmocka)
  list(APPEND KFIT_COVER_TESTS $<TARGET_FILE:cover_${test}>)
endforeach()
add_executable(cover_flips ${PROJECT_SOURCE_DIR}/tests/sweep/sweep_flips.c ${PROJECT_SOURCE_DIR}/tests/host/support.c)
target_compile_options(cover_flips PRIVATE ${KFIT_WARNINGS} -m64 -O1 -g)
target_include_directories(cover_flips PRIVATE ${PROJECT_SOURCE_DIR}/tests/host ${KFIT_INCLUDES})
target_link_options(cover_flips PRIVATE -m64 --coverage)
target_link_libraries(cover_flips PRIVATE kfit_cover_alloc cmocka)
list(APPEND KFIT_COVER_TESTS $<TARGET_FILE:cover_flips>)
find_program(KFIT_PYTHON NAMES python3 PATHS /usr/bin NO_DEFAULT_PATH)
find_program(KFIT_PYTHON NAMES python3 REQUIRED)
add_test(NAME coverage/alloc COMMAND ${KFIT_PYTHON} -B ${PROJECT_SOURCE_DIR}/tests/coverage/coverage.py
         ${PROJECT_BINARY_DIR}/CMakeFiles/kfit_cover_alloc.dir ${PROJECT_SOURCE_DIR} 98 95 ${KFIT_COVER_TESTS})
set_tests_properties(coverage/alloc PROPERTIES TIMEOUT 600 LABELS host PROCESSORS 2)
