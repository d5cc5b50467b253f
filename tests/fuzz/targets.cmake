# Each fuzz target and the sources that it is made of, for both builds: with clang's libFuzzer (CMakeLists.txt here) and as
# a test that replays the seeds (tests/unit/fuzz). Each defines typhon_fuzz_target(NAME SOURCES...) first.
set(head gateway/http/head.cpp gateway/http/head_check.cpp gateway/http/field_kind.cpp)
set(codec proto/codec.cpp proto/decode.cpp proto/decode_ready.cpp proto/header_block.cpp)
typhon_fuzz_target(fuzz_head ${head} ${codec} proto/path.cpp proto/request_id.cpp proto/errors.cpp proto/utf8.cpp)
typhon_fuzz_target(fuzz_chunked gateway/http/chunked.cpp)
typhon_fuzz_target(fuzz_envelopes ${codec})
typhon_fuzz_target(fuzz_header_block ${codec})
typhon_fuzz_target(fuzz_multipart gateway/http/multipart.cpp)
typhon_fuzz_target(fuzz_websocket_records gateway/http/websocket_records.cpp)
