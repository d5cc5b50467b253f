#include <doctest/doctest.h>

#include "gateway/http/entity_tag.hpp"

using namespace typhon::http;

TEST_CASE("EntityTag: a file's tag changes with time, size and coding") {
    CHECK(file_tag(0xabc, 0x10) == "\"abc-10\"");
    CHECK(file_tag(0xabd, 0x10) != file_tag(0xabc, 0x10));
    CHECK(file_tag(0xabc, 0x11) != file_tag(0xabc, 0x10));
    CHECK(file_tag(0xabc, 0x10, "br") == "\"abc-10-br\"");
}

TEST_CASE("EntityTag: lists, weak and strong (RFC 9110 section 8.8.3.2)") {
    struct Row {
        const char* list;
        const char* tag;
        bool strong;
        bool weak;
    };
    for (const Row& row : {Row{R"("a")", R"("a")", true, true},
                           Row{R"("b")", R"("a")", false, false},
                           Row{R"(W/"a")", R"("a")", false, true},
                           Row{R"("a")", R"(W/"a")", false, true},
                           Row{R"(W/"a")", R"(W/"a")", false, true},
                           Row{R"("b", "a")", R"("a")", true, true},
                           Row{R"("b","a")", R"("a")", true, true},
                           Row{R"(, ,"b" ,, W/"a",)", R"("a")", false, true},
                           Row{R"("x,y", "a")", R"("a")", true, true},
                           Row{R"("x,"a",y")", R"("a")", false, false},
                           Row{"*", R"("a")", true, true},
                           Row{" * ", R"("a")", true, true},
                           Row{R"(*, "a")", R"("a")", false, false},
                           Row{R"(w/"a")", R"("a")", false, false},
                           Row{"a", R"("a")", false, false},
                           Row{R"("a)", R"("a")", false, false},
                           Row{R"(W/)", R"("a")", false, false},
                           Row{R"("")", R"("")", true, true},
                           Row{"", R"("a")", false, false}}) {
        CAPTURE(row.list);
        CHECK(names_tag_strongly(row.list, row.tag) == row.strong);
        CHECK(names_tag_weakly(row.list, row.tag) == row.weak);
    }
}
