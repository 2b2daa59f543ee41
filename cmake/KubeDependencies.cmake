# The libraries we stand on, with the oldest release that is tested.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl>=7.88)
pkg_check_modules(OPENSSL REQUIRED IMPORTED_TARGET libssl>=3.0 libcrypto>=3.0)
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1>=0.2)

# A libcurl on another TLS library takes no certificates from memory and shows no negotiated protocol.
include(CheckCSourceRuns)
set(CMAKE_REQUIRED_LIBRARIES PkgConfig::CURL)
if(NOT CMAKE_CROSSCOMPILING)
  check_c_source_runs("
    #include <curl/curl.h>
    #include <string.h>
    int main(void) {
      const curl_version_info_data *v = curl_version_info(CURLVERSION_NOW);
      return v->ssl_version != NULL && strstr(v->ssl_version, \"OpenSSL/3\") != NULL ? 0 : 1;
    }" KUBE_CURL_HAS_OPENSSL3)
  if(NOT KUBE_CURL_HAS_OPENSSL3)
    message(FATAL_ERROR "libkube needs a libcurl built with OpenSSL 3 (Debian: libcurl4-openssl-dev)")
  endif()
endif()
unset(CMAKE_REQUIRED_LIBRARIES)

if(KUBE_BUILD_TESTS OR KUBE_BUILD_BENCH)
  pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka>=1.1.5)
  pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson>=2.12)
endif()
if(KUBE_BUILD_BENCH)
  pkg_check_modules(YAJL REQUIRED IMPORTED_TARGET yajl)
endif()
