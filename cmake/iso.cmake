# The bootable disc kfit.iso: GRUB for BIOS, 64-bit and 32-bit UEFI, both kernels without debug sections, the recorded
# traces under their bare names (still gzip: GRUB unpacks them while loading), the scenarios, the programs, and the menu.
#   iso/            the disc's tree, kept: `kfit run --trace` makes a disc of its own from it
#   kfit.iso
find_program(KFIT_GRUB_MKRESCUE grub-mkrescue)
find_program(KFIT_OBJCOPY NAMES objcopy llvm-objcopy)
if(NOT KFIT_GRUB_MKRESCUE OR NOT KFIT_OBJCOPY)
  message(FATAL_ERROR "grub-mkrescue or objcopy is missing: run ci/install-deps build iso")
endif()

# Every module must exist on every platform; a command whose module is missing fails only when the menu runs it.
set(KFIT_GRUB_MODULES "normal multiboot2 serial terminal smbios iso9660 part_gpt part_msdos all_video echo test \
configfile boot search ls gzio regexp true minicmd halt reboot")
set(KFIT_ISO ${PROJECT_BINARY_DIR}/kfit.iso)
set(KFIT_ISO_TREE ${PROJECT_BINARY_DIR}/iso)
set(KFIT_GRUB_CFG ${KFIT_GENERATED}/grub.cfg)
file(GLOB KFIT_TRACES CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/traces/*.trace.gz)
file(GLOB KFIT_SCENARIOS CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/lectures/*.kfit)
file(GLOB KFIT_LECTURES CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/docs/lectures/[0-9]*.md)
file(GENERATE OUTPUT ${KFIT_GENERATED}/scenarios.txt CONTENT "${KFIT_SCENARIOS}\n${KFIT_LECTURES}\n") # one that goes away is a change

add_custom_command(
  OUTPUT ${KFIT_GRUB_CFG}
  COMMAND ${CMAKE_COMMAND} -D TEMPLATE=${PROJECT_SOURCE_DIR}/iso/grub.cfg.in -D POLICIES=${KFIT_POLICIES_TXT}
          -D "SCENARIOS=${KFIT_SCENARIOS}" -D "LECTURES=${KFIT_LECTURES}" -D "NAMES=${KFIT_PROGRAMS}"
          -D OUT=${KFIT_GRUB_CFG} -P ${PROJECT_SOURCE_DIR}/cmake/make_menu.cmake
  DEPENDS ${PROJECT_SOURCE_DIR}/iso/grub.cfg.in ${PROJECT_SOURCE_DIR}/cmake/make_menu.cmake ${KFIT_POLICIES_TXT}
          ${KFIT_SCENARIOS} ${KFIT_LECTURES} ${KFIT_GENERATED}/scenarios.txt
  VERBATIM)

# The names on the disc. The file is an input of the disc, so that a trace that goes away also makes it anew.
set(names "")
set(copy_traces "")
foreach(trace IN LISTS KFIT_TRACES)
  get_filename_component(name ${trace} NAME_WE)
  string(APPEND names "${name}\n")
  list(APPEND copy_traces COMMAND ${CMAKE_COMMAND} -E copy ${trace} ${KFIT_ISO_TREE}/traces/${name})
endforeach()
file(GENERATE OUTPUT ${KFIT_GENERATED}/traces.txt CONTENT "${names}")
file(GENERATE OUTPUT ${KFIT_GENERATED}/icount CONTENT "7")   # as the shift of `kfit run --icount`
file(GENERATE OUTPUT ${KFIT_GENERATED}/grub_modules.txt CONTENT "${KFIT_GRUB_MODULES}")

set(strip_kernels "")
set(strip_programs "")
set(programs "")
foreach(arch IN LISTS KFIT_ARCHES)
  list(APPEND strip_kernels COMMAND ${KFIT_OBJCOPY} --strip-debug $<TARGET_FILE:kernel-${arch}>
       ${KFIT_ISO_TREE}/boot/kernel-${arch}.elf)
  foreach(name IN LISTS KFIT_PROGRAMS)
    list(APPEND strip_programs COMMAND ${KFIT_OBJCOPY} --strip-all $<TARGET_FILE:program-${arch}-${name}>
         ${KFIT_ISO_TREE}/programs/${arch}/${name})
    list(APPEND programs program-${arch}-${name})
  endforeach()
endforeach()

add_custom_command(
  OUTPUT ${KFIT_ISO}
  COMMAND ${CMAKE_COMMAND} -E rm -rf ${KFIT_ISO_TREE}
  COMMAND ${CMAKE_COMMAND} -E make_directory ${KFIT_ISO_TREE}/boot/grub ${KFIT_ISO_TREE}/traces
          ${KFIT_ISO_TREE}/programs/x86_64 ${KFIT_ISO_TREE}/programs/i386
  COMMAND ${CMAKE_COMMAND} -E make_directory ${KFIT_ISO_TREE}/lectures
  COMMAND ${CMAKE_COMMAND} -E copy ${KFIT_SCENARIOS} ${KFIT_ISO_TREE}/lectures/
  ${strip_kernels}
  ${strip_programs}
  ${copy_traces}
  COMMAND ${CMAKE_COMMAND} -E copy ${KFIT_GENERATED}/traces.txt ${KFIT_GENERATED}/icount ${KFIT_ISO_TREE}/boot/
  COMMAND ${CMAKE_COMMAND} -E copy ${KFIT_GRUB_CFG} ${KFIT_ISO_TREE}/boot/grub/
  COMMAND ${CMAKE_COMMAND} -D OUT=${KFIT_ISO} -D TREE=${KFIT_ISO_TREE} -D "MODULES=${KFIT_GRUB_MODULES}"
          -D GRUB_MKRESCUE=${KFIT_GRUB_MKRESCUE} -P ${PROJECT_SOURCE_DIR}/cmake/make_iso.cmake
  DEPENDS kernel-x86_64 kernel-i386 ${programs} ${KFIT_GRUB_CFG} ${KFIT_TRACES} ${KFIT_SCENARIOS} ${KFIT_GENERATED}/traces.txt
          ${KFIT_GENERATED}/icount ${KFIT_GENERATED}/grub_modules.txt ${PROJECT_SOURCE_DIR}/cmake/make_iso.cmake
  COMMENT "Making kfit.iso"
  VERBATIM)
add_custom_target(iso ALL DEPENDS ${KFIT_ISO})
