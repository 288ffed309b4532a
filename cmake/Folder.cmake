# crossfade_folder(NAME external-target...)
#
# Defines crossfade_NAME from every .cpp below NAME/ (main.cpp excepted): a static library, or an
# interface library while the folder has headers only. It links the folders that tests/tidy/layers.txt
# allows it and the external targets given. Its headers form a header set, so that the target
# all_verify_interface_header_sets compiles each of them alone.

set(CROSSFADE_LAYERS "${PROJECT_SOURCE_DIR}/tests/tidy/layers.txt")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${CROSSFADE_LAYERS}")

function(crossfade_folder name)
  file(STRINGS "${CROSSFADE_LAYERS}" line REGEX "^${name}:")
  if(NOT line)
    message(FATAL_ERROR "tests/tidy/layers.txt has no line for ${name}")
  endif()
  string(REGEX REPLACE "^${name}: *" "" links "${line}")
  separate_arguments(links)
  list(TRANSFORM links PREPEND "crossfade_")

  set(root "${PROJECT_SOURCE_DIR}")
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${root}/${name}/*.cpp")
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS "${root}/${name}/*.hpp")
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")

  set(target "crossfade_${name}")
  if(sources)
    add_library(${target} STATIC ${sources})
    target_link_libraries(${target} PRIVATE crossfade_warnings)
    set(scope PUBLIC)
  else()
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_link_libraries(${target} ${scope} ${links} ${ARGN})
  target_include_directories(${target} ${scope} "${root}")
  if(headers)
    target_sources(${target} ${scope} FILE_SET HEADERS BASE_DIRS "${root}" FILES ${headers})
    set_target_properties(${target} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
  endif()
endfunction()
