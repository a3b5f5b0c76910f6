# The registry of allocators: every file in alloc/policy/ is one, by its name. From the folder come
#   generated/policies.c     the table heap_policies[] of <alloc/heap_ops.h>, by rung
#   generated/policies.txt   one line each, "name<TAB>summary": GRUB menu, kfit and tests read it
# A file dropped in is picked up by the next build (CONFIGURE_DEPENDS); an edit re-runs the generator alone.
file(GLOB KFIT_POLICY_SOURCES CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/alloc/policy/*.c)
set(KFIT_GENERATED ${PROJECT_BINARY_DIR}/generated)
set(KFIT_POLICIES_C ${KFIT_GENERATED}/policies.c)
set(KFIT_POLICIES_TXT ${KFIT_GENERATED}/policies.txt)

# The list itself is an input, so that removing a file also re-runs the generator.
file(GENERATE OUTPUT ${KFIT_GENERATED}/policy_files.txt CONTENT "${KFIT_POLICY_SOURCES}\n")

# Writes the registry of these sources to those two files.
function(kfit_generate_registry sources out_c out_txt)
  add_custom_command(
    OUTPUT ${out_c} ${out_txt}
    COMMAND ${CMAKE_COMMAND} -D "SOURCES=${sources}" -D OUT_C=${out_c} -D OUT_TXT=${out_txt}
            -P ${PROJECT_SOURCE_DIR}/cmake/generate_registry.cmake
    DEPENDS ${sources} ${KFIT_GENERATED}/policy_files.txt ${PROJECT_SOURCE_DIR}/cmake/generate_registry.cmake
    VERBATIM)
endfunction()
kfit_generate_registry("${KFIT_POLICY_SOURCES}" ${KFIT_POLICIES_C} ${KFIT_POLICIES_TXT})
add_custom_target(kfit_registry DEPENDS ${KFIT_POLICIES_C} ${KFIT_POLICIES_TXT})

file(GLOB KFIT_ALLOC_SHARED CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/alloc/*.c)
set(KFIT_ALLOC_SOURCES ${KFIT_ALLOC_SHARED} ${KFIT_POLICY_SOURCES} ${KFIT_POLICIES_C})
file(GLOB KFIT_LAB_SOURCES CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/lab/*.c)
