# Cortex-M33F, in the secure state.
set(CPU_FLAGS "-mcpu=cortex-m33 -mfloat-abi=hard -mfpu=fpv5-sp-d16")
set(FLASH_START 0x10000000)
set(FLASH_SIZE 4M)
set(RAM_START 0x38000000)
set(RAM_SIZE 2M)
include(${CMAKE_CURRENT_LIST_DIR}/arm.cmake)
