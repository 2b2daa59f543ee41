# kube_add_library(<module> SOURCES … [SHARED_SOURCES …] [STATIC_SOURCES …] [PUBLIC <targets>] [PRIVATE <targets>]
#                  [STATIC_PRIVATE <targets>] [REQUIRES_PRIVATE <pkg-config names>])
#
# One module of the house: shared and static library from one set of objects, everything hidden that the map file does
# not name, targets kube::<module> (and kube::<module>_static beside a shared one), a .pc file, headers, install and
# export. PUBLIC names other modules, whose headers ours include; PRIVATE what only the sources need. What is only in
# one of the two libraries goes into SHARED_SOURCES or STATIC_SOURCES.
set(KUBE_SOVERSION ${PROJECT_VERSION_MAJOR})

function(kube_add_library module)
  set(lists SOURCES SHARED_SOURCES STATIC_SOURCES PUBLIC PRIVATE STATIC_PRIVATE REQUIRES_PRIVATE)
  cmake_parse_arguments(ARG "" "" "${lists}" ${ARGN})

  set(objects kube_${module}_objects)
  add_library(${objects} OBJECT ${ARG_SOURCES})
  kube_own_flags(${objects})
  set_target_properties(${objects} PROPERTIES POSITION_INDEPENDENT_CODE ON C_VISIBILITY_PRESET hidden)
  target_include_directories(${objects} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR}/include
                             PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/base/src)
  # Only include folders travel to the objects: a wrong arrow between modules does not compile.
  foreach(dep IN LISTS ARG_PUBLIC)
    string(REPLACE "kube::" "" dep_module ${dep})
    target_link_libraries(${objects} PUBLIC kube_${dep_module}_objects_headers)
  endforeach()
  target_link_libraries(${objects} PRIVATE ${ARG_PRIVATE})
  add_library(${objects}_headers INTERFACE)
  target_include_directories(${objects}_headers INTERFACE ${CMAKE_CURRENT_SOURCE_DIR}/include)
  foreach(dep IN LISTS ARG_PUBLIC)
    string(REPLACE "kube::" "" dep_module ${dep})
    target_link_libraries(${objects}_headers INTERFACE kube_${dep_module}_objects_headers)
  endforeach()

  if(KUBE_BUILD_SHARED)
    kube_add_variant(${module} kube_${module} SHARED ${objects})
  endif()
  if(KUBE_BUILD_STATIC)
    kube_add_variant(${module} kube_${module}_static STATIC ${objects})
  endif()
  if(KUBE_BUILD_SHARED)
    add_library(kube::${module} ALIAS kube_${module})
    set_target_properties(kube_${module} PROPERTIES EXPORT_NAME ${module})
    if(KUBE_BUILD_STATIC)
      add_library(kube::${module}_static ALIAS kube_${module}_static)
      set_target_properties(kube_${module}_static PROPERTIES EXPORT_NAME ${module}_static)
    endif()
  else()
    add_library(kube::${module} ALIAS kube_${module}_static)
    add_library(kube::${module}_static ALIAS kube_${module}_static)
    set_target_properties(kube_${module}_static PROPERTIES EXPORT_NAME ${module})
  endif()

  install(DIRECTORY include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  kube_install_pc(${module} "${ARG_PUBLIC}" "${ARG_REQUIRES_PRIVATE}")
endfunction()

# One of the two libraries. Both are called libkube-<module>.
function(kube_add_variant module target kind objects)
  add_library(${target} ${kind} $<TARGET_OBJECTS:${objects}> ${ARG_${kind}_SOURCES})
  kube_own_flags(${target})
  target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/include ${CMAKE_CURRENT_SOURCE_DIR}/src
                             ${PROJECT_SOURCE_DIR}/base/src)
  set_target_properties(${target} PROPERTIES OUTPUT_NAME kube-${module} LINKER_LANGUAGE C C_VISIBILITY_PRESET hidden
                        POSITION_INDEPENDENT_CODE ON)
  target_include_directories(${target} INTERFACE $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include>
                             $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  foreach(dep IN LISTS ARG_PUBLIC)
    string(REPLACE "kube::" "" dep_module ${dep})
    if(kind STREQUAL STATIC)
      target_link_libraries(${target} PUBLIC kube_${dep_module}_static)
    else()
      target_link_libraries(${target} PUBLIC kube_${dep_module})
    endif()
  endforeach()
  target_link_libraries(${target} PRIVATE ${ARG_PRIVATE})
  if(kind STREQUAL STATIC)
    target_link_libraries(${target} PRIVATE ${ARG_STATIC_PRIVATE})
  endif()
  if(kind STREQUAL SHARED)
    set(map ${CMAKE_CURRENT_SOURCE_DIR}/${module}.map)
    set_target_properties(${target} PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${KUBE_SOVERSION}
                          LINK_DEPENDS ${map} INSTALL_RPATH "$ORIGIN" BUILD_RPATH "$ORIGIN")
    target_link_options(${target} PRIVATE LINKER:--version-script=${map})
    if(NOT KUBE_SANITIZE)
      target_link_options(${target} PRIVATE LINKER:--no-undefined)
    endif()
  endif()
  install(TARGETS ${target} EXPORT kube LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
          ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
endfunction()

function(kube_install_pc module public requires_private)
  set(MODULE ${module})
  set(REQUIRES "")
  foreach(dep IN LISTS public)
    string(REPLACE "kube::" "kube-" dep ${dep})
    list(APPEND REQUIRES "${dep} = ${PROJECT_VERSION}")
  endforeach()
  list(JOIN REQUIRES ", " REQUIRES)
  list(JOIN requires_private ", " REQUIRES_PRIVATE)
  # An installed tree may be moved: paths are relative to the .pc file where the layout allows.
  if(IS_ABSOLUTE ${CMAKE_INSTALL_LIBDIR})
    set(PC_PREFIX ${CMAKE_INSTALL_PREFIX})
    set(PC_LIBDIR ${CMAKE_INSTALL_LIBDIR})
  else()
    file(RELATIVE_PATH up "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
    set(PC_PREFIX "\${pcfiledir}/${up}")
    set(PC_LIBDIR "\${prefix}/${CMAKE_INSTALL_LIBDIR}")
  endif()
  configure_file(${PROJECT_SOURCE_DIR}/cmake/kube-module.pc.in ${CMAKE_CURRENT_BINARY_DIR}/kube-${module}.pc @ONLY)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/kube-${module}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endfunction()

function(kube_install_package)
  include(CMakePackageConfigHelpers)
  set(dir ${CMAKE_INSTALL_LIBDIR}/cmake/kube)
  configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/kubeConfig.cmake.in
                                ${CMAKE_CURRENT_BINARY_DIR}/kubeConfig.cmake INSTALL_DESTINATION ${dir})
  write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/kubeConfigVersion.cmake
                                   COMPATIBILITY SameMinorVersion)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/kubeConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/kubeConfigVersion.cmake
          DESTINATION ${dir})
  install(EXPORT kube NAMESPACE kube:: DESTINATION ${dir} FILE kubeTargets.cmake)
endfunction()
