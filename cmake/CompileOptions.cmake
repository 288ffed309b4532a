# Warnings for our own targets, sanitizers for everything we compile, ccache when it is there.

add_library(crossfade_warnings INTERFACE)
target_compile_options(crossfade_warnings INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 reports values inside optional, variant and coroutine frames as perhaps uninitialized, and
  # overlapping copies in operator+ of std::string (GCC bugs 105593, 105651); neither may stop a build.
  target_compile_options(crossfade_warnings INTERFACE
      -Wno-error=maybe-uninitialized -Wno-restrict)
  # Files compiled together are included, so that their unnamed namespaces look like a header's.
  target_compile_options(crossfade_warnings INTERFACE -Wno-subobject-linkage)
endif()

if(CROSSFADE_SANITIZE STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(CROSSFADE_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer)
  add_link_options(-fsanitize=thread)
  # g++ does not instrument atomic_thread_fence, so Asio's fenced blocks look like races to it.
  add_compile_definitions(BOOST_ASIO_DISABLE_FENCED_BLOCK)
elseif(CROSSFADE_SANITIZE)
  message(FATAL_ERROR "CROSSFADE_SANITIZE: \"${CROSSFADE_SANITIZE}\" is neither address nor thread")
endif()
if(CROSSFADE_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # The instrumentation hides the facts these warnings are drawn from.
  target_compile_options(crossfade_warnings INTERFACE
      -Wno-maybe-uninitialized -Wno-array-bounds -Wno-tsan)
endif()

find_program(CROSSFADE_CCACHE ccache)
if(CROSSFADE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CROSSFADE_CCACHE}")
endif()

# lld links the sanitized test programs in a fraction of the time of bfd.
find_program(CROSSFADE_LLD ld.lld)
if(CROSSFADE_LLD)
  add_link_options(-fuse-ld=lld)
endif()
