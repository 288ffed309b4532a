#include "service/task_queue.hpp"

#include <utility>

namespace crossfade {

void TaskQueue::execute(std::function<void()> task, const std::function<void()>& wake) {
    std::future<void> done;
    {
        const std::lock_guard lock{mutex_};
        if (closed_) throw Failure{*closed_};
        done = tasks_.emplace_back(Task{std::move(task), {}}).done.get_future();
    }
    wake();
    done.get();
}

// One at a time, so that close() finds all that have not begun.
bool TaskQueue::run_all() {
    bool any = false;
    while (true) {
        Task task;
        {
            const std::lock_guard lock{mutex_};
            if (tasks_.empty()) return any;
            task = std::move(tasks_.front());
            tasks_.pop_front();
        }
        any = true;
        try {
            task.run();
            task.done.set_value();
        } catch (...) {
            task.done.set_exception(std::current_exception());
        }
    }
}

void TaskQueue::open() {
    const std::lock_guard lock{mutex_};
    if (!for_good_) closed_.reset();
}

void TaskQueue::close(const Error& reason) {
    std::deque<Task> tasks;
    {
        const std::lock_guard lock{mutex_};
        if (!std::exchange(for_good_, true)) closed_ = reason;
        tasks.swap(tasks_);
    }
    for (Task& task : tasks)
        task.done.set_exception(std::make_exception_ptr(Failure{reason}));
}

}  // namespace crossfade
