# The common part of the toolchain files: GCC for Arm, without start-up files of its own.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR arm)
set(CMAKE_C_COMPILER arm-none-eabi-gcc)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_BUILD_TYPE MinSizeRel CACHE STRING "")
set(CMAKE_C_FLAGS_INIT "-mthumb ${CPU_FLAGS}")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-nostartfiles -T ${CMAKE_CURRENT_LIST_DIR}/board.ld \
-Wl,--gc-sections,--defsym=flash_start=${FLASH_START},--defsym=flash_size=${FLASH_SIZE} \
-Wl,--defsym=ram_start=${RAM_START},--defsym=ram_size=${RAM_SIZE}")
