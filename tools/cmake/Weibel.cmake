# SPDX-License-Identifier: EUPL-1.2
# What every layer's CMakeLists.txt uses: warnings, sanitizers, unit tests, fuzz targets.

add_library(weibel_warnings INTERFACE)
target_compile_options(weibel_warnings INTERFACE -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes
                                                 -Wmissing-prototypes -Wvla -Wundef)
if(WEIBEL_WERROR)
  target_compile_options(weibel_warnings INTERFACE -Werror)
endif()

if(NOT CMAKE_C_COMPILER_TARGET MATCHES wasm)
  add_compile_options(-fstack-protector-strong)
  add_link_options(-Wl,-z,relro,-z,now)
endif()

if(WEIBEL_SANITIZE)
  add_compile_options(-fsanitize=${WEIBEL_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -g1)
  add_link_options(-fsanitize=${WEIBEL_SANITIZE})
  find_program(WEIBEL_LLD ld.lld)
  if(WEIBEL_LLD) # links hundreds of large programs in half of the time
    add_link_options(-fuse-ld=lld)
  endif()
elseif(CMAKE_BUILD_TYPE STREQUAL "Release" OR CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  add_compile_definitions(_FORTIFY_SOURCE=2)
endif()

# Tests that WEIBEL_TESTS_ONLY leaves out are built when they are asked for by name, and ctest does not know them.
function(weibel_leave_out name out)
  set(${out} FALSE PARENT_SCOPE)
  if(WEIBEL_TESTS_ONLY AND NOT name MATCHES "${WEIBEL_TESTS_ONLY}")
    set_target_properties(${name} PROPERTIES EXCLUDE_FROM_ALL TRUE)
    set(${out} TRUE PARENT_SCOPE)
  endif()
endfunction()

# Tests that take longest begin first, lest one of them is left alone at the end.
set(WEIBEL_LONG_TESTS
    sim_test core_storm_test cli_store_test core_memory_test mls_group_random_test server_delivery_test core_heal_test
    core_read_test core_large_test server_forget_test)

# weibel_unit_test(NAME SOURCES … LIBRARIES … [ARGS …]): a cmocka program that ctest runs.
function(weibel_unit_test name)
  cmake_parse_arguments(T "" "" "SOURCES;LIBRARIES;ARGS" ${ARGN})
  add_executable(${name} ${T_SOURCES})
  target_link_libraries(${name} PRIVATE ${T_LIBRARIES} weibel_warnings cmocka)
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests/include)
  target_compile_options(${name} PRIVATE $<$<CONFIG:RelWithDebInfo>:-O1>) # what it tests is optimised, itself it needs not be
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  weibel_leave_out(${name} left_out)
  if(NOT left_out)
    add_test(NAME ${name} COMMAND ${name} ${T_ARGS})
    if(name IN_LIST WEIBEL_LONG_TESTS)
      set_tests_properties(${name} PROPERTIES COST 10)
    endif()
  endif()
endfunction()

# Builds all fuzz targets and nothing else. The file of the same name lists them, each with its corpus, for tools/fuzz.
add_custom_target(fuzz_targets)
file(WRITE ${CMAKE_BINARY_DIR}/fuzz_targets "")

if(WEIBEL_TESTS AND NOT WEIBEL_FUZZ)
  add_library(fuzz_replay STATIC EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/tests/fuzz_replay.c)
  target_include_directories(fuzz_replay PRIVATE ${CMAKE_SOURCE_DIR}/tests/include)
  target_link_libraries(fuzz_replay PRIVATE base weibel_warnings)
endif()

# weibel_fuzz(NAME SOURCE file LIBRARIES … [CORPUS folder]): a libFuzzer target with WEIBEL_FUZZ; otherwise a program
# that replays the target's own seeds (test/fuzz.h) and its corpus, and is a unit test.
function(weibel_fuzz name)
  cmake_parse_arguments(F "" "SOURCE;CORPUS" "LIBRARIES" ${ARGN})
  add_executable(${name} ${F_SOURCE})
  target_link_libraries(${name} PRIVATE ${F_LIBRARIES} weibel_warnings)
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests/include)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
  if(F_CORPUS)
    cmake_path(ABSOLUTE_PATH F_CORPUS)
  endif()
  file(APPEND ${CMAKE_BINARY_DIR}/fuzz_targets "${name} ${F_CORPUS}\n")
  add_dependencies(fuzz_targets ${name})
  if(WEIBEL_FUZZ)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  else()
    target_link_libraries(${name} PRIVATE fuzz_replay)
    weibel_leave_out(${name} left_out)
    if(NOT left_out)
      add_test(NAME ${name} COMMAND ${name} ${F_CORPUS})
    endif()
  endif()
endfunction()
