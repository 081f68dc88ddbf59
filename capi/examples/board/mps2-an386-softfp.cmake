# Cortex-M4F, arguments in integer registers.
set(CPU_FLAGS "-mcpu=cortex-m4 -mfloat-abi=softfp -mfpu=fpv4-sp-d16")
set(FLASH_START 0)
set(FLASH_SIZE 4M)
set(RAM_START 0x20000000)
set(RAM_SIZE 4M)
include(${CMAKE_CURRENT_LIST_DIR}/arm.cmake)
