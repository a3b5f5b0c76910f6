# Both kernels in one tree: kernel-x86_64.elf and kernel-i386.elf, with the distribution's own compiler.
# gcc links through its driver, clang's objects through ld.lld itself (for bare targets clang would call gcc to link).
set(KFIT_ARCHES x86_64 i386)
set(KFIT_KERNEL_FLAGS -ffreestanding -fno-pic -fno-pie -fno-stack-protector -mgeneral-regs-only
    -fno-asynchronous-unwind-tables -fno-unwind-tables -fcf-protection=none -fno-common -O2 -g
    -fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=)
set(KFIT_FLAGS_x86_64 -m64 -mno-red-zone -mcmodel=kernel)
set(KFIT_FLAGS_i386 -m32 -march=i686)
set(KFIT_NASM_x86_64 -felf64)
set(KFIT_NASM_i386 -felf32)
# Where the kernel image is mapped: virtual = physical + this. The one home of the number: C, NASM and the linker get it.
set(KFIT_KERNEL_BASE_x86_64 0xFFFFFFFF80000000)
set(KFIT_KERNEL_BASE_i386 0xC0000000)
set(KFIT_EMULATION_x86_64 elf_x86_64)
set(KFIT_EMULATION_i386 elf_i386)

if(KFIT_COMPILER MATCHES "clang")
  set(KFIT_CLANG ON)
  list(APPEND KFIT_FLAGS_x86_64 --target=x86_64-elf)
  list(APPEND KFIT_FLAGS_i386 --target=i686-elf)
  set(CMAKE_C_LINK_EXECUTABLE "ld.lld <LINK_FLAGS> <OBJECTS> -o <TARGET> <LINK_LIBRARIES>")
endif()

# NASM: the object format is a flag of each target, and CMake's own rule would add a format and lose %include files.
set(CMAKE_ASM_NASM_COMPILE_OBJECT "<CMAKE_ASM_NASM_COMPILER> <DEFINES> <INCLUDES> <FLAGS> -o <OBJECT> <SOURCE>")
set(CMAKE_DEPFILE_FLAGS_ASM_NASM "")
set(CMAKE_ASM_NASM_DEPENDS_USE_COMPILER FALSE)

file(GLOB KFIT_KERNEL_SHARED CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/mm/*.c ${PROJECT_SOURCE_DIR}/arch/x86/*.c
     ${PROJECT_SOURCE_DIR}/src/*.c ${PROJECT_SOURCE_DIR}/src/*/*.c)
file(GLOB KFIT_NASM_INCLUDES CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/arch/x86/*.inc)

function(kfit_kernel arch)
  file(GLOB c_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/arch/${arch}/*.c)
  file(GLOB asm_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/arch/${arch}/*.asm)
  set(script ${PROJECT_SOURCE_DIR}/arch/x86/kernel.ld)
  set(base KERNEL_BASE=${KFIT_KERNEL_BASE_${arch}})
  set(kernel kernel-${arch})
  add_executable(${kernel} ${KFIT_ALLOC_SOURCES} ${KFIT_LAB_SOURCES} ${KFIT_KERNEL_SHARED} ${c_sources} ${asm_sources})
  set_target_properties(${kernel} PROPERTIES SUFFIX .elf LINK_DEPENDS ${script})
  target_include_directories(${kernel} PRIVATE ${KFIT_INCLUDES} ${PROJECT_SOURCE_DIR}/arch/${arch}
                             ${PROJECT_SOURCE_DIR}/arch/x86)
  target_compile_definitions(${kernel} PRIVATE ${base} $<$<COMPILE_LANGUAGE:C>:KFIT_VERSION="${PROJECT_VERSION}">)
  target_compile_options(${kernel} PRIVATE
    $<$<COMPILE_LANGUAGE:C>:${KFIT_WARNINGS} ${KFIT_KERNEL_FLAGS} ${KFIT_FLAGS_${arch}}>
    $<$<COMPILE_LANGUAGE:ASM_NASM>:${KFIT_NASM_${arch}} -I${PROJECT_SOURCE_DIR}/arch/x86/>)
  set_source_files_properties(${asm_sources} PROPERTIES OBJECT_DEPENDS "${KFIT_NASM_INCLUDES}")
  set_source_files_properties(${asm_sources} TARGET_DIRECTORY ${kernel} PROPERTIES OBJECT_DEPENDS "${KFIT_NASM_INCLUDES}")
  if(KFIT_CLANG)
    set_property(TARGET ${kernel} PROPERTY LINK_FLAGS "-m ${KFIT_EMULATION_${arch}} -static -T ${script} \
--defsym=${base} -z max-page-size=4096 -z noexecstack --build-id=none")
  else()
    list(FILTER KFIT_FLAGS_${arch} INCLUDE REGEX "^-m(32|64)$")
    target_link_options(${kernel} PRIVATE ${KFIT_FLAGS_${arch}} -nostdlib -static -no-pie -T ${script}
                        -Wl,--defsym=${base} -Wl,--build-id=none "SHELL:-Wl,-z,max-page-size=4096" "SHELL:-Wl,-z,noexecstack")
  endif()
endfunction()

foreach(arch IN LISTS KFIT_ARCHES)
  kfit_kernel(${arch})
endforeach()
