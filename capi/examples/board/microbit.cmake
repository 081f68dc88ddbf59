# Cortex-M0: nRF51822.
set(CPU_FLAGS "-mcpu=cortex-m0")
set(FLASH_START 0)
set(FLASH_SIZE 256K)
set(RAM_START 0x20000000)
set(RAM_SIZE 16K)
include(${CMAKE_CURRENT_LIST_DIR}/arm.cmake)
