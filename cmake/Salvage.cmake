# Coverage of the tests of a CMake project, recorded by Salvage however their processes end.
#
#   find_package(Salvage REQUIRED)       # after project(); or include(Salvage.cmake)
#   enable_testing()
#   salvage_add_coverage(coverage FORMATS html=coverage lcov=coverage/lcov.info)
#
#   cmake -B build -DCMAKE_BUILD_TYPE=Coverage && cmake --build build --target coverage
#
# What it gives:
#
#   the build type Coverage   flags of the compilers in use, for C, C++, Fortran and Swift
#   salvage_instrument(TARGET…)
#                             the same flags for these targets alone, in any build type
#   salvage_add_coverage(NAME [FORMATS FORMAT=PATH…] [CTEST_ARGUMENTS …] [OPTIONS …]
#                        [COMMAND …] [DEPENDS …])
#                             target NAME: ctest, or COMMAND, under `salvage run`, then a table and the
#                             reports. It fails where the tests fail; the reports are there all the same.
#                             NAME-report: the table and the reports again, of what was recorded last
#
# Paths of FORMATS are relative to the build folder. OPTIONS are those of `salvage run`, as --fail-under-lines 80.
include_guard(GLOBAL)

find_program(Salvage_EXECUTABLE salvage HINTS "${CMAKE_CURRENT_LIST_DIR}/../../../bin"
  DOC "The command of Salvage")

# The flags that make a compiler of LANGUAGE count, in a variable; empty where none are known.
function(salvage_flags LANGUAGE VARIABLE)
  set(id "${CMAKE_${LANGUAGE}_COMPILER_ID}")
  if(LANGUAGE STREQUAL "Swift")
    set(flags -profile-generate -profile-coverage-mapping)
  elseif(id STREQUAL "GNU")
    set(flags --coverage)
  elseif(id MATCHES "Clang|IntelLLVM")
    set(flags -fprofile-instr-generate -fcoverage-mapping)
  else()
    set(flags "")
  endif()
  set(${VARIABLE} "${flags}" PARENT_SCOPE)
endfunction()

get_property(_salvage_languages GLOBAL PROPERTY ENABLED_LANGUAGES)
foreach(_salvage_language IN LISTS _salvage_languages)
  salvage_flags(${_salvage_language} _salvage_list)
  # project() leaves an empty one behind where that is the build type.
  if(_salvage_list AND "${CMAKE_${_salvage_language}_FLAGS_COVERAGE}" STREQUAL "")
    list(JOIN _salvage_list " " _salvage_text)
    if(NOT _salvage_language STREQUAL "Swift")
      string(PREPEND _salvage_text "-O0 -g ")
    endif()
    set(CMAKE_${_salvage_language}_FLAGS_COVERAGE "${_salvage_text}" CACHE STRING
      "Flags of the build type Coverage" FORCE)
    mark_as_advanced(CMAKE_${_salvage_language}_FLAGS_COVERAGE)
  endif()
endforeach()
function(salvage_instrument)
  get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
  foreach(target IN LISTS ARGN)
    foreach(language IN LISTS languages)
      salvage_flags(${language} flags)
      foreach(flag IN LISTS flags)
        get_target_property(type ${target} TYPE)
        target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:${language}>:${flag}>)
        if(NOT type STREQUAL "OBJECT_LIBRARY" AND NOT type STREQUAL "STATIC_LIBRARY")
          target_link_options(${target} PRIVATE $<$<LINK_LANGUAGE:${language}>:${flag}>)
        else()
          target_link_options(${target} INTERFACE $<$<LINK_LANGUAGE:${language}>:${flag}>)
        endif()
      endforeach()
    endforeach()
  endforeach()
endfunction()

function(salvage_add_coverage NAME)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "FORMATS;CTEST_ARGUMENTS;OPTIONS;COMMAND;DEPENDS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "salvage_add_coverage(${NAME}): unknown: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT Salvage_EXECUTABLE)
    message(FATAL_ERROR "salvage_add_coverage: the command salvage was not found; "
      "put it on PATH, or set Salvage_EXECUTABLE")
  endif()
  set(recording "${PROJECT_BINARY_DIR}/${NAME}.salvage")
  set(command ${arg_COMMAND})
  if(NOT command)
    set(command "${CMAKE_CTEST_COMMAND}" --output-on-failure -C $<CONFIG> ${arg_CTEST_ARGUMENTS})
  endif()
  set(reports --report text=/dev/stdout)
  set(formats -f text=/dev/stdout)
  foreach(format IN LISTS arg_FORMATS)
    string(REGEX MATCH "^([^=]+)=(.+)$" whole "${format}")
    if(NOT whole)
      message(FATAL_ERROR "salvage_add_coverage(${NAME}): FORMATS has ${format}: FORMAT=PATH is needed")
    endif()
    get_filename_component(path "${CMAKE_MATCH_2}" ABSOLUTE BASE_DIR "${PROJECT_BINARY_DIR}")
    get_filename_component(folder "${path}" DIRECTORY)
    file(MAKE_DIRECTORY "${folder}")
    list(APPEND reports --report "${CMAKE_MATCH_1}=${path}")
    list(APPEND formats -f "${CMAKE_MATCH_1}=${path}")
  endforeach()
  add_custom_target(${NAME}
    COMMAND "${CMAKE_COMMAND}" -E chdir "${PROJECT_SOURCE_DIR}"
      "${Salvage_EXECUTABLE}" run -o "${recording}" ${reports} ${arg_OPTIONS} --
      "${CMAKE_COMMAND}" -E chdir "${PROJECT_BINARY_DIR}" ${command}
    USES_TERMINAL VERBATIM COMMENT "Tests under salvage run")
  add_custom_target(${NAME}-report
    COMMAND "${CMAKE_COMMAND}" -E chdir "${PROJECT_SOURCE_DIR}"
      "${Salvage_EXECUTABLE}" report "${recording}" ${formats}
    USES_TERMINAL VERBATIM COMMENT "What was recorded last")
  if(arg_DEPENDS)
    add_dependencies(${NAME} ${arg_DEPENDS})
  endif()
endfunction()
