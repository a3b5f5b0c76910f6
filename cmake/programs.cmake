# Programs for user mode, at both widths: each programs/<name>.c with the start of its width, linked to fixed addresses.
# own-heap gets alloc/ besides, the same sources as the kernels'. They go onto the disc as boot modules (cmake/iso.cmake).
set(KFIT_PROGRAMS own-heap kernel-heap crimes)
set(KFIT_PROGRAM_SOURCES_own-heap programs/replay.c programs/support.c ${KFIT_ALLOC_SOURCES})
set(KFIT_PROGRAM_SOURCES_kernel-heap programs/replay.c)
set(KFIT_PROGRAM_FLAGS_x86_64 -m64 -mno-red-zone)   # crimes pushes behind the compiler's back
set(KFIT_PROGRAM_FLAGS_i386 -m32 -march=i686)
set(KFIT_PROGRAM_SCRIPT ${PROJECT_SOURCE_DIR}/programs/program.ld)

if(KFIT_CLANG)
  list(APPEND KFIT_PROGRAM_FLAGS_x86_64 --target=x86_64-elf)
  list(APPEND KFIT_PROGRAM_FLAGS_i386 --target=i686-elf)
endif()

function(kfit_program name arch)
  set(target program-${arch}-${name})
  set(flags ${KFIT_KERNEL_FLAGS})
  list(FILTER flags EXCLUDE REGEX "sanitize")   # the checks of the preset ubsan are the kernel's
  add_executable(${target} programs/${name}.c programs/${arch}/start.asm src/lib/freestanding_string.c
                 ${KFIT_PROGRAM_SOURCES_${name}})
  target_include_directories(${target} PRIVATE ${KFIT_INCLUDES})
  target_compile_options(${target} PRIVATE
    $<$<COMPILE_LANGUAGE:C>:${KFIT_WARNINGS} ${flags} ${KFIT_PROGRAM_FLAGS_${arch}}>
    $<$<COMPILE_LANGUAGE:ASM_NASM>:${KFIT_NASM_${arch}}>)
  set_target_properties(${target} PROPERTIES SUFFIX .elf LINK_DEPENDS ${KFIT_PROGRAM_SCRIPT} LINKER_LANGUAGE C)
  if(KFIT_CLANG)
    set_property(TARGET ${target} PROPERTY LINK_FLAGS "-m ${KFIT_EMULATION_${arch}} -static -T ${KFIT_PROGRAM_SCRIPT} \
-z max-page-size=4096 -z noexecstack --build-id=none")
  else()
    list(GET KFIT_PROGRAM_FLAGS_${arch} 0 width)
    target_link_options(${target} PRIVATE ${width} -nostdlib -static -no-pie -T ${KFIT_PROGRAM_SCRIPT}
                        -Wl,--build-id=none "SHELL:-Wl,-z,max-page-size=4096" "SHELL:-Wl,-z,noexecstack")
  endif()
endfunction()

foreach(arch IN LISTS KFIT_ARCHES)
  foreach(name IN LISTS KFIT_PROGRAMS)
    kfit_program(${name} ${arch})
  endforeach()
endforeach()
