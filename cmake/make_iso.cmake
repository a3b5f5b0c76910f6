# cmake -D OUT=kfit.iso -D TREE=folder -D "MODULES=normal ..." -D GRUB_MKRESCUE=program -P make_iso.cmake
# Makes a bootable disc of a folder. grub-mkrescue talks a lot; it is heard only when it fails.
execute_process(
  COMMAND ${GRUB_MKRESCUE} -o ${OUT}.part ${TREE} --locales= --fonts= --themes= "--install-modules=${MODULES}"
  RESULT_VARIABLE status OUTPUT_VARIABLE said ERROR_VARIABLE said)
if(NOT status EQUAL 0)
  file(REMOVE ${OUT}.part)
  message(FATAL_ERROR "${GRUB_MKRESCUE} failed (${status}):\n${said}")
endif()
file(RENAME ${OUT}.part ${OUT})
