# crossfade_folder(NAME external-target...)
#
# Defines crossfade_NAME from every .cpp below NAME/ (main.cpp excepted): a static library, or an
# interface library while the folder has headers only. It links the folders that tests/tidy/layers.txt
# allows it and the external targets given. Its headers form a header set, so that with
# CROSSFADE_VERIFY_HEADERS the target all_verify_interface_header_sets compiles each of them alone.

set(CROSSFADE_LAYERS "${PROJECT_SOURCE_DIR}/tests/tidy/layers.txt")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${CROSSFADE_LAYERS}")

# crossfade_unite(NAME LIST): with CROSSFADE_UNITY, replaces the files of LIST by files that include a
# dozen of them each, so that the headers they share are read once. Names in unnamed namespaces are
# therefore unique within a folder. CMake's own UNITY_BUILD does the same with absolute paths, which
# ccache cannot share between two checkouts.
function(crossfade_unite name list)
  if(NOT CROSSFADE_UNITY)
    return()
  endif()
  set(united "")
  set(text "")
  set(count 0)
  set(number 0)
  list(LENGTH ${list} left)
  foreach(source IN LISTS ${list})
    file(RELATIVE_PATH relative "${PROJECT_SOURCE_DIR}" "${source}")
    string(APPEND text "#include \"${relative}\"\n")
    math(EXPR count "${count} + 1")
    math(EXPR left "${left} - 1")
    if(count EQUAL 12 OR left EQUAL 0)
      set(file "${PROJECT_BINARY_DIR}/unity/${name}_${number}.cpp")
      file(CONFIGURE OUTPUT "${file}" CONTENT "${text}" @ONLY)
      list(APPEND united "${file}")
      math(EXPR number "${number} + 1")
      set(text "")
      set(count 0)
    endif()
  endforeach()
  set(${list} ${united} PARENT_SCOPE)
endfunction()

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
    crossfade_unite("${name}" sources)
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
    set_target_properties(${target} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ${CROSSFADE_VERIFY_HEADERS})
  endif()
endfunction()
