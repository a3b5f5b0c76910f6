# The same rooms as libraries of the build machine, at both widths, under AddressSanitizer and UBSan.
# kfit_host_<room>_<m32|m64>: alloc, lab, mm (with the page-table walker), boot (with src/lib's portable half), user (what is
# pure of it), shell (what of it needs no running kernel: the line editor, completion, the options).
set(KFIT_SANITIZE -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
file(GLOB KFIT_MM_SOURCES CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/mm/*.c)
list(FILTER KFIT_MM_SOURCES EXCLUDE REGEX "/mm/(kheap|vmm_trap)\\.c$")   # bound to the running kernel
file(GLOB KFIT_PT_SOURCES CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/arch/x86/pt*.c)
file(GLOB KFIT_BOOT_SOURCES CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/boot/*.c ${PROJECT_SOURCE_DIR}/src/lib/*.c)
list(FILTER KFIT_BOOT_SOURCES EXCLUDE REGEX "/src/lib/freestanding_")    # stand-ins for the C library
set(KFIT_SHELL_SOURCES)
foreach(name complete complete_names line line_history line_input line_row line_tab injection options)
  list(APPEND KFIT_SHELL_SOURCES ${PROJECT_SOURCE_DIR}/src/shell/${name}.c)
endforeach()

set(KFIT_USER_SOURCES ${PROJECT_SOURCE_DIR}/src/user/elf.c ${PROJECT_SOURCE_DIR}/src/user/range.c)

function(kfit_host_library room width)
  set(name kfit_host_${room}_${width})
  add_library(${name} STATIC ${ARGN})
  target_include_directories(${name} PUBLIC ${KFIT_INCLUDES})
  target_compile_options(${name} PRIVATE ${KFIT_WARNINGS} -${width} -O1 -g ${KFIT_SANITIZE})
  if(width STREQUAL m32)
    target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR}/arch/i386)
  else()
    target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR}/arch/x86_64)
  endif()
endfunction()

foreach(width m32 m64)
  kfit_host_library(alloc ${width} ${KFIT_ALLOC_SOURCES})
  kfit_host_library(lab ${width} ${KFIT_LAB_SOURCES})
  kfit_host_library(mm ${width} ${KFIT_MM_SOURCES} ${KFIT_PT_SOURCES})
  kfit_host_library(boot ${width} ${KFIT_BOOT_SOURCES})
  kfit_host_library(user ${width} ${KFIT_USER_SOURCES})
  kfit_host_library(shell ${width} ${KFIT_SHELL_SOURCES})
  kfit_host_library(support ${width} ${PROJECT_SOURCE_DIR}/tests/host/support.c)
  target_link_libraries(kfit_host_lab_${width} PUBLIC kfit_host_alloc_${width})
  target_link_libraries(kfit_host_mm_${width} PUBLIC kfit_host_boot_${width})
  target_link_libraries(kfit_host_user_${width} PUBLIC kfit_host_mm_${width})
  target_link_libraries(kfit_host_shell_${width} PUBLIC kfit_host_lab_${width} kfit_host_mm_${width})
endforeach()
