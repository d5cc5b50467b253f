# The CPython that the worker embeds: typhon_python (interface library: headers, library, link flags).
#
# Distributions build the shared library without the optimizations of their own interpreter: Debian's runs Python code a
# quarter slower than the static one of the same package (docs/performance.md). So the static one is linked in, whole,
# where there is one; TYPHON_PYTHON_STATIC=OFF takes the shared one. A sanitizer's suppressions name the shared one's file, so
# there it is shared unless asked for.

# The interpreter of the system is named in full, so that another python3 first on PATH (such as pyenv's) is never picked up.
set(TYPHON_PYTHON /usr/bin/python3 CACHE FILEPATH "The interpreter whose library the worker embeds (3.11)")
if(TYPHON_SANITIZE)
  set(_python_static OFF)
else()
  set(_python_static ON)
endif()
option(TYPHON_PYTHON_STATIC "Link CPython's static library where the interpreter comes with one" ${_python_static})
set(Python3_EXECUTABLE ${TYPHON_PYTHON})
set(Python3_FIND_VIRTUALENV STANDARD)
find_package(Python3 3.11 REQUIRED COMPONENTS Interpreter Development.Embed)

function(_typhon_python_variable name result)
  execute_process(
    COMMAND ${Python3_EXECUTABLE} -c "import sysconfig; print(sysconfig.get_config_var('${name}') or '')"
    OUTPUT_VARIABLE value OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  set(${result} "${value}" PARENT_SCOPE)
endfunction()

_typhon_python_variable(LIBPL _python_directory)
set(_python_archive ${_python_directory}/libpython${Python3_VERSION_MAJOR}.${Python3_VERSION_MINOR}.a)

add_library(typhon_python INTERFACE)
if(TYPHON_PYTHON_STATIC AND EXISTS ${_python_archive})
  message(STATUS "CPython ${Python3_VERSION}: ${_python_archive}")
  _typhon_python_variable(MODLIBS _python_modules)
  separate_arguments(_python_needs UNIX_COMMAND "${_python_modules}")
  list(REMOVE_DUPLICATES _python_needs)
  target_include_directories(typhon_python SYSTEM INTERFACE ${Python3_INCLUDE_DIRS})
  # Whole and exported: extension modules find all of the C API in the executable, as they do in python3 itself.
  target_link_libraries(typhon_python INTERFACE "$<LINK_LIBRARY:WHOLE_ARCHIVE,${_python_archive}>" ${_python_needs} m
                                                ${CMAKE_DL_LIBS} util)
  # The archive is not position-independent, and neither is python3.
  target_link_options(typhon_python INTERFACE -no-pie)
else()
  message(STATUS "CPython ${Python3_VERSION}: ${Python3_LIBRARIES}, shared; there is no ${_python_archive}, or it is not wanted")
  target_link_libraries(typhon_python INTERFACE Python3::Python)
endif()
