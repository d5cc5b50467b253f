#include "pyworker/job_queues.hpp"

#include "tests/unit/pyworker/job_fixture.hpp"
#include <doctest/doctest.h>

using namespace typhon;
using tests::id_of;
using tests::make_job;
using worker::JobQueues;
using worker::Route;

namespace {

/// What the leader gets, and how many followers it woke for that.
struct Step {
    std::uint64_t id;
    std::uint32_t woken;
    friend bool operator==(const Step&, const Step&) = default;
};

Step lead(JobQueues& queues) {
    std::uint32_t woken = 0;
    const auto job = queues.next_for_leader(woken);
    return {id_of(job), woken};
}

}  // namespace

TEST_CASE("JobQueues: the leader runs quick jobs itself, in order of arrival") {
    Route quick;
    quick.run_time.add(10);
    JobQueues queues(4);
    queues.add(make_job(1, &quick));
    queues.add(make_job(2, &quick));
    CHECK(lead(queues) == Step{1, 0});
    queues.finished();
    CHECK(lead(queues) == Step{2, 0});
    queues.finished();
    CHECK(lead(queues) == Step{0, 0});
    CHECK(queues.idle());
}

TEST_CASE("JobQueues: jobs of slow routes go to followers while one is free") {
    Route slow;
    slow.run_time.add(5000);
    JobQueues queues(2);
    for (std::uint64_t id = 1; id <= 3; ++id) {
        queues.add(make_job(id, &slow));
    }
    CHECK(lead(queues) == Step{0, 2});
    CHECK(queues.queued() == 3);
    CHECK_FALSE(queues.leader_has_work());
    CHECK(id_of(queues.next_for_follower()) == 1);
    CHECK(id_of(queues.next_for_follower()) == 2);
    CHECK(id_of(queues.next_for_follower()) == 0);
    CHECK(queues.running() == 2);
    queues.finished();
    CHECK(lead(queues) == Step{0, 1});
    CHECK(id_of(queues.next_for_follower()) == 3);
}

TEST_CASE("JobQueues: a quick job passes the slow ones that followers took") {
    Route slow;
    slow.run_time.add(5000);
    Route quick;
    JobQueues queues(4);
    queues.add(make_job(1, &slow));
    queues.add(make_job(2, &quick));
    CHECK(lead(queues) == Step{2, 1});
}

TEST_CASE("JobQueues: no more than the threads run at once, whoever runs them") {
    Route quick;
    JobQueues queues(1);
    queues.add(make_job(1, &quick));
    queues.add(make_job(2, &quick));
    CHECK(lead(queues) == Step{1, 0});
    CHECK(lead(queues) == Step{0, 0});  // a second leader, while the first is away
    queues.finished();
    CHECK(lead(queues) == Step{2, 0});
}

TEST_CASE("JobQueues: a job that has not started can be cancelled, wherever it waits") {
    Route slow;
    slow.run_time.add(5000);
    JobQueues queues(1);
    queues.add(make_job(1, &slow));
    queues.add(make_job(2, &slow));
    CHECK(lead(queues) == Step{0, 1});
    CHECK(id_of(queues.cancel(2)) == 2);  // waits for the leader
    CHECK(id_of(queues.cancel(1)) == 1);  // handed over
    CHECK(id_of(queues.cancel(1)) == 0);
    CHECK(queues.idle());
    CHECK(id_of(queues.next_for_follower()) == 0);
}

TEST_CASE("JobQueues: a running job is not cancelled") {
    Route quick;
    JobQueues queues(1);
    queues.add(make_job(1, &quick));
    CHECK(lead(queues) == Step{1, 0});
    CHECK(id_of(queues.cancel(1)) == 0);
    CHECK_FALSE(queues.idle());
}
