# find_package(weight_init) gives the target weight_init::weight_init.
#
# The library is chosen by the compiler's own macros, so that CMAKE_C_FLAGS must name the processor and the float ABI.
# WEIGHT_INIT_TARGET, a folder of lib/, overrides the choice.
cmake_minimum_required(VERSION 3.16)
get_filename_component(_wi_root "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)

if(NOT WEIGHT_INIT_TARGET)
    separate_arguments(_wi_flags UNIX_COMMAND "${CMAKE_C_FLAGS}")
    execute_process(
        COMMAND "${CMAKE_C_COMPILER}" ${_wi_flags} -dM -E -x c /dev/null
        OUTPUT_VARIABLE _wi_macros
        RESULT_VARIABLE _wi_failed)
    if(_wi_failed)
        set(weight_init_FOUND FALSE)
        set(weight_init_NOT_FOUND_MESSAGE "The C compiler does not print its macros. Set WEIGHT_INIT_TARGET.")
        return()
    endif()
    set(_wi_abi "")
    if(_wi_macros MATCHES "__ARM_PCS_VFP 1")
        set(_wi_abi "hf")
    endif()
    if(_wi_macros MATCHES "__ARM_ARCH_6M__" OR _wi_macros MATCHES "__ARM_ARCH_8M_BASE__")
        set(WEIGHT_INIT_TARGET thumbv6m-none-eabi)
    elseif(_wi_macros MATCHES "__ARM_ARCH_7M__")
        set(WEIGHT_INIT_TARGET thumbv7m-none-eabi)
    elseif(_wi_macros MATCHES "__ARM_ARCH_7EM__")
        set(WEIGHT_INIT_TARGET thumbv7em-none-eabi${_wi_abi})
    elseif(_wi_macros MATCHES "__ARM_ARCH_8(_1)?M_MAIN__")
        # Without arguments in float registers, that of the Cortex-M4 serves.
        if(_wi_abi)
            set(WEIGHT_INIT_TARGET thumbv8m.main-none-eabihf)
        else()
            set(WEIGHT_INIT_TARGET thumbv7em-none-eabi)
        endif()
    elseif(_wi_macros MATCHES "__riscv_xlen 32" AND _wi_macros MATCHES "__riscv_float_abi_soft 1")
        set(WEIGHT_INIT_TARGET riscv32imc-unknown-none-elf)
    elseif(NOT CMAKE_CROSSCOMPILING)
        set(WEIGHT_INIT_TARGET host)
    endif()
endif()

set(_wi_library "${_wi_root}/lib/${WEIGHT_INIT_TARGET}/libweight_init.a")
if(NOT WEIGHT_INIT_TARGET OR NOT EXISTS "${_wi_library}")
    set(weight_init_FOUND FALSE)
    set(weight_init_NOT_FOUND_MESSAGE "There is no library for this processor: \"${WEIGHT_INIT_TARGET}\".")
    return()
endif()
if(NOT TARGET weight_init::weight_init)
    add_library(weight_init::weight_init STATIC IMPORTED)
    set_target_properties(weight_init::weight_init PROPERTIES
        IMPORTED_LOCATION "${_wi_library}"
        INTERFACE_INCLUDE_DIRECTORIES "${_wi_root}/include")
    if(WEIGHT_INIT_TARGET STREQUAL host)
        find_package(Threads REQUIRED)
        set_property(TARGET weight_init::weight_init PROPERTY
            INTERFACE_LINK_LIBRARIES Threads::Threads ${CMAKE_DL_LIBS} m)
    endif()
endif()
