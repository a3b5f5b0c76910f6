# cmake -D NM=nm -D EXPECTED=nm's-output -D KERNEL=kernel.elf -P compare_symbols.cmake
# Fails the build if a function of the kernel is not where the first link had it: its symbol table would tell lies.
include(${CMAKE_CURRENT_LIST_DIR}/read_symbols.cmake)
execute_process(COMMAND ${NM} -n ${KERNEL} OUTPUT_FILE ${EXPECTED}.final RESULT_VARIABLE status)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "${NM} ${KERNEL} failed (${status})")
endif()
kfit_read_symbols(${EXPECTED} expected expected_base)
kfit_read_symbols(${EXPECTED}.final functions base)
if(NOT "${expected_base} ${expected}" STREQUAL "${base} ${functions}")
  file(REMOVE ${KERNEL})
  message(FATAL_ERROR "${KERNEL}: functions moved between the two links; compare ${EXPECTED} and ${EXPECTED}.final")
endif()
