# SPDX-License-Identifier: EUPL-1.2
# Foreign libraries from their own sources, for WebAssembly, where no package has them. tools/wasm fetches them.

set(WEIBEL_SODIUM_SOURCE "" CACHE PATH "unpacked sources of libsodium")
set(WEIBEL_CJSON_SOURCE "" CACHE PATH "unpacked sources of cJSON")

# --- cJSON ---
set(cjson_include ${CMAKE_CURRENT_BINARY_DIR}/cjson/include)
configure_file(${WEIBEL_CJSON_SOURCE}/cJSON.h ${cjson_include}/cjson/cJSON.h COPYONLY)
add_library(cjson STATIC ${WEIBEL_CJSON_SOURCE}/cJSON.c)
target_include_directories(cjson SYSTEM PUBLIC ${cjson_include} PRIVATE ${WEIBEL_CJSON_SOURCE})
target_compile_options(cjson PRIVATE -w)

# --- libsodium: its portable C ---
file(GLOB_RECURSE sources ${WEIBEL_SODIUM_SOURCE}/src/libsodium/*.c)

# What its configure would find out.
file(STRINGS ${WEIBEL_SODIUM_SOURCE}/configure.ac settings REGEX "^(AC_INIT|SODIUM_LIBRARY_VERSION_M)")
string(REGEX MATCH "\\[libsodium\\],\\[([0-9.]+)\\]" found "${settings}")
set(VERSION ${CMAKE_MATCH_1})
foreach(part MAJOR MINOR)
  string(REGEX MATCH "SODIUM_LIBRARY_VERSION_${part}=([0-9]+)" found "${settings}")
  set(SODIUM_LIBRARY_VERSION_${part} ${CMAKE_MATCH_1})
endforeach()
set(sodium_generated ${CMAKE_CURRENT_BINARY_DIR}/sodium/include)
configure_file(${WEIBEL_SODIUM_SOURCE}/src/libsodium/include/sodium/version.h.in
               ${sodium_generated}/sodium/version.h @ONLY)

add_library(sodium STATIC ${sources})
foreach(include ${WEIBEL_SODIUM_SOURCE}/src/libsodium/include ${sodium_generated})
  target_include_directories(sodium SYSTEM PUBLIC ${include} ${include}/sodium) # version.h looks for its siblings
endforeach()
target_compile_definitions(sodium PUBLIC SODIUM_STATIC
  PRIVATE _GNU_SOURCE=1 CONFIGURED=1 NATIVE_LITTLE_ENDIAN=1 HAVE_WEAK_SYMBOLS=1 HAVE_POSIX_MEMALIGN=1 HAVE_EXPLICIT_BZERO=1)
target_compile_options(sodium PRIVATE -O2 -w -Werror=implicit-function-declaration)
