# cmake --install: both programs, the Python framework, and the gateway as a library for find_package(typhon).

install(TARGETS typhon typhon-worker RUNTIME DESTINATION bin)
install(DIRECTORY python/typhon DESTINATION share/typhon/python PATTERN __pycache__ EXCLUDE)
install(FILES python/_typhon.pyi DESTINATION share/typhon/python)
install(DIRECTORY gateway proto DESTINATION include/typhon FILES_MATCHING PATTERN "*.hpp")
install(TARGETS typhon_flags typhon_proto typhon_log typhon_access typhon_relay typhon_native typhon_http typhon_supervisor typhon_admin typhon_cli
                typhon_gateway
        EXPORT typhonTargets ARCHIVE DESTINATION lib/typhon)
install(EXPORT typhonTargets NAMESPACE typhon:: DESTINATION lib/cmake/typhon)
install(FILES cmake/typhonConfig.cmake DESTINATION lib/cmake/typhon)
