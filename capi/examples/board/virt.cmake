# RV32IMC.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR riscv)
set(CMAKE_C_COMPILER riscv64-unknown-elf-gcc)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_BUILD_TYPE MinSizeRel CACHE STRING "")
set(CMAKE_C_FLAGS_INIT "-march=rv32imc -mabi=ilp32 --specs=picolibc.specs")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-nostartfiles -T ${CMAKE_CURRENT_LIST_DIR}/board.ld -Wl,--gc-sections \
-Wl,--defsym=flash_start=0x80000000,--defsym=flash_size=1M,--defsym=ram_start=0x80100000,--defsym=ram_size=1M")
