# Every third-party library of the engine, as one imported target each. ARCHITECTURE.md says why each is there.

if(NOT Python_EXECUTABLE AND EXISTS "${CMAKE_SOURCE_DIR}/.venv/bin/python")
  set(Python_EXECUTABLE "${CMAKE_SOURCE_DIR}/.venv/bin/python")
endif()
if(TRAJECTORY_PYTHON)
  find_package(Python 3.11 REQUIRED COMPONENTS Interpreter Development.Module)
else()
  find_package(Python 3.11 REQUIRED COMPONENTS Interpreter)
endif()
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto SSL)
find_package(CURL REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(CLI11 REQUIRED)
if(TRAJECTORY_TESTS)
  find_package(GTest REQUIRED)
endif()

# Arrow and Parquet C++ come out of the pyarrow wheel, so that the engine and Python share one copy of the libraries.
# The wheel has no CMake files and no unversioned library names; imported targets point at the versioned ones.
set(arrow_series 26.0)
execute_process(
  COMMAND "${Python_EXECUTABLE}" -c
          "import pyarrow as p; b = p.cpp_build_info; print(p.get_include(), p.get_library_dirs()[0], b.so_version, b.version, sep=';')"
  OUTPUT_VARIABLE arrow_wheel
  OUTPUT_STRIP_TRAILING_WHITESPACE
  RESULT_VARIABLE arrow_wheel_status)
if(NOT arrow_wheel_status EQUAL 0)
  message(FATAL_ERROR "pyarrow is not installed for ${Python_EXECUTABLE}; run `make install`, or pip install pyarrow==${arrow_series}.*")
endif()
list(GET arrow_wheel 0 arrow_include_dir)
list(GET arrow_wheel 1 arrow_library_dir)
list(GET arrow_wheel 2 arrow_so_version)
list(GET arrow_wheel 3 arrow_version)
if(NOT arrow_version MATCHES "^${arrow_series}\\.")
  message(FATAL_ERROR "pyarrow ${arrow_version} is installed, ${arrow_series}.* is needed; run pip install 'pyarrow==${arrow_series}.*'")
endif()

function(arrow_wheel_library name)
  add_library(ArrowWheel::${name} SHARED IMPORTED GLOBAL)
  set_target_properties(
    ArrowWheel::${name}
    PROPERTIES IMPORTED_LOCATION "${arrow_library_dir}/lib${name}.so.${arrow_so_version}"
               INTERFACE_INCLUDE_DIRECTORIES "${arrow_include_dir}"
               INTERFACE_LINK_LIBRARIES "${ARGN}")
endfunction()
arrow_wheel_library(arrow)
arrow_wheel_library(parquet ArrowWheel::arrow)

# xxHash ships no CMake files.
find_path(xxhash_include_dir xxhash.h REQUIRED)
find_library(xxhash_library xxhash REQUIRED)
add_library(Xxhash::xxhash UNKNOWN IMPORTED GLOBAL)
set_target_properties(Xxhash::xxhash PROPERTIES IMPORTED_LOCATION "${xxhash_library}"
                                                INTERFACE_INCLUDE_DIRECTORIES "${xxhash_include_dir}")

# Debian's zstd ships no CMake files of this generation, cpp-httplib none at all.
find_path(zstd_include_dir zstd.h REQUIRED)
find_library(zstd_library zstd REQUIRED)
add_library(Zstd::zstd UNKNOWN IMPORTED GLOBAL)
set_target_properties(Zstd::zstd PROPERTIES IMPORTED_LOCATION "${zstd_library}"
                                            INTERFACE_INCLUDE_DIRECTORIES "${zstd_include_dir}")
# The definitions are those that Debian's library was built with.
find_path(httplib_include_dir httplib.h REQUIRED)
find_library(httplib_library cpp-httplib REQUIRED)
add_library(Httplib::httplib UNKNOWN IMPORTED GLOBAL)
set_target_properties(
  Httplib::httplib
  PROPERTIES IMPORTED_LOCATION "${httplib_library}"
             INTERFACE_INCLUDE_DIRECTORIES "${httplib_include_dir}"
             INTERFACE_LINK_LIBRARIES OpenSSL::SSL
             INTERFACE_COMPILE_DEFINITIONS
             "CPPHTTPLIB_OPENSSL_SUPPORT;CPPHTTPLIB_ZLIB_SUPPORT;CPPHTTPLIB_BROTLI_SUPPORT")

find_path(pcre2_include_dir pcre2.h REQUIRED)
find_library(pcre2_library pcre2-8 REQUIRED)
add_library(Pcre2::pcre2 UNKNOWN IMPORTED GLOBAL)
set_target_properties(Pcre2::pcre2 PROPERTIES IMPORTED_LOCATION "${pcre2_library}"
                                              INTERFACE_INCLUDE_DIRECTORIES "${pcre2_include_dir}")

# robin_map is the copy that nanobind brings: the extension holds both, and two versions of one template would clash.
execute_process(COMMAND "${Python_EXECUTABLE}" -m nanobind --cmake_dir OUTPUT_VARIABLE nanobind_ROOT
                OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE nanobind_status)
if(NOT nanobind_status EQUAL 0)
  message(FATAL_ERROR "nanobind is not installed for ${Python_EXECUTABLE}; run `make install`, or pip install nanobind")
endif()
add_library(Robin::map INTERFACE IMPORTED GLOBAL)
set_target_properties(Robin::map PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${nanobind_ROOT}/../ext/robin_map/include")

# simdjson is built here, once, with hidden symbols: libparquet carries its own simdjson and would bind to ours if it saw
# it. It is linked as an object, not as a library: of a library behind libparquet the linker would take nothing, and we
# would run libparquet's (tests/test_symbols.py watches both).
set(simdjson_dir "${CMAKE_SOURCE_DIR}/.deps/simdjson")
if(NOT EXISTS "${simdjson_dir}/simdjson.cpp")
  execute_process(COMMAND "${Python_EXECUTABLE}" "${CMAKE_SOURCE_DIR}/tools/fetch_simdjson" "${simdjson_dir}"
                  RESULT_VARIABLE simdjson_status)
  if(NOT simdjson_status EQUAL 0)
    message(FATAL_ERROR "simdjson could not be fetched (see the line above)")
  endif()
endif()
add_library(simdjson_object OBJECT "${simdjson_dir}/simdjson.cpp")
target_compile_options(simdjson_object PRIVATE -w)
set_target_properties(simdjson_object PROPERTIES CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
                                                 POSITION_INDEPENDENT_CODE ON CXX_CLANG_TIDY "")
add_library(Simdjson::simdjson INTERFACE IMPORTED GLOBAL)
target_include_directories(Simdjson::simdjson SYSTEM INTERFACE "${simdjson_dir}")
target_link_libraries(Simdjson::simdjson INTERFACE $<TARGET_OBJECTS:simdjson_object>)
