# Tests of the real thing: the disc booted through GRUB in QEMU, the kfit command, the build, the preload library, and
# the walls.
# Each tests/kernel/test_<name>.py is one test; run one alone with `./kfit test kernel/boot`.
find_program(KFIT_PYTHON NAMES python3 PATHS /usr/bin NO_DEFAULT_PATH)
find_program(KFIT_PYTHON NAMES python3 REQUIRED)

file(GLOB KFIT_KERNEL_TESTS CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/kernel/test_*.py)
foreach(source IN LISTS KFIT_KERNEL_TESTS)
  get_filename_component(name ${source} NAME_WE)
  string(REGEX REPLACE "^test_" "" name ${name})
  add_test(NAME kernel/${name} COMMAND ${KFIT_PYTHON} -B ${source})
  set_tests_properties(kernel/${name} PROPERTIES LABELS kernel TIMEOUT 1200 ENVIRONMENT KFIT_BUILD=${PROJECT_BINARY_DIR})
endforeach()
# Two machines at once; the deep run boots every combination.
set_tests_properties(kernel/matrix PROPERTIES PROCESSORS 2 TIMEOUT 28800)

# Real programs of this machine under the preload library, and `kfit preload` itself.
file(GLOB KFIT_PRELOAD_TESTS CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/preload/test_*.py)
foreach(source IN LISTS KFIT_PRELOAD_TESTS)
  get_filename_component(name ${source} NAME_WE)
  string(REGEX REPLACE "^test_" "" name ${name})
  add_test(NAME preload/${name} COMMAND ${KFIT_PYTHON} -B ${source})
  set_tests_properties(preload/${name} PROPERTIES LABELS preload TIMEOUT 3600
                       ENVIRONMENT KFIT_BUILD=${PROJECT_BINARY_DIR})
endforeach()

add_test(NAME walls COMMAND ${KFIT_PYTHON} -B ${PROJECT_SOURCE_DIR}/ci/check-walls ${PROJECT_BINARY_DIR})
set_tests_properties(walls PROPERTIES LABELS walls TIMEOUT 300)
add_test(NAME walls_selftest COMMAND ${KFIT_PYTHON} -B ${PROJECT_SOURCE_DIR}/tests/walls/test_check_walls.py)
set_tests_properties(walls_selftest PROPERTIES LABELS walls TIMEOUT 300)
