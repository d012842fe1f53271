# A layer is one folder under src/ and one static library. Public functions:
#   layer(NAME [LINK ...])      the folder src/NAME, its tests, and for `cli` the program `trajectory`; a NAME with a
#                               slash is a folder in a folder
#   embed(NAME FILE)            makes src/NAME/FILE a text in the layer's code, by FILE's stem: foo.json, foo.h.in, foo.h
#   bindings([LINK ...])        the Python extension from python/bindings
# LINK takes names of layers and imported targets. A layer's headers reach the layers above it, third-party headers do
# not: only the layer that names a library can include it.

option(TRAJECTORY_WERROR "Treat warnings as errors" OFF)

set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
if(NOT TRAJECTORY_FUZZ) # clang links its sanitizers' malloc statically, and every library must see it
  add_link_options(-Wl,--exclude-libs,ALL)
endif()

add_library(trajectory_warnings INTERFACE)
target_compile_options(
  trajectory_warnings
  INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
            $<$<BOOL:${TRAJECTORY_WERROR}>:-Werror>)

add_compile_definitions(TRAJECTORY_VERSION="${PROJECT_VERSION}")
add_compile_options("-ffile-prefix-map=${CMAKE_SOURCE_DIR}=.")

if(TRAJECTORY_SANITIZE OR TRAJECTORY_FUZZ)
  add_compile_options(-O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()
if(TRAJECTORY_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(TRAJECTORY_RACES)
  add_compile_options(-O1 -fsanitize=thread -fno-omit-frame-pointer)
  add_link_options(-fsanitize=thread)
endif()

if(TRAJECTORY_TESTS)
  enable_testing()
  include(GoogleTest)
endif()

# libparquet shows a whole libcrypto to the dynamic linker. A program or module that names the system's OpenSSL first
# keeps every other library on the system's copy; --no-as-needed keeps the name even when we use few of its symbols.
set(openssl_first -Wl,--no-as-needed OpenSSL::SSL OpenSSL::Crypto)

# What a wheel is made of.
add_custom_target(python_package)

function(split_link_line layers_variable libraries_variable)
  foreach(item IN LISTS ARGN)
    string(REPLACE "/" "_" target "trajectory_${item}")
    if(TARGET ${target})
      list(APPEND layers ${target})
    elseif(TARGET ${item})
      list(APPEND libraries ${item})
    else()
      message(FATAL_ERROR "${item} is neither a layer named above this line nor a known library")
    endif()
  endforeach()
  set(${layers_variable} ${layers} PARENT_SCOPE)
  set(${libraries_variable} ${libraries} PARENT_SCOPE)
endfunction()

function(layer path)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "LINK")
  set(folder "${CMAKE_SOURCE_DIR}/src/${path}")
  string(REPLACE "/" "_" name "${path}")
  file(GLOB sources CONFIGURE_DEPENDS "${folder}/*.cpp")
  file(GLOB tests CONFIGURE_DEPENDS "${folder}/*_test.cpp")
  set(main_file "${folder}/main.cpp")
  list(REMOVE_ITEM sources ${tests} "${main_file}")
  split_link_line(layers libraries ${arg_LINK})

  if(sources)
    add_library(trajectory_${name} STATIC ${sources})
    target_include_directories(trajectory_${name} PUBLIC "${CMAKE_SOURCE_DIR}/src")
    target_link_libraries(trajectory_${name} PUBLIC ${layers} PRIVATE ${libraries} trajectory_warnings)
  else()
    add_library(trajectory_${name} INTERFACE)
    target_include_directories(trajectory_${name} INTERFACE "${CMAKE_SOURCE_DIR}/src")
    target_link_libraries(trajectory_${name} INTERFACE ${layers})
  endif()
  add_library(trajectory::${name} ALIAS trajectory_${name})

  if(TRAJECTORY_TESTS AND tests)
    add_executable(trajectory_${name}_test ${tests})
    target_link_libraries(trajectory_${name}_test PRIVATE ${openssl_first} trajectory_${name} ${libraries}
                                                          trajectory_warnings GTest::gmock_main)
    register_tests(${name} trajectory_${name}_test)
  endif()

  if(name STREQUAL "cli" AND EXISTS "${main_file}")
    add_program("${main_file}" ${libraries})
  endif()
endfunction()

function(embed path file)
  cmake_path(GET file STEM stem)
  string(REPLACE "/" "_" name "${path}")
  set(source "${CMAKE_SOURCE_DIR}/src/${path}/${file}")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${source}")
  file(READ "${source}" ${stem})
  configure_file("${CMAKE_SOURCE_DIR}/src/${path}/${stem}.h.in" "${CMAKE_BINARY_DIR}/embedded/${path}/${stem}.h" @ONLY)
  target_include_directories(trajectory_${name} PRIVATE "${CMAKE_BINARY_DIR}/embedded")
endfunction()

# One ctest entry a test case; under the sanitizers one a program, since starting a program is what costs there. Tests run
# in the root of the checkout.
function(register_tests layer program)
  if(TRAJECTORY_SANITIZE OR TRAJECTORY_RACES)
    add_test(NAME ${layer} COMMAND ${program} WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
  else()
    gtest_discover_tests(${program} TEST_PREFIX "${layer}." WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}" DISCOVERY_MODE PRE_TEST
                         DISCOVERY_TIMEOUT 60)
  endif()
endfunction()

# The program and the extension find the Arrow libraries beside them in the Python environment they are installed into.
function(add_program main_file)
  add_executable(trajectory "${main_file}")
  target_link_libraries(trajectory PRIVATE ${openssl_first} trajectory_cli ${ARGN} trajectory_warnings)
  set(python_lib "$ORIGIN/../lib/python${Python_VERSION_MAJOR}.${Python_VERSION_MINOR}")
  set_target_properties(trajectory PROPERTIES INSTALL_RPATH
                                              "${python_lib}/site-packages/pyarrow;${python_lib}/dist-packages/pyarrow")
  add_dependencies(python_package trajectory)
  if(SKBUILD)
    install(TARGETS trajectory RUNTIME DESTINATION "${SKBUILD_SCRIPTS_DIR}" COMPONENT python)
  endif()
endfunction()

function(bindings)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "" "LINK")
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/python/bindings/*.cpp")
  if(NOT TRAJECTORY_PYTHON OR NOT sources)
    return()
  endif()
  find_package(nanobind CONFIG REQUIRED)
  split_link_line(layers libraries ${arg_LINK})

  nanobind_add_module(_core NB_STATIC NOMINSIZE NB_SUPPRESS_WARNINGS ${sources})
  target_link_libraries(_core PRIVATE ${openssl_first} ${layers} ${libraries} trajectory_warnings)
  set_target_properties(_core PROPERTIES INSTALL_RPATH "$ORIGIN/../pyarrow")
  install(TARGETS _core LIBRARY DESTINATION trajectory_sdk COMPONENT python)

  nanobind_add_stub(_core_stub MODULE _core OUTPUT "${CMAKE_BINARY_DIR}/_core.pyi" PYTHON_PATH $<TARGET_FILE_DIR:_core>
                    DEPENDS _core)
  add_dependencies(python_package _core_stub)
endfunction()
